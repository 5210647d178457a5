//! 和解协议: what both sides agreed on, or would, on one sheet to print and to sign. It holds no
//! more of the consumer than the masked name; the rest is written by hand.

use axum::extract::{Path, State};
use green_channel::case::{OfferStatus, Party, TermKind, Terms};
use green_channel::channel::{AssignedView, CaseView, OfferView};
use green_channel::ids::CaseId;

use super::cards::{fact, offer_card};
use super::pages::agreement::AgreementPage;
use super::pages::parts::{Fact, OfferCard, Section};
use super::shell::Visitor;
use super::{PageResult, Trouble, format, render};
use crate::app::App;
use crate::auth::Permission;

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(case_id): Path<String>,
) -> PageResult {
    visitor.require(Permission::WorkCases)?;
    let id: CaseId = case_id.parse().map_err(|_| Trouble::missing())?;
    let view = app.engine.view(id, &visitor.actor()).await?;
    let (Some(complaint_no), Some(offer)) = (number(&view), settled_on(&view.offers)) else {
        return Err(Trouble::missing());
    };
    let given = offer.terms.in_exchange.iter().map(|given| given.label_zh().to_owned());
    Ok(render(&AgreementPage {
        shell: visitor.shell(&app, Section::Desk).await?,
        case_href: format!("/console/cases/{id}"),
        draft: draft(offer).to_owned(),
        merchant: merchant(&app, &view),
        consumer: if view.withheld.is_some() { String::new() } else { view.consumer.name.clone() },
        signers: view.parties.iter().map(|p| fact(&p.role_label, p.name.clone())).collect(),
        about: about(&view),
        terms: promises(&offer.terms),
        total: if offer.total_fen > 0 { money(offer.total_fen) } else { String::new() },
        in_exchange: given.collect(),
        perform_by: format::full_day(offer.terms.perform_by),
        stream: view.stream.to_string(),
        checkpoint_url: format!("{}/log/checkpoint", app.engine.host().base_url),
        complaint_no,
    }))
}

/// The offers of a case, newest first; the one to sign leads to its sheet, if this person may print
/// it.
pub(super) fn offers(visitor: &Visitor, view: &CaseView) -> Vec<OfferCard> {
    let may = visitor.may(Permission::WorkCases) && number(view).is_some();
    let to_sign = settled_on(&view.offers).filter(|_| may).map(|offer| offer.id);
    let card = |(index, offer): (usize, &OfferView)| {
        let mut card = offer_card(index, offer);
        if Some(offer.id) == to_sign {
            card.agreement_href = format!("/console/cases/{}/agreement", view.summary.case_id);
        }
        card
    };
    view.offers.iter().enumerate().rev().map(card).collect()
}

/// 投诉编号; gone with the person.
fn number(view: &CaseView) -> Option<String> {
    view.summary.complaint_no.clone()
}

/// The offer that the agreement is about: the last that was accepted or still may be.
fn settled_on(offers: &[OfferView]) -> Option<&OfferView> {
    offers.iter().rev().find(|offer| match offer.status {
        OfferStatus::Accepted | OfferStatus::Open | OfferStatus::AwaitingApproval => true,
        OfferStatus::SentBack
        | OfferStatus::Declined
        | OfferStatus::Countered
        | OfferStatus::Expired
        | OfferStatus::Dropped => false,
    })
}

/// Why the sheet is only a draft; empty for what was accepted. What no longer stands has no sheet.
const fn draft(offer: &OfferView) -> &'static str {
    match offer.status {
        OfferStatus::AwaitingApproval => "草案：方案尚未经本单位审核，不得签署。",
        OfferStatus::Open => match offer.by {
            Party::Merchant => "草案：方案尚待投诉人确认。",
            Party::Consumer => "草案：投诉人提出的方案尚待本单位答复，不得签署。",
        },
        OfferStatus::Accepted
        | OfferStatus::SentBack
        | OfferStatus::Declined
        | OfferStatus::Countered
        | OfferStatus::Expired
        | OfferStatus::Dropped => "",
    }
}

fn money(fen: i64) -> String {
    format!("人民币 {}", format::amount(Some(fen)))
}

/// What is promised, one promise a line, with its amount where it has one.
fn promises(terms: &Terms) -> Vec<String> {
    let amounts = terms.amounts();
    let promise = |kind: &TermKind| {
        let amount = amounts.iter().find(|(of, _, _)| of == kind);
        match amount {
            Some((_, fen, _)) => format!("{}：{}", kind.label_zh(), money(fen.as_fen())),
            None => kind.label_zh().to_owned(),
        }
    };
    terms.kinds.iter().map(promise).collect()
}

