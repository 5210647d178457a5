//! The worker's round over cases that are due: what is due, the rules say
//! ([`crate::case::due_command`]); here it is done, one act at a time, as the system.

use super::casework::{ActError, Alongside, LoadedCase};
use super::{Channel, Lease};
use crate::case::{Action, Policy, due_command, wake_at};
use crate::ids::CaseId;
use crate::store::{Store, StoreError, Wake};

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
    /// Supplements that did not come, and examinations that took too long.
    pub lapsed: u32,
    /// Persons erased because their data are kept no longer.
    pub erased: u32,
    /// Cases to which nothing was due after all: they sleep until something is.
    pub slept: u32,
    /// Cases to which something is due that cannot be done: each is told in the log, and looked at
    /// again in the next round.
    pub stuck: u32,
}

impl Ticked {
    /// Everything that was done to cases.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.offers + self.missed + self.escalated + self.lapsed + self.erased
    }

    /// The same and another round together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            offers: self.offers + other.offers,
            missed: self.missed + other.missed,
            escalated: self.escalated + other.escalated,
            lapsed: self.lapsed + other.lapsed,
            erased: self.erased + other.erased,
            slept: self.slept + other.slept,
            stuck: self.stuck + other.stuck,
        }
    }

    fn count(&mut self, action: Action) {
        match action {
            Action::ExpireOffer => self.offers += 1,
            Action::NoteExpiry => self.missed += 1,
            Action::Escalate => self.escalated += 1,
            Action::LapseSupplement | Action::LapsePause => self.lapsed += 1,
            Action::Erase => self.erased += 1,
            _ => {}
        }
    }
}

impl<S: Store> Channel<S> {
    /// Does what is due to cases, at most `limit` cases, from `after` on. `after` then says where to go
    /// on; it is none when the round is over. A round begins with none.
    ///
    /// Of many servers one does it, under a lease, if one is given. A crash in between leaves the
    /// rest due. A case to which it cannot be done holds up no other.
    ///
    /// # Errors
    /// When the store fails; a conflict of `lease` says that another server has taken over.
    pub async fn tick(
        &self,
        limit: u32,
        after: &mut Option<Wake>,
        lease: Option<&Lease>,
    ) -> Result<Ticked, StoreError> {
        let mut done = Ticked::default();
        let due = self.store().waking(self.now(), *after, limit).await?;
        let mut failed = 0;
        for wake in &due {
            match self.tick_case(wake.case, lease, &mut done).await {
                Ok(()) => {}
                Err(error @ StoreError::Conflict { .. }) => return Err(error),
                Err(error) => {
                    done.stuck += 1;
                    failed += 1;
                    tracing::error!(case = %wake.case, %error, "what is due was not done");
                    // Not this case alone: the store itself fails.
                    if failed == due.len() {
                        return Err(error);
                    }
                }
            }
        }
        *after = due.last().copied();
        Ok(done)
    }

    async fn tick_case(
        &self,
        id: CaseId,
        lease: Option<&Lease>,
        done: &mut Ticked,
    ) -> Result<(), StoreError> {
        let mut acted = false;
        for _ in 0..STEPS_MAX {
            let loaded = match self.load(id).await {
                Ok(loaded) => loaded,
                Err(ActError::Store(StoreError::Corrupt { table })) => {
                    done.stuck += 1;
                    tracing::error!(case = %id, table, "a case does not read; run fsck");
                    return Ok(());
                }
                Err(ActError::Store(error)) => return Err(error),
                Err(_) => return Ok(()),
            };
            let policy = match self.policy(&loaded.case) {
                Ok(policy) => policy,
                Err(error) => {
                    done.stuck += 1;
                    tracing::error!(case = %id, %error, "the rule set of a case is not here");
                    return Ok(());
                }
            };
            let Some(command) = due_command(&loaded.case, &policy, self.now()) else {
                // Whoever acted has said when next.
                if acted {
                    return Ok(());
                }
                done.slept += 1;
                return self.sleep_again(&loaded, &policy, lease).await;
            };
            match self.act_with(id, self.system(), &command, None, |_| held(lease)).await {
                Ok(_) => {
                    acted = true;
                    done.count(command.action());
                }
                Err(ActError::Store(StoreError::Conflict { what: "case" })) => {}
                Err(ActError::Store(StoreError::Corrupt { table })) => {
                    done.stuck += 1;
                    tracing::error!(case = %id, table, "a case does not read; run fsck");
                    return Ok(());
                }
                Err(ActError::Store(error)) => return Err(error),
                Err(error) => {
                    done.stuck += 1;
                    tracing::error!(case = %id, %error, "what is due to a case was refused");
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Nothing is due: the row says when next. Without this a case from before, or one whose rules
    /// changed, would be looked at in every round.
    async fn sleep_again(
        &self,
        loaded: &LoadedCase,
        policy: &Policy,
        lease: Option<&Lease>,
    ) -> Result<(), StoreError> {
        if wake_at(&loaded.case, policy).is_some_and(|at| at <= self.now()) {
            return Ok(());
        }
        self.write_row(loaded, policy, lease).await
    }
}

fn held(lease: Option<&Lease>) -> Result<Alongside, StoreError> {
    let holds = lease.and_then(Lease::hold);
    Ok(Alongside { holds, ..Alongside::default() })
}
