//! From events to leaves: numbering, chaining, sealing of the words and commitments to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Channel, OpenError};
use crate::case::{Actor, Policy, Private, Record, Role};
use crate::fund::FundEvent;
use crate::ids::CaseId;
use crate::log::{Hash, Leaf, LeafActor, leaf_hash};
use crate::privacy::{CaseKey, Commitment, Salt, SealContext};
use crate::store::{
    Change, RecordWrite, SealedRow, Store, StoreError, StoredLeaf, StreamHead, StreamWrite,
};
use crate::time::Timestamp;

/// The stream of what happens to the host itself rather than to a case.
pub const HOST_STREAM: &str = "host";

/// How often a lost race for the head of the host's stream is run again.
const TRIES: u32 = 16;

/// The words of one event as they are sealed: each with the salt of its commitment.
#[derive(Serialize, Deserialize)]
pub(super) struct SealedWords {
    pub(super) fields: BTreeMap<String, SealedWord>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SealedWord {
    pub(super) salt: Salt,
    pub(super) value: String,
}

/// What a chain of leaves is made for.
pub(super) struct Chain<'a> {
    pub(super) stream: String,
    pub(super) next: u64,
    pub(super) head: Option<Hash>,
    pub(super) at: Timestamp,
    pub(super) actor: Actor,
    pub(super) policy: Option<&'a Policy>,
}

/// Leaves and sealed words, ready for a change.
pub(super) struct Staged {
    pub(super) stream: StreamWrite,
    pub(super) sealed: Vec<SealedRow>,
    pub(super) head: Hash,
}

/// Something that happened to the host: a fact for the `host` stream.
#[derive(Clone, Debug)]
pub struct HostEvent {
    /// What: `opened`, `person_added`, `token_created`, ….
    pub kind: &'static str,
    /// Facts without personal data; integers, strings, booleans.
    pub data: Value,
}

impl<S: Store> Channel<S> {
    /// Turns the records of one decision into leaves that follow the chain's head.
    pub(super) fn stage(
        &self,
        chain: &Chain<'_>,
        records: &[Record],
        case: CaseId,
        key: &CaseKey,
    ) -> Result<Staged, StoreError> {
        let (mut next, mut head) = (chain.next, chain.head);
        let (mut leaves, mut sealed) = (Vec::new(), Vec::new());
        for record in records {
            let (words, commit) = self.words(&chain.stream, &record.private);
            if !record.private.is_empty() {
                sealed.push(self.seal_words(case, next, key, &words)?);
            }
            let mut event = serde_json::to_value(&record.event).map_err(|_| broken("event"))?;
            let data = event.get_mut("data").map_or_else(|| json!({}), Value::take);
            let leaf = self.leaf(chain, next, head, record.event.kind(), data, commit);
            let stored = store_leaf(next, &leaf)?;
            head = Some(stored.hash);
            leaves.push(stored);
            next += 1;
        }
        let head = head.ok_or_else(|| broken("leaf"))?;
        let stream = StreamWrite { stream: chain.stream.clone(), first: chain.next, leaves };
        Ok(Staged { stream, sealed, head })
    }

    /// Turns events of the fund into leaves. They hold no words.
    pub(super) fn stage_fund(
        &self,
        chain: &Chain<'_>,
        events: &[FundEvent],
    ) -> Result<StreamWrite, StoreError> {
        let (mut next, mut head, mut leaves) = (chain.next, chain.head, Vec::new());
        for event in events {
            let mut told = serde_json::to_value(event).map_err(|_| broken("event"))?;
            let data = told.get_mut("data").map_or_else(|| json!({}), Value::take);
            let leaf = self.leaf(chain, next, head, event.kind(), data, BTreeMap::new());
            let stored = store_leaf(next, &leaf)?;
            head = Some(stored.hash);
            leaves.push(stored);
            next += 1;
        }
        Ok(StreamWrite { stream: chain.stream.clone(), first: chain.next, leaves })
    }

    fn leaf(
        &self,
        chain: &Chain<'_>,
        n: u64,
        prev: Option<Hash>,
        kind: &str,
        data: Value,
        commit: BTreeMap<String, Commitment>,
    ) -> Leaf {
        Leaf {
            origin: self.inner.host.log_origin.clone(),
            stream: chain.stream.clone(),
            n,
            prev,
            at: chain.at,
            kind: kind.to_owned(),
            actor: LeafActor {
                role: chain.actor.role.code().to_owned(),
                pseudonym: chain.actor.pseudonym,
            },
            rules: chain.policy.map(|policy| policy.rules.id.clone()),
            calendar: chain.policy.map(|policy| policy.calendar.version().to_owned()),
            data,
            commit,
        }
    }

    fn words(
        &self,
        stream: &str,
        private: &[Private],
    ) -> (SealedWords, BTreeMap<String, Commitment>) {
        let (mut fields, mut commit) = (BTreeMap::new(), BTreeMap::new());
        for Private { field, value } in private {
            let salt = Salt::new(self.random());
            let value = value.expose().clone();
            let commitment = Commitment::of(&salt, stream, field, value.as_bytes());
            commit.insert((*field).to_owned(), commitment);
            fields.insert((*field).to_owned(), SealedWord { salt, value });
        }
        (SealedWords { fields }, commit)
    }

