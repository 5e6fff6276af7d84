-- A question ("Are you sure?") is no refusal. SQLite changes a CHECK only in a new table.
CREATE TABLE audit_new (
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
    outcome TEXT    NOT NULL CHECK (outcome IN ('open', 'begun', 'asked', 'done', 'refused', 'failed')),
    -- The HTTP status of the answer.
    status  INTEGER,
    words   TEXT    NOT NULL,
    -- How many requests are counted in this row, where there were too many for a row each; otherwise 0.
    folded  INTEGER NOT NULL DEFAULT 0
) STRICT;
-- Also where the newest rows are gone: their numbers are not given again.
INSERT INTO sqlite_sequence SELECT 'audit_new', seq FROM sqlite_sequence WHERE name = 'audit';
INSERT INTO audit_new SELECT id, at, account, address, action, jail, target,
    iif(outcome = 'refused' AND (words LIKE 'It was asked first%' OR words LIKE '%was asked for first.'), 'asked', outcome),
    status, words, folded FROM audit;
DROP TABLE audit;
ALTER TABLE audit_new RENAME TO audit;
CREATE INDEX audit_of_nobody ON audit (action, id) WHERE account IS NULL;
CREATE INDEX audit_by_account ON audit (account, id) WHERE account IS NOT NULL;
