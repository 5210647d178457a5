//! Acting on a case: load, decide, commit; again when somebody else was first.

use serde::{Deserialize, Serialize};

use super::leaves::Chain;
use super::reports::ReportContext;
use super::{Channel, leaves};
use crate::case::{
    Actor, Case, Command, Decision, Effect, Event, Policy, Record, Refusal, ReportKind, Role,
    RulesError, Stamped, decide, wake_at,
};
use crate::ids::{CaseId, ComplaintNo, Entropy, Pseudonym};
use crate::log::{Hash, Leaf};
use crate::privacy::CaseKey;
use crate::store::{
    CaseRow, CaseWrite, Change, Expected, NoticeRow, OutboxMove, RecordHold, RecordWrite, Store,
    StoreError, StoredCase, TokenUse,
};
use crate::time::Timestamp;
use crate::verify::stamped;

/// How often a decision is tried again when the case moved in between.
const TRIES: u32 = 16;
/// The version of the stored snapshot; another version is rebuilt from the leaves.
pub(super) const SNAPSHOT_VERSION: u32 = 3;

/// A case as loaded, with what its next change needs.
pub struct LoadedCase {
    /// The case's id.
    pub id: CaseId,
    /// Its stream in the log.
    pub stream: Pseudonym,
    /// The folded case.
    pub case: Case,
    /// The hash of its last leaf.
    pub(super) head: Hash,
    /// How many reports it has made.
    pub(super) reports: u32,
    /// Its key; none after an erasure.
    pub(super) key: Option<CaseKey>,
}

/// What an act led to.
pub struct Acted {
    /// The case after it.
    pub loaded: LoadedCase,
    /// The events that happened.
    pub events: Vec<Event>,
}

/// Why an act did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// No such case.
    #[error("there is no such case")]
    Unknown,
    /// The person was erased.
    #[error("the case was erased")]
    Erased,
    /// The rule said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The consent does not let this reader see the consumer's data.
    #[error("the consumer's data are withheld: {}", .0.code())]
    Withheld(super::access::Withheld),
    /// The caller decided on an older case.
    #[error("the case has moved on to revision {current}; look again")]
    Stale {
        /// The revision now.
        current: u64,
    },
    /// The rule set of the case is not here.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What rides along with an act in the same change.
#[derive(Default)]
pub(super) struct Alongside {
    pub(super) token: Option<TokenUse>,
    pub(super) notice: Option<NoticeRow>,
    pub(super) outbox_move: Option<OutboxMove>,
    pub(super) holds: Option<RecordHold>,
    pub(super) records: Vec<RecordWrite>,
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    v: u32,
    reports: u32,
    case: Case,
}

impl<S: Store> Channel<S> {
    /// Carries out a command on a case.
    ///
    /// `expected` is the revision the actor has seen; with `None` the command is decided on
    /// whatever the case is now. Durable when it returns.
    ///
    /// # Errors
    /// See [`ActError`]; in each case nothing was written.
    pub async fn act(
        &self,
        id: CaseId,
        actor: Actor,
        command: &Command,
        expected: Option<u64>,
    ) -> Result<Acted, ActError> {
        self.act_with(id, actor, command, expected, |_| Ok(Alongside::default())).await
    }

