//! The cards of a case: its deadlines with their sums, and its offers.

use green_channel::calendar::{Calendar, Explanation, Unit};
use green_channel::case::{OfferStatus, Party, TermKind, Via};
use green_channel::channel::{ClockView, OfferView};
use green_channel::time::Timestamp;

use super::format;
use super::pages::parts::{Badge, ClockCard, Due, Fact, OfferCard, Tone};

/// A name and a value.
pub(super) fn fact(label: &str, value: impl Into<String>) -> Fact {
    Fact { label: label.to_owned(), value: value.into() }
}

fn badge(text: impl Into<String>, tone: Tone) -> Badge {
    Badge { text: text.into(), tone }
}

/// A deadline as it stands: one that stands still is not counted down.
pub(super) fn clock_due(clock: &ClockView, now: Timestamp, calendar: &Calendar) -> Due {
    let end = clock.stopped_at.or(clock.paused_at);
    let due = format::due(&clock.label, clock.due_at, end, now, calendar);
    if clock.stopped_at.is_some() || clock.paused_at.is_none() || due.tone == Tone::Bad {
        return due;
    }
    Due { remaining: "计时暂停中".to_owned(), tone: Tone::Quiet, ..due }
}

/// A clock with its whole sum (为什么是这个期限).
pub(super) fn clock_card(
    clock: &ClockView,
    rules: &str,
    now: Timestamp,
    calendar: &Calendar,
) -> ClockCard {
    let mut marks = Vec::new();
    if clock.stopped_at.is_none() && clock.paused_at.is_some() {
        marks.push(badge("暂停中", Tone::Warn));
    }
    match clock.missed {
        0 => {}
        1 => marks.push(badge("曾超期", Tone::Bad)),
        times => marks.push(badge(format!("曾超期 {times} 次"), Tone::Bad)),
    }
    if clock.extended > 0 {
        marks.push(badge(format!("已延长 {}", clock.extended), Tone::Quiet));
    }
    let of = clock.explanation.as_ref();
    let version = of.map_or_else(|| calendar.version(), |sum| sum.calendar.as_str());
    let skipped = of.into_iter().flat_map(|sum| sum.skipped.iter());
    let make_up = of.into_iter().flat_map(|sum| sum.make_up.iter());
    ClockCard {
        due: clock_due(clock, now, calendar),
        marks,
        provisional: clock.provisional,
        explanation: clock.why.clone(),
        sum: sum(clock),
        skipped: skipped.map(|run| fact(&run.days_zh(), run.why_zh())).collect(),
        make_up: make_up
            .map(|day| fact(&format::day(day.date), format!("{}调休", day.exchanged_for)))
            .collect(),
        basis: format!("规则集 {rules}，工作日历 {version}"),
    }
}

/// The parts of the sum that are not single days.
fn sum(clock: &ClockView) -> Vec<Fact> {
    let mut parts = vec![fact("起算", format::moment(clock.start_at))];
    if let Some(sum) = &clock.explanation {
        parts.push(fact("期限", length(sum, clock.extended)));
        if let Some(day) = sum.moved_from {
            parts.push(fact("顺延前", format::full_day(day)));
        }
        let years: Vec<_> = sum.provisional_years.iter().map(|year| format!("{year}年")).collect();
        if !years.is_empty() {
            parts.push(fact("放假安排未公布", years.join("、")));
        }
    }
    if let Some(since) = clock.paused_at {
        parts.push(fact("暂停自", format::moment(since)));
    }
    if let Some(at) = clock.stopped_at {
        parts.push(fact("停止于", format::moment(at)));
    }
    parts
}

fn length(sum: &Explanation, extended: u32) -> String {
    let unit = match sum.unit {
        Unit::WorkingDays => "个工作日",
        Unit::CalendarDays => "个自然日",
    };
    let length = sum.length;
    match extended {
        0 => format!("{length} {unit}"),
        more => format!("{length} {unit}（其中延长 {more}）"),
    }
}

