//! Rule sets: which clocks a case has, as versioned data with source and validity.
//!
//! A case is bound to the rule set in force at its diversion and keeps it. Lengths that no
//! primary text fixes are configuration, and the data says so (`certainty`). Knows nothing of any
//! particular case.

use serde::{Deserialize, Serialize};

use super::clocks::ClockKind;
use crate::calendar::Calendar;
use crate::money::Fen;
use crate::time::{Date, iso_date};

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

/// From when a clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockStart {
    /// The center's act (分流).
    Diverted,
    /// Our receipt.
    Received,
}

/// What happens when a clock runs out. Never a silent act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExpiry {
    /// Mark and warn.
    Warn,
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
    /// A clock without length.
    #[error("rule set {id}: a clock's length must be from 1 to 3650")]
    Length {
        /// The set.
        id: String,
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

const SHIPPED: [&str; 4] = [
    include_str!("rules/odr-2026.json"),
    include_str!("rules/station-wuhan-2024.json"),
    include_str!("rules/station-shenyang.json"),
    include_str!("rules/beijing-green-channel.json"),
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

    /// Reads a rule set that an operator wrote.
    ///
    /// # Errors
    /// When the text does not fit or a clock has no sensible length.
    pub fn from_json(text: &str) -> Result<Self, RulesError> {
        let set: Self = serde_json::from_str(text).map_err(|error| RulesError::Malformed {
            line: error.line(),
            column: error.column(),
        })?;
        if set.clocks.iter().any(|clock| !(1..=3650).contains(&clock.length)) {
            return Err(RulesError::Length { id: set.id });
        }
        Ok(set)
    }

    /// The rule of this clock, if the set has one.
    #[must_use]
    pub fn clock(&self, kind: ClockKind) -> Option<&ClockRule> {
        self.clocks.iter().find(|rule| rule.kind == kind)
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_rule_set_reads_and_has_a_settlement_clock() {
        let sets = RuleSet::shipped();
        assert_eq!(sets.len(), 4);
        for set in sets {
            assert!(set.clock(ClockKind::Settle).is_some(), "{}", set.id);
            assert!(!set.source.is_empty());
            assert_eq!(RuleSet::named(&set.id).unwrap(), set);
        }
    }

    #[test]
    fn an_unknown_rule_set_names_the_known_ones() {
        let error = RuleSet::named("nope").unwrap_err().to_string();
        assert!(error.contains("odr-2026"), "{error}");
    }
}
