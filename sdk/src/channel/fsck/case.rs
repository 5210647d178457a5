//! One case held against its leaves, or a stream that tells no case.

use std::collections::BTreeMap;

use super::report::{Audit, FsckCode, FsckFinding};
use crate::case::{Case, ReportKind, StateName};
use crate::channel::Channel;
use crate::channel::casework::{case_row, is_of_another_version};
use crate::ids::{CaseId, Pseudonym};
use crate::log::{Hash, Leaf, leaf_hash};
use crate::privacy::{CaseKey, Commitment};
use crate::store::{OutboxRow, OutboxState, Store, StoreError, StoredCase, StoredLeaf};
use crate::verify::stamped;

/// How often a case that moves is looked at again.
const LOOKS: u32 = 5;
/// How many leaves are read at a time.
const PAGE: u32 = 200;

/// Commitments by the number of their leaf.
pub(super) type Commits = BTreeMap<u64, BTreeMap<String, Commitment>>;

/// What the leaves of a stream say.
#[derive(Default)]
pub(super) struct Told {
    /// How many leaves.
    pub(super) count: u64,
    /// The hash of the last.
    pub(super) head: Option<Hash>,
    /// The folded case; none when it does not fold.
    pub(super) case: Option<Case>,
    /// The steps that the center is told of, in order.
    pub(super) steps: Vec<ReportKind>,
    /// What the leaves commit to.
    pub(super) commits: Commits,
    /// Whether everything read and chained.
    pub(super) is_sound: bool,
}

/// What a live case opens to.
pub(super) struct Opened {
    /// Its key.
    pub(super) key: CaseKey,
    /// The center's receipts among its words, by the number of the leaf that notes each.
    pub(super) receipts: BTreeMap<u64, String>,
}

/// What one look at a case found.
struct Look {
    findings: Vec<FsckFinding>,
    leaves: u64,
    reports: Vec<OutboxRow>,
}

impl<S: Store> Channel<S> {
    /// Looks at a case, again while it moves, and takes the last look.
    pub(super) async fn audit_case(
        &self,
        audit: &mut Audit,
        mut stored: StoredCase,
    ) -> Result<(), StoreError> {
        let id = stored.row.id;
        let mut look = self.look(&stored).await?;
        for _ in 1..LOOKS {
            if look.findings.is_empty() {
                break;
            }
            let again = match self.store().case(id).await {
                Err(StoreError::Corrupt { .. }) | Ok(None) => break,
                again => again?,
            };
            match again {
                Some(again) if again.row.version != stored.row.version => stored = again,
                Some(_) | None => break,
            }
            look = self.look(&stored).await?;
        }
        count(audit, &stored, &look);
        look.findings.into_iter().for_each(|finding| audit.add(finding));
        Ok(())
    }

    /// One look; a row that does not read is a finding.
    async fn look(&self, stored: &StoredCase) -> Result<Look, StoreError> {
        match self.look_closely(stored).await {
            Err(StoreError::Corrupt { table }) => {
                let subject = format!("{} {table}", stored.row.id);
                let findings = vec![FsckFinding::new(FsckCode::CaseUnreadable, subject)];
                Ok(Look { findings, leaves: 0, reports: Vec::new() })
            }
            look => look,
        }
    }

    async fn look_closely(&self, stored: &StoredCase) -> Result<Look, StoreError> {
        let (id, mut found) = (stored.row.id, Vec::new());
        let told = self.walk(&stored.row.stream, id.to_string(), true, &mut found).await?;
        let reports = self.store().outbox_of(id).await?;
        self.hold_row(stored, &told, &reports, &mut found).await?;
        let unseen = told.case.as_ref().is_some_and(|case| case.unseen);
        match self.key_of(stored, unseen, &mut found) {
            Some(key) => {
                let receipts = self.hold_words(stored, &told, &key, &mut found).await?;
                let opened = Opened { key, receipts };
                self.hold_reports(stored, &told, &reports, Some(&opened), &mut found);
            }
            None => {
                self.hold_erased(stored, &mut found).await?;
                self.hold_reports(stored, &told, &reports, None, &mut found);
            }
        }
        Ok(Look { findings: found, leaves: told.count, reports })
    }