/// An offer, ours or the consumer's.
pub(super) fn offer_card(index: usize, offer: &OfferView) -> OfferCard {
    let theirs = offer.by == Party::Consumer;
    let amounts = offer.terms.amounts();
    let term = |kind: &TermKind| {
        let amount = amounts.iter().find(|(k, _, _)| k == kind);
        let amount = amount.map(|(_, fen, _)| fen.to_string()).unwrap_or_default();
        fact(kind.label_zh(), amount)
    };
    let given: Vec<_> = offer.terms.in_exchange.iter().map(|given| given.label_zh()).collect();
    let answer_by = format::full_day(offer.answer_by);
    OfferCard {
        title: format!("第 {} 次方案", index + 1),
        state: status(offer),
        by: badge(format!("{}提出", offer.by_label), if theirs { Tone::Warn } else { Tone::Quiet }),
        terms: offer.terms.kinds.iter().map(term).collect(),
        in_exchange: given.join("、"),
        total: if offer.total_fen > 0 {
            format::amount(Some(offer.total_fen))
        } else {
            String::new()
        },
        perform_by: format::full_day(offer.terms.perform_by),
        answer_by: if theirs { String::new() } else { answer_by },
        drafted: format!(
            "{}于 {}",
            if theirs { "登记" } else { "拟定" },
            format::moment(offer.drafted_at)
        ),
        text: offer.text.clone().unwrap_or_default(),
        answer: offer.via.map(|via| way(via, theirs)).unwrap_or_default(),
        agreement_href: String::new(),
    }
}

/// Where it stands: an open one waits for the other side, and a clerk reads whose turn it is.
fn status(offer: &OfferView) -> Badge {
    let tone = match offer.status {
        OfferStatus::Open | OfferStatus::AwaitingApproval => Tone::Busy,
        OfferStatus::Accepted => Tone::Good,
        OfferStatus::Declined | OfferStatus::SentBack | OfferStatus::Expired => Tone::Warn,
        OfferStatus::Countered | OfferStatus::Dropped => Tone::Quiet,
    };
    match (offer.status == OfferStatus::Open, offer.by) {
        (true, Party::Consumer) => badge("待本单位答复", Tone::Warn),
        (true, Party::Merchant) => badge("待消费者确认", Tone::Busy),
        (false, Party::Consumer | Party::Merchant) => badge(offer.status_label.clone(), tone),
    }
}

fn way(via: Via, theirs: bool) -> String {
    let what = if theirs { "提出方式" } else { "消费者答复方式" };
    format!("{what}：{}", via.label_zh())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn clock(more: serde_json::Value) -> ClockView {
        let calendar = Calendar::shipped();
        let explanation = calendar.after_working_days("2026-09-30".parse().unwrap(), 10).unwrap();
        let mut view = json!({
            "kind": "settle", "label": "协商和解", "start_at": "2026-09-30T10:00:00+08:00",
            "due_at": "2026-10-20T23:59:59.999+08:00", "missed": 0, "extended": 0,
            "provisional": false, "why": "从2026年9月30日起", "explanation": explanation,
        });
        for (name, value) in more.as_object().unwrap() {
            view[name.as_str()] = value.clone();
        }
        serde_json::from_value(view).unwrap()
    }

    #[test]
    fn every_day_that_did_not_count_is_listed_with_its_reason() {
        let calendar = Calendar::shipped();
        let now = at("2026-10-12T10:00:00+08:00");
        let card = clock_card(&clock(json!({})), "odr-2026.2", now, &calendar);
        let holiday = ("10月1日至10月7日".to_owned(), "国庆节".to_owned());
        assert!(card.skipped.iter().any(|f| (f.label.clone(), f.value.clone()) == holiday));
        assert_eq!((card.make_up.len(), card.make_up[0].value.as_str()), (1, "国庆节调休"));
        assert_eq!(card.sum[0].value, "9月30日 10:00");
        assert_eq!(card.sum[1].value, "10 个工作日");
        assert!(card.marks.is_empty() && card.due.running);
    }

    #[test]
    fn a_clock_that_stands_still_says_so_and_is_not_counted_down() {
        let calendar = Calendar::shipped();
        let now = at("2026-10-15T10:00:00+08:00");
        let view = clock(json!({
            "paused_at": "2026-10-12T10:00:00+08:00", "missed": 2, "extended": 5,
        }));
        let card = clock_card(&view, "odr-2026.2", now, &calendar);
        assert_eq!((card.due.remaining.as_str(), card.due.running), ("计时暂停中", false));
        let marks: Vec<&str> = card.marks.iter().map(|mark| mark.text.as_str()).collect();
        assert_eq!(marks, ["暂停中", "曾超期 2 次", "已延长 5"]);
    }
}
