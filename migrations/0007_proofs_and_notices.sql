-- Codes of before have 80 bits. They stay good, and their owner is told to make new ones.
ALTER TABLE recovery_codes ADD COLUMN bits INTEGER NOT NULL DEFAULT 80;

-- 1 where somebody else chose the password: nothing is reached until its owner has chosen another.
ALTER TABLE accounts ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1));

-- What administrators set on pages.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- With which browser from where an account has logged in lately: any other is worth a notice.
CREATE TABLE known_devices (
    account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address       TEXT    NOT NULL,
    -- Family and system alone, as "Firefox on Linux": an update makes no other browser.
    browser       TEXT    NOT NULL,
    last_login_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, address, browser)
) STRICT, WITHOUT ROWID;

-- What an account is told on its next pages until it says that it has seen it.
CREATE TABLE notices (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    -- The role, where it is about one.
    detail     TEXT    NOT NULL,
    -- The number of the session that did it, which is not told; NULL where it was another account's.
    session    INTEGER,
    -- From where and with which browser it was done; NULL where an administrator did it.
    address    TEXT,
    browser    TEXT
) STRICT;
CREATE INDEX notices_by_account ON notices (account_id);
