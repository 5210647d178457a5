//! The words of a live case: they open, and they are what the leaves committed to.

use std::collections::BTreeMap;

use super::case::{Commits, Told};
use super::report::{FsckCode, FsckFinding};
use crate::channel::Channel;
use crate::channel::intake::answer_context;
use crate::channel::leaves::SealedWords;
use crate::ids::{CaseId, ComplaintNo};
use crate::privacy::CaseKey;
use crate::store::{SealedRow, Store, StoreError, StoredCase};

/// The notice key of the diversion itself: the first notice of every case.
pub(super) const INTAKE_KEY: [u8; 32] = [0; 32];

impl<S: Store> Channel<S> {
    /// Opens everything sealed of a live case and holds it against its leaves. Gives the receipts
    /// among it, by the number of their leaf.
    pub(super) async fn hold_words(
        &self,
        stored: &StoredCase,
        told: &Told,
        key: &CaseKey,
        found: &mut Vec<FsckFinding>,
    ) -> Result<BTreeMap<u64, String>, StoreError> {
        let mut receipts = BTreeMap::new();
        // Leaves that do not read commit to nothing that could be held against the words.
        if !told.is_sound {
            return Ok(receipts);
        }
        let (id, stream) = (stored.row.id, &stored.row.stream);
        let mut commits = told.commits.clone();
        let mut first = None;
        for row in self.store().sealed(id).await? {
            match self.hold_row_of_words(stream, &mut commits, key, &row) {
                Ok(words) if row.n == 0 => first = Some(words),
                Ok(words) => {
                    let receipt = words.fields.get("receipt");
                    receipts.extend(receipt.map(|word| (row.n, word.value.as_str().to_owned())));
                }
                Err(code) => {
                    found.push(FsckFinding::new(code, format!("{id} leaf {}", row.n)));
                }
            }
        }
        for n in commits.keys() {
            found.push(FsckFinding::new(FsckCode::WordsLost, format!("{id} leaf {n}")));
        }
        if let Some(first) = first {
            self.hold_beginning(id, key, &first, found).await?;
        }
        Ok(receipts)
    }

    fn hold_row_of_words(
        &self,
        stream: &str,
        commits: &mut Commits,
        key: &CaseKey,
        row: &SealedRow,
    ) -> Result<SealedWords, FsckCode> {
        let commit = commits.remove(&row.n).ok_or(FsckCode::WordsStray)?;
        let words = self.open_words(key, row).map_err(|_| FsckCode::WordsUnreadable)?;
        let holds = words.fields.len() == commit.len()
            && words.fields.iter().all(|(field, word)| {
                commit.get(field).is_some_and(|commitment| {
                    commitment.holds(&word.salt, stream, field, word.value.as_bytes())
                })
            });
        if holds { Ok(words) } else { Err(FsckCode::WordsDiffer) }
    }

    /// The complaint as it came in: its number leads here, and what was answered still opens.
    async fn hold_beginning(
        &self,
        id: CaseId,
        key: &CaseKey,
        first: &SealedWords,
        found: &mut Vec<FsckFinding>,
    ) -> Result<(), StoreError> {
        let word = |field: &str| first.fields.get(field).map(|word| word.value.as_str());
        let mut say = |code| found.push(FsckFinding::new(code, id.to_string()));
        match word("complaint_no").map(str::parse::<ComplaintNo>) {
            Some(Ok(no)) => {
                let leads = self.store().case_by_number(self.blind_number(&no)).await?;
                if leads.is_none_or(|stored| stored.row.id != id) {
                    say(FsckCode::NumberLost);
                }
            }
            Some(Err(_)) | None => say(FsckCode::WordsUnreadable),
        }
        let Some(notice) = self.store().notice(id, INTAKE_KEY).await? else {
            say(FsckCode::NoticeMissing);
            return Ok(());
        };
        let body = word("body").unwrap_or_default();
        let same = notice.fingerprint == key.fingerprint("gc/v1/intake", body.as_bytes());
        if !same || key.open(&answer_context(id, "intake"), &notice.answer).is_err() {
            say(FsckCode::NoticeUnreadable);
        }
        Ok(())
    }
}
