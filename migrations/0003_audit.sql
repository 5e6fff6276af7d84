CREATE TABLE audit (
    -- AUTOINCREMENT: the numbers only grow, so they tell the order, and a gap tells of a removed row.
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL DEFAULT (unixepoch()),
    -- The account's name as it was then; NULL where nobody was logged in.
    account TEXT,
    -- Where the request came from; NULL for the end of work, which nobody sent.
    address TEXT,
    action  TEXT    NOT NULL,
    jail    TEXT,
    -- What the form named, as it came. Shown escaped.
    target  TEXT    NOT NULL,
    outcome TEXT    NOT NULL CHECK (outcome IN ('open', 'begun', 'done', 'refused', 'failed')),
    -- The HTTP status of the answer.
    status  INTEGER,
    words   TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_of_nobody ON audit (id) WHERE account IS NULL;
