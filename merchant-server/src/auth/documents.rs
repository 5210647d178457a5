//! Small JSON documents of one kind in the store, read as one type.

use green_channel::store::{RecordRow, Store, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;

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
