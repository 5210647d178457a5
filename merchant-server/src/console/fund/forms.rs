//! The forms of the fund: on an advance, on the fund itself, and the request on the page of a case.

use green_channel::channel::CaseView;
use green_channel::channel::fund::{AdvanceRow, RequestChoice};
use green_channel::fund::{AdvanceStatus, FundAction, FundChoice};
use green_channel::ids::CaseId;
use green_channel::money::Fen;
use green_channel::store::StoreError;
use green_channel::tenants::TenantStatus;
use green_channel::time::Date;

use super::super::Trouble;
use super::super::case_page::Remarks;
use super::super::pages::forms::PlainForm;
use super::super::pages::parts::Fact;
use super::super::pages::{CaseAdvance, CaseAdvances};
use super::super::plain::{Listed, Sketch};
use super::super::shell::Visitor;
use super::lines::badge;
use super::read::GROUNDS;
use crate::app::App;
use crate::auth::Permission;

/// How many shops a list offers.
const SHOPS: u32 = 200;
const SLIP: &str = "银行回单或收据的编号。同一凭证只能入账一次。";
/// Why a payment did not go, by the codes of the log.
const CAUSES: [(&str, &str); 4] = [
    ("account_wrong", "户名、账号或开户行有误"),
    ("account_closed", "账户已销户或冻结"),
    ("bank_refused", "银行退回或拒绝"),
    ("not_paid", "尚未付款，不再付"),
];

fn pairs(listed: &[Listed]) -> Vec<(&str, &str)> {
    listed.iter().map(|(code, label)| (code.as_str(), label.as_str())).collect()
}

/// The shops that may have a deposit: also those that are suspended or left.
pub(super) async fn shop_list(app: &App) -> Result<Vec<Listed>, StoreError> {
    let rows = app.engine.tenants("", SHOPS).await?.into_iter();
    let listed = rows.map(|row| {
        let left = match row.tenant.status {
            TenantStatus::Active => "",
            TenantStatus::Suspended => "（暂停经营）",
            TenantStatus::Left => "（已退场）",
        };
        let stall = row.tenant.stall_no.map(|no| format!("（{no}）")).unwrap_or_default();
        (row.id.to_string(), format!("{}{stall}{left}", row.tenant.name))
    });
    Ok(listed.collect())
}

/// What a cashier does to the fund itself.
pub(super) fn of_fund(remarks: &Remarks, shops: &[Listed], today: Date) -> Vec<PlainForm> {
    let today = today.to_string();
    let sketch = |code, label, hint| Sketch::named(code, label, remarks, hint);
    let slip = |form: Sketch<'_>, day: &str| {
        form.yuan("yuan", "金额", "")
            .day("effective_on", "到账日期", day)
            .text("reference", "凭证号", SLIP)
            .form
    };
    vec![
        slip(sketch("contribute", "登记本单位投入", "资金已到专户"), &today),
        slip(
            sketch("receive_deposit", "登记商户缴存保证金", "按协议缴存或补足")
                .select("tenant", "商户", &pairs(shops)),
            &today,
        ),
        sketch("propose_return_deposit", "提出退还商户保证金", "退场或超额，须负责人同意")
            .intro("商户有应收追偿款或在办先付时不能退还（电子商务法第五十八条：提取、管理、使用、退还办法由双方约定）。")
            .select("tenant", "商户", &pairs(shops))
            .yuan("yuan", "金额", "")
            .form,
        sketch("propose_return_pool", "提出提取可用资金", "须负责人同意")
            .yuan("yuan", "金额", "")
            .form,
        sketch("propose_reverse", "提出冲正", "入账有误的，用相反分录更正，须负责人同意")
            .intro("只能冲正投入和缴存的入账分录；原分录保留。")
            .text("n", "分录号", "见下方“最近分录”或商户台账。")
            .form,
        sketch("assert", "日终核对", "记下此刻各科目余额；每日零点后系统自动核对前一日")
            .day("effective_on", "核对日", &today)
            .submit("核对")
            .form,
    ]
}

/// The forms of what may be done to an advance now, and why the rest may not.
pub(super) fn of_advance(
    row: &AdvanceRow,
    choices: &[FundChoice],
    remarks: &Remarks,
    today: Date,
) -> (Vec<PlainForm>, Vec<Fact>) {
    let (mut forms, mut barred) = (Vec::new(), Vec::new());
    for FundChoice { action, why_not } in choices {
        match why_not {
            // It has a form of its own, for a file.
            _ if *action == FundAction::AddEvidence => {}
            None => forms.extend(form(row, *action, remarks, &today.to_string())),
            Some(refusal) if refusal.code() == "role_not_permitted" => {}
            Some(refusal) => {
                barred.push(Fact { label: label(*action).to_owned(), value: refusal.message_zh() });
            }
        }
    }
    (forms, barred)
}

fn label(action: FundAction) -> &'static str {
    match action {
        FundAction::Propose => "提出核销",
        action => action.label_zh(),
    }
}

