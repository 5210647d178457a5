//! Clocks: a start, a length, a due instant, and the sum that explains it.
//!
//! The due instant is computed once, when the clock starts, and written into the event. The
//! explanation is computed again from the same function whenever somebody asks, so that the page,
//! the API and a verifier can be compared with what was decided. Knows nothing of the time now.

use serde::{Deserialize, Serialize};

use super::rules::{ClockRule, ClockUnit};
use crate::calendar::{Calendar, CalendarError, Explanation};
use crate::time::{Date, HOUR_MILLIS, Timestamp};

/// What a clock measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// 首问响应: until a first responder is named.
    Respond,
    /// 和解: until the parties agree or the case goes back.
    Settle,
    /// 履行: until the promise is kept.
    Perform,
    /// 督办: until the supervised order is answered.
    Supervise,
}

impl ClockKind {
    /// The word on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Respond => "respond",
            Self::Settle => "settle",
            Self::Perform => "perform",
            Self::Supervise => "supervise",
        }
    }

    /// The word a clerk reads.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Respond => "首问响应",
            Self::Settle => "协商和解",
            Self::Perform => "履行",
            Self::Supervise => "督办答复",
        }
    }
}

/// A clock as it was started. Immutable; whether it has stopped is the case's to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// What it measures.
    pub kind: ClockKind,
    /// From when it counts.
    pub start_at: Timestamp,
    /// The last instant that is still in time.
    pub due_at: Timestamp,
    /// How many units; 0 for a named day.
    pub length: u32,
    /// Of what.
    pub unit: ClockUnit,
    /// Whether the sum walked into a year whose holidays are not published.
    pub provisional: bool,
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
        let clock = |due_at, provisional| Self {
            kind: rule.kind,
            start_at,
            due_at,
            length: rule.length,
            unit: rule.unit,
            provisional,
        };
        Ok(match sum(rule.unit, rule.length, start_at, calendar)? {
            Some(explanation) => {
                clock(Timestamp::end_of(explanation.due_on), explanation.provisional)
            }
            None => clock(start_at.plus_millis(i64::from(rule.length) * HOUR_MILLIS), false),
        })
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
        }
    }

    /// Why this deadline (为什么是这个期限): the sum over the calendar, where days were counted.
    ///
    /// # Errors
    /// When the calendar has no such year at all.
    pub fn explain(&self, calendar: &Calendar) -> Result<Option<Explanation>, DeadlineError> {
        sum(self.unit, self.length, self.start_at, calendar)
    }

    /// The due instant, computed again from start, length and unit.
    ///
    /// # Errors
    /// When the calendar has no such year at all.
    pub fn due_again(&self, calendar: &Calendar) -> Result<Timestamp, DeadlineError> {
        Ok(match self.unit {
            ClockUnit::WorkingDays | ClockUnit::CalendarDays => match self.explain(calendar)? {
                Some(explanation) => Timestamp::end_of(explanation.due_on),
                None => self.due_at,
            },
            ClockUnit::Hours => self.start_at.plus_millis(i64::from(self.length) * HOUR_MILLIS),
            ClockUnit::NamedDay => Timestamp::end_of(self.due_at.civil_date()),
        })
    }

    /// Why this deadline, in a sentence of plain Chinese.
    #[must_use]
    pub fn sentence_zh(&self, calendar: &Calendar) -> String {
        let date = self.due_at.civil_date();
        let due = format!("{}年{}月{}日", date.year(), date.month(), date.day());
        match self.unit {
            ClockUnit::WorkingDays | ClockUnit::CalendarDays => match self.explain(calendar) {
                Ok(Some(explanation)) => explanation.sentence_zh(),
                Ok(None) | Err(_) => format!("截止{due}24时"),
            },
            ClockUnit::Hours => format!(
                "自{}起{}小时，截止{due} {}",
                self.start_at.civil_time(),
                self.length,
                self.due_at.civil_time()
            ),
            ClockUnit::NamedDay => format!("约定或指定日期：{due}24时前"),
        }
    }
}

fn sum(
    unit: ClockUnit,
    length: u32,
    start_at: Timestamp,
    calendar: &Calendar,
) -> Result<Option<Explanation>, DeadlineError> {
    let start = start_at.civil_date();
    Ok(match unit {
        ClockUnit::WorkingDays => Some(calendar.after_working_days(start, length)?),
        ClockUnit::CalendarDays => Some(calendar.after_calendar_days(start, length, true)?),
        ClockUnit::Hours | ClockUnit::NamedDay => None,
    })
}
