//! Reading a leaf in the one order its members have: in one pass, and canonical by construction.
//!
//! What is not exactly so is left to [`LeafView::parse`](super::LeafView::parse), which also says why.

use std::borrow::Cow;

use super::leaf::{ActorView, LeafView};
use super::strict::Scan;
use crate::time::Timestamp;

/// The leaf in these bytes; nothing when they are not written as a leaf is, or when a text in its head
/// has an escape (none of ours has).
pub(super) fn scan(bytes: &[u8]) -> Option<LeafView<'_>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut scan = Scan::of(text);
    scan.word(b"{\"actor\":{\"pseudonym\":")?;
    let pseudonym = scan.plain()?.parse().ok()?;
    scan.word(b",\"role\":")?;
    let role = Cow::Borrowed(scan.plain()?);
    scan.word(b"},\"at\":")?;
    let at = Timestamp::from_utc_string(scan.plain()?)?;
    let calendar = scan.member(b",\"calendar\":")?;
    let commit = match scan.word(b",\"commit\":") {
        Some(()) => Some(scan.commitments()?),
        None => None,
    };
    scan.word(b",\"data\":")?;
    let data = scan.object_text()?;
    scan.word(b",\"kind\":")?;
    let kind = Cow::Borrowed(scan.plain()?);
    scan.word(b",\"n\":")?;
    let n = scan.number()?;
    scan.word(b",\"origin\":")?;
    let origin = Cow::Borrowed(scan.plain()?);
    let prev = match scan.member(b",\"prev\":")? {
        Some(prev) => Some(prev.parse().ok()?),
        None => None,
    };
    let rules = scan.member(b",\"rules\":")?;
    scan.word(b",\"stream\":")?;
    let stream = Cow::Borrowed(scan.plain()?);
    scan.word(b",\"v\":1}")?;
    scan.is_over().then_some(LeafView {
        origin,
        stream,
        n,
        prev,
        at,
        kind,
        actor: ActorView { role, pseudonym },
        rules: rules.map(Cow::Borrowed),
        calendar: calendar.map(Cow::Borrowed),
        data,
        commit,
    })
}
