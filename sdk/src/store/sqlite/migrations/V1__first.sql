-- The first schema. Instants are UTC milliseconds, ids are 16 bytes of a UUIDv7, hashes and blind
-- values are 32 bytes. A migration that was released never changes: refinery keeps its checksum.

-- One row per case: what queues show and what the next writer must know. No personal data.
CREATE TABLE cases (
    id          BLOB PRIMARY KEY NOT NULL,  -- the case
    number      BLOB NOT NULL UNIQUE,       -- blinded complaint number; stays after erasure
    stream      TEXT NOT NULL UNIQUE,       -- random pseudonym of the case in the log
    version     INTEGER NOT NULL,           -- number of its events
    state       TEXT NOT NULL,              -- code of its state
    due_at      INTEGER NOT NULL,           -- next clock; 9223372036854775807 when none runs
    received_at INTEGER NOT NULL,           -- when it was received
    updated_at  INTEGER NOT NULL,           -- when its last event happened
    snapshot    BLOB NOT NULL,              -- the folded case as versioned JSON
    head        BLOB NOT NULL               -- hash of its last leaf
) STRICT;
CREATE INDEX cases_by_due ON cases (due_at, id);
CREATE INDEX cases_by_state ON cases (state, id);
CREATE INDEX cases_by_state_due ON cases (state, due_at, id);

-- The wrapped key of each case. Erasure overwrites it in place with zeros of the same length: a
-- deleted row could leave copies of its neighbours in unallocated bytes when pages are merged.
CREATE TABLE case_keys (
    case_id BLOB PRIMARY KEY NOT NULL REFERENCES cases (id),  -- the case
    wrapped BLOB NOT NULL,                                    -- its key, wrapped; zeros once erased
    alive   INTEGER NOT NULL                                  -- 1, or 0 once erased
) STRICT;

-- Keyed fingerprints for search (the same phone, for example).
CREATE TABLE blind_values (
    kind    TEXT NOT NULL,                       -- what was blinded
    value   BLOB NOT NULL,                       -- the keyed fingerprint
    case_id BLOB NOT NULL REFERENCES cases (id), -- the case that holds it
    PRIMARY KEY (kind, value, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blind_values_of_case ON blind_values (case_id);

-- How many rows stand in each state, kept in the same transaction as the rows themselves.
CREATE TABLE counts (
    kind TEXT NOT NULL,     -- 'case' or 'report'
    code TEXT NOT NULL,     -- code of the state
    n    INTEGER NOT NULL,  -- how many
    PRIMARY KEY (kind, code)
) STRICT, WITHOUT ROWID;

-- Every leaf of every stream, verbatim. Rows are never changed but for their position, once.
CREATE TABLE leaves (
    staging  INTEGER PRIMARY KEY,  -- order in which it was staged
    stream   TEXT NOT NULL,        -- its stream
    n        INTEGER NOT NULL,     -- number within its stream, from 0 without gaps
    position INTEGER,              -- position in the log; null while it is only staged
    hash     BLOB NOT NULL,        -- its leaf hash
    bytes    BLOB NOT NULL,        -- its bytes
    UNIQUE (stream, n)
) STRICT;
CREATE UNIQUE INDEX leaves_by_position ON leaves (position) WHERE position IS NOT NULL;
CREATE INDEX leaves_staged ON leaves (staging) WHERE position IS NULL;

-- The words of an event, sealed under the key of its case.
CREATE TABLE sealed (
    case_id BLOB NOT NULL REFERENCES cases (id),  -- the case
    n       INTEGER NOT NULL,                     -- number of the event
    sealed  BLOB NOT NULL,                        -- the sealed bytes
    PRIMARY KEY (case_id, n)
) STRICT;

-- Notices of the center that were taken, and what was answered.
CREATE TABLE notices (
    case_id     BLOB NOT NULL REFERENCES cases (id),  -- the case
    key         BLOB NOT NULL,                        -- blinded notice id
    fingerprint BLOB NOT NULL,                        -- keyed fingerprint of the body
    answer      BLOB NOT NULL,                        -- the answer, sealed
    PRIMARY KEY (case_id, key)
) STRICT;

-- Reports on their way to the center.
CREATE TABLE outbox (
    id           BLOB PRIMARY KEY NOT NULL,             -- the report; its idempotency key
    case_id      BLOB NOT NULL REFERENCES cases (id),   -- the case
    sequence     INTEGER NOT NULL,                      -- number within the case, from 1
    kind         TEXT NOT NULL,                         -- what it tells
    body         BLOB,                                  -- the body, sealed; null once erased
    state        TEXT NOT NULL,                         -- 'pending', 'delivered', 'dead', 'dropped'
    attempts     INTEGER NOT NULL,                      -- how often it was tried
    next_at      INTEGER NOT NULL,                      -- not before this instant
    fence        INTEGER NOT NULL,                      -- grows with every claim
    leased_until INTEGER,                               -- until when a worker holds it
    cause        TEXT,                                  -- why the last attempt failed: a code
    created_at   INTEGER NOT NULL,                      -- when it was written
    delivered_at INTEGER,                               -- when the receipt came
    receipt      BLOB,                                  -- the receipt, sealed
    ready        INTEGER NOT NULL,                      -- 1: pending, and none before it is unsent
    UNIQUE (case_id, sequence)
) STRICT;
CREATE INDEX outbox_due ON outbox (next_at, id) WHERE ready = 1;
CREATE INDEX outbox_by_state ON outbox (state, id);

-- Request tokens that were used, until they expire.
CREATE TABLE used_tokens (
    key   BLOB PRIMARY KEY NOT NULL,  -- SHA-256 over issuer and jti
    until INTEGER NOT NULL            -- until when it must be remembered
) STRICT, WITHOUT ROWID;
CREATE INDEX used_tokens_by_end ON used_tokens (until);

-- Size and right edge of the log: one row.
CREATE TABLE log_head (
    one      INTEGER PRIMARY KEY CHECK (one = 1),  -- always 1
    size     INTEGER NOT NULL,                     -- how many leaves have a position
    frontier BLOB NOT NULL                         -- hashes of the right edge, largest first
) STRICT;
INSERT INTO log_head (one, size, frontier) VALUES (1, 0, x'');

-- Complete subtrees above the leaves; level 0 is read from the leaves themselves.
CREATE TABLE log_nodes (
    level INTEGER NOT NULL,  -- height, from 1
    idx   INTEGER NOT NULL,  -- index within the level
    hash  BLOB NOT NULL,     -- root of the subtree
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;

-- Signed checkpoints: one per size for ever.
CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,  -- of how many leaves
    root BLOB NOT NULL,        -- their root
    note TEXT NOT NULL,        -- the signed note, as published
    at   INTEGER NOT NULL      -- when it was signed
) STRICT;

-- Small versioned documents: persons, tokens, sessions, cursors.
CREATE TABLE records (
    kind       TEXT NOT NULL,     -- what it is
    id         TEXT NOT NULL,     -- which
    version    INTEGER NOT NULL,  -- grows by one with every write, from 1
    body       BLOB NOT NULL,     -- JSON
    expires_at INTEGER,           -- after this instant it may be dropped
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX records_by_end ON records (expires_at) WHERE expires_at IS NOT NULL;
