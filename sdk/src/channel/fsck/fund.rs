//! The fund held against its leaves: the books, every advance, and where its case says it stands.

use super::report::{Audit, FsckCode, Invariant};
use crate::channel::Channel;
use crate::channel::casework::ActError;
use crate::channel::fund::{AdvanceRow, FUND_STREAM};
use crate::store::{Store, StoreError};
use crate::verify::FundCheck;

/// How often a fund that moves is looked at again.
const LOOKS: u32 = 5;
const PAGE: u32 = 200;
const ABOUT: [Invariant; 3] = [Invariant::I2, Invariant::I3, Invariant::I4];

impl<S: Store> Channel<S> {
    /// Folds every entry of the fund and holds it against what is stored.
    pub(super) async fn audit_fund(&self, audit: &mut Audit) -> Result<(), StoreError> {
        for _ in 0..LOOKS {
            let before = self.store().stream_head(FUND_STREAM).await?;
            if before.is_none() {
                ABOUT.into_iter().for_each(|one| audit.not_applicable(one, "尚未使用保证金"));
                return Ok(());
            }
            let mut found = Vec::new();
            let folded = self.fold_fund(&mut found).await?;
            if let Some(folded) = &folded {
                self.hold_books(folded, &mut found).await?;
                self.hold_advances(folded, &mut found).await?;
            }
            if self.store().stream_head(FUND_STREAM).await? == before {
                found.into_iter().for_each(|(code, subject)| audit.found(code, subject));
                return Ok(());
            }
        }
        let note = "核对期间一直有资金变动；请停止服务后再核对";
        ABOUT.into_iter().for_each(|one| audit.not_judged(one, note));
        Ok(())
    }

    async fn fold_fund(
        &self,
        found: &mut Vec<(FsckCode, String)>,
    ) -> Result<Option<FundCheck>, StoreError> {
        let (mut check, mut from) = (FundCheck::default(), 0);
        loop {
            let lines = match self.fund_lines(from, PAGE).await {
                Err(StoreError::Corrupt { .. }) => {
                    found.push((FsckCode::EntryUnreadable, format!("fund {from}")));
                    return Ok(None);
                }
                lines => lines?,
            };
            let Some(last) = lines.last() else { return Ok(Some(check)) };
            from = last.n + 1;
            for line in lines {
                if check.entry(line.n, &line.stamped).is_err() {
                    found.push((FsckCode::EntryImpossible, format!("fund {}", line.n)));
                    return Ok(None);
                }
            }
        }
    }

    async fn hold_books(
        &self,
        folded: &FundCheck,
        found: &mut Vec<(FsckCode, String)>,
    ) -> Result<(), StoreError> {
        let books = match self.all_books().await {
            Err(StoreError::Corrupt { table }) => {
                found.push((FsckCode::BooksWrong, table.to_owned()));
                return Ok(());
            }
            books => books?,
        };
        let (should, are) = (folded.ledger(), &books.ledger);
        for (account, _) in should.balances().chain(are.balances()) {
            if should.balance(account) != are.balance(account) {
                found.push((FsckCode::BooksWrong, account.to_string()));
            }
        }
        Ok(())
    }

    async fn hold_advances(
        &self,
        folded: &FundCheck,
        found: &mut Vec<(FsckCode, String)>,
    ) -> Result<(), StoreError> {
        let (mut known, mut after) = (0, None);
        loop {
            let rows = match self.all_advances(after, PAGE).await {
                Err(StoreError::Corrupt { table }) => {
                    found.push((FsckCode::AdvanceWrong, table.to_owned()));
                    return Ok(());
                }
                rows => rows?,
            };
            let Some(last) = rows.last() else { break };
            after = Some(last.advance.id);
            known += rows.len();
            for row in rows {
                if folded.advance_of(row.advance.id) != Some(&row.advance) {
                    found.push((FsckCode::AdvanceWrong, row.advance.id.to_string()));
                }
                self.hold_case(&row, found).await?;
            }
        }
        if known != folded.advances_count() {
            found.push((FsckCode::AdvanceWrong, format!("{known} advances are listed")));
        }
        Ok(())
    }

    /// The case says what the fund says, unless the person was erased in between.
    async fn hold_case(
        &self,
        row: &AdvanceRow,
        found: &mut Vec<(FsckCode, String)>,
    ) -> Result<(), StoreError> {
        let loaded = match self.load(row.case_id).await {
            Ok(loaded) => loaded,
            Err(ActError::Store(error @ StoreError::Engine(_))) => return Err(error),
            // What is wrong with the case itself is found elsewhere.
            Err(_) => return Ok(()),
        };
        if loaded.key.is_none() {
            return Ok(());
        }
        let told = loaded.case.advances.iter().find(|one| one.id == row.advance.id);
        let advance = &row.advance;
        let same = told
            .is_some_and(|told| (told.status, told.paid_fen) == (advance.status, advance.paid_fen));
        if !same {
            found.push((FsckCode::AdvanceUntold, format!("{} {}", row.case_id, advance.id)));
        }
        Ok(())
    }
}
