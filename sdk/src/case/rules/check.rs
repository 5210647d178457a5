//! Whether a rule set that somebody wrote can be kept: what a file says is believed only then.

use super::{ClockStart, ClockUnit, LadderStep, RuleSet};
use crate::case::clocks::ClockKind;

/// The longest clock, in its own units: ten years of days.
const LENGTH_MAX: u32 = 3_650;
/// The farthest step of a ladder: a year.
const LADDER_HOURS_MAX: u32 = 8_784;

type Unfit = (&'static str, &'static str);

/// The first member that cannot be kept, with the remedy.
pub(super) fn check(set: &RuleSet) -> Result<(), Unfit> {
    if set.valid_until.is_some_and(|last| last < set.valid_from) {
        return Err(("valid_until", "give a day no earlier than valid_from"));
    }
    clocks(set)?;
    extensions(set)?;
    pauses(set)?;
    if set.answers.as_ref().is_some_and(|rule| !(1..=730).contains(&rule.days)) {
        return Err(("answers", "give 1 to 730 days"));
    }
    ladder(&set.ladder)?;
    match &set.unreachable {
        Some(rule) if rule.days == 0 || rule.attempts < rule.days => {
            Err(("unreachable", "give at least one day, and at least one attempt for each"))
        }
        Some(_) | None => Ok(()),
    }
}

fn clocks(set: &RuleSet) -> Result<(), Unfit> {
    let fail = |problem| Err(("clocks", problem));
    for rule in &set.clocks {
        if !(1..=LENGTH_MAX).contains(&rule.length) {
            return fail("give each clock a length from 1 to 3650");
        }
        if rule.unit == ClockUnit::NamedDay {
            return fail(
                "a rule counts working_days, calendar_days or hours; nobody names its day",
            );
        }
        if set.clocks.iter().filter(|other| other.kind == rule.kind).count() > 1 {
            return fail("give each kind of clock once");
        }
        let from_intake = matches!(rule.start, ClockStart::Diverted | ClockStart::Received);
        let fits = match rule.kind {
            ClockKind::Respond | ClockKind::Settle => from_intake,
            ClockKind::Urge => rule.start == ClockStart::Urged,
            ClockKind::Report => rule.start == ClockStart::Told,
            // Their day is named by a settlement or an order.
            ClockKind::Perform | ClockKind::Supervise => false,
        };
        if !fits {
            let problem = "respond and settle start diverted or received, urge urged, report told; \
                           perform and supervise have no rule";
            return fail(problem);
        }
    }
    match set.clock(ClockKind::Settle) {
        Some(_) => Ok(()),
        None => fail("give a settlement clock (settle)"),
    }
}

fn extensions(set: &RuleSet) -> Result<(), Unfit> {
    let fail = |problem| Err(("extensions", problem));
    if set.extensions.len() > 1 {
        return fail("give one rule at most");
    }
    for rule in &set.extensions {
        if rule.clock != ClockKind::Settle {
            return fail("only the settlement clock (settle) can be lengthened");
        }
        if !(1..=LENGTH_MAX).contains(&rule.length) || rule.times == 0 {
            return fail("give a length from 1 to 3650, and at least one time");
        }
    }
    Ok(())
}

fn pauses(set: &RuleSet) -> Result<(), Unfit> {
    let fail = |problem| Err(("pauses", problem));
    for rule in &set.pauses {
        if set.pauses.iter().filter(|other| other.on == rule.on).count() > 1 {
            return fail("give each ground once");
        }
        let stops = |kind: &ClockKind| matches!(kind, ClockKind::Respond | ClockKind::Settle);
        if rule.clocks.is_empty() || !rule.clocks.iter().all(stops) {
            return fail("name the clocks that stand still: settle, respond");
        }
        if rule.times == 0 || !(1..=366).contains(&rule.days) {
            return fail("give at least one time, and 1 to 366 days");
        }
    }
    Ok(())
}

fn ladder(steps: &[LadderStep]) -> Result<(), Unfit> {
    let fail = |problem| Err(("ladder", problem));
    for (place, step) in steps.iter().enumerate() {
        if step.clock == ClockKind::Report {
            return fail("a report has no ladder; it is shown when it is late");
        }
        if step.hours > LADDER_HOURS_MAX {
            return fail("give at most 8784 hours");
        }
        if steps[..place].contains(step) {
            return fail("give each step once");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(change: impl FnOnce(&mut Value)) -> Result<RuleSet, String> {
        let mut set = serde_json::to_value(RuleSet::named("odr-2026.2").unwrap()).unwrap();
        change(&mut set);
        RuleSet::from_json(&set.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_rule_that_cannot_be_kept_is_named() {
        type Change = fn(&mut Value);
        let table: [(&str, Change); 17] = [
            ("valid_until", |set| set["valid_until"] = json!("2026-01-01")),
            ("clocks", |set| set["clocks"] = json!([])),
            ("clocks", |set| set["clocks"][1]["kind"] = json!("respond")),
            ("clocks", |set| set["clocks"][1]["length"] = json!(0)),
            ("clocks", |set| set["clocks"][1]["unit"] = json!("named_day")),
            ("clocks", |set| set["clocks"][1]["start"] = json!("told")),
            ("clocks", |set| set["clocks"][2]["start"] = json!("received")),
            ("clocks", |set| set["clocks"][3]["kind"] = json!("perform")),
            ("extensions", |set| set["extensions"][0]["clock"] = json!("perform")),
            ("extensions", |set| set["extensions"][0]["length"] = json!(0)),
            ("extensions", |set| set["extensions"][0]["times"] = json!(0)),
            ("pauses", |set| set["pauses"][1]["on"] = json!("supplement")),
            ("pauses", |set| set["pauses"][0]["clocks"] = json!(["perform"])),
            ("pauses", |set| set["pauses"][0]["times"] = json!(0)),
            ("answers", |set| set["answers"]["days"] = json!(0)),
            ("ladder", |set| set["ladder"][1] = set["ladder"][0].clone()),
            ("unreachable", |set| set["unreachable"]["attempts"] = json!(1)),
        ];
        for (field, change) in table {
            let error = read(change).expect_err(field);
            assert!(error.starts_with(&format!("rule set odr-2026.2: {field}: ")), "{error}");
        }
        assert!(read(|_| ()).is_ok());
    }
}
