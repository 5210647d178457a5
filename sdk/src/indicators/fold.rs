//! The figures of a period, folded from the events of cases and of the fund in the order of the log.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use super::definition::{
    ADVANCE_TIME, ADVANCED, ADVANCES, CASES_FILED, CLOSED_ON_TIME, Definition, ENDED, HANDED_BACK,
    PERFORMED, RECOVERED, REPEATED, REPORTED, RESPONSE, SATISFIED, SETTLED,
};
use crate::calendar::Calendar;
use crate::case::{
    Case, ClockKind, Event, HandbackReason, ReportKind, RuleSet, Stamped, StateName,
};
use crate::fund::{FundEvent, FundStamped};
use crate::ids::{AdvanceId, Pseudonym};
use crate::money::Fen;
use crate::time::{Date, Timestamp};

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// A part of a whole; nothing can be said of none.
    Share {
        /// The part.
        part: u64,
        /// The whole.
        whole: u64,
    },
    /// So many.
    Count(u64),
    /// So much; nothing when it is more than can be said.
    Amount(Option<Fen>),
    /// The middle of so many times, in milliseconds; nothing of none.
    Median {
        /// The time.
        millis: Option<i64>,
        /// Of how many.
        of: u64,
    },
}

impl fmt::Display for Figure {
    /// As a person reads it: shares in hundredths of a percent, cut off rather than rounded up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share { whole: 0, .. } => f.write_str("无（分母为零）"),
            Self::Share { part, whole } => {
                let hundredths = u128::from(*part) * 10_000 / u128::from(*whole);
                write!(f, "{}.{:02}%（{part}/{whole}）", hundredths / 100, hundredths % 100)
            }
            Self::Count(count) => write!(f, "{count}"),
            Self::Amount(Some(fen)) => write!(f, "{fen}"),
            Self::Amount(None) => f.write_str("超出可表示的数"),
            Self::Median { millis: None, .. } => f.write_str("无"),
            Self::Median { millis: Some(millis), of } => {
                let minutes = millis / 60_000;
                let (days, hours) = (minutes / 1_440, minutes % 1_440 / 60);
                write!(f, "{days} 天 {hours} 小时 {} 分（{of} 笔）", minutes % 60)
            }
        }
    }
}

/// A figure with what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// The definition.
    pub definition: &'static Definition,
    /// The figure.
    pub figure: Figure,
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    part: u64,
    whole: u64,
}

impl Share {
    fn count(&mut self, is_part: bool) {
        self.whole += 1;
        self.part += u64::from(is_part);
    }

    const fn figure(self) -> Figure {
        Figure::Share { part: self.part, whole: self.whole }
    }
}

/// The figures of a period in the making. Both days belong to it.
#[derive(Debug)]
pub struct Indicators {
    from: Date,
    to: Date,
    response: Share,
    closed_on_time: Share,
    settled: Share,
    performed: Share,
    satisfied: Share,
    reported: Share,
    repeated: Share,
    received: u64,
    ended: u64,
    handed_back: u64,
    cases_filed: u64,
    recovered: Option<Fen>,
    advances: u64,
    advanced: Option<Fen>,
    waits: Vec<i64>,
    asked: BTreeMap<AdvanceId, Timestamp>,
    paid: BTreeMap<AdvanceId, Fen>,
    /// What was told to the center and not acknowledged yet, by case.
    told: BTreeMap<Pseudonym, VecDeque<(ReportKind, Timestamp)>>,
}

