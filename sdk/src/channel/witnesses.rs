//! Cosignatures: each new head goes to the witnesses of the policy, and when enough of them have
//! cosigned it, it is kept with their lines for ever.
//!
//! Order of durability: a head is signed and committed before any witness sees it; what a witness has
//! cosigned is noted after it has answered. A crash in between only makes the next request meet a
//! witness that is further than we know: it says so, and is asked again from there.

use std::future::Future;

use serde::{Deserialize, Serialize};

use super::Channel;
use crate::log::{AddCheckpoint, SignedNote, TrustPolicy, Witness};
use crate::store::{Change, CheckpointRow, RecordWrite, Store, StoreError};
use crate::time::Timestamp;

/// Heads with the lines of a quorum, by size in twenty digits: their order is that of the log.
const COSIGNED: &str = "cosigned";
/// The newest of them.
const COSIGNED_HEAD: &str = "cosigned_head";
const NEWEST: &str = "newest";
/// How far each witness is, by the name in its key.
const WITNESSED: &str = "witnessed";

/// Asks a witness, however it is reached.
pub trait WitnessClient: Send + Sync {
    /// Sends the body of `add-checkpoint` to the witness at this submission prefix.
    fn add_checkpoint(&self, url: &str, body: String)
    -> impl Future<Output = WitnessAnswer> + Send;
}

/// What a witness answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// Its signature lines.
    Cosigned(String),
    /// It has cosigned a head of this size, or of this one with another root.
    Conflict {
        /// Of so many leaves.
        size: u64,
    },
    /// It does not, with this HTTP status.
    Refused(u16),
    /// No answer.
    Unreachable,
}

/// A head with the lines of its witnesses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CosignedHead {
    /// Of how many leaves.
    pub size: u64,
    /// The note, with the log's signature and the witnesses'.
    pub note: String,
    /// When the quorum was there.
    pub at: Timestamp,
}

/// What came of asking the witnesses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cosigning {
    /// The size of the head that they were asked for.
    pub size: u64,
    /// Who cosigned it.
    pub cosigned: Vec<String>,
    /// Who did not, with the reason for a log line.
    pub missing: Vec<(String, String)>,
    /// A witness that has cosigned a larger head than we have, or another one of the same size, and
    /// that size: this store is older than what the world has seen, or not the same log.
    pub ahead: Option<(String, u64)>,
    /// Whether the quorum of the policy is there.
    pub quorum: bool,
}

#[derive(Serialize, Deserialize)]
struct Witnessed {
    size: u64,
}

