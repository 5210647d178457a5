//! The public part of the log: the newest checkpoint and the hash tiles (C2SP tlog-tiles). Entries
//! are for auditors and served by whoever checks their tokens ([`entry_tile`]).

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;

use super::{ApiProblem, ApiResult};
use crate::channel::Channel;
use crate::ids::Pseudonym;
use crate::log::{TilePath, encode_entries};
use crate::protocol::{Problem, ProblemCode};
use crate::store::{Store, StoreError};

/// The newest signed checkpoint (C2SP signed note), with the cosignatures of its witnesses as soon as
/// their quorum is there.
#[utoipa::path(
    get,
    path = "/log/checkpoint",
    tag = "public",
    operation_id = "checkpoint",
    security(()),
    responses(
        (status = 200, description = "The signed note.", body = String, content_type = "text/plain"),
        (status = 404, description = "Nothing has been signed yet.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn checkpoint<S: Store>(
    State(channel): State<Channel<S>>,
) -> ApiResult<impl IntoResponse> {
    let newest = channel.published_head().await?;
    let newest = newest.ok_or_else(|| ApiProblem::new(ProblemCode::NotFound))?;
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, newest))
}

/// A tile of hashes, `tile/<level>/<N>[.p/<W>]`, as in C2SP tlog-tiles.
#[utoipa::path(
    get,
    path = "/log/tile/{level}/{place}",
    tag = "public",
    operation_id = "hashTile",
    security(()),
    params(
        ("level" = String, Path, description = "0 to 5."),
        ("place" = String, Path, description = "The tile's index, in groups of three digits; `.p/<W>` for a partial tile."),
    ),
    responses(
        (status = 200, description = "The concatenated hashes.", content_type = "application/octet-stream"),
        (status = 404, description = "No such tile yet.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn tile<S: Store>(
    State(channel): State<Channel<S>>,
    Path((level, place)): Path<(String, String)>,
) -> ApiResult<impl IntoResponse> {
    let missing = || ApiProblem::new(ProblemCode::NotFound);
    let path = TilePath::parse(&format!("tile/{level}/{place}")).map_err(|_| missing())?;
    let Some(level) = path.level() else { return Err(missing()) };
    let (first, width) = (path.index() * 256, path.width());
    let height = level.checked_mul(8).ok_or_else(missing)?;
    let complete = channel.store().log_head().await?.size.checked_shr(height.into()).unwrap_or(0);
    if first.checked_add(width.into()).is_none_or(|end| end > complete) {
        return Err(missing());
    }
    let hashes = channel.store().log_nodes(height, first, width.into()).await?;
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes))
}

/// The proof that an entry is in the log (C2SP tlog-proof), by its stream and its number there: an
/// intake receipt names both the stream and the hash of entry 0, and is redeemed here. It tells no
/// content: whoever has the entry or its hash can check it, nobody else learns anything.
#[utoipa::path(
    get,
    path = "/log/proof/{stream}/{n}",
    tag = "public",
    operation_id = "proof",
    security(()),
    params(
        ("stream" = String, Path, description = "The stream, as the intake receipt names it."),
        ("n" = u64, Path, description = "The number of the entry in its stream; 0 is the intake."),
    ),
    responses(
        (status = 200, description = "Position, path and signed head.", body = String, content_type = "text/plain"),
        (status = 404, description = "No such entry, or not under a signed head yet.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn proof<S: Store>(
    State(channel): State<Channel<S>>,
    Path((stream, n)): Path<(String, String)>,
) -> ApiResult<impl IntoResponse> {
    let missing = || ApiProblem::new(ProblemCode::NotFound);
    let n: u64 = n.parse().map_err(|_| missing())?;
    let is_named = ["host", "fund", "admin"].contains(&stream.as_str());
    if !is_named && stream.parse::<Pseudonym>().is_err() {
        return Err(missing());
    }
    let (_, proof) = channel.inclusion(&stream, n).await?.ok_or_else(missing)?;
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, proof.to_text()))
}

/// The bytes of an entry bundle, `tile/entries/<N>[.p/<W>]`; nothing if it is not there (yet).
///
/// # Errors
/// When the store fails.
pub async fn entry_tile<S: Store>(
    channel: &Channel<S>,
    place: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Ok(path) = TilePath::parse(&format!("tile/entries/{place}")) else { return Ok(None) };
    let (first, width) = (path.index() * 256, u32::from(path.width()));
    let size = channel.store().log_head().await?.size;
    if first.checked_add(width.into()).is_none_or(|end| end > size) {
        return Ok(None);
    }
    let leaves = channel.store().log_entries(first, width).await?;
    let entries: Vec<&[u8]> = leaves.iter().map(|leaf| leaf.bytes.as_slice()).collect();
    let bytes = encode_entries(&entries);
    bytes.map(Some).map_err(|_| StoreError::Corrupt { table: "leaves" })
}
