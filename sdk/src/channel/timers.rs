//! The worker's round over cases that are due: what is due, the rules say
//! ([`crate::case::due_command`]); here it is done, one act at a time, as the system.

use super::casework::{ActError, Alongside, LoadedCase, case_row};
use super::{Channel, Lease};
use crate::case::{Action, Command, due_command, wake_at};
use crate::ids::CaseId;
use crate::store::{CaseWrite, Change, Expected, Store, StoreError};

/// So many steps of one case in one round: a case can owe several, never this many.
const STEPS_MAX: u32 = 64;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticked {
    /// Offers that expired unanswered.
    pub offers: u32,
    /// Deadlines noted as missed.
    pub missed: u32,
    /// People told of a deadline.
    pub escalated: u32,
    /// Supplements that did not come.
    pub lapsed: u32,
    /// Persons erased because their data are kept no longer.
    pub erased: u32,
}

impl Ticked {
    /// Everything together.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.offers + self.missed + self.escalated + self.lapsed + self.erased
    }

    fn count(&mut self, action: Action) {
        match action {
            Action::ExpireOffer => self.offers += 1,
            Action::NoteExpiry => self.missed += 1,
            Action::Escalate => self.escalated += 1,
            Action::LapseSupplement => self.lapsed += 1,
            Action::Erase => self.erased += 1,
            _ => {}
        }
    }
}

impl<S: Store> Channel<S> {
    /// Does what is due to cases, at most `limit` cases; call again while it does something.
    ///
    /// Of many servers one does it, under a lease, if one is given. A crash in between leaves the
    /// rest due.
    ///
    /// # Errors
    /// When the store fails; a conflict of `lease` says that another server has taken over.
    pub async fn tick(&self, limit: u32, lease: Option<&Lease>) -> Result<Ticked, StoreError> {
        let mut done = Ticked::default();
        for id in self.store().waking(self.now(), limit).await? {
            self.tick_case(id, lease, &mut done).await?;
        }
        Ok(done)
    }

    async fn tick_case(
        &self,
        id: CaseId,
        lease: Option<&Lease>,
        done: &mut Ticked,
    ) -> Result<(), StoreError> {
        for _ in 0..STEPS_MAX {
            let loaded = match self.load(id).await {
                Ok(loaded) => loaded,
                Err(ActError::Store(StoreError::Corrupt { table })) => {
                    // One that does not read must not hold up the others: it stays due, and is
                    // told each time.
                    tracing::error!(case = %id, table, "a case does not read; run fsck");
                    return Ok(());
                }
                Err(ActError::Store(error)) => return Err(error),
                Err(_) => return Ok(()),
            };
            let Some(command) = self.due(&loaded) else {
                return self.sleep_again(&loaded, lease).await;
            };
            match self.act_with(id, self.system(), &command, None, |_| held(lease)).await {
                Ok(_) => done.count(command.action()),
                Err(ActError::Store(StoreError::Conflict { what: "case" })) => {}
                Err(ActError::Store(error)) => return Err(error),
                Err(error) => {
                    tracing::error!(case = %id, %error, "what is due to a case was refused");
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn due(&self, loaded: &LoadedCase) -> Option<Command> {
        let policy = self.policy(Some(&loaded.case)).ok()?;
        due_command(&loaded.case, &policy, self.now())
    }

    /// Nothing is due: the row says when next. Without this a case from before, or one whose rules
    /// changed, would be looked at in every round.
    async fn sleep_again(
        &self,
        loaded: &LoadedCase,
        lease: Option<&Lease>,
    ) -> Result<(), StoreError> {
        let Ok(policy) = self.policy(Some(&loaded.case)) else { return Ok(()) };
        let (case, version) = (&loaded.case, loaded.case.version);
        if wake_at(case, &policy).is_some_and(|at| at <= self.now()) {
            return Ok(());
        }
        let row = case_row(loaded.id, loaded.stream, case, loaded.reports, loaded.head, &policy)?;
        let change = Change {
            holds: lease.and_then(Lease::hold),
            case: Some(CaseWrite { expected: Expected::Version(version), row }),
            ..Change::default()
        };
        match self.store().commit(change).await {
            // Somebody acted meanwhile, and said when next.
            Err(StoreError::Conflict { what: "case" }) => Ok(()),
            done => done,
        }
    }
}

fn held(lease: Option<&Lease>) -> Result<Alongside, StoreError> {
    let holds = lease.and_then(Lease::hold);
    Ok(Alongside { holds, ..Alongside::default() })
}
