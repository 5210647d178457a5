-- Whether this store may be served: one row. A store that is being filled by a restore or a move
-- is not whole yet; one that was moved elsewhere must not go on beside its successor, because two
-- logs under one name would be a fork.
CREATE TABLE house (
    one    INTEGER PRIMARY KEY CHECK (one = 1),  -- always 1
    state  TEXT NOT NULL,                        -- 'open', 'filling' or 'moved'
    detail TEXT NOT NULL                         -- for a person: from where, to where
) STRICT;
INSERT INTO house (one, state, detail) VALUES (1, 'open', '');