    /// The key of a live case. An erased one has none, nor one that nobody was ever in.
    fn key_of(
        &self,
        stored: &StoredCase,
        unseen: bool,
        found: &mut Vec<FsckFinding>,
    ) -> Option<CaseKey> {
        let id = stored.row.id;
        let is_erased = unseen || stored.row.state == StateName::Erased.code();
        match &stored.wrapped_key {
            None if is_erased => None,
            None => {
                found.push(FsckFinding::new(FsckCode::KeyMissing, id.to_string()));
                None
            }
            Some(_) if is_erased => {
                found.push(FsckFinding::new(FsckCode::KeyAlive, id.to_string()));
                None
            }
            Some(wrapped) => {
                let key = self.inner.kek.unwrap(id, wrapped).ok();
                if key.is_none() {
                    found.push(FsckFinding::new(FsckCode::KeyLost, id.to_string()));
                }
                key
            }
        }
    }

    /// Reads a stream from its first leaf to its last.
    async fn walk(
        &self,
        stream: &str,
        subject: String,
        is_case: bool,
        found: &mut Vec<FsckFinding>,
    ) -> Result<Told, StoreError> {
        let mut told = Told { is_sound: true, ..Told::default() };
        loop {
            let page = match self.store().leaves(stream, told.count, PAGE).await {
                Err(StoreError::Corrupt { .. }) => {
                    let subject = format!("{subject} leaf {}", told.count);
                    found.push(FsckFinding::new(FsckCode::LeafUnreadable, subject));
                    told.is_sound = false;
                    return Ok(told);
                }
                page => page?,
            };
            if page.is_empty() {
                return Ok(told);
            }
            for stored in &page {
                let number = stored.n;
                let read = self.read_leaf(stream, stored, &told).and_then(|leaf| {
                    if is_case {
                        fold(&mut told, &leaf)?
                    }
                    Ok(leaf)
                });
                match read {
                    Ok(leaf) if leaf.commit.is_empty() => {}
                    Ok(leaf) => drop(told.commits.insert(number, leaf.commit)),
                    Err(code) => {
                        // What follows a broken leaf cannot be judged against it.
                        let subject = format!("{subject} leaf {number}");
                        found.push(FsckFinding::new(code, subject));
                        (told.is_sound, told.case) = (false, None);
                        return Ok(told);
                    }
                }
                told.count = number + 1;
                told.head = Some(stored.hash);
            }
        }
    }

    /// A leaf that is what the stream needs next.
    fn read_leaf(&self, stream: &str, stored: &StoredLeaf, told: &Told) -> Result<Leaf, FsckCode> {
        if stored.n != told.count {
            return Err(FsckCode::LeafMissing);
        }
        if leaf_hash(&stored.bytes) != stored.hash {
            return Err(FsckCode::LeafChanged);
        }
        let leaf = Leaf::parse(&stored.bytes).map_err(|_| FsckCode::LeafUnreadable)?;
        let chains = leaf.n == stored.n
            && leaf.prev == told.head
            && leaf.stream == stream
            && leaf.origin == self.inner.host.log_origin;
        if chains { Ok(leaf) } else { Err(FsckCode::ChainBroken) }
    }

    /// A stream that tells no case: its leaves chain.
    pub(super) async fn audit_named_stream(
        &self,
        audit: &mut Audit,
        stream: &str,
    ) -> Result<(), StoreError> {
        let mut found = Vec::new();
        self.walk(stream, stream.to_owned(), false, &mut found).await?;
        found.into_iter().for_each(|finding| audit.add(finding));
        Ok(())
    }

