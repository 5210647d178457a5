//! What a form of the fund said, as the API's own commands: the console is another client of them.

use green_channel::case::Private;
use green_channel::fund::Grounds;
use green_channel::ids::TenantId;
use green_channel::money::Fen;
use green_channel::time::Date;
use serde_json::{Value, json};

use super::super::form::{Misfit, Typed};
use crate::api::{AdvanceCommand, FundInput, PayeeInput, words};

type Read<T> = Result<T, Misfit>;

/// The four confirmations of a request, by the codes of their boxes.
pub(super) const GROUNDS: [(&str, &str); 4] = [
    ("facts_clear", "事实清楚"),
    ("evidence_sufficient", "证据充分"),
    ("basis_definite", "依据明确"),
    ("consumer_without_fault", "消费者无过错"),
];

/// What a cashier asks for on behalf of a case.
pub(super) struct Asked {
    pub(super) fen: Fen,
    pub(super) grounds: Grounds,
    pub(super) words: Vec<Private>,
    pub(super) recover: bool,
}

fn misfit(field: &'static str, problem: &str) -> Misfit {
    Misfit { field, problem: problem.to_owned() }
}

fn fen(typed: &Typed) -> Read<i64> {
    let amount = Fen::parse_yuan(typed.value("yuan")).ok().filter(|fen| *fen > Fen::ZERO);
    let wrong = || misfit("yuan", "请填写大于零的金额，以元为单位，最多两位小数");
    amount.map(Fen::as_fen).ok_or_else(wrong)
}

fn day(typed: &Typed) -> Read<String> {
    let day: Result<Date, _> = typed.value("effective_on").parse();
    day.map(|day| day.to_string()).map_err(|_| misfit("effective_on", "请选择日期"))
}

/// An amount, a day, and the number of the slip that shows both.
fn slip(typed: &Typed) -> Read<Value> {
    let reference = typed.value("reference");
    if reference.is_empty() {
        return Err(misfit("reference", "请填写银行回单或收据的编号"));
    }
    Ok(json!({
        "fen": fen(typed)?, "effective_on": day(typed)?, "reference": reference,
    }))
}

fn tenant(typed: &Typed) -> Read<String> {
    let tenant: Result<TenantId, _> = typed.value("tenant").parse();
    tenant.map(|id| id.to_string()).map_err(|_| misfit("tenant", "请选择商户"))
}

fn reason(typed: &Typed) -> Read<Value> {
    match typed.value("reason") {
        "" => Err(misfit("reason", "请填写原因")),
        reason => Ok(json!({ "reason": reason })),
    }
}

/// The action of an advance's form.
pub(super) fn on_advance(typed: &Typed) -> Read<AdvanceCommand> {
    let action = typed.value("action");
    let mut body = match action {
        "decline" | "cancel" => reason(typed)?,
        "confirm_paid" | "clear" | "bounce" | "receive_recourse" => slip(typed)?,
        "confirm_refused" => match typed.value("cause") {
            "" => return Err(misfit("cause", "请选择原因")),
            cause => json!({ "cause": cause }),
        },
        "submit" => json!({ "provider": "manual" }),
        "sign" => match typed.value("paper_no") {
            "" => return Err(misfit("paper_no", "请填写签收收据的编号")),
            paper_no => json!({ "paper_no": paper_no }),
        },
        "propose_write_off" => json!({ "fen": fen(typed)? }),
        _ => json!({}),
    };
    body["action"] = json!(action);
    serde_json::from_value(body).map_err(|_| misfit("", "页面已过期，请刷新后重试"))
}

/// The action of a form of the fund itself.
pub(super) fn on_fund(typed: &Typed) -> Read<FundInput> {
    let action = typed.value("action");
    let mut body = match action {
        "contribute" => slip(typed)?,
        "receive_deposit" => {
            let mut body = slip(typed)?;
            body["tenant"] = json!(tenant(typed)?);
            body
        }
        "propose_return_deposit" => json!({ "tenant": tenant(typed)?, "fen": fen(typed)? }),
        "propose_return_pool" => json!({ "fen": fen(typed)? }),
        "propose_reverse" => {
            let n: Result<u64, _> = typed.value("n").parse();
            json!({ "n": n.map_err(|_| misfit("n", "请填写分录号"))? })
        }
        "approve_proposal" => json!({
            "proposal_id": typed.value("proposal_id"), "effective_on": day(typed)?,
        }),
        "decline_proposal" => json!({ "proposal_id": typed.value("proposal_id") }),
        "assert" => json!({ "on": day(typed)? }),
        _ => json!({}),
    };
    body["action"] = json!(action);
    serde_json::from_value(body).map_err(|_| misfit("", "页面已过期，请刷新后重试"))
}

/// 申请先行赔付
pub(super) fn asked(typed: &Typed) -> Read<Asked> {
    let ticked = typed.values("grounds");
    let is = |code: &str| ticked.contains(&code);
    let grounds = Grounds {
        facts_clear: is("facts_clear"),
        evidence_sufficient: is("evidence_sufficient"),
        basis_definite: is("basis_definite"),
        consumer_without_fault: is("consumer_without_fault"),
    };
    if !grounds.are_met() {
        return Err(misfit("grounds", "四项须逐项核实并勾选，缺一不可先行赔付"));
    }
    let payee = PayeeInput {
        name: typed.value("payee_name").to_owned(),
        account: typed.value("payee_account").to_owned(),
        bank: typed.value("payee_bank").to_owned(),
    };
    let fen = Fen::new(fen(typed)?);
    let words = words(payee, typed.value("reason").to_owned()).map_err(|problem| {
        let field = match problem.0.field.as_deref() {
            Some("payee.name") => "payee_name",
            Some("payee.account") => "payee_account",
            Some("payee.bank") => "payee_bank",
            _ => "reason",
        };
        misfit(field, "请填写，不超过规定的字数")
    })?;
    Ok(Asked { fen, grounds, words, recover: typed.value("recover") != "no" })
}
