//! A batch of changes as a plan: each expectation is decided by the server, in one transaction,
//! under its row locks and unique indexes. It knows nothing of connections or who waits.
//!
//! The changes of a batch touch different things ([`Touched`]), so it does not matter which of
//! them a statement serves first; what matters is the order of the statements, and it is the order
//! in which the embedded database applies the parts of one change.

mod case;
mod log;
mod outbox;
mod records;

use std::collections::HashSet;

use super::error::Try;
use super::plan::{Miss, Plan, Value};
use crate::ids::{CaseId, ReportId};
use crate::store::{Change, Expected};

/// The statements that carry out a batch. Counts are kept under `slot`.
pub(super) fn plan<'a>(batch: &[&'a Change], slot: i64) -> Try<Plan<'a>> {
    let mut plan = Plan::default();
    must_be_open(&mut plan, batch);
    records::still_held(&mut plan, batch)?;
    records::use_tokens(&mut plan, batch);
    case::insert(&mut plan, batch, slot)?;
    case::update(&mut plan, batch, slot)?;
    log::stage(&mut plan, batch)?;
    case::keep_sealed(&mut plan, batch)?;
    case::keep_notices(&mut plan, batch);
    // After everything sealed, so that none of it stays that came with the same change; before the
    // new reports, because the last one of an erased case carries a key of its own.
    case::erase(&mut plan, batch, slot);
    outbox::lock_cases(&mut plan, batch);
    outbox::insert(&mut plan, batch, slot)?;
    outbox::steps(&mut plan, batch, slot)?;
    outbox::ready(&mut plan, batch);
    records::write(&mut plan, batch)?;
    log::grow(&mut plan, batch)?;
    log::sign(&mut plan, batch)?;
    records::forget(&mut plan, batch);
    Ok(plan)
}

/// A store that was moved is not written any more, whoever still has a session: two that both go
/// on would fork the log. The lock that this read takes until the end of the transaction is what a
/// move waits for before it reads its first row.
fn must_be_open<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) {
    const SQL: &str = "SELECT r FROM unnest($1::BIGINT[]) AS v (r)
        WHERE NOT EXISTS (SELECT 1 FROM house WHERE one = 1 AND state = 'open')";
    plan.rows(SQL, Miss::Closed, (0..batch.len()).collect(), Vec::new());
}

/// Something that two changes of one batch must not both touch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Thing<'a> {
    Token(&'a [u8]),
    Number(&'a [u8]),
    Case(CaseId),
    Stream(&'a str),
    Report(ReportId),
    Record(&'static str, &'a str),
    Log,
}

/// What the changes of a batch touch so far.
#[derive(Default)]
pub(super) struct Touched<'a> {
    things: HashSet<Thing<'a>>,
}

impl<'a> Touched<'a> {
    /// Whether this change touches nothing that another one did. It counts as touching from now
    /// either way: what waits for it must stay behind it.
    pub(super) fn is_apart(&mut self, change: &'a Change) -> bool {
        let mut apart = true;
        for thing in things(change) {
            apart &= self.things.insert(thing);
        }
        apart
    }
}

fn things(change: &Change) -> HashSet<Thing<'_>> {
    let mut things = HashSet::new();
    things.extend(change.holds.iter().map(|hold| Thing::Record(hold.kind, &hold.id)));
    things.extend(change.token.iter().map(|token| Thing::Token(&token.key)));
    if let Some(case) = &change.case {
        things.insert(Thing::Case(case.row.id));
        things.insert(Thing::Stream(&case.row.stream));
        if let Expected::New(new) = &case.expected {
            things.insert(Thing::Number(&new.number));
        }
    }
    things.extend(change.streams.iter().map(|write| Thing::Stream(&write.stream)));
    things.extend(change.sealed.iter().map(|row| Thing::Case(row.case)));
    things.extend(change.notice.iter().map(|row| Thing::Case(row.case)));
    things.extend(change.erase.iter().map(|case| Thing::Case(*case)));
    for row in &change.outbox {
        things.insert(Thing::Case(row.case));
        things.insert(Thing::Report(row.id));
    }
    things.extend(change.outbox_moves.iter().map(|step| Thing::Report(step.id)));
    things.extend(change.records.iter().map(|write| Thing::Record(write.kind, &write.id)));
    if change.log.is_some() || change.checkpoint.is_some() || change.sweep.is_some() {
        things.insert(Thing::Log);
    }
    things
}

/// A column of values.
fn boxed<'a, T>(column: Vec<T>) -> Value<'a>
where
    Vec<T>: tokio_postgres::types::ToSql + Send + Sync + 'a,
{
    Box::new(column)
}
