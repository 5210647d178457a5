//! What a form on the case page said: pairs in, a step of the case out, or the field at fault.

use green_channel::case::{
    Closing, Command, ContactMethod, ContactResult, Exchange, HandbackReason, RejectionReason,
    TermKind, Terms,
};
use green_channel::codes::Outcome;
use green_channel::ids::OfferId;
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::time::Date;

use crate::api::Step;

/// The pairs of a posted form.
pub(super) struct Typed(pub(super) Vec<(String, String)>);

/// A field that does not fit, by its name in the form, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) field: &'static str,
    pub(super) problem: String,
}

type Read<T> = Result<T, Misfit>;

impl Typed {
    /// The value of a field, trimmed; empty when it was not sent.
    pub(super) fn value(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// Every value of a repeated field.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        let found = self.0.iter().filter(|(field, _)| field == name);
        found.map(|(_, value)| value.trim()).collect()
    }

    /// The revision the form was made for.
    pub(super) fn expected(&self) -> Read<u64> {
        let number = self.value("expected_version").parse();
        number.map_err(|_| misfit("expected_version", "页面已过期，请刷新后重试"))
    }

    /// The step the form stands for; an offer made by it gets the id `fresh`.
    pub(super) fn step(&self, fresh: OfferId) -> Read<Step> {
        Ok(Step::Command(match self.value("action") {
            "issue_link" => return Ok(Step::IssueLink),
            "assign" => {
                return Ok(Step::Assign(self.id("tenant", "请选择商户")?));
            }
            "accept" => Command::Accept,
            "propose_transfer" => {
                let to = self.id("to", "请选择接手人")?;
                Command::ProposeTransfer { to, reason: self.text("reason") }
            }
            "take_transfer" => Command::TakeTransfer,
            "refuse_transfer" => Command::RefuseTransfer { reason: self.text("reason") },
            "recall_transfer" => Command::RecallTransfer,
            "approve" => Command::Approve,
            "send_back" => Command::SendBack { reason: self.text("reason") },
            "contact" => self.contact()?,
            "ask_supplement" => {
                let reply_by = self.date("reply_by")?;
                Command::AskSupplement { reply_by, text: self.text("text") }
            }
            "pause" => Command::Pause { until: self.date("until")?, reason: self.text("reason") },
            "resume" => Command::Resume { reason: self.text("reason") },
            "ask_extension" => Command::AskExtension { reason: self.text("reason") },
            "extend" => Command::Extend { reason: self.text("reason") },
            "offer" => Command::Offer {
                offer_id: fresh,
                terms: self.terms()?,
                answer_by: self.date("answer_by")?,
                text: self.text("text"),
            },
            "accept_counter" => Command::AcceptCounter { offer_id: self.offer("offer_id")? },
            "decline_counter" => {
                let offer_id = self.offer("offer_id")?;
                Command::DeclineCounter { offer_id, reason: self.text("reason") }
            }
            "perform" => Command::Perform { proof: self.text("proof"), closing: self.closing()? },
            "breach" => Command::Breach { reason: self.text("reason") },
            "reject" => {
                let reason = RejectionReason::from_code(self.value("reason"));
                let reason = reason.ok_or_else(|| misfit("reason", "请选择原因"))?;
                Command::Reject { reason, text: self.text("text") }
            }
            "hand_back" => self.hand_back()?,
            "unassign" => Command::Unassign { reason: self.text("reason") },
            "tenant_state" => Command::TenantState { text: self.text("text") },
            "reveal" => Command::Reveal {
                fields: self.values("fields").into_iter().map(str::to_owned).collect(),
                reason: self.text("reason"),
            },
            _ => self.consumers(fresh)?,
        }))
    }

    /// What the consumer said, written down at the desk.
    fn consumers(&self, fresh: OfferId) -> Read<Command> {
        Ok(match self.value("action") {
            "answer" => Command::Answer {
                offer_id: self.offer("offer_id")?,
                accepted: match self.value("accepted") {
                    "yes" => true,
                    "no" => false,
                    _ => return Err(misfit("accepted", "请选择消费者是否接受")),
                },
                text: self.some_text("text"),
                signature: self.some_text("signature"),
            },
            "counter" => Command::Counter {
                offer_id: fresh,
                answers: self.offer("answers")?,
                terms: self.terms()?,
                text: self.text("text"),
                signature: self.some_text("signature"),
            },
            "withdraw" => Command::Withdraw {
                reason: self.some_text("reason"),
                signature: self.some_text("signature"),
            },
            "withdraw_consent" => {
                self.confirmed("请勾选确认后再撤回同意")?;
                let paper_no = Some(self.value("paper_no")).filter(|no| !no.is_empty());
                Command::WithdrawConsent { paper_no: paper_no.map(str::to_owned) }
            }
            "supplement" => Command::Supplement { text: self.text("text") },
            "rate" => Command::Rate {
                stars: self.value("stars").parse().map_err(|_| misfit("stars", "请选择星级"))?,
                text: self.some_text("text"),
                signature: self.some_text("signature"),
            },
            "reopen" => Command::Reopen {
                reason: self.text("reason"),
                signature: self.some_text("signature"),
            },
            _ => return Err(misfit("action", "没有这个操作，请刷新页面")),
        })
    }

