//! One page of a queue. Each state has an index of its own in each order; a page takes the next
//! few of every state asked for and merges them, so its cost depends on the page, not on how many
//! cases there are.

use rusqlite::{Connection, params};

use super::error::{Try, corrupt};
use super::read::{self, ABOVE_ALL_IDS, PAGE_LIMIT};
use super::rows;
use crate::store::place::Place;
use crate::store::{CasePage, CaseQuery};

/// The page after `query.after`.
pub(super) fn cases(db: &Connection, query: &CaseQuery) -> Try<CasePage> {
    let limit = query.limit.min(PAGE_LIMIT);
    let after = query.after.as_deref().map(|text| cursor(text, query.by_due)).transpose()?;
    let snapshot = db.unchecked_transaction()?;
    // One more than the page holds tells whether there is another page.
    let mut places = places(&snapshot, query, after, limit + 1)?;
    let more = places.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        places.pop();
    }
    let mut cases = Vec::with_capacity(places.len());
    for place in &places {
        cases.push(read::case(&snapshot, place.id)?.ok_or_else(|| corrupt("cases"))?);
    }
    let next = places.last().filter(|_| more).map(|place| place.render(query.by_due));
    Ok(CasePage { cases, next })
}

fn cursor(text: &str, by_due: bool) -> Try<Place> {
    Place::parse(text, by_due).ok_or_else(|| corrupt("cursor"))
}

fn places(db: &Connection, query: &CaseQuery, after: Option<Place>, limit: u32) -> Try<Vec<Place>> {
    let mut states = query.states.clone();
    states.sort_unstable();
    states.dedup();
    let mut found = Vec::new();
    if states.is_empty() {
        found = next_of(db, None, query.by_due, after, limit)?;
    }
    for state in &states {
        found.extend(next_of(db, Some(state), query.by_due, after, limit)?);
    }
    found.sort_unstable();
    if !query.by_due {
        found.reverse();
    }
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// The next places of one state, or of all.
fn next_of(
    db: &Connection,
    state: Option<&str>,
    by_due: bool,
    after: Option<Place>,
    limit: u32,
) -> Try<Vec<Place>> {
    let map = |row: &rusqlite::Row<'_>| -> Try<Place> {
        Ok(Place { due: rows::column(row, 0, "cases")?, id: rows::case_id(row, 1, "cases")? })
    };
    if by_due {
        let due = after.map_or(i64::MIN, |place| place.due);
        let id = after.map_or_else(Vec::new, |place| place.id.as_bytes().to_vec());
        return match state {
            Some(state) => {
                let sql = "SELECT due_at, id FROM cases
                           WHERE state = ?1 AND (due_at, id) > (?2, ?3)
                           ORDER BY due_at, id LIMIT ?4";
                read::list(db, sql, params![state, due, id, limit], map)
            }
            None => {
                let sql = "SELECT due_at, id FROM cases WHERE (due_at, id) > (?1, ?2)
                           ORDER BY due_at, id LIMIT ?3";
                read::list(db, sql, params![due, id, limit], map)
            }
        };
    }
    let id = after.map_or_else(|| ABOVE_ALL_IDS.to_vec(), |place| place.id.as_bytes().to_vec());
    match state {
        Some(state) => {
            let sql = "SELECT 0, id FROM cases WHERE state = ?1 AND id < ?2
                       ORDER BY id DESC LIMIT ?3";
            read::list(db, sql, params![state, id, limit], map)
        }
        None => {
            let sql = "SELECT 0, id FROM cases WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
            read::list(db, sql, params![id, limit], map)
        }
    }
}
