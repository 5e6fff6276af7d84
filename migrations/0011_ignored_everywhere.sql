-- Entries on the ignore list of every jail, also of those that start later.
CREATE TABLE ignored_everywhere (
    -- In its normal form, as it is sent.
    entry      TEXT    NOT NULL PRIMARY KEY,
    note       TEXT    NOT NULL,
    -- The last day that it is ignored, as 2026-12-01; NULL for no end.
    until      TEXT,
    -- The name of the account: it stays true when the account is gone.
    added_by   TEXT    NOT NULL,
    added_at   INTEGER NOT NULL DEFAULT (unixepoch()),
    -- The account that removed it, as long as a jail may still ignore it.
    removed_by TEXT
) STRICT, WITHOUT ROWID;