    fn text(&self, name: &str) -> Personal<String> {
        Personal::new(self.value(name).to_owned())
    }

    /// A text that may be left empty.
    fn some_text(&self, name: &str) -> Option<Personal<String>> {
        Some(self.value(name)).filter(|text| !text.is_empty()).map(|_| self.text(name))
    }

    /// An id that was chosen from a list.
    fn id<T: std::str::FromStr>(&self, name: &'static str, problem: &str) -> Read<T> {
        self.value(name).parse().map_err(|_| misfit(name, problem))
    }

    /// An offer named by the page itself.
    fn offer(&self, name: &str) -> Read<OfferId> {
        self.value(name).parse().map_err(|_| misfit("offer_id", "页面已过期，请刷新后重试"))
    }

    fn confirmed(&self, problem: &str) -> Read<()> {
        if self.value("confirmed") == "yes" { Ok(()) } else { Err(misfit("confirmed", problem)) }
    }

    fn contact(&self) -> Read<Command> {
        let result = ContactResult::from_code(self.value("result"));
        Ok(Command::Contact {
            method: self.method()?,
            result: result.ok_or_else(|| misfit("result", "请选择联系结果"))?,
            note: self.text("note"),
        })
    }

    fn hand_back(&self) -> Read<Command> {
        self.confirmed("请勾选确认后再退回")?;
        let code = self.value("reason");
        let reason = HandbackReason::CHOICES.into_iter().find(|r| r.code() == code);
        let reason = reason.ok_or_else(|| misfit("reason", "请选择退回原因"))?;
        Ok(Command::HandBack { reason, summary: self.text("summary") })
    }

    fn method(&self) -> Read<ContactMethod> {
        let code = self.value("method");
        let method = ContactMethod::ALL.into_iter().find(|method| method.code() == code);
        method.ok_or_else(|| misfit("method", "请选择方式"))
    }

    fn terms(&self) -> Read<Terms> {
        let mut kinds = Vec::new();
        for code in self.values("kinds") {
            let kind = TermKind::ALL.into_iter().find(|kind| kind.code() == code);
            kinds.push(kind.ok_or_else(|| misfit("kinds", "没有这项内容，请刷新页面"))?);
        }
        // Mental damages have an amount but no box of their own: the amount is the tick.
        let mental_damages_fen = self.yuan("mental_damages_yuan")?;
        if mental_damages_fen > Fen::ZERO {
            kinds.push(TermKind::MentalDamages);
        }
        Ok(Terms {
            kinds,
            refund_fen: self.yuan("refund_yuan")?,
            damages_fen: self.yuan("damages_yuan")?,
            multiple_fen: self.yuan("multiple_yuan")?,
            mental_damages_fen,
            perform_by: self.date("perform_by")?,
            in_exchange: self.in_exchange()?,
        })
    }

    fn in_exchange(&self) -> Read<Vec<Exchange>> {
        let known = |code: &str| {
            let given = Exchange::from_code(code);
            given.ok_or_else(|| misfit("in_exchange", "没有这项内容，请刷新页面"))
        };
        self.values("in_exchange").into_iter().map(known).collect()
    }

    fn closing(&self) -> Read<Closing> {
        let outcome: Outcome =
            self.value("outcome").parse().map_err(|_| misfit("outcome", "请选择办结结果"))?;
        Ok(Closing {
            outcome,
            method: self.method()?,
            process: Personal::new(self.value("process").to_owned()),
            result: Personal::new(self.value("result").to_owned()),
            recovered_fen: self.yuan("recovered_yuan")?,
        })
    }

    fn yuan(&self, name: &'static str) -> Read<Fen> {
        match self.value(name) {
            "" => Ok(Fen::ZERO),
            text => Fen::parse_yuan(text)
                .map_err(|_| misfit(name, "请填写金额（元），最多两位小数，例如 1299.00")),
        }
    }

    fn date(&self, name: &'static str) -> Read<Date> {
        self.value(name).parse().map_err(|_| misfit(name, "请选择日期"))
    }
}

fn misfit(field: &'static str, problem: &str) -> Misfit {
    Misfit { field, problem: problem.to_owned() }
}

