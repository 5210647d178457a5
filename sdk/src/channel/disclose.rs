//! Opening the words of a case for an auditor who takes them home.

use std::collections::{BTreeMap, BTreeSet};

use super::Channel;
use super::casework::{ActError, LoadedCase};
use super::views::is_payee;
use crate::bundle::{DisclosedEvent, Dossier, Opened};
use crate::store::Store;

/// So many leaves are read at a time.
const PAGE: u32 = 200;

impl<S: Store> Channel<S> {
    /// The words of a case with the salts of their commitments, of the events that lie in the first
    /// `size` entries of the log. To whom an advance was paid is withheld: an audit of handling has no
    /// use for an account (PIPL Art. 6). Whoever calls has noted the look before: see
    /// [`Command::Reveal`](crate::case::Command::Reveal).
    ///
    /// # Errors
    /// When the case was erased, or does not read back.
    pub async fn disclose(&self, loaded: &LoadedCase, size: u64) -> Result<Dossier, ActError> {
        let key = loaded.key.as_ref().ok_or(ActError::Erased)?;
        let (stream, mut from, mut within) = (loaded.stream.to_string(), 0, 0);
        loop {
            let page = self.store().leaves(&stream, from, PAGE).await?;
            let Some(last) = page.last() else { break };
            from = last.n + 1;
            let inside = page.iter().filter(|leaf| leaf.position.is_some_and(|at| at < size));
            within += u64::try_from(inside.count()).unwrap_or(u64::MAX);
        }
        let mut events = Vec::new();
        for row in self.store().sealed(loaded.id).await? {
            if row.n >= within {
                continue;
            }
            let words = self.open_words(key, &row)?;
            let (mut fields, mut withheld) = (BTreeMap::new(), BTreeSet::new());
            for (field, word) in words.fields {
                if is_payee(&field) {
                    withheld.insert(field);
                } else {
                    fields.insert(field, Opened { salt: word.salt, value: word.value });
                }
            }
            events.push(DisclosedEvent { n: row.n, fields, withheld });
        }
        events.sort_by_key(|event| event.n);
        Ok(Dossier { stream: loaded.stream, events })
    }
}