    /// The same, with more to write; `alongside` is asked again at every try, with the case after.
    pub(super) async fn act_with(
        &self,
        id: CaseId,
        actor: Actor,
        command: &Command,
        expected: Option<u64>,
        alongside: impl Fn(&LoadedCase) -> Result<Alongside, StoreError>,
    ) -> Result<Acted, ActError> {
        for _ in 0..TRIES {
            let before = self.load(id).await?;
            if let Some(expected) = expected.filter(|seen| *seen != before.case.revision) {
                let current = before.case.revision;
                tracing::debug!(case = %id, expected, current, "an act came too late");
                return Err(ActError::Stale { current });
            }
            let policy = self.policy(&before.case)?;
            let now = self.now();
            let decision = decide(&before.case, command, &actor, &policy, now)?;
            let key = before.key.clone().ok_or(ActError::Erased)?;
            let (after, mut change) =
                self.prepare(before, &decision, actor, &policy, now, &key).await?;
            let more = alongside(&after)?;
            change.token = more.token;
            change.holds = more.holds;
            change.records = more.records;
            // What is sealed under a key that this change destroys must not outlive it.
            change.notice = more.notice.filter(|_| change.erase.is_none());
            change.outbox_moves.extend(more.outbox_move);
            let has_reports = !change.outbox.is_empty();
            match self.store().commit(change).await {
                Ok(()) => {
                    self.committed(has_reports);
                    let events = decision.records.into_iter().map(|record| record.event).collect();
                    return Ok(Acted { loaded: after, events });
                }
                Err(StoreError::Conflict { what: "case" | "stream" }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict { what: "case" }.into())
    }

    /// The case with this id, folded, with its key.
    ///
    /// # Errors
    /// When there is none or it does not read back.
    pub async fn load(&self, id: CaseId) -> Result<LoadedCase, ActError> {
        let stored = self.store().case(id).await?.ok_or(ActError::Unknown)?;
        Ok(self.loaded(stored).await?)
    }

    /// The case with this complaint number.
    ///
    /// # Errors
    /// When there is none or it does not read back.
    pub async fn load_by_number(&self, no: &ComplaintNo) -> Result<LoadedCase, ActError> {
        let blind = self.blind_number(no);
        let stored = self.store().case_by_number(blind).await?.ok_or(ActError::Unknown)?;
        Ok(self.loaded(stored).await?)
    }

    pub(super) fn blind_number(&self, no: &ComplaintNo) -> [u8; 32] {
        self.inner.blind.of("complaint_no", no.as_str().as_bytes())
    }

    pub(super) async fn loaded(&self, stored: StoredCase) -> Result<LoadedCase, StoreError> {
        let StoredCase { row, wrapped_key } = stored;
        let key = match wrapped_key {
            None => None,
            Some(wrapped) => {
                let key = self.inner.kek.unwrap(row.id, &wrapped);
                Some(key.map_err(|_| StoreError::Corrupt { table: "case_keys" })?)
            }
        };
        let stream = row.stream.parse().map_err(|_| StoreError::Corrupt { table: "cases" })?;
        let (case, reports) = match read_snapshot(&row.snapshot) {
            Some(Snapshot { case, reports, .. }) => (case, reports),
            None => self.rebuild(row.id, &row.stream).await?,
        };
        Ok(LoadedCase { id: row.id, stream, case, head: row.head, reports, key })
    }

    /// Folds a case from its leaves: the truth that every projection comes from.
    ///
    /// # Errors
    /// When a leaf does not read or cannot follow the one before.
    pub async fn rebuild(&self, id: CaseId, stream: &str) -> Result<(Case, u32), StoreError> {
        let corrupt = || StoreError::Corrupt { table: "leaves" };
        let mut case: Option<Case> = None;
        let mut from = 0;
        loop {
            let page = self.store().leaves(stream, from, 200).await?;
            for stored in &page {
                let leaf = Leaf::parse(&stored.bytes).map_err(|_| corrupt())?;
                let rules = leaf.rules.clone().unwrap_or_default();
                let stamped = stamped(&leaf).ok_or_else(corrupt)?;
                case = Some(match case {
                    None => Case::begin(&stamped, &rules).map_err(|_| corrupt())?,
                    Some(case) => case.apply(&stamped).map_err(|_| corrupt())?,
                });
            }
            let Some(last) = page.last() else { break };
            from = last.n + 1;
        }
        let made = self.store().outbox_of(id).await?.len();
        let reports = u32::try_from(made).map_err(|_| corrupt())?;
        Ok((case.ok_or_else(corrupt)?, reports))
    }

    /// Turns a decision into the case after it and the change that makes it so.
    pub(super) async fn prepare(
        &self,
        before: LoadedCase,
        decision: &Decision,
        actor: Actor,
        policy: &Policy,
        now: Timestamp,
        key: &CaseKey,
    ) -> Result<(LoadedCase, Change), ActError> {
        let chain = Chain {
            stream: before.stream.to_string(),
            next: before.case.version,
            head: Some(before.head),
            at: now,
            actor,
            policy: Some(policy),
        };
        let staged = self.stage(&chain, &decision.records, before.id, key)?;
        let mut case = before.case.clone();
        for Record { event, .. } in &decision.records {
            let stamped = Stamped { at: now, actor, event: event.clone() };
            // Our own decisions always apply; if not, it is our bug and nothing is written.
            case = case.apply(&stamped).map_err(|_| leaves::broken("event"))?;
        }
        let mut change = Change { sealed: staged.sealed, ..Change::default() };
        let mut reports = before.reports;
        let context = ReportContext { before: &before, after: &case, decision, key, now };
        for effect in &decision.effects {
            match effect {
                Effect::Report(kind) => {
                    match self.report_row(&context, *kind, reports + 1).await {
                        // Words that do not read any more are no reason to keep the person.
                        Err(StoreError::Corrupt { table }) if *kind == ReportKind::Erased => {
                            let case = before.id;
                            tracing::error!(%case, table, "erased, and the center is not told");
                            continue;
                        }
                        row => change.outbox.push(row?),
                    }
                    reports += 1;
                }
                Effect::DestroyKey => change.erase = Some(before.id),
            }
        }
        change.streams.push(staged.stream);
        if change.erase.is_some() {
            change.sealed.clear();
        }
        let expected = Expected::Version(before.case.version);
        let row = case_row(before.id, before.stream, &case, reports, staged.head, policy)?;
        change.case = Some(CaseWrite { expected, row });
        let key = if change.erase.is_some() { None } else { before.key };
        let after = LoadedCase {
            id: before.id,
            stream: before.stream,
            case,
            head: staged.head,
            reports,
            key,
        };
        Ok((after, change))
    }

    /// The actor the software itself is.
    pub(super) fn system(&self) -> Actor {
        Actor { role: Role::System, pseudonym: self.inner.system }
    }

    /// The actor the center is: one pseudonym for one issuer, by the blind index.
    pub(super) fn center_actor(&self) -> Actor {
        let name = self.inner.blind.of("center", self.center().issuer.as_bytes());
        let mut short = [0; 16];
        short.copy_from_slice(&name[..16]);
        Actor { role: Role::Center, pseudonym: Pseudonym::new(short) }
    }
}

/// The row of a case as the store keeps it.
pub(super) fn case_row(
    id: CaseId,
    stream: Pseudonym,
    case: &Case,
    reports: u32,
    head: Hash,
    policy: &Policy,
) -> Result<CaseRow, StoreError> {
    let snapshot = Snapshot { v: SNAPSHOT_VERSION, reports, case: case.clone() };
    Ok(CaseRow {
        id,
        stream: stream.to_string(),
        version: case.version,
        state: case.state.name().code().to_owned(),
        due_at: case.next_due().map(|entry| entry.clock.due_at),
        received_at: case.received_at,
        updated_at: case.updated_at,
        wake_at: wake_at(case, policy),
        snapshot: serde_json::to_vec(&snapshot).map_err(|_| leaves::broken("snapshot"))?,
        head,
    })
}

/// Whether a row was written by another version, which folded cases otherwise.
pub(super) fn is_of_another_version(row: &CaseRow) -> bool {
    read_snapshot(&row.snapshot).is_none()
}

fn read_snapshot(bytes: &[u8]) -> Option<Snapshot> {
    serde_json::from_slice(bytes).ok().filter(|snapshot: &Snapshot| snapshot.v == SNAPSHOT_VERSION)
}

/// A fresh case key.
pub(super) fn fresh_key(entropy: &dyn Entropy) -> CaseKey {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    CaseKey::from_bytes(bytes)
}
