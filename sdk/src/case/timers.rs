//! What the software itself has to do to a case, and when: note what ran out, tell who must know,
//! destroy what is kept no longer. The worker asks [`wake_at`] once, sleeps, and asks
//! [`due_command`]; the rules are here and nowhere else.

use super::clocks::ClockKind;
use super::command::Command;
use super::reasons::{EraseReason, Rung};
use super::rules::Policy;
use super::state::{Case, CaseClock, CaseState};
use crate::time::Timestamp;

/// A step of the ladder that has not been taken.
pub(super) struct LadderDue {
    pub(super) at: Timestamp,
    pub(super) clock: ClockKind,
    pub(super) start_at: Timestamp,
    pub(super) step: u32,
    pub(super) to: Rung,
}

/// When the software next has to do something to this case; never, when it need not.
#[must_use]
pub fn wake_at(case: &Case, policy: &Policy) -> Option<Timestamp> {
    timers(case, policy).into_iter().map(|(at, _)| at).min()
}

/// What is due now, the earliest first.
#[must_use]
pub fn due_command(case: &Case, policy: &Policy, now: Timestamp) -> Option<Command> {
    let due = timers(case, policy).into_iter().filter(|(at, _)| *at <= now);
    due.min_by_key(|(at, _)| *at).map(|(_, command)| command)
}

fn timers(case: &Case, policy: &Policy) -> Vec<(Timestamp, Command)> {
    let mut timers = Vec::new();
    if let CaseState::Erased = case.state {
        return timers;
    }
    if let (CaseState::Offered { .. }, Some(offer)) = (&case.state, case.current_offer()) {
        timers.push((after_the_day(offer.answer_by), Command::ExpireOffer));
    }
    if let Some(asked) = &case.asked {
        timers.push((after_the_day(asked.reply_by), Command::LapseSupplement));
    }
    if let Some(until) = case.pause.as_ref().and_then(|pause| pause.until) {
        timers.push((after_the_day(until), Command::LapsePause));
    }
    for entry in case.clocks.iter().filter(|entry| is_unnoted(entry)) {
        let (clock, start_at) = (entry.clock.kind, entry.clock.start_at);
        let over = entry.clock.due_at.plus_millis(1);
        timers.push((over, Command::NoteExpiry { clock, start_at }));
    }
    for LadderDue { at, clock, start_at, step, .. } in ladder(case, policy) {
        timers.push((at, Command::Escalate { clock, start_at, step }));
    }
    if let Some(until) = kept_until(case, policy) {
        timers.push((until, Command::Erase { reason: EraseReason::Retention }));
    }
    timers
}

fn is_unnoted(entry: &CaseClock) -> bool {
    entry.is_running() && !entry.missed.contains(&entry.clock.due_at)
}

/// The steps of the ladder that running clocks still have before them.
pub(super) fn ladder(case: &Case, policy: &Policy) -> Vec<LadderDue> {
    let mut due = Vec::new();
    for (index, step) in policy.rules.ladder.iter().enumerate() {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        for entry in case.clocks.iter().filter(|entry| entry.is_running()) {
            let (clock, start_at) = (entry.clock.kind, entry.clock.start_at);
            let at = step.at(&entry.clock);
            // A clock shorter than the warning ahead of it gives none: nobody could act on it.
            let is_for_it = step.clock == clock && at > start_at;
            let is_told = case.escalations.iter().any(|told| {
                told.clock == clock && told.start_at == start_at && told.step == Some(number)
            });
            if is_for_it && !is_told {
                due.push(LadderDue { at, clock, start_at, step: number, to: step.to });
            }
        }
    }
    due
}

/// Until when the personal data of an ended case are kept (PIPL Art. 19, 电商法 Art. 31).
pub(super) fn kept_until(case: &Case, policy: &Policy) -> Option<Timestamp> {
    let ended_on = case.ended_at?.civil_date();
    let years = jiff::Span::new().years(i64::from(policy.retention_years));
    ended_on.checked_add(years).ok().map(after_the_day)
}

fn after_the_day(day: crate::time::Date) -> Timestamp {
    Timestamp::end_of(day).plus_millis(1)
}