fn form(row: &AdvanceRow, action: FundAction, remarks: &Remarks, today: &str) -> Option<PlainForm> {
    let advance = &row.advance;
    let sketch = |hint| Sketch::named(action.code(), label(action), remarks, hint);
    let slip = |form: Sketch<'_>, fen: Fen, day: &str, hint: &str| {
        form.yuan("yuan", "金额", &fen.to_yuan())
            .day("effective_on", day, today)
            .text("reference", "凭证号", hint)
            .form
    };
    Some(match action {
        FundAction::Approve => sketch("核对金额、和解协议和四项条件").unfolded().form,
        FundAction::Decline => sketch("不予先付").area("reason", "原因", "申请人会看到。").form,
        FundAction::Cancel => {
            sketch("付款前可撤回，释放预留").area("reason", "原因", "记入案件经过。").form
        }
        FundAction::Submit => sketch("由您付款：转账或现金")
            .unfolded()
            .intro("提交后请付款并登记结果；付款前请先核对收款账户。批量付款请在“待付款”列表勾选。")
            .form,
        FundAction::ConfirmPaid => slip(
            sketch("款项已付给消费者").unfolded(),
            advance.fen,
            "付款日期",
            "银行回单号，或现金收据号。部分付款的，填实付金额，其余释放。",
        ),
        FundAction::ConfirmRefused => {
            sketch("款项没有付出，且不会再付")
                .grave()
                .intro("须有银行证据。结果不明的，先向银行核实，不要重复付款。")
                .asking("确认这笔款项没有付出、以后也不会付出？")
                .select("cause", "原因", &CAUSES)
                .form
        }
        FundAction::Sign => {
            sketch("消费者已在收据上签字")
                .text("paper_no", "收据编号", "打印的收款收据编号，例如 SK-2026-0001。")
                .form
        }
        FundAction::Clear => slip(
            sketch("银行流水已列出这笔付款"),
            advance.paid_fen,
            "流水日期",
            "银行流水号。也可在“银行对账”中批量核销在途。",
        ),
        FundAction::Bounce => slip(
            sketch("银行把款退回来了").grave(),
            advance.paid_fen,
            "退回日期",
            "退汇的银行流水号。退汇后可重新申请。",
        ),
        FundAction::Draw => sketch("从商户保证金余额中扣划").form,
        FundAction::ReceiveRecourse => {
            slip(sketch("商户缴还垫付款"), advance.owed(), "到账日期", SLIP)
        }
        FundAction::Propose => PlainForm {
            action: "propose_write_off".to_owned(),
            ..Sketch::named("propose_write_off", "提出核销", remarks, "确实收不回，须负责人同意")
                .grave()
                .yuan("yuan", "核销金额", &advance.owed().to_yuan())
                .form
        },
        _ => return None,
    })
}

/// 先行赔付 on the page of a case: what there is, and the request.
pub(in crate::console) async fn case_advances(
    app: &App,
    visitor: &Visitor,
    id: CaseId,
    view: &CaseView,
    remarks: &Remarks,
) -> Result<CaseAdvances, Trouble> {
    let seen = visitor.may(Permission::WorkFund) || visitor.may(Permission::ReadFund);
    let line = |one: &green_channel::channel::CaseAdvanceView| CaseAdvance {
        href: if seen {
            format!("/console/fund/advances/{}", one.advance_id)
        } else {
            String::new()
        },
        amount: Fen::new(one.fen).to_string(),
        status: badge(one.status),
        note: match one.status {
            AdvanceStatus::Paid if one.paid_fen != one.fen => {
                format!("实付 {}", Fen::new(one.paid_fen))
            }
            _ => String::new(),
        },
    };
    let mut card = CaseAdvances {
        to: format!("/console/cases/{id}/advances"),
        lines: view.advances.iter().map(line).collect(),
        ..CaseAdvances::default()
    };
    if !visitor.may(Permission::WorkFund) || !visitor.may(Permission::WorkCases) {
        return Ok(card);
    }
    let choice = app.engine.advance_request(id, &visitor.actor()).await;
    let choice = choice.map_err(|error| match super::act::NotDone::from(error) {
        super::act::NotDone::Trouble(trouble) => trouble,
        super::act::NotDone::Misfit(_) => Trouble::missing(),
    });
    // Of an erased case nothing is asked for.
    if let Ok(choice) = choice {
        match &choice.why_not {
            None => card.request = Some(request(&choice, remarks)),
            Some(refusal) => card.why_not = refusal.message_zh(),
        }
    }
    Ok(card)
}

fn request(choice: &RequestChoice, remarks: &Remarks) -> PlainForm {
    let most = choice.most_fen;
    let recover = [("yes", "由责任商户承担，付后追偿"), ("no", "由本单位自担，不追偿")];
    let form = Sketch::named(
        "request_advance",
        "申请先行赔付",
        remarks,
        "商户未按和解履行，先由保证金赔付消费者",
    )
    .intro(format!("最多可申请 {most}（和解约定减去已先付，且不超过单案限额）。"))
    .yuan("yuan", "金额", &most.to_yuan());
    let form = match choice.tenant {
        Some(_) => form.select("recover", "由谁承担", &recover),
        None => form.hidden("recover", "no"),
    };
    form.checks("grounds", "逐项核实", &GROUNDS)
        .text("payee_name", "收款人", "须是消费者本人或其授权的人。加密保存，只有付款的出纳能看。")
        .text("payee_account", "收款账号", "现金支付的填“现金”。")
        .text("payee_bank", "开户行", "现金支付的填“现金”。")
        .area("reason", "申请理由", "写明商户为何未履行、依据什么先行赔付。")
        .form
}
