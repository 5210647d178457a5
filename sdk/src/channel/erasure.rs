//! Erasing persons again: a restored backup must not bring back whom the shred list names.

use super::Channel;
use super::casework::ActError;
use crate::case::{Command, EraseReason, StateName};
use crate::ids::CaseId;
use crate::store::{CaseQuery, Store, StoreError};

impl<S: Store> Channel<S> {
    /// Every case whose person was erased. The ids say nothing about anybody; kept outside the
    /// database they are the shred list.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn erased_cases(&self) -> Result<Vec<CaseId>, StoreError> {
        let (mut erased, mut after) = (Vec::new(), None);
        loop {
            let states = vec![StateName::Erased.code().to_owned()];
            let query = CaseQuery { states, by_due: false, after, limit: 200 };
            let page = self.store().cases(query).await?;
            erased.extend(page.cases.iter().map(|stored| stored.row.id));
            after = page.next;
            if after.is_none() {
                return Ok(erased);
            }
        }
    }

    /// Destroys the key of a case that an older backup brought back. Gives whether there was
    /// anything to destroy; a case that is not there, or erased, is none.
    ///
    /// # Errors
    /// When the store fails or the case does not read back.
    pub async fn erase_again(&self, id: CaseId) -> Result<bool, ActError> {
        match self.load(id).await {
            Err(ActError::Unknown) => return Ok(false),
            Err(error) => return Err(error),
            Ok(loaded) if loaded.key.is_none() => return Ok(false),
            Ok(_) => {}
        }
        let command = Command::Erase { reason: EraseReason::Restored };
        match self.act(id, self.system(), &command, None).await {
            Ok(_) => Ok(true),
            Err(ActError::Erased) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
