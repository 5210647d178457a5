//! Small JSON documents of one kind in the store, read as one type.

use green_channel::store::{Change, RecordRow, RecordWrite, Store, StoreError};
use green_channel::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How often a lost race for a document is run again.
pub(super) const TRIES: u32 = 16;

/// Every document of a kind with its row, by id.
pub(super) async fn all<S: Store, T: DeserializeOwned>(
    store: &S,
    kind: &'static str,
) -> Result<Vec<(RecordRow, T)>, StoreError> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = store.records(kind, &after, 200).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after.clone_from(&last.id);
        for row in page {
            let document = read(&row)?;
            all.push((row, document));
        }
    }
}

/// The document of a row.
pub(super) fn read<T: DeserializeOwned>(row: &RecordRow) -> Result<T, StoreError> {
    serde_json::from_slice(&row.body).map_err(|_| StoreError::Corrupt { table: "records" })
}

/// A document as it is stored.
pub(super) fn write<T: Serialize>(document: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(document).map_err(|_| StoreError::Corrupt { table: "records" })
}

/// The writing of one document that does not expire, for a change that holds more than it.
pub(super) fn written<T: Serialize>(
    kind: &'static str,
    id: &str,
    expected: u64,
    document: &T,
) -> Result<RecordWrite, StoreError> {
    let body = Some(write(document)?);
    Ok(RecordWrite { kind, id: id.to_owned(), expected, body, expires_at: None })
}

/// Writes one document, if it still stands at this version; 0 when there must be none.
pub(super) async fn put<S: Store, T: Serialize>(
    store: &S,
    kind: &'static str,
    id: &str,
    expected: u64,
    document: &T,
    expires_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let body = Some(write(document)?);
    let write = RecordWrite { kind, id: id.to_owned(), expected, body, expires_at };
    store.commit(Change { records: vec![write], ..Change::default() }).await
}

/// Removes one document, whoever wrote it meanwhile. That there is none is no error.
pub(super) async fn remove<S: Store>(
    store: &S,
    kind: &'static str,
    id: &str,
) -> Result<(), StoreError> {
    for _ in 0..TRIES {
        let Some(row) = store.record(kind, id).await? else { return Ok(()) };
        let expected = row.version;
        let gone = RecordWrite { kind, id: row.id, expected, body: None, expires_at: None };
        match store.commit(Change { records: vec![gone], ..Change::default() }).await {
            Err(StoreError::Conflict { .. }) => {}
            done => return done,
        }
    }
    Err(StoreError::Conflict { what: "record" })
}
