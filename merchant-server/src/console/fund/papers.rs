//! The papers of an advance, each on a sheet to print and to sign: 付款凭单 for the books, 收款收据 for
//! the consumer, 追偿通知书 for the shop. None holds more of the consumer than the number of the case.

use axum::extract::{Path, State};
use green_channel::channel::fund::AdvanceRow;
use green_channel::fund::{Advance, AdvanceStatus, rmb_words};
use green_channel::ids::AdvanceId;
use green_channel::money::Fen;

use super::super::names::Names;
use super::super::pages::fund::{FundPaper, Link};
use super::super::pages::parts::{Fact, Section};
use super::super::shell::Visitor;
use super::super::{PageResult, Trouble, format, render};
use super::advance::provider_zh;
use super::lines::Shops;
use crate::app::App;
use crate::auth::Permission;

/// What an advance can be printed as now.
pub(super) fn of(advance: &Advance) -> Vec<Link> {
    let link = |code: &str, label: &str| Link {
        href: format!("/console/fund/advances/{}/papers/{code}", advance.id),
        label: label.to_owned(),
    };
    let mut links = Vec::new();
    if advance.status.is_to_be_paid() || advance.status == AdvanceStatus::Paid {
        links.push(link("voucher", "付款凭单"));
        links.push(link("receipt", "收款收据（消费者签收）"));
    }
    if advance.status == AdvanceStatus::Paid && advance.tenant.is_some() {
        links.push(link("recourse", "追偿通知书"));
    }
    links
}

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path((advance_id, paper)): Path<(String, String)>,
) -> PageResult {
    if !visitor.may(Permission::ReadFund) {
        visitor.require(Permission::WorkFund)?;
    }
    let id: AdvanceId = advance_id.parse().map_err(|_| Trouble::missing())?;
    let row = app.engine.advance(id).await?.ok_or_else(Trouble::missing)?;
    let offered = of(&row.advance);
    if !offered.iter().any(|link| link.href.ends_with(&format!("/{paper}"))) {
        return Err(Trouble::missing());
    }
    let about = About::load(&app, &row).await?;
    let sheet = match paper.as_str() {
        "voucher" => about.voucher(),
        "receipt" => about.receipt(),
        _ => about.recourse(),
    };
    Ok(render(&FundPaper {
        shell: visitor.shell(&app, Section::Fund).await?,
        advance_href: format!("/console/fund/advances/{id}"),
        stream: row.advance.case.to_string(),
        ..sheet
    }))
}

/// What the papers are written from.
struct About<'a> {
    advance: &'a Advance,
    host: String,
    complaint_no: String,
    tenant: String,
    names: Names,
}

fn fact(label: &str, value: impl Into<String>) -> Fact {
    Fact { label: label.to_owned(), value: value.into() }
}

impl<'a> About<'a> {
    async fn load(app: &App, row: &'a AdvanceRow) -> Result<Self, Trouble> {
        let loaded = app.engine.summary(row.case_id).await.ok();
        let no = loaded.and_then(|loaded| loaded.complaint_no);
        let tenant = match row.advance.tenant {
            Some(id) => Shops::default().name(app, id).await?,
            None => String::new(),
        };
        Ok(Self {
            advance: &row.advance,
            host: app.engine.host().name.clone(),
            complaint_no: no.unwrap_or_else(|| "（已删除）".to_owned()),
            tenant,
            names: Names::load(app).await?,
        })
    }

    /// What was paid, or what is to be.
    fn fen(&self) -> Fen {
        match self.advance.status {
            AdvanceStatus::Paid => self.advance.paid_fen,
            _ => self.advance.fen,
        }
    }

    /// The last characters of the id are enough on paper, and the year tells them apart for long.
    fn no(&self, kind: &str) -> String {
        let id = self.advance.id.to_string();
        let tail: String = id.chars().skip(id.len().saturating_sub(10)).collect();
        format!("{kind}-{}-{tail}", self.advance.requested_at.civil_date().year())
    }

