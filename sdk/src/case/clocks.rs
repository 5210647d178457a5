//! Clocks: a start, a length, a due instant, and the sum that explains it.
//!
//! The due instant is computed once, when the clock starts, and written into the event. The
//! explanation is computed again from the same function whenever somebody asks, so that the page,
//! the API and a verifier can be compared with what was decided. Knows nothing of the time now.

use serde::{Deserialize, Serialize};

use super::rules::{ClockRule, ClockUnit};
use super::words::words;
use crate::calendar::{Calendar, CalendarError, Explanation, PausedDays};
use crate::time::{Date, HOUR_MILLIS, Timestamp};

words! {
    /// What a clock measures.
    pub enum ClockKind {
        /// 首问响应: until a first responder is named.
        Respond = "respond", "首问响应";
        /// 和解: until the parties agree or the case goes back.
        Settle = "settle", "协商和解";
        /// 履行: until the promise is kept.
        Perform = "perform", "履行";
        /// 督办: until the supervised order is answered.
        Supervise = "supervise", "督办答复";
        /// 催办: until something is done after the center's reminder.
        Urge = "urge", "催办答复";
        /// 回传: until the center has acknowledged a report. Never in a case's list of clocks: it
        /// is measured from the report and its receipt ([`super::RuleSet::report_due`]).
        Report = "report", "回传";
    }
}

/// A stretch over which a clock stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// When it stopped counting.
    pub from_at: Timestamp,
    /// When it went on.
    pub to_at: Timestamp,
}

/// A clock as it was started, with what has moved it since. Whether it has stopped is the case's
/// to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// What it measures.
    pub kind: ClockKind,
    /// From when it counts.
    pub start_at: Timestamp,
    /// The last instant that is still in time.
    pub due_at: Timestamp,
    /// How many units, as the rule says; 0 for a named day.
    pub length: u32,
    /// Of what.
    pub unit: ClockUnit,
    /// Whether the sum walked into a year whose holidays are not published.
    pub provisional: bool,
    /// How many units an extension added.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub extended: u32,
    /// When it stood still, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// The clock cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no deadline can be computed: {0}")]
pub struct DeadlineError(#[from] CalendarError);

impl Clock {
    /// Starts the clock of `rule` at `start_at`.
    ///
    /// # Errors
    /// When the calendar has no such year at all.
    pub fn start(
        rule: &ClockRule,
        start_at: Timestamp,
        calendar: &Calendar,
    ) -> Result<Self, DeadlineError> {
        let clock = Self {
            kind: rule.kind,
            start_at,
            due_at: start_at,
            length: rule.length,
            unit: rule.unit,
            provisional: false,
            extended: 0,
            pauses: Vec::new(),
        };
        clock.again(calendar)
    }

    /// A clock that runs until the end of a named civil day.
    #[must_use]
    pub fn until(kind: ClockKind, start_at: Timestamp, day: Date) -> Self {
        Self {
            kind,
            start_at,
            due_at: Timestamp::end_of(day),
            length: 0,
            unit: ClockUnit::NamedDay,
            provisional: false,
            extended: 0,
            pauses: Vec::new(),
        }
    }

    /// The clock after it stood still for a while: that while is not counted. A named day stays.
    ///
    /// # Errors
    /// When the calendar has no such year at all.
    pub fn after_pause(&self, pause: Pause, calendar: &Calendar) -> Result<Self, DeadlineError> {
        let mut clock = self.clone();
        clock.pauses.push(pause);
        clock.again(calendar)
    }

    /// The clock with so many units more. A named day stays.
    ///
    /// # Errors
    /// When the calendar has no such year at all.
    pub fn extended_by(&self, more: u32, calendar: &Calendar) -> Result<Self, DeadlineError> {
        let mut clock = self.clone();
        clock.extended = clock.extended.saturating_add(more);
        clock.again(calendar)
    }

    /// The clock with its due instant computed again: from start, length, extension and pauses
    /// alone. Over the calendar it was computed with it gives itself.
    ///
    /// # Errors
    /// When the calendar has no such year at all.
    pub fn again(&self, calendar: &Calendar) -> Result<Self, DeadlineError> {
        let mut clock = self.clone();
        (clock.due_at, clock.provisional) = match self.unit {
            ClockUnit::WorkingDays | ClockUnit::CalendarDays => match self.explain(calendar)? {
                Some(sum) => (Timestamp::end_of(sum.due_on), sum.provisional),
                None => (self.due_at, false),
            },
            ClockUnit::Hours => {
                let hours = i64::from(self.units()) * HOUR_MILLIS;
                let stood = |pause: &Pause| pause.to_at.millis_since(pause.from_at).max(0);
                let paused: i64 = self.pauses.iter().map(stood).sum();
                (self.start_at.plus_millis(hours).plus_millis(paused), false)
            }
            ClockUnit::NamedDay => (Timestamp::end_of(self.due_at.civil_date()), false),
        };
        Ok(clock)
    }

    /// Why this deadline (为什么是这个期限): the sum over the calendar, where days were counted.
    ///
    /// # Errors
    /// When the calendar has no such year at all.
    pub fn explain(&self, calendar: &Calendar) -> Result<Option<Explanation>, DeadlineError> {
        let (start, units) = (self.start_at.civil_date(), self.units());
        let days = |pause: &Pause| PausedDays {
            from: pause.from_at.civil_date(),
            until: pause.to_at.civil_date(),
        };
        let paused: Vec<PausedDays> = self.pauses.iter().map(days).collect();
        Ok(match self.unit {
            ClockUnit::WorkingDays => {
                Some(calendar.after_working_days_without(start, units, &paused)?)
            }
            ClockUnit::CalendarDays => {
                Some(calendar.after_calendar_days_without(start, units, true, &paused)?)
            }
            ClockUnit::Hours | ClockUnit::NamedDay => None,
        })
    }

    /// The due instant, computed again.
    ///
    /// # Errors
    /// When the calendar has no such year at all.
    pub fn due_again(&self, calendar: &Calendar) -> Result<Timestamp, DeadlineError> {
        Ok(self.again(calendar)?.due_at)
    }

    /// Whether another clock is this one, moved: same kind, start, length and unit.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.start_at == other.start_at
            && self.length == other.length
            && self.unit == other.unit
    }

    fn units(&self) -> u32 {
        self.length.saturating_add(self.extended)
    }

    /// Why this deadline, in a sentence of plain Chinese.
    #[must_use]
    pub fn sentence_zh(&self, calendar: &Calendar) -> String {
        let date = self.due_at.civil_date();
        let due = format!("{}年{}月{}日", date.year(), date.month(), date.day());
        let mut text = match self.unit {
            ClockUnit::WorkingDays | ClockUnit::CalendarDays => match self.explain(calendar) {
                Ok(Some(explanation)) => explanation.sentence_zh(),
                Ok(None) | Err(_) => format!("截止{due}24时"),
            },
            ClockUnit::Hours => {
                let (start, hours) = (self.start_at.civil_time(), self.units());
                format!("自{start}起{hours}小时，截止{due} {}", self.due_at.civil_time())
            }
            ClockUnit::NamedDay => format!("约定或指定日期：{due}24时前"),
        };
        if self.extended > 0 {
            text.push_str(&format!("（原{}，延长{}）", self.length, self.extended));
        }
        for pause in &self.pauses {
            let (from, to) = (pause.from_at.civil_time(), pause.to_at.civil_time());
            text.push_str(&format!("；其间{from}至{to}计时暂停"));
        }
        text
    }
}
