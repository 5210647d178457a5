//! The forms of what this person may do now: proposals where a form is fresh, what was typed where
//! it was refused.

use green_channel::case::{
    Action, ContactMethod, Exchange, HandbackReason, OfferStatus, Party, RejectionReason, TermKind,
};
use green_channel::channel::{CaseView, OfferView};
use green_channel::codes::Outcome;
use green_channel::money::Fen;
use green_channel::time::Date;

use super::case_page::Remarks;
use super::pages::forms::{
    AcceptForm, Actions, AmountField, BreachForm, Choice, ContactForm, Field, HandBackForm,
    OfferForm, PerformForm, RejectForm, ReviewForm, Select,
};
use super::plain::{Listed, Material};
use super::shell::Visitor;
use crate::app::App;

/// Who and what may be chosen from, by name.
#[derive(Default)]
pub(super) struct Lists {
    /// Who could take the case over.
    pub(super) people: Vec<Listed>,
    /// Which shops could answer for it.
    pub(super) tenants: Vec<Listed>,
    /// The first responder; empty before there is one.
    pub(super) responder: String,
}

/// The forms that are open to this person.
pub(super) fn actions(
    app: &App,
    visitor: &Visitor,
    view: &CaseView,
    remarks: &Remarks,
    lists: Lists,
) -> Actions {
    let material = material(app, view, remarks, lists);
    let open = |action: Action| material.open.contains(&action);
    let form = |action: Action| Filled { action: action.code(), remarks };
    let who = &visitor.session.person.name;
    Actions {
        accept: open(Action::Accept).then(|| AcceptForm {
            responder: format!("受理后由您（{who}）担任首问责任人，负责到底。"),
        }),
        review: open(Action::Approve).then(|| review(view, &form(Action::SendBack))),
        contact: open(Action::Contact).then(|| contact(&form(Action::Contact))),
        offer: open(Action::Offer).then(|| offer(app, view, &form(Action::Offer))),
        perform: open(Action::Perform).then(|| perform(view, &form(Action::Perform))),
        breach: open(Action::Breach).then(|| {
            let form = form(Action::Breach);
            BreachForm { open: form.refused(), reason: form.field("reason") }
        }),
        reject: open(Action::Reject).then(|| reject(&form(Action::Reject))),
        hand_back: open(Action::HandBack).then(|| hand_back(view, &form(Action::HandBack))),
        waiting: material.waiting(),
        more: material.more(),
        at_desk: material.at_desk(),
    }
}

/// What the forms that are only their fields are made from.
fn material<'a>(app: &App, view: &CaseView, remarks: &'a Remarks, lists: Lists) -> Material<'a> {
    let open = view.choices.iter().filter(|choice| choice.allowed);
    let open_offer = |by: Party| {
        let waits = |offer: &&OfferView| offer.by == by && offer.status == OfferStatus::Open;
        view.offers.iter().rev().find(waits)
    };
    let id = |offer: Option<&OfferView>| offer.map(|o| o.id.to_string()).unwrap_or_default();
    let counter = open_offer(Party::Consumer);
    let today = app.engine.now().civil_date();
    Material {
        open: open.filter_map(|choice| Action::from_code(&choice.action)).collect(),
        remarks,
        offer_id: id(open_offer(Party::Merchant)),
        counter_id: id(counter),
        counter: counter.map(in_words).unwrap_or_default(),
        handed_by: lists.responder,
        people: lists.people,
        tenants: lists.tenants,
        today,
        reply_by: working_day(app, today, 5),
        limit: Fen::new(app.config.rules.clerk_offer_limit_fen),
    }
}

/// A proposal as it is answered: its terms, then what was said.
fn in_words(offer: &OfferView) -> String {
    let by = super::format::full_day(offer.terms.perform_by);
    let said = offer.text.as_deref().unwrap_or_default();
    format!("消费者的方案：{}，{by}前履行。\n{said}", offer.summary)
}

/// The day so many working days from today; today when the calendar does not go that far.
fn working_day(app: &App, today: Date, days: u32) -> Date {
    let day = app.engine.calendar().after_working_days(today, days);
    day.map_or(today, |explanation| explanation.due_on)
}

/// What an offer may promise, for ticking. Mental damages are an amount without a box of their own.
pub(super) fn term_boxes() -> Vec<(&'static str, &'static str)> {
    let boxes = TermKind::ALL.into_iter().filter(|kind| *kind != TermKind::MentalDamages);
    boxes.map(|kind| (kind.code(), kind.label_zh())).collect()
}