    fn common(&self) -> Vec<Fact> {
        let mut facts = vec![
            fact("付款单位", self.host.clone()),
            fact("投诉编号", self.complaint_no.clone()),
            fact("先付编号", self.advance.id.to_string()),
        ];
        if !self.tenant.is_empty() {
            facts.push(fact("责任商户", self.tenant.clone()));
        }
        facts
    }

    fn voucher(&self) -> FundPaper {
        let advance = self.advance;
        let mut facts = self.common();
        facts.push(fact("申请人", self.names.of(advance.requested_by)));
        let who: Vec<String> = advance.approved_by.iter().map(|who| self.names.of(*who)).collect();
        facts.push(fact("审核人", who.join("、")));
        facts.push(fact(
            "付款方式",
            advance.provider.as_deref().map_or_else(|| "待提交".to_owned(), provider_zh),
        ));
        facts.extend(advance.paid_at.map(|at| fact("付款登记", format::moment(at))));
        let is_paid = advance.status == AdvanceStatus::Paid;
        FundPaper {
            title: "先行赔付付款凭单".to_owned(),
            no: self.no("FK"),
            draft: if is_paid { String::new() } else { "尚未付款".to_owned() },
            text: vec![
                "依据已达成的和解，事实清楚、证据充分、依据明确、消费者无过错，先行赔付如下："
                    .to_owned(),
            ],
            amount: self.fen().to_string(),
            words: rmb_words(self.fen()),
            facts,
            blanks: vec!["收款人", "账号", "银行回单号"],
            signs: vec!["出纳（签名）", "复核（签名）"],
            ..FundPaper::default()
        }
    }

    fn receipt(&self) -> FundPaper {
        FundPaper {
            title: "收款收据".to_owned(),
            no: self.no("SK"),
            to: self.host.clone(),
            text: vec![
                format!("本人就投诉编号 {} 的消费争议，已收到下列先行赔付款项。", self.complaint_no),
                "收到款项后，本人就同一损失不再向责任商户重复求偿；尚未赔付的部分和其他权利不受影响。".to_owned(),
            ],
            amount: self.fen().to_string(),
            words: rmb_words(self.fen()),
            facts: self.common(),
            blanks: vec!["收款方式（转账 / 现金）", "联系电话"],
            signs: vec!["收款人（签名）", "经办人（签名）"],
            ..FundPaper::default()
        }
    }

    fn recourse(&self) -> FundPaper {
        let advance = self.advance;
        let owed = advance.owed();
        let mut facts = self.common();
        facts.push(fact("先行赔付", advance.paid_fen.to_string()));
        facts.push(fact("已扣划或缴还", advance.recovered_fen.to_string()));
        facts.push(fact("尚应缴还", owed.to_string()));
        let due = advance.top_up.as_ref().map(|top_up| format::full_day(top_up.due_on));
        let ask = match (&due, owed > Fen::ZERO) {
            (_, false) => "贵方应承担的款项已从保证金扣划或缴还完毕，特此通知；保证金不足约定数额的，请按协议补足。".to_owned(),
            (Some(day), true) => format!("请于 {day}（含当日）前将尚应缴还的款项缴至本单位保证金账户；逾期未缴的，本单位可依协议建议暂停经营。"),
            (None, true) => "请尽快将尚应缴还的款项缴至本单位保证金账户。".to_owned(),
        };
        FundPaper {
            title: "追偿通知书".to_owned(),
            no: self.no("ZC"),
            to: self.tenant.clone(),
            text: vec![
                format!(
                    "因贵方未履行投诉编号 {} 的和解约定，本单位已向消费者先行赔付。依据消费者权益保护法第四十三条、第四十四条和双方协议，本单位有权向贵方追偿。",
                    self.complaint_no
                ),
                ask,
            ],
            amount: owed.to_string(),
            words: rmb_words(owed),
            facts,
            signs: vec!["本单位（盖章）", "商户签收（签名）"],
            ..FundPaper::default()
        }
    }
}
