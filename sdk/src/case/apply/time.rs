//! Folding what happens to clocks.

use super::{ApplyError, Folded};
use crate::case::clocks::{Clock, ClockKind};
use crate::case::event::{Event, Stamped};
use crate::case::state::{
    Asked, Case, CaseClock, CaseState, Escalated, ExtensionAsked, Paused, StateName, Supervision,
};
use crate::time::Timestamp;

pub(super) const NEGOTIATING: [StateName; 3] =
    [StateName::InProgress, StateName::AwaitingApproval, StateName::Offered];

impl CaseClock {
    /// A clock that starts now.
    #[must_use]
    pub fn started(clock: &Clock) -> Self {
        Self { clock: clock.clone(), stopped_at: None, paused_at: None, missed: Vec::new() }
    }
}

impl Case {
    /// The events of this room; no other comes here.
    #[expect(clippy::too_many_lines, reason = "one arm per event reads best as one table")]
    pub(super) fn fold_time(&mut self, stamped: &Stamped) -> Folded {
        let at = stamped.at;
        let event = &stamped.event;
        match event {
            Event::SupplementAsked { reply_by } => {
                self.need(event, &[StateName::InProgress])?;
                self.asked = Some(Asked { at, reply_by: *reply_by });
                self.answered(at);
                Ok(())
            }
            Event::SupplementLapsed {} => {
                self.need(event, &NEGOTIATING)?;
                if self.asked.take().is_none() { Err(self.wrong(event)) } else { Ok(()) }
            }
            Event::Paused { ground, clocks, until } => {
                self.need(event, &NEGOTIATING)?;
                if self.pause.is_some() {
                    return Err(self.wrong(event));
                }
                self.pause = Some(Paused { ground: *ground, at, until: *until });
                self.paused_for.push(*ground);
                for entry in self.clocks.iter_mut().filter(|entry| entry.stopped_at.is_none()) {
                    if clocks.contains(&entry.clock.kind) {
                        entry.paused_at = Some(at);
                    }
                }
                Ok(())
            }
            Event::PauseLapsed {} => {
                self.need(event, &NEGOTIATING)?;
                match self.pause.as_mut().and_then(|pause| pause.until.take()) {
                    Some(_) => Ok(()),
                    None => Err(self.wrong(event)),
                }
            }
            Event::Resumed { clocks } => {
                if self.pause.take().is_none() {
                    return Err(self.wrong(event));
                }
                clocks.iter().try_for_each(|clock| self.resume(clock, at, event))?;
                // None is forgotten: it would stand still for good.
                let stands =
                    |entry: &CaseClock| entry.stopped_at.is_none() && entry.paused_at.is_some();
                if self.clocks.iter().any(stands) {
                    return Err(ApplyError::ClockUnknown { event: event.kind() });
                }
                Ok(())
            }
            Event::ExtensionAsked { clock, length } => {
                self.need(event, &NEGOTIATING)?;
                self.extension_asked = Some(ExtensionAsked { clock: *clock, length: *length, at });
                self.answered(at);
                Ok(())
            }
            Event::Extended { clock } => {
                self.need(event, &NEGOTIATING)?;
                self.extension_asked = None;
                self.extensions += 1;
                self.replace(clock, event, |old| {
                    clock.pauses == old.pauses && clock.extended > old.extended
                })
            }
            Event::ExtensionRefused {} => {
                self.need(event, &NEGOTIATING)?;
                self.extension_asked = None;
                Ok(())
            }
            Event::Urged { clock } => {
                self.need_live(event)?;
                self.urges.push(at);
                if let Some(clock) = clock {
                    self.start(clock);
                }
                Ok(())
            }
            Event::Supervised { reply_by } => {
                self.need_live(event)?;
                self.supervisions.push(Supervision { at, reply_by: *reply_by });
                self.start(&Clock::until(ClockKind::Supervise, at, *reply_by));
                Ok(())
            }
            Event::Reopened { clock } => {
                self.need(event, &[StateName::Closed])?;
                self.reopened += 1;
                self.extensions = 0;
                self.paused_for.clear();
                // It was given to what was done before.
                self.rating = None;
                self.heard();
                self.state = CaseState::InProgress;
                self.start(clock);
                Ok(())
            }
            Event::ClockExpired { clock, due_at } => self.miss(*clock, *due_at, event),
            Event::Escalated { clock, start_at, step, to } => {
                self.need_live(event)?;
                let told =
                    Escalated { clock: *clock, start_at: *start_at, step: *step, to: *to, at };
                let again = self.escalations.iter().any(|earlier| {
                    earlier.clock == told.clock
                        && earlier.start_at == told.start_at
                        && earlier.step == told.step
                        && earlier.step.is_some()
                });
                if again {
                    return Err(self.wrong(event));
                }
                self.escalations.push(told);
                Ok(())
            }
            // Other days, the same sum.
            Event::ClockMoved { clock } => self.replace(clock, event, |old| {
                clock.pauses == old.pauses && clock.extended == old.extended
            }),
            _ => Err(self.wrong(event)),
        }
    }

