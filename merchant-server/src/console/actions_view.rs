//! The forms of what this person may do now: proposals where a form is fresh, what was typed where
//! it was refused.

use green_channel::case::{Action, ContactMethod, HandbackReason, RejectionReason, TermKind};
use green_channel::channel::CaseView;
use green_channel::codes::Outcome;
use green_channel::money::Fen;

use super::case_page::Remarks;
use super::pages::forms::{
    AcceptForm, Actions, AmountField, BreachForm, Choice, ContactForm, Field, HandBackForm,
    OfferForm, PerformForm, RejectForm, ReviewForm, Select,
};
use super::shell::Visitor;
use crate::app::App;

/// The forms that are open to this person.
pub(super) fn actions(app: &App, visitor: &Visitor, view: &CaseView, remarks: &Remarks) -> Actions {
    let open = |action: Action| {
        view.choices.iter().any(|choice| choice.allowed && choice.action == action.code())
    };
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
        hand_back: open(Action::HandBack).then(|| hand_back(&form(Action::HandBack))),
    }
}

/// A form with what was typed into it, if it is the one that was refused.
struct Filled<'a> {
    action: &'static str,
    remarks: &'a Remarks,
}

impl Filled<'_> {
    fn typed(&self) -> Option<&super::form::Typed> {
        self.remarks.typed.as_ref().filter(|typed| typed.value("action") == self.action)
    }

    fn refused(&self) -> bool {
        self.typed().is_some()
    }

    fn value(&self, name: &str, proposal: &str) -> String {
        self.typed().map_or_else(|| proposal.to_owned(), |typed| typed.value(name).to_owned())
    }

    fn error(&self, name: &str) -> String {
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

    fn select(&self, name: &str, options: &[(&str, &str)], proposal: &str) -> Select {
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
    let draft = view.offers.last();
    let summary = draft.map(|offer| format!("待审核方案：{}", offer.summary));
    ReviewForm { summary: summary.unwrap_or_default(), reason: form.field("reason") }
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
    let calendar = app.engine.calendar();
    let after = |days| {
        let day = calendar.after_working_days(today, days);
        day.map_or(today, |explanation| explanation.due_on).to_string()
    };
    // Mental damages are an amount without a box of their own.
    let boxes = TermKind::ALL.into_iter().filter(|kind| *kind != TermKind::MentalDamages);
    let boxes: Vec<_> = boxes.map(|kind| (kind.code(), kind.label_zh())).collect();
    let limit = Fen::new(app.config.rules.clerk_offer_limit_fen);
    let amount = |name: &str, label: &str, proposal: &str| AmountField {
        name: name.to_owned(),
        label: label.to_owned(),
        value: form.value(name, proposal),
        error: form.error(name),
    };
    let asked = view.summary.amount_fen.map(|fen| Fen::new(fen).to_yuan()).unwrap_or_default();
    let wants_refund = view.summary.requests.iter().any(|request| request.contains("退还"));
    let proposal = if wants_refund { asked.as_str() } else { "" };
    OfferForm {
        open: form.refused(),
        limit_hint: format!("合计超过 {limit} 须由主管审核后才发给消费者。"),
        kinds: form.select("kinds", &boxes, if wants_refund { "refund" } else { "" }),
        amounts: vec![
            amount("refund_yuan", "退还货款和服务费用", proposal),
            amount("damages_yuan", "赔偿损失", ""),
            amount("multiple_yuan", "加倍赔偿", ""),
            amount("mental_damages_yuan", "精神损害赔偿", ""),
        ],
        perform_by: form.proposed("perform_by", &after(5)),
        answer_by: form.proposed("answer_by", &after(3)),
        earliest: today.to_string(),
        text: form.field("text"),
    }
}

fn perform(view: &CaseView, form: &Filled<'_>) -> PerformForm {
    let accepted = view.offers.last();
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

fn hand_back(form: &Filled<'_>) -> HandBackForm {
    let reasons: Vec<_> =
        HandbackReason::CHOICES.into_iter().map(|r| (r.code(), r.label_zh())).collect();
    HandBackForm {
        open: form.refused(),
        reason: form.select("reason", &reasons, "no_agreement"),
        summary: form.field("summary"),
        confirm_error: form.error("confirmed"),
    }
}
