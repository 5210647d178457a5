//! What neither engine would call broken and nobody may leave behind: rows of a person who was
//! erased, and marks in the outbox that would send a report too early or never. For `fsck`; each
//! statement counts what should not be, the same on both engines.

/// What is wrong, and the statement that counts it.
pub(super) const LEFTOVERS: [(&str, &str); 4] = [
    (
        "blind values of erased cases",
        "SELECT COUNT(*) FROM blind_values AS r JOIN case_keys AS k ON k.case_id = r.case_id
         WHERE k.alive = 0",
    ),
    (
        "notices of erased cases",
        "SELECT COUNT(*) FROM notices AS r JOIN case_keys AS k ON k.case_id = r.case_id
         WHERE k.alive = 0",
    ),
    (
        "sealed words of erased cases",
        "SELECT COUNT(*) FROM sealed AS r JOIN case_keys AS k ON k.case_id = r.case_id
         WHERE k.alive = 0",
    ),
    (
        "reports that would be sent out of turn or never (outbox.ready)",
        "SELECT COUNT(*) FROM outbox AS o WHERE o.ready <>
             CASE WHEN o.state = 'pending' AND NOT EXISTS
                 (SELECT 1 FROM outbox AS e WHERE e.case_id = o.case_id
                  AND e.sequence < o.sequence AND e.state NOT IN ('delivered', 'dropped'))
             THEN 1 ELSE 0 END",
    ),
];

/// How a count of something that should not be is told.
pub(super) fn told(count: u64, what: &str) -> String {
    format!("{count} {what}")
}
