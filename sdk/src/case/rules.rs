//! Rule sets: which clocks a case has, as versioned data with source and validity.
//!
//! A case is bound to the rule set in force at its diversion and keeps it. Lengths that no
//! primary text fixes are configuration, and the data says so (`certainty`). Knows nothing of any
//! particular case.

mod check;

use serde::{Deserialize, Serialize};

use super::clocks::{Clock, ClockKind, DeadlineError};
use super::reasons::{PauseGround, Rung};
use super::words::words;
use crate::calendar::Calendar;
use crate::money::Fen;
use crate::time::{Date, HOUR_MILLIS, Timestamp, iso_date};

/// How a clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClockUnit {
    /// 工作日; the first day is excluded, the last ends at midnight in Beijing.
    WorkingDays,
    /// 自然日; the first day is excluded.
    CalendarDays,
    /// 小时, from the instant itself.
    Hours,
    /// A civil date that somebody named: the terms of a settlement, the center's order.
    NamedDay,
}

words! {
    /// From when a clock counts.
    pub enum ClockStart {
        /// The center's act (分流).
        Diverted = "diverted", "中心分流";
        /// Our receipt.
        Received = "received", "本单位接收";
        /// The center's reminder (催办).
        Urged = "urged", "中心催办";
        /// The step that is reported (回传).
        Told = "told", "应回传的步骤发生";
    }
}

words! {
    /// What happens when a clock runs out. Never a silent act.
    pub enum OnExpiry {
        /// Mark and warn.
        Warn = "warn", "提醒";
        /// Mark, warn, and tell the supervisor at once.
        Escalate = "escalate", "提醒并上报主管";
        /// Mark, warn, and lay the hand-back before the first responder; a person sends it.
        DraftHandback = "draft_handback", "提醒并草拟退回";
    }
}

words! {
    /// On which side of a deadline an escalation stands.
    pub enum When {
        /// Ahead of it.
        Before = "before", "到期前";
        /// After it.
        After = "after", "到期后";
    }
}

words! {
    /// Who may lengthen a clock.
    pub enum Granter {
        /// 12315 中心
        Center = "center", "12315中心";
        /// 主管
        Supervisor = "supervisor", "主管";
    }
}

/// One step of the escalation ladder: whom to tell how long before or after a deadline, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderStep {
    /// Of which clock.
    pub clock: ClockKind,
    /// Before or after its deadline.
    pub when: When,
    /// By how many hours.
    pub hours: u32,
    /// Whom.
    pub to: Rung,
}

impl LadderStep {
    /// The instant of this step for a clock.
    #[must_use]
    pub fn at(&self, clock: &Clock) -> Timestamp {
        let hours = i64::from(self.hours) * HOUR_MILLIS;
        match self.when {
            When::Before => clock.due_at.plus_millis(-hours),
            // The due instant itself is still in time.
            When::After => clock.due_at.plus_millis(hours + 1),
        }
    }
}

/// How a clock may be lengthened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRule {
    /// Which clock.
    pub clock: ClockKind,
    /// By how many of its units.
    pub length: u32,
    /// How often.
    pub times: u32,
    /// By whom.
    pub granted_by: Granter,
    /// How sure the source is.
    pub certainty: String,
}

/// What makes which clocks stand still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseRule {
    /// What.
    pub on: PauseGround,
    /// Which clocks.
    pub clocks: Vec<ClockKind>,
    /// How often, of one settlement clock.
    pub times: u32,
    /// For how many calendar days at a time.
    pub days: u32,
    /// How sure the source is.
    pub certainty: String,
}

/// How long an offer may wait for the consumer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRule {
    /// For how many calendar days at most. A draft whose last day has passed is not approved.
    pub days: u32,
    /// How sure the source is.
    pub certainty: String,
}

/// When a consumer counts as unreachable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreachableRule {
    /// After so many attempts in vain.
    pub attempts: u32,
    /// On so many different days.
    pub days: u32,
    /// How sure the source is.
    pub certainty: String,
}