    pub(super) fn start(&mut self, clock: &Clock) {
        self.clocks.push(CaseClock::started(clock));
    }

    /// Stops the running clocks of a kind, or all.
    pub(super) fn stop(&mut self, at: Timestamp, kind: Option<ClockKind>) {
        for entry in &mut self.clocks {
            let named = kind.is_none_or(|kind| entry.clock.kind == kind);
            if named && entry.stopped_at.is_none() {
                entry.stopped_at = Some(at);
            }
        }
    }

    /// The center was told of a step forward: its reminders and orders are answered.
    pub(super) fn answered(&mut self, at: Timestamp) {
        self.stop(at, Some(ClockKind::Supervise));
        self.acted(at);
    }

    /// Something was done: enough for a reminder, not for an order.
    pub(super) fn acted(&mut self, at: Timestamp) {
        self.stop(at, Some(ClockKind::Urge));
    }

    /// Puts the moved clock in the place of the one it was. Whoever was told of the old deadline
    /// is told of the new one again.
    fn replace(
        &mut self,
        clock: &Clock,
        event: &Event,
        follows: impl Fn(&Clock) -> bool,
    ) -> Folded {
        let entry = self.running_mut(clock, event)?;
        if !follows(&entry.clock) {
            return Err(ApplyError::ClockUnknown { event: event.kind() });
        }
        let before = std::mem::replace(&mut entry.clock, clock.clone());
        self.moved(&before, clock);
        Ok(())
    }

    fn resume(&mut self, clock: &Clock, at: Timestamp, event: &Event) -> Folded {
        let entry = self.running_mut(clock, event)?;
        // It may have gone on before somebody noted it, and never after.
        let stood = clock.pauses.split_last().is_some_and(|(pause, earlier)| {
            earlier == entry.clock.pauses
                && clock.extended == entry.clock.extended
                && Some(pause.from_at) == entry.paused_at
                && pause.from_at <= pause.to_at
                && pause.to_at <= at
        });
        if !stood {
            return Err(ApplyError::ClockUnknown { event: event.kind() });
        }
        entry.paused_at = None;
        let before = std::mem::replace(&mut entry.clock, clock.clone());
        self.moved(&before, clock);
        Ok(())
    }

    /// Whoever was told of the old deadline is told of the new one; and a hand-back that was drafted
    /// because of the old one is not due yet.
    fn moved(&mut self, before: &Clock, clock: &Clock) {
        if before.due_at == clock.due_at {
            return;
        }
        self.escalations.retain(|told| told.clock != clock.kind || told.start_at != clock.start_at);
        if clock.kind == ClockKind::Settle && clock.due_at > before.due_at {
            self.handback_drafted = false;
        }
    }

    fn running_mut(&mut self, clock: &Clock, event: &Event) -> Result<&mut CaseClock, ApplyError> {
        let same =
            |entry: &&mut CaseClock| entry.stopped_at.is_none() && entry.clock.is_same_as(clock);
        let found = self.clocks.iter_mut().find(same);
        found.ok_or(ApplyError::ClockUnknown { event: event.kind() })
    }

    fn miss(&mut self, kind: ClockKind, due_at: Timestamp, event: &Event) -> Folded {
        let same = |entry: &&mut CaseClock| {
            // Two orders may end on one day: each is missed once.
            entry.stopped_at.is_none()
                && entry.clock.kind == kind
                && entry.clock.due_at == due_at
                && !entry.missed.contains(&due_at)
        };
        let entry = self.clocks.iter_mut().find(same);
        let entry = entry.ok_or(ApplyError::ClockUnknown { event: event.kind() })?;
        entry.missed.push(due_at);
        Ok(())
    }
}
