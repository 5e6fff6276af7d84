-- Entries of ignore lists that are put back after fail2ban has forgotten them.
CREATE TABLE kept_ignore_entries (
    jail       TEXT    NOT NULL,
    -- In its normal form, as it is sent.
    entry      TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    -- The last day that it is kept, as 2026-12-01; NULL for no end.
    until      TEXT,
    -- The name of the account: it stays true when the account is gone.
    kept_by    TEXT    NOT NULL,
    created_at INTEGER NOT NULL DEFAULT (unixepoch()),
    PRIMARY KEY (jail, entry)
) STRICT, WITHOUT ROWID;