/// The form's name of a field of the core.
pub(super) fn form_name(field: &str) -> &str {
    match field {
        "refund_fen" => "refund_yuan",
        "damages_fen" => "damages_yuan",
        "multiple_fen" => "multiple_yuan",
        "mental_damages_fen" => "mental_damages_yuan",
        "recovered_fen" => "recovered_yuan",
        other => other,
    }
}

/// What a clerk reads when the core says no to a field.
pub(super) fn problem_zh(field: &str) -> &'static str {
    match field {
        "kinds" => "请至少选择一项方案内容，每项只选一次",
        "refund_fen" | "damages_fen" | "multiple_fen" | "mental_damages_fen" => {
            "金额与所选内容须一致：选了就填金额，填了金额就要选"
        }
        "perform_by" => "请选择今天或以后、两年以内的日期",
        "answer_by" => "请选择今天或以后、不晚于履行期限、且在规则集允许天数以内的日期",
        "recovered_fen" => "金额有误：不超过方案约定的金额；没有金钱内容的和解请填 0",
        "fields" => "请至少勾选一项",
        "in_exchange" => "消费者配合事项每项只选一次",
        "to" => "请选择现任首问责任人以外的人",
        "reply_by" => "请选择今天或以后、规则集允许天数以内的日期",
        "until" => "请选择今天或以后、规则集允许天数以内的日期",
        "paper_no" => "请填写书面材料编号：4 至 32 个字母、数字或连字符，不要填电话或证件号码",
        "signature" => "请写明消费者如何签字确认，例如：本人签字，回执第 12 号",
        "tenant" => "请选择另一家已登记的商户",
        "stars" => "请选择 1 至 5 星",
        _ => "请填写，至少几个字，最多 4000 字",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    fn command(pairs: &[(&str, &str)]) -> Read<Command> {
        match typed(pairs).step(OfferId::from_bytes([9; 16]))? {
            Step::Command(command) => Ok(command),
            Step::IssueLink | Step::Assign(_) => panic!("not a command of the core"),
        }
    }

    #[test]
    fn what_was_left_empty_was_not_said() {
        let offer = OfferId::from_bytes([7; 16]).to_string();
        let answer = [
            ("action", "answer"),
            ("offer_id", offer.as_str()),
            ("accepted", "no"),
            ("text", "  "),
            ("signature", "本人签字"),
        ];
        let Ok(Command::Answer { accepted, text, signature, .. }) = command(&answer) else {
            panic!("an answer reads as one")
        };
        assert!(!accepted);
        assert!(text.is_none());
        assert_eq!(signature.unwrap().expose(), "本人签字");
    }

    #[test]
    fn what_cannot_be_undone_needs_its_tick() {
        for action in ["withdraw_consent", "hand_back"] {
            let fault = command(&[("action", action), ("reason", "no_agreement")]).unwrap_err();
            assert_eq!(fault.field, "confirmed", "{action}");
            let ticked = [("action", action), ("reason", "no_agreement"), ("confirmed", "yes")];
            assert!(command(&ticked).is_ok(), "{action}");
        }
    }

    #[test]
    fn a_choice_that_was_not_made_is_named_at_its_field() {
        for (action, field) in [
            ("propose_transfer", "to"),
            ("ask_supplement", "reply_by"),
            ("answer", "offer_id"),
            ("rate", "stars"),
            ("contact", "method"),
            ("erase", "action"),
        ] {
            assert_eq!(command(&[("action", action)]).unwrap_err().field, field, "{action}");
        }
        let assign = typed(&[("action", "assign"), ("tenant", "")]);
        assert_eq!(assign.step(OfferId::from_bytes([9; 16])).unwrap_err().field, "tenant");
    }

    #[test]
    fn an_offer_form_becomes_terms_in_fen() {
        let form = typed(&[
            ("kinds", "refund"),
            ("kinds", "apology"),
            ("in_exchange", "give_back_goods"),
            ("refund_yuan", "1299.5"),
            ("damages_yuan", ""),
            ("perform_by", "2026-12-01"),
        ]);
        let terms = form.terms().unwrap();
        assert_eq!(terms.kinds, [TermKind::Refund, TermKind::Apology]);
        assert_eq!(terms.refund_fen, Fen::new(129_950));
        assert_eq!(terms.damages_fen, Fen::ZERO);
        assert_eq!(terms.in_exchange, [Exchange::GiveBackGoods]);
    }

    #[test]
    fn a_slip_of_the_pen_is_named_at_its_field() {
        for (pairs, field) in [
            (vec![("refund_yuan", "1,299")], "refund_yuan"),
            (vec![("refund_yuan", "12"), ("perform_by", "tomorrow")], "perform_by"),
            (vec![("kinds", "gold"), ("perform_by", "2026-12-01")], "kinds"),
        ] {
            assert_eq!(typed(&pairs).terms().unwrap_err().field, field);
        }
    }
}