/// One clock of a rule set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRule {
    /// Which.
    pub kind: ClockKind,
    /// How many units.
    pub length: u32,
    /// Of what.
    pub unit: ClockUnit,
    /// From when.
    pub start: ClockStart,
    /// And then.
    pub on_expiry: OnExpiry,
    /// How sure the source is: A, B, C, U (see docs/glossary.md).
    pub certainty: String,
}

/// A set of clocks with its legal or local source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Its name, for ever: `odr-2026`.
    pub id: String,
    /// Its name in Chinese.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// The first day it holds for diversions.
    #[serde(with = "iso_date")]
    pub valid_from: Date,
    /// The last day, if it ended.
    #[serde(with = "iso_date::option")]
    pub valid_until: Option<Date>,
    /// Its clocks.
    pub clocks: Vec<ClockRule>,
    /// How its clocks may be lengthened.
    #[serde(default)]
    pub extensions: Vec<ExtensionRule>,
    /// What makes its clocks stand still.
    #[serde(default)]
    pub pauses: Vec<PauseRule>,
    /// How long an offer may wait; without a rule until its day of performance.
    #[serde(default)]
    pub answers: Option<AnswerRule>,
    /// Who is told when a deadline comes near or is over; once each.
    #[serde(default)]
    pub ladder: Vec<LadderStep>,
    /// When a consumer counts as unreachable; without a rule a clerk's word is enough.
    #[serde(default)]
    pub unreachable: Option<UnreachableRule>,
}

/// The text is no rule set, or none has that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// The JSON does not fit.
    #[error("not a rule set: line {line}, column {column}")]
    Malformed {
        /// Line of the text.
        line: usize,
        /// Column of the line.
        column: usize,
    },
    /// A rule that cannot be kept.
    #[error("rule set {id}: {field}: {problem}")]
    Unfit {
        /// The set.
        id: String,
        /// Which member.
        field: &'static str,
        /// What is wrong and the remedy.
        problem: &'static str,
    },
    /// No such set.
    #[error("no rule set is named {id}; choose one of {known}")]
    Unknown {
        /// What was asked for.
        id: String,
        /// What there is.
        known: String,
    },
}

/// Of one family the later revision stands behind the earlier.
const SHIPPED: [&str; 8] = [
    include_str!("rules/odr-2026.json"),
    include_str!("rules/odr-2026.2.json"),
    include_str!("rules/station-wuhan-2024.json"),
    include_str!("rules/station-wuhan-2024.2.json"),
    include_str!("rules/station-shenyang.json"),
    include_str!("rules/station-shenyang.2.json"),
    include_str!("rules/beijing-green-channel.json"),
    include_str!("rules/beijing-green-channel.2.json"),
];

impl RuleSet {
    /// The rule sets that come with the crate.
    ///
    /// # Panics
    /// Never: the embedded data is read in a test.
    #[must_use]
    pub fn shipped() -> Vec<Self> {
        let parse = |text| Self::from_json(text).expect("the embedded rule sets are tested");
        SHIPPED.into_iter().map(parse).collect()
    }