    fn seal_words(
        &self,
        case: CaseId,
        n: u64,
        key: &CaseKey,
        words: &SealedWords,
    ) -> Result<SealedRow, StoreError> {
        let plain = serde_json::to_vec(words).map_err(|_| broken("words"))?;
        let row = n.to_string();
        let sealed = key.seal(&words_context(case, &row), &plain, self.random());
        Ok(SealedRow { case, n, sealed })
    }

    /// Opens the sealed words of one event.
    pub(super) fn open_words(
        &self,
        key: &CaseKey,
        row: &SealedRow,
    ) -> Result<SealedWords, StoreError> {
        let n = row.n.to_string();
        let plain = key.open(&words_context(row.case, &n), &row.sealed);
        let plain = plain.map_err(|_| StoreError::Corrupt { table: "sealed" })?;
        serde_json::from_slice(&plain).map_err(|_| StoreError::Corrupt { table: "sealed" })
    }

    /// Writes facts about the host itself into its stream.
    ///
    /// # Errors
    /// When the store fails; a lost race for the stream's head is tried again.
    pub async fn record_host(&self, actor: Actor, event: HostEvent) -> Result<(), StoreError> {
        self.record_host_with(actor, &event, &[]).await
    }

    /// The same together with the small documents it is about: all of it or nothing. A document
    /// that is not as expected is the caller's conflict, and is not tried again.
    ///
    /// # Errors
    /// When the store fails, or a document is not as expected.
    pub async fn record_host_with(
        &self,
        actor: Actor,
        event: &HostEvent,
        records: &[RecordWrite],
    ) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let head = self.store().stream_head(HOST_STREAM).await?;
            match self.stage_host(head, actor, event, records).await {
                Err(StoreError::Conflict { what: "stream" }) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict { what: "stream" })
    }

    /// Writes one fact behind this head of the host's stream, if it is still the head.
    async fn stage_host(
        &self,
        head: Option<StreamHead>,
        actor: Actor,
        event: &HostEvent,
        records: &[RecordWrite],
    ) -> Result<(), StoreError> {
        let chain = Chain {
            stream: HOST_STREAM.to_owned(),
            next: head.as_ref().map_or(0, |head| head.next),
            head: head.map(|head| head.hash),
            at: self.now(),
            actor,
            policy: None,
        };
        let data = event.data.clone();
        let leaf = self.leaf(&chain, chain.next, chain.head, event.kind, data, BTreeMap::new());
        let leaves = vec![store_leaf(chain.next, &leaf)?];
        let write = StreamWrite { stream: chain.stream, first: chain.next, leaves };
        let records = records.to_vec();
        let change = Change { streams: vec![write], records, ..Change::default() };
        let done = self.store().commit(change).await;
        self.committed(false);
        done
    }

    /// The first leaf of all: who keeps this log, under which keys. Of two servers that begin over
    /// one store at once, the second finds the first one's leaf.
    pub(super) async fn begin_host_stream(&self) -> Result<(), OpenError> {
        let mut data = Map::new();
        data.insert("uscc".into(), json!(self.inner.host.uscc));
        data.insert("receipt_kid".into(), json!(self.inner.keys.receipt().kid()));
        data.insert("request_kid".into(), json!(self.inner.keys.request().kid()));
        data.insert("log_vkey".into(), json!(self.log_vkey()));
        let actor = Actor { role: Role::System, pseudonym: self.inner.system };
        let opened = HostEvent { kind: "opened", data: Value::Object(data) };
        for _ in 0..TRIES {
            if let Some(first) = self.store().leaves(HOST_STREAM, 0, 1).await?.first() {
                return self.is_our_log(&first.bytes);
            }
            match self.stage_host(None, actor, &opened, &[]).await {
                Err(StoreError::Conflict { .. }) => {}
                done => return Ok(done?),
            }
        }
        Err(StoreError::Conflict { what: "stream" }.into())
    }

    /// Whether a log that began with this leaf is the one we are configured to keep.
    fn is_our_log(&self, first: &[u8]) -> Result<(), OpenError> {
        let corrupt = |_| StoreError::Corrupt { table: "leaves" };
        let leaf = Leaf::parse(first).map_err(corrupt)?;
        let ours = leaf.origin == self.inner.host.log_origin
            && leaf.data.get("log_vkey") == Some(&json!(self.log_vkey()));
        if ours { Ok(()) } else { Err(OpenError::AnotherLog { began: leaf.origin }) }
    }
}

fn store_leaf(n: u64, leaf: &Leaf) -> Result<StoredLeaf, StoreError> {
    let bytes = leaf.to_bytes().map_err(|_| broken("leaf"))?;
    Ok(StoredLeaf { n, position: None, hash: leaf_hash(&bytes), bytes })
}

fn words_context(case: CaseId, row: &str) -> SealContext<'_> {
    SealContext { table: "sealed", column: "words", case, row }
}

/// A value of ours did not serialize: a bug, told as an error rather than a crash.
pub(super) fn broken(what: &str) -> StoreError {
    StoreError::Engine(format!("a {what} of ours does not serialize"))
}
