//! A new calendar: every running clock of every open case is computed again, and what moved is
//! written down.

use super::Channel;
use super::casework::{ActError, LoadedCase};
use crate::case::{ClockKind, ClockUnit, Command, StateName};
use crate::ids::CaseId;
use crate::store::{CaseQuery, Store, StoreError};
use crate::time::Timestamp;

/// A deadline that another calendar moves, or makes final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockMove {
    /// Of which case.
    pub case_id: CaseId,
    /// Of which clock.
    pub kind: ClockKind,
    /// When it was due.
    pub before: Timestamp,
    /// When it is due.
    pub after: Timestamp,
    /// Whether that rested on a year whose holidays were not published.
    pub was_provisional: bool,
    /// Whether it still does.
    pub provisional: bool,
}

impl<S: Store> Channel<S> {
    /// Computes every running clock of every open case again with the engine's calendar and gives
    /// those that move or lose their provisional mark; unless it is a dry run, each is also written
    /// as an event of its case.
    ///
    /// A crash in between leaves the rest as it was: run it again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recalculate(&self, dry_run: bool) -> Result<Vec<ClockMove>, StoreError> {
        let open = StateName::ALL.iter().filter(|state| !state.is_over());
        let states: Vec<String> = open.map(|state| state.code().to_owned()).collect();
        let (mut moves, mut after) = (Vec::new(), None);
        loop {
            let query = CaseQuery { states: states.clone(), by_due: false, after, limit: 200 };
            let page = self.store().cases(query).await?;
            for stored in page.cases {
                let id = stored.row.id;
                let loaded = match self.loaded(stored).await {
                    // One that does not read must not keep the others at the old days.
                    Err(StoreError::Corrupt { table }) => {
                        tracing::error!(case = %id, table, "a case does not read; run fsck");
                        continue;
                    }
                    loaded => loaded?,
                };
                for (moved, start_at) in self.moves(&loaded) {
                    if !dry_run {
                        self.move_clock(moved.case_id, moved.kind, start_at).await?;
                    }
                    moves.push(moved);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(moves);
            }
        }
    }

    fn moves(&self, loaded: &LoadedCase) -> Vec<(ClockMove, Timestamp)> {
        let calendar = self.calendar();
        let counted = loaded.case.clocks.iter().filter(|entry| {
            let by_days =
                matches!(entry.clock.unit, ClockUnit::WorkingDays | ClockUnit::CalendarDays);
            entry.stopped_at.is_none() && by_days
        });
        let mut moves = Vec::new();
        for entry in counted {
            let Ok(clock) = entry.clock.again(&calendar) else { continue };
            if clock == entry.clock {
                continue;
            }
            let moved = ClockMove {
                case_id: loaded.id,
                kind: clock.kind,
                before: entry.clock.due_at,
                after: clock.due_at,
                was_provisional: entry.clock.provisional,
                provisional: clock.provisional,
            };
            moves.push((moved, clock.start_at));
        }
        moves
    }

    async fn move_clock(
        &self,
        id: CaseId,
        clock: ClockKind,
        start_at: Timestamp,
    ) -> Result<(), StoreError> {
        let command = Command::MoveClock { clock, start_at };
        match self.act(id, self.system(), &command, None).await {
            Err(ActError::Store(StoreError::Corrupt { table })) => {
                tracing::error!(case = %id, table, "a case does not read; run fsck");
                Ok(())
            }
            Err(ActError::Store(error)) => Err(error),
            Err(ActError::Rules(error)) => {
                tracing::error!(case = %id, %error, "a deadline was not computed again");
                Ok(())
            }
            // It stopped, or moved, meanwhile.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
