//! What a form on the case page said: pairs in, a command of the core out, or the field at fault.

use green_channel::case::{
    Closing, Command, ContactMethod, ContactResult, HandbackReason, RejectionReason, TermKind,
    Terms,
};
use green_channel::codes::Outcome;
use green_channel::ids::OfferId;
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::time::Date;

use crate::data_folder::Engine;

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

    /// The command the form stands for.
    pub(super) fn command(&self, engine: &Engine) -> Read<Command> {
        let text = |name| Personal::new(self.value(name).to_owned());
        Ok(match self.value("action") {
            "accept" => Command::Accept,
            "approve" => Command::Approve,
            "send_back" => Command::SendBack { reason: text("reason") },
            "contact" => Command::Contact {
                method: self.method()?,
                result: match self.value("result") {
                    "reached" => ContactResult::Reached,
                    "unreachable" => ContactResult::Unreachable,
                    _ => return Err(misfit("result", "请选择联系结果")),
                },
                note: text("note"),
            },
            "offer" => Command::Offer {
                offer_id: OfferId::new(engine.now(), engine.random()),
                terms: self.terms()?,
                answer_by: self.date("answer_by")?,
                text: text("text"),
            },
            "perform" => Command::Perform { proof: text("proof"), closing: self.closing()? },
            "breach" => Command::Breach { reason: text("reason") },
            "reject" => {
                let code = self.value("reason");
                let reason = RejectionReason::ALL.into_iter().find(|r| r.code() == code);
                let reason = reason.ok_or_else(|| misfit("reason", "请选择原因"))?;
                Command::Reject { reason, text: text("text") }
            }
            "hand_back" => {
                if self.value("confirmed") != "yes" {
                    return Err(misfit("confirmed", "请勾选确认后再退回"));
                }
                let code = self.value("reason");
                let reason = HandbackReason::CHOICES.into_iter().find(|r| r.code() == code);
                let reason = reason.ok_or_else(|| misfit("reason", "请选择退回原因"))?;
                Command::HandBack { reason, summary: text("summary") }
            }
            "reveal" => Command::Reveal {
                fields: self.values("fields").into_iter().map(str::to_owned).collect(),
                reason: text("reason"),
            },
            _ => return Err(misfit("action", "没有这个操作，请刷新页面")),
        })
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
        })
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
        "answer_by" => "请选择今天或以后、且不晚于履行期限的日期",
        "recovered_fen" => "金额有误：没有金钱内容的和解请填 0",
        "fields" => "请至少勾选一项",
        _ => "请填写，至少几个字，最多 4000 字",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn an_offer_form_becomes_terms_in_fen() {
        let form = typed(&[
            ("kinds", "refund"),
            ("kinds", "apology"),
            ("refund_yuan", "1299.5"),
            ("damages_yuan", ""),
            ("perform_by", "2026-12-01"),
        ]);
        let terms = form.terms().unwrap();
        assert_eq!(terms.kinds, [TermKind::Refund, TermKind::Apology]);
        assert_eq!(terms.refund_fen, Fen::new(129_950));
        assert_eq!(terms.damages_fen, Fen::ZERO);
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