impl<S: Store> Channel<S> {
    /// The newest head that a quorum of witnesses has cosigned.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cosigned_head(&self) -> Result<Option<CosignedHead>, StoreError> {
        let row = self.store().record(COSIGNED_HEAD, NEWEST).await?;
        row.map(|row| read(&row.body)).transpose()
    }

    /// The smallest head of at least `size` leaves that a quorum has cosigned.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cosigned_from(&self, size: u64) -> Result<Option<CosignedHead>, StoreError> {
        let before = number(size.saturating_sub(1));
        let rows = self.store().records(COSIGNED, &before, 1).await?;
        rows.first().map(|row| read(&row.body)).transpose()
    }

    /// The newest head as it is published: with the witnesses' lines, if they are there already.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn published_head(&self) -> Result<Option<String>, StoreError> {
        let Some(newest) = self.store().checkpoint().await? else { return Ok(None) };
        let cosigned = self.cosigned_head().await?.filter(|head| head.size == newest.size);
        Ok(Some(cosigned.map_or(newest.note, |head| head.note)))
    }

    /// Sends the newest head to every witness of the policy that has an address, and keeps it with
    /// their lines once the quorum is there. Nothing is sent for a head that has been through this.
    ///
    /// # Errors
    /// When the store fails. A witness that does not answer is no error: the log grows without it.
    pub async fn cosign<C: WitnessClient>(
        &self,
        policy: &TrustPolicy,
        client: &C,
    ) -> Result<Cosigning, StoreError> {
        let Some(head) = self.store().checkpoint().await? else {
            return Ok(Cosigning::default());
        };
        let done = self.cosigned_head().await?;
        if done.is_some_and(|done| done.size >= head.size) {
            return Ok(Cosigning { size: head.size, quorum: true, ..Cosigning::default() });
        }
        self.ask_all(policy, client, head).await
    }

    /// The same whether or not the head has been through it: whether any witness is further than this
    /// store. For the start of a server.
    ///
    /// # Errors
    /// As [`Channel::cosign`].
    pub async fn ask_witnesses<C: WitnessClient>(
        &self,
        policy: &TrustPolicy,
        client: &C,
    ) -> Result<Cosigning, StoreError> {
        match self.store().checkpoint().await? {
            Some(head) => self.ask_all(policy, client, head).await,
            None => Ok(Cosigning::default()),
        }
    }

    async fn ask_all<C: WitnessClient>(
        &self,
        policy: &TrustPolicy,
        client: &C,
        head: CheckpointRow,
    ) -> Result<Cosigning, StoreError> {
        let mut found = Cosigning { size: head.size, ..Cosigning::default() };
        let mut note = head.note.clone();
        for witness in policy.witnesses() {
            let Some(url) = &witness.url else { continue };
            match self.ask_witness(witness, url, client, &head).await? {
                Asked::Line(line) => {
                    note.push_str(&line);
                    found.cosigned.push(witness.name.clone());
                }
                Asked::Ahead(size) => found.ahead = Some((witness.name.clone(), size)),
                Asked::Nothing(why) => found.missing.push((witness.name.clone(), why)),
            }
        }
        found.quorum = policy.believe(&note).is_ok();
        if found.quorum && policy.needs_witnesses() {
            self.keep(CosignedHead { size: head.size, note, at: self.now() }).await?;
        }
        Ok(found)
    }

    /// Asks one witness, from where we think it is and once more from where it says it is.
    async fn ask_witness<C: WitnessClient>(
        &self,
        witness: &Witness,
        url: &str,
        client: &C,
        head: &CheckpointRow,
    ) -> Result<Asked, StoreError> {
        let name = witness.key.name();
        let row = self.store().record(WITNESSED, name).await?;
        let known = row.as_ref().map(|row| read::<Witnessed>(&row.body)).transpose()?;
        let mut old = known.map_or(0, |known| known.size);
        for _ in 0..2 {
            if old > head.size {
                return Ok(Asked::Ahead(old));
            }
            let proof = self.consistency(old, head.size).await?;
            let body = AddCheckpoint { old, proof, note: head.note.clone() }.to_body();
            match client.add_checkpoint(url, body).await {
                WitnessAnswer::Cosigned(lines) => {
                    let Some(line) = own_line(witness, &head.note, &lines) else {
                        return Ok(Asked::Nothing("its cosignature does not hold".to_owned()));
                    };
                    let version = row.map_or(0, |row| row.version);
                    self.note_witnessed(name, version, head.size).await?;
                    return Ok(Asked::Line(line));
                }
                WitnessAnswer::Conflict { size } if size == old => return Ok(Asked::Ahead(size)),
                WitnessAnswer::Conflict { size } => old = size,
                WitnessAnswer::Refused(status) => {
                    return Ok(Asked::Nothing(format!("it answered {status}")));
                }
                WitnessAnswer::Unreachable => return Ok(Asked::Nothing("no answer".to_owned())),
            }
        }
        Ok(if old > head.size { Asked::Ahead(old) } else { Asked::Nothing("it moves".to_owned()) })
    }

    /// Only where to begin next time: another server may have been first, and that is as good.
    async fn note_witnessed(&self, name: &str, seen: u64, size: u64) -> Result<(), StoreError> {
        let record = write(WITNESSED, name.to_owned(), seen, &Witnessed { size })?;
        match self.store().commit(Change { records: vec![record], ..Change::default() }).await {
            Err(StoreError::Conflict { .. }) => Ok(()),
            done => done,
        }
    }

    /// Keeps a head with its quorum: once per size, for ever.
    async fn keep(&self, head: CosignedHead) -> Result<(), StoreError> {
        let newest = self.store().record(COSIGNED_HEAD, NEWEST).await?;
        let known = newest.as_ref().map(|row| read::<CosignedHead>(&row.body)).transpose()?;
        if known.is_some_and(|known| known.size >= head.size) {
            return Ok(());
        }
        let seen = newest.map_or(0, |row| row.version);
        let records = vec![
            write(COSIGNED, number(head.size), 0, &head)?,
            write(COSIGNED_HEAD, NEWEST.to_owned(), seen, &head)?,
        ];
        match self.store().commit(Change { records, ..Change::default() }).await {
            // Another server was first, with a quorum of its own.
            Err(StoreError::Conflict { .. }) => Ok(()),
            done => done,
        }
    }
}

enum Asked {
    Line(String),
    Ahead(u64),
    Nothing(String),
}

/// The line of this witness among those that came back, if it holds.
fn own_line(witness: &Witness, note: &str, lines: &str) -> Option<String> {
    for line in lines.split_inclusive('\n') {
        let Ok(signed) = SignedNote::parse(&format!("{note}{line}")) else { continue };
        if matches!(witness.key.cosigned_at(&signed), Ok(Some(_))) {
            return Some(line.to_owned());
        }
    }
    None
}

fn number(size: u64) -> String {
    format!("{size:020}")
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(body).map_err(|_| StoreError::Corrupt { table: "records" })
}

fn write<T: Serialize>(
    kind: &'static str,
    id: String,
    expected: u64,
    value: &T,
) -> Result<RecordWrite, StoreError> {
    let body = serde_json::to_vec(value).map_err(|_| super::leaves::broken("head"))?;
    Ok(RecordWrite { kind, id, expected, body: Some(body), expires_at: None })
}