impl Indicators {
    /// Before the first event.
    #[must_use]
    pub const fn begin(from: Date, to: Date) -> Self {
        let none = Share { part: 0, whole: 0 };
        Self {
            from,
            to,
            response: none,
            closed_on_time: none,
            settled: none,
            performed: none,
            satisfied: none,
            reported: none,
            repeated: none,
            received: 0,
            ended: 0,
            handed_back: 0,
            cases_filed: 0,
            recovered: Some(Fen::ZERO),
            advances: 0,
            advanced: Some(Fen::ZERO),
            waits: Vec::new(),
            asked: BTreeMap::new(),
            paid: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// The period.
    #[must_use]
    pub const fn period(&self) -> (Date, Date) {
        (self.from, self.to)
    }

    fn holds(&self, at: Timestamp) -> bool {
        let day = at.civil_date();
        day >= self.from && day <= self.to
    }

    /// Takes the next event of a case, before it is applied.
    pub fn case_event(
        &mut self,
        stream: Pseudonym,
        before: Option<&Case>,
        stamped: &Stamped,
        rules: Option<&RuleSet>,
        calendar: Option<&Calendar>,
    ) {
        self.reports(stream, before, stamped, rules, calendar);
        if !self.holds(stamped.at) {
            return;
        }
        match &stamped.event {
            Event::Received { repeat, .. } => {
                self.received += 1;
                self.repeated.count(*repeat > 0);
            }
            Event::Accepted { .. } => {
                let clock = before.and_then(|case| clock_of(case, ClockKind::Respond));
                // One that was late was counted when its time was over.
                if clock.is_none_or(|clock| clock.missed.is_empty()) {
                    let late = clock.is_some_and(|clock| stamped.at > clock.clock.due_at);
                    self.response.count(!late);
                }
            }
            Event::ClockExpired { clock: ClockKind::Respond, .. } => {
                let again = before
                    .and_then(|case| clock_of(case, ClockKind::Respond))
                    .is_some_and(|clock| !clock.missed.is_empty());
                if !again {
                    self.response.count(false);
                }
            }
            Event::Settled { .. } => self.settled.count(true),
            Event::Performed { .. } => self.performed.count(true),
            Event::Breached { .. } => self.performed.count(false),
            Event::HandedBack { reason } => {
                self.handed_back += 1;
                if *reason != HandbackReason::RejectionUpheld {
                    self.settled.count(false);
                }
            }
            Event::Closed { recovered_fen, .. } => {
                self.recovered = self.recovered.and_then(|sum| sum.checked_add(*recovered_fen));
                self.closed_on_time.count(before.is_some_and(was_never_late));
            }
            Event::NoticeKept { case_filed: true } => self.cases_filed += 1,
            Event::Rated { stars } => self.satisfied.count(*stars >= 4),
            _ => {}
        }
    }

    /// Takes what became of a case by an event: whether it is over, and was before.
    pub fn case_stands(&mut self, after: &Case, was_over: bool, at: Timestamp) {
        let is_over = after.state.name().is_over();
        // Only what was received in the period counts, and only until its end.
        if !self.holds(after.received_at) || at.civil_date() > self.to || is_over == was_over {
            return;
        }
        if is_over {
            self.ended += 1;
        } else {
            self.ended = self.ended.saturating_sub(1);
        }
    }

    /// What is told to the center, and when its receipt is here.
    fn reports(
        &mut self,
        stream: Pseudonym,
        before: Option<&Case>,
        stamped: &Stamped,
        rules: Option<&RuleSet>,
        calendar: Option<&Calendar>,
    ) {
        if let Some(kind) = stamped.event.report(before, &stamped.actor) {
            self.told.entry(stream).or_default().push_back((kind, stamped.at));
        }
        let Event::Reported { report, .. } = &stamped.event else { return };
        let Some(waiting) = self.told.get_mut(&stream) else { return };
        let found = waiting.iter().position(|(kind, _)| kind == report);
        let Some((_, told_at)) = found.and_then(|place| waiting.remove(place)) else { return };
        if waiting.is_empty() {
            self.told.remove(&stream);
        }
        let due = rules.zip(calendar);
        let due = due.and_then(|(rules, calendar)| rules.report_due(told_at, calendar).ok()?);
        if let (Some(clock), true) = (due, self.holds(stamped.at)) {
            self.reported.count(stamped.at <= clock.due_at);
        }
    }

    /// Takes the next event of the fund.
    pub fn fund_event(&mut self, stamped: &FundStamped) {
        match &stamped.event {
            FundEvent::AdvanceRequested { advance, .. } => {
                self.asked.insert(*advance, stamped.at);
            }
            FundEvent::AdvancePaid { advance, paid_fen, .. } => {
                self.paid.insert(*advance, *paid_fen);
                let asked = self.asked.remove(advance);
                if self.holds(stamped.at) {
                    self.advances += 1;
                    self.advanced = self.advanced.and_then(|sum| sum.checked_add(*paid_fen));
                    self.waits.extend(asked.map(|asked| stamped.at.millis_since(asked)));
                }
            }
            FundEvent::AdvanceBounced { fen, .. } if self.holds(stamped.at) => {
                self.advances = self.advances.saturating_sub(1);
                self.advanced = self.advanced.and_then(|sum| sum.checked_sub(*fen));
            }
            _ => {}
        }
    }

    /// The figures of what was taken, in the order of the definitions.
    #[must_use]
    pub fn finish(mut self) -> Vec<Indicator> {
        self.waits.sort_unstable();
        let of = u64::try_from(self.waits.len()).unwrap_or(u64::MAX);
        let middle = self.waits.len().checked_sub(1).map(|last| last / 2);
        let millis = middle.and_then(|place| self.waits.get(place).copied());
        let of_received = |part| Figure::Share { part, whole: self.received };
        let figures = [
            (&RESPONSE, self.response.figure()),
            (&CLOSED_ON_TIME, self.closed_on_time.figure()),
            (&ENDED, of_received(self.ended)),
            (&SETTLED, self.settled.figure()),
            (&PERFORMED, self.performed.figure()),
            (&SATISFIED, self.satisfied.figure()),
            (&REPORTED, self.reported.figure()),
            (&REPEATED, self.repeated.figure()),
            (&HANDED_BACK, of_received(self.handed_back)),
            (&CASES_FILED, Figure::Count(self.cases_filed)),
            (&RECOVERED, Figure::Amount(self.recovered)),
            (&ADVANCES, Figure::Count(self.advances)),
            (&ADVANCED, Figure::Amount(self.advanced)),
            (&ADVANCE_TIME, Figure::Median { millis, of }),
        ];
        figures.map(|(definition, figure)| Indicator { definition, figure }).to_vec()
    }
}

fn clock_of(case: &Case, kind: ClockKind) -> Option<&crate::case::CaseClock> {
    case.clocks.iter().find(|entry| entry.clock.kind == kind)
}

/// Whether neither settlement nor performance was ever over its time.
fn was_never_late(case: &Case) -> bool {
    debug_assert!(case.state.name() != StateName::Received);
    let counts = |kind: ClockKind| matches!(kind, ClockKind::Settle | ClockKind::Perform);
    let entries = case.clocks.iter().filter(|entry| counts(entry.clock.kind));
    entries.into_iter().all(|entry| {
        let late = entry.stopped_at.is_some_and(|stopped| stopped > entry.clock.due_at);
        entry.missed.is_empty() && !late
    })
}