/// The amounts of an offer: the name of the field, and what it is for.
pub(super) const fn amount_names() -> [(&'static str, &'static str); 4] {
    [
        ("refund_yuan", "退还货款和服务费用"),
        ("damages_yuan", "赔偿损失"),
        ("multiple_yuan", "加倍赔偿"),
        ("mental_damages_yuan", "精神损害赔偿"),
    ]
}

/// A form with what was typed into it, if it is the one that was refused.
pub(super) struct Filled<'a> {
    pub(super) action: &'static str,
    pub(super) remarks: &'a Remarks,
}

impl Filled<'_> {
    fn typed(&self) -> Option<&super::form::Typed> {
        self.remarks.typed.as_ref().filter(|typed| typed.value("action") == self.action)
    }

    pub(super) fn refused(&self) -> bool {
        self.typed().is_some()
    }

    pub(super) fn value(&self, name: &str, proposal: &str) -> String {
        self.typed().map_or_else(|| proposal.to_owned(), |typed| typed.value(name).to_owned())
    }

    pub(super) fn error(&self, name: &str) -> String {
        let misfit = self.remarks.misfit.as_ref().filter(|_| self.refused());
        let misfit = misfit.filter(|misfit| misfit.field == name);
        misfit.map(|misfit| misfit.problem.clone()).unwrap_or_default()
    }

    fn field(&self, name: &str) -> Field {
        self.proposed(name, "")
    }

    fn proposed(&self, name: &str, proposal: &str) -> Field {
        Field { value: self.value(name, proposal), error: self.error(name) }
    }

    pub(super) fn select(&self, name: &str, options: &[(&str, &str)], proposal: &str) -> Select {
        let typed = self.typed().map(|typed| typed.values(name));
        let chosen = |code: &str| match &typed {
            Some(values) => values.contains(&code),
            None => code == proposal,
        };
        let option = |(code, label): &(&str, &str)| Choice {
            code: (*code).to_owned(),
            label: (*label).to_owned(),
            chosen: chosen(code),
        };
        Select { options: options.iter().map(option).collect(), error: self.error(name) }
    }
}

fn review(view: &CaseView, form: &Filled<'_>) -> ReviewForm {
    let waits = |offer: &&OfferView| offer.status == OfferStatus::AwaitingApproval;
    let draft = view.offers.iter().rev().find(waits);
    let (whose, then) = match draft.map(|offer| offer.by) {
        Some(Party::Consumer) => ("待审核（消费者的方案）", "通过后即按消费者的方案和解"),
        Some(Party::Merchant) | None => ("待审核方案", "通过后方案立即发给消费者确认"),
    };
    let summary = draft.map(|offer| format!("{whose}：{}", offer.summary));
    ReviewForm {
        summary: summary.unwrap_or_default(),
        confirm: format!("{then}。确定通过？"),
        reason: form.field("reason"),
    }
}

fn methods() -> Vec<(&'static str, &'static str)> {
    ContactMethod::ALL.into_iter().map(|method| (method.code(), method.label_zh())).collect()
}

fn contact(form: &Filled<'_>) -> ContactForm {
    let results = [("reached", "已联系上"), ("unreachable", "未联系上")];
    ContactForm {
        open: form.refused(),
        method: form.select("method", &methods(), "phone"),
        result: form.select("result", &results, "reached"),
        note: form.field("note"),
    }
}

fn offer(app: &App, view: &CaseView, form: &Filled<'_>) -> OfferForm {
    let today = app.engine.now().civil_date();
    let limit = Fen::new(app.config.rules.clerk_offer_limit_fen);
    let asked = view.summary.amount_fen.map(|fen| Fen::new(fen).to_yuan()).unwrap_or_default();
    let wants_refund = view.summary.requests.iter().any(|request| request.contains("退还"));
    let amount = |(name, label): (&str, &str)| {
        let proposal = if wants_refund && name == "refund_yuan" { asked.as_str() } else { "" };
        AmountField {
            name: name.to_owned(),
            label: label.to_owned(),
            value: form.value(name, proposal),
            error: form.error(name),
        }
    };
    let given = Exchange::ALL.map(|given| (given.code(), given.label_zh()));
    let day = |days| working_day(app, today, days).to_string();
    OfferForm {
        open: form.refused(),
        limit_hint: format!("合计超过 {limit} 须由主管审核后才发给消费者。"),
        kinds: form.select("kinds", &term_boxes(), if wants_refund { "refund" } else { "" }),
        amounts: amount_names().into_iter().map(amount).collect(),
        in_exchange: form.select("in_exchange", &given, ""),
        perform_by: form.proposed("perform_by", &day(5)),
        answer_by: form.proposed("answer_by", &day(3)),
        earliest: today.to_string(),
        text: form.field("text"),
    }
}