    /// The files of the shipped rule sets.
    #[must_use]
    pub const fn shipped_files() -> &'static [&'static str] {
        &SHIPPED
    }

    /// The shipped rule set with this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(id: &str) -> Result<Self, RulesError> {
        let sets = Self::shipped();
        let known = sets.iter().map(|set| set.id.clone()).collect::<Vec<_>>().join(", ");
        let found = sets.into_iter().find(|set| set.id == id);
        found.ok_or_else(|| RulesError::Unknown { id: id.to_owned(), known })
    }

    /// The newest shipped revision of a family: `odr-2026` gives `odr-2026.2`. New cases are bound
    /// to it; older ones keep the revision they began with.
    ///
    /// # Errors
    /// When there is no such family.
    pub fn current(family: &str) -> Result<Self, RulesError> {
        let newest = Self::shipped().into_iter().rfind(|set| set.family() == family);
        newest.map_or_else(|| Self::named(family), Ok)
    }

    /// The name without its revision.
    #[must_use]
    pub fn family(&self) -> &str {
        match self.id.rsplit_once('.') {
            Some((family, revision)) if revision.bytes().all(|b| b.is_ascii_digit()) => family,
            Some(_) | None => &self.id,
        }
    }

    /// Reads a rule set that an operator wrote.
    ///
    /// # Errors
    /// When the text does not fit, or a rule in it cannot be kept.
    pub fn from_json(text: &str) -> Result<Self, RulesError> {
        let set: Self = serde_json::from_str(text).map_err(|error| RulesError::Malformed {
            line: error.line(),
            column: error.column(),
        })?;
        match check::check(&set) {
            Ok(()) => Ok(set),
            Err((field, problem)) => Err(RulesError::Unfit { id: set.id, field, problem }),
        }
    }

    /// The rule of this clock, if the set has one.
    #[must_use]
    pub fn clock(&self, kind: ClockKind) -> Option<&ClockRule> {
        self.clocks.iter().find(|rule| rule.kind == kind)
    }

    /// How the settlement clock may be lengthened, if at all.
    #[must_use]
    pub fn extension(&self) -> Option<&ExtensionRule> {
        self.extensions.iter().find(|rule| rule.clock == ClockKind::Settle)
    }

    /// Whether it holds for a diversion of this day.
    #[must_use]
    pub fn is_in_force(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_until.is_none_or(|last| day <= last)
    }

    /// What this ground makes stand still, if the set says so.
    #[must_use]
    pub fn pause(&self, ground: PauseGround) -> Option<&PauseRule> {
        self.pauses.iter().find(|rule| rule.on == ground)
    }

    /// Which clocks stand still on this ground; none when the set does not say so.
    #[must_use]
    pub fn paused_by(&self, ground: PauseGround) -> &[ClockKind] {
        self.pause(ground).map_or(&[], |rule| &rule.clocks)
    }

    /// By when a report of this instant should be acknowledged by the center (回传时限).
    ///
    /// # Errors
    /// When the calendar has no such year at all.
    pub fn report_due(
        &self,
        told_at: Timestamp,
        calendar: &Calendar,
    ) -> Result<Option<Clock>, DeadlineError> {
        let rule = self.clock(ClockKind::Report);
        rule.map(|rule| Clock::start(rule, told_at, calendar)).transpose()
    }
}

/// What a decision is measured against.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The rule set the case is bound to.
    pub rules: RuleSet,
    /// The working days.
    pub calendar: Calendar,
    /// Up to here a clerk offers alone; above, another person approves. In fen.
    pub clerk_offer_limit: Fen,
    /// So many years after the end of a case its personal data are destroyed.
    pub retention_years: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_rule_set_reads_and_has_a_settlement_clock() {
        let sets = RuleSet::shipped();
        assert_eq!(sets.len(), 8);
        for set in sets {
            assert!(set.clock(ClockKind::Settle).is_some(), "{}", set.id);
            assert!(!set.source.is_empty());
            assert_eq!(RuleSet::named(&set.id).unwrap(), set);
        }
    }

    #[test]
    fn a_family_gives_its_newest_revision_and_keeps_the_older() {
        for family in ["odr-2026", "station-wuhan-2024", "station-shenyang"] {
            let current = RuleSet::current(family).unwrap();
            assert_eq!(current.id, format!("{family}.2"));
            assert_eq!(RuleSet::named(family).unwrap().id, family);
            // What a revision changes is what moves a clock, never how long it is.
            for kind in [ClockKind::Respond, ClockKind::Settle] {
                let (old, new) = (RuleSet::named(family).unwrap(), &current);
                let length = |set: &RuleSet| set.clock(kind).map(|rule| (rule.length, rule.unit));
                assert_eq!(length(&old), length(new));
            }
        }
    }

    #[test]
    fn an_unknown_rule_set_names_the_known_ones() {
        let error = RuleSet::named("nope").unwrap_err().to_string();
        assert!(error.contains("odr-2026"), "{error}");
    }
}