    /// Holds the projections of a case against the fold of its leaves.
    async fn hold_row(
        &self,
        stored: &StoredCase,
        told: &Told,
        reports: &[OutboxRow],
        found: &mut Vec<FsckFinding>,
    ) -> Result<(), StoreError> {
        let row = &stored.row;
        let subject = row.id.to_string();
        let mut say = |code| found.push(FsckFinding::new(code, subject.clone()));
        let (Some(case), Some(head)) = (&told.case, told.head) else {
            if told.is_sound {
                say(FsckCode::LeafMissing);
            }
            return Ok(());
        };
        if row.version != told.count {
            say(FsckCode::VersionWrong);
        }
        if row.head != head {
            say(FsckCode::HeadWrong);
        }
        let Ok(stream) = row.stream.parse::<Pseudonym>() else {
            say(FsckCode::CaseUnreadable);
            return Ok(());
        };
        let made = u32::try_from(reports.len()).unwrap_or(u32::MAX);
        let Ok(policy) = self.policy(case) else {
            // Its rule set is not here: whether the row is right cannot be judged.
            return Ok(());
        };
        // When it wakes next depends on today's settings, and is no invariant.
        let should = case_row(row.id, stream, case, made, head, &policy)?;
        // A row of an earlier version keeps the due instant that version knew, until it is written.
        let due_at = if is_of_another_version(row) { should.due_at } else { row.due_at };
        let same = (&should.state, should.due_at, should.received_at, should.updated_at)
            == (&row.state, due_at, row.received_at, row.updated_at);
        if !same {
            say(FsckCode::RowWrong);
        }
        // The key is not needed to read the snapshot, and is judged elsewhere.
        let bare = StoredCase { row: row.clone(), wrapped_key: None };
        match self.loaded(bare).await {
            Err(StoreError::Corrupt { .. }) => say(FsckCode::CaseUnreadable),
            loaded => {
                let loaded = loaded?;
                if loaded.case != *case || loaded.reports != made {
                    say(FsckCode::SnapshotWrong);
                }
            }
        }
        Ok(())
    }

    /// Of an erased case nothing that could be read is left.
    async fn hold_erased(
        &self,
        stored: &StoredCase,
        found: &mut Vec<FsckFinding>,
    ) -> Result<(), StoreError> {
        let id: CaseId = stored.row.id;
        if stored.row.state != StateName::Erased.code() {
            return Ok(());
        }
        let sealed = self.store().sealed(id).await?;
        let notice = self.store().notice(id, super::words::INTAKE_KEY).await?;
        if !sealed.is_empty() || notice.is_some() {
            found.push(FsckFinding::new(FsckCode::WordsLeft, id.to_string()));
        }
        Ok(())
    }
}

/// Takes a leaf into the folded case.
fn fold(told: &mut Told, leaf: &Leaf) -> Result<(), FsckCode> {
    let stamped = stamped(leaf).ok_or(FsckCode::EventImpossible)?;
    told.steps.extend(stamped.event.report(told.case.as_ref(), &stamped.actor));
    let folded = match told.case.take() {
        None if told.count == 0 => Case::begin(&stamped, leaf.rules.as_deref().unwrap_or_default()),
        None => return Err(FsckCode::EventImpossible),
        Some(case) => case.apply(&stamped),
    };
    told.case = Some(folded.map_err(|_| FsckCode::EventImpossible)?);
    Ok(())
}

/// Adds a case to the tallies.
fn count(audit: &mut Audit, stored: &StoredCase, look: &Look) {
    let state = &stored.row.state;
    audit.report.cases += 1;
    *audit.states.entry(state.clone()).or_insert(0) += 1;
    audit.case_leaves += look.leaves;
    if state == StateName::Erased.code() {
        audit.report.erased += 1;
    }
    if state == StateName::Closed.code() {
        audit.report.closed += 1;
        let closing = look.reports.iter().rev().find(|row| row.kind == ReportKind::Closed.code());
        if closing.is_none_or(|row| row.state != OutboxState::Delivered) {
            audit.report.closed_untold += 1;
        }
    }
    for row in &look.reports {
        let tally = &mut audit.report.reports;
        match row.state {
            OutboxState::Pending => tally.pending += 1,
            OutboxState::Delivered => tally.delivered += 1,
            OutboxState::Dead => tally.dead += 1,
            OutboxState::Dropped => tally.dropped += 1,
        }
    }
}
