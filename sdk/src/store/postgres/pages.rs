//! One page of a queue, in one statement and so from one snapshot. Each state has an index of its
//! own in each order; a page takes the next few of every state asked for and merges them, so its
//! cost depends on the page, not on how many cases there are.

use tokio_postgres::Row;

use super::error::{Try, corrupt};
use super::read::{ABOVE_ALL_IDS, PAGE_LIMIT, list};
use super::readers::Readers;
use super::rows;
use crate::store::place::Place;
use crate::store::{CasePage, CaseQuery, StoredCase};

macro_rules! page_sql {
    ($places:literal, $order:literal) => {
        concat!(
            "SELECT c.id, c.stream, c.version, c.state, c.due_at, c.received_at, c.updated_at, ",
            "c.wake_at, ",
            "c.snapshot, c.head, k.wrapped FROM (",
            $places,
            ") AS p JOIN cases AS c ON c.id = p.id ",
            "LEFT JOIN case_keys AS k ON k.case_id = c.id AND k.alive = 1 ",
            $order
        )
    };
}

/// The page after `query.after`.
pub(super) async fn cases(db: &Readers, query: &CaseQuery) -> Try<CasePage> {
    let limit = query.limit.min(PAGE_LIMIT);
    let after = match query.after.as_deref() {
        Some(text) => Some(Place::parse(text, query.by_due).ok_or_else(|| corrupt("cursor"))?),
        None => None,
    };
    let mut states = query.states.clone();
    states.sort_unstable();
    states.dedup();
    // One more than the page holds tells whether there is another page.
    let wanted = i64::from(limit) + 1;
    let mut cases = if query.by_due {
        by_due(db, &states, after, wanted).await?
    } else {
        by_id(db, &states, after, wanted).await?
    };
    let more = cases.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        cases.pop();
    }
    let next = cases.last().filter(|_| more).map(|case| place(case).render(query.by_due));
    Ok(CasePage { cases, next })
}

fn place(case: &StoredCase) -> Place {
    let due = case.row.due_at.map_or(rows::NO_CLOCK, crate::time::Timestamp::as_millis);
    Place { due, id: case.row.id }
}

async fn by_due(
    db: &Readers,
    states: &[String],
    after: Option<Place>,
    limit: i64,
) -> Try<Vec<StoredCase>> {
    let due = after.map_or(i64::MIN, |place| place.due);
    let id = after.map_or_else(Vec::new, |place| place.id.as_bytes().to_vec());
    let map = |row: &Row| rows::case(row);
    if states.is_empty() {
        let sql = page_sql!(
            "SELECT id FROM cases WHERE (due_at, id) > ($1, $2) ORDER BY due_at, id LIMIT $3",
            "ORDER BY c.due_at, c.id"
        );
        return list(db, sql, &[&due, &id, &limit], map).await;
    }
    let sql = page_sql!(
        "SELECT n.id FROM unnest($1::TEXT[]) AS s (state) CROSS JOIN LATERAL
             (SELECT id, due_at FROM cases WHERE state = s.state AND (due_at, id) > ($2, $3)
              ORDER BY due_at, id LIMIT $4) AS n
         ORDER BY n.due_at, n.id LIMIT $4",
        "ORDER BY c.due_at, c.id"
    );
    list(db, sql, &[&states, &due, &id, &limit], map).await
}

async fn by_id(
    db: &Readers,
    states: &[String],
    after: Option<Place>,
    limit: i64,
) -> Try<Vec<StoredCase>> {
    let id = after.map_or_else(|| ABOVE_ALL_IDS.to_vec(), |place| place.id.as_bytes().to_vec());
    let map = |row: &Row| rows::case(row);
    if states.is_empty() {
        let sql = page_sql!(
            "SELECT id FROM cases WHERE id < $1 ORDER BY id DESC LIMIT $2",
            "ORDER BY c.id DESC"
        );
        return list(db, sql, &[&id, &limit], map).await;
    }
    let sql = page_sql!(
        "SELECT n.id FROM unnest($1::TEXT[]) AS s (state) CROSS JOIN LATERAL
             (SELECT id FROM cases WHERE state = s.state AND id < $2
              ORDER BY id DESC LIMIT $3) AS n
         ORDER BY n.id DESC LIMIT $3",
        "ORDER BY c.id DESC"
    );
    list(db, sql, &[&states, &id, &limit], map).await
}