fn perform(view: &CaseView, form: &Filled<'_>) -> PerformForm {
    let accepted = view.offers.iter().rev().find(|offer| offer.status == OfferStatus::Accepted);
    let total = accepted.map_or(Fen::ZERO, |offer| Fen::new(offer.total_fen));
    let outcomes: Vec<_> =
        Outcome::ALL.iter().map(|outcome| (outcome.code(), outcome.label_zh())).collect();
    let proposal = if total > Fen::ZERO { "monetary" } else { "non_monetary" };
    PerformForm {
        open: form.refused(),
        outcome: form.select("outcome", &outcomes, proposal),
        method: form.select("method", &methods(), "phone"),
        process: form.field("process"),
        result: form.field("result"),
        recovered_yuan: form.proposed("recovered_yuan", &total.to_yuan()),
        proof: form.field("proof"),
    }
}

fn reject(form: &Filled<'_>) -> RejectForm {
    let reasons: Vec<_> =
        RejectionReason::ALL.into_iter().map(|r| (r.code(), r.label_zh())).collect();
    RejectForm {
        open: form.refused(),
        reason: form.select("reason", &reasons, "not_ours"),
        text: form.field("text"),
    }
}

/// Once the time is over the form lies open with a draft; a person sends it.
fn hand_back(view: &CaseView, form: &Filled<'_>) -> HandBackForm {
    let reasons: Vec<_> =
        HandbackReason::CHOICES.into_iter().map(|r| (r.code(), r.label_zh())).collect();
    let drafted = view.handback_drafted;
    // The reason that is likely to hold; the form refuses one that does not.
    let reason = if drafted {
        HandbackReason::Expired
    } else if view.reached {
        HandbackReason::NoAgreement
    } else {
        HandbackReason::ConsumerAsks
    };
    let count = |by: Party| view.offers.iter().filter(|offer| offer.by == by).count();
    let summary = if drafted {
        let tried = Tried {
            contacts: view.contacts,
            reached: view.reached,
            offers: count(Party::Merchant),
            counters: count(Party::Consumer),
        };
        tried.summary_zh()
    } else {
        String::new()
    };
    HandBackForm {
        open: form.refused() || drafted,
        drafted,
        reason: form.select("reason", &reasons, reason.code()),
        summary: form.proposed("summary", &summary),
        confirm_error: form.error("confirmed"),
    }
}

/// What was tried, in numbers.
struct Tried {
    contacts: u32,
    reached: bool,
    offers: usize,
    counters: usize,
}

impl Tried {
    /// The draft of a hand-back's words; whoever sends it says the rest.
    fn summary_zh(&self) -> String {
        let Self { contacts, reached, offers, counters } = self;
        let reached = if *reached { "已联系上" } else { "未联系上" };
        let contacted = match contacts {
            0 => "未联系消费者".to_owned(),
            times => format!("联系消费者 {times} 次（{reached}）"),
        };
        let theirs = match counters {
            0 => String::new(),
            times => format!("，消费者另提方案 {times} 次"),
        };
        format!(
            "协商期限届满，未达成和解。期间{contacted}，提出和解方案 {offers} 次{theirs}，均未达成一致。"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::form::{Misfit, Typed};

    #[test]
    fn a_drafted_handback_counts_what_was_tried() {
        let tried = Tried { contacts: 3, reached: true, offers: 2, counters: 1 };
        assert_eq!(
            tried.summary_zh(),
            "协商期限届满，未达成和解。期间联系消费者 3 次（已联系上），提出和解方案 2 次，\
             消费者另提方案 1 次，均未达成一致。"
        );
        let nothing = Tried { contacts: 0, reached: false, offers: 0, counters: 0 };
        assert!(nothing.summary_zh().contains("未联系消费者，提出和解方案 0 次，均"));
    }

    #[test]
    fn a_refused_form_keeps_its_choice_against_the_proposal() {
        let pairs = [("action", "hand_back"), ("reason", "unreachable"), ("summary", "打了三次")];
        let own = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let remarks = Remarks {
            typed: Some(Typed(own.to_vec())),
            misfit: Some(Misfit { field: "confirmed", problem: "请勾选".to_owned() }),
            ..Remarks::default()
        };
        let form = Filled { action: "hand_back", remarks: &remarks };
        let options = [("expired", "逾期未达成和解"), ("unreachable", "联系不到消费者")];
        let chosen = form.select("reason", &options, "expired");
        assert!(!chosen.options[0].chosen && chosen.options[1].chosen);
        assert_eq!(form.proposed("summary", "草稿").value, "打了三次");
        assert_eq!(form.error("confirmed"), "请勾选");
        let other = Filled { action: "offer", remarks: &remarks };
        assert_eq!(other.proposed("text", "草稿").value, "草稿");
        assert_eq!(other.error("confirmed"), "");
    }
}