/// Our side, and the shop that the complaint is about where it is not we.
fn merchant(app: &App, view: &CaseView) -> Vec<Fact> {
    let own = &app.config.merchant;
    let mut facts =
        vec![fact("名称", own.name.clone()), fact("统一社会信用代码", own.uscc.clone())];
    if view.respondent != own.name || view.stall_no.is_some() {
        facts.push(fact("被投诉人", at_stall(&view.respondent, view.stall_no.as_deref())));
    }
    // The respondent is who the consumer named; who answers for it may be another shop.
    let other =
        |assigned: &&AssignedView| !assigned.name.is_empty() && assigned.name != view.respondent;
    if let Some(assigned) = view.assigned.as_ref().filter(other) {
        facts.push(fact("责任商户", at_stall(&assigned.name, assigned.stall_no.as_deref())));
    }
    facts
}

fn at_stall(name: &str, stall_no: Option<&str>) -> String {
    stall_no.map_or_else(|| name.to_owned(), |no| format!("{name}（{no}）"))
}

/// What the dispute is about, without what the consumer told of it.
fn about(view: &CaseView) -> Vec<Fact> {
    let summary = &view.summary;
    let mut facts =
        vec![fact("商品或服务", summary.goods.clone()), fact("问题类别", summary.issue.clone())];
    if !summary.requests.is_empty() {
        facts.push(fact("投诉请求", summary.requests.join("、")));
    }
    if let Some(fen) = summary.amount_fen {
        facts.push(fact("涉及金额", money(fen)));
    }
    if let Some(size) = view.group_size {
        facts.push(fact("共同投诉", format!("{size} 人")));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use askama::Template;
    use green_channel::ids::OfferId;
    use serde_json::json;

    fn offer(seed: u8, status: &str, by: &str) -> OfferView {
        serde_json::from_value(json!({
            "id": OfferId::from_bytes([seed; 16]), "summary": "", "total_fen": 149_900,
            "terms": {
                "kinds": ["refund", "apology", "damages"], "refund_fen": 129_900,
                "damages_fen": 20_000, "multiple_fen": 0, "mental_damages_fen": 0,
                "perform_by": "2026-12-01", "in_exchange": ["give_back_goods"],
            },
            "answer_by": "2026-11-28", "status": status, "status_label": "", "by": by,
            "by_label": "", "drafted_at": "2026-11-24T10:00:00+08:00",
            "text": "退到尾号 5520 的账户",
        }))
        .unwrap()
    }

    #[test]
    fn the_agreement_is_about_the_last_offer_that_stands() {
        let offers = [
            offer(1, "accepted", "merchant"),
            offer(2, "declined", "merchant"),
            offer(3, "open", "merchant"),
            offer(4, "dropped", "consumer"),
        ];
        assert_eq!(settled_on(&offers).map(|offer| offer.id), Some(offers[2].id));
        assert_eq!(settled_on(&offers[..2]).map(|offer| offer.id), Some(offers[0].id));
        assert!(settled_on(&offers[1..2]).is_none());
        assert!(settled_on(&[]).is_none());
    }

    #[test]
    fn only_what_was_accepted_is_no_draft() {
        assert_eq!(draft(&offer(1, "accepted", "merchant")), "");
        assert_eq!(draft(&offer(1, "accepted", "consumer")), "");
        for (status, by, word) in [
            ("open", "merchant", "尚待投诉人确认"),
            ("open", "consumer", "尚待本单位答复"),
            ("awaiting_approval", "merchant", "尚未经本单位审核"),
        ] {
            let said = draft(&offer(1, status, by));
            assert!(said.starts_with("草案：") && said.contains(word), "{said}");
        }
    }

    #[test]
    fn every_promise_is_a_line_with_its_amount_in_digits() {
        let terms = promises(&offer(1, "accepted", "merchant").terms);
        let expect =
            ["退还货款和服务费用：人民币 ¥1,299.00", "赔礼道歉", "赔偿损失：人民币 ¥200.00"];
        assert_eq!(terms, expect);
    }

    #[test]
    fn the_sheet_has_its_lines_to_sign_and_says_when_it_is_a_draft() {
        let page = AgreementPage {
            consumer: "林**".to_owned(),
            signers: vec![fact("委托代理人", "赵*")],
            ..AgreementPage::default()
        };
        let text = page.render().unwrap();
        for shown in
            ["登记为 林**", "投诉人（签名）", "委托代理人（签名，登记为 赵*）", "<p>无。</p>"]
        {
            assert!(text.contains(shown), "{shown}");
        }
        assert!(!text.contains("草案"));
        let draft = AgreementPage { draft: "草案：待确认。".to_owned(), ..page };
        let text = draft.render().unwrap();
        assert!(text.contains("和解协议（草案）") && text.contains("草案：待确认。"));
    }
}
