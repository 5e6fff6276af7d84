-- Marks the file as BanGUI's ("BGUI"), so that no other program's database is taken for ours.
PRAGMA application_id = 0x42475549;

CREATE TABLE accounts (
    -- AUTOINCREMENT: the number of an account that is gone is never given to another one.
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL,
    -- The name without case. SQLite's own NOCASE knows ASCII only.
    name_key      TEXT    NOT NULL UNIQUE,
    -- A PHC string: algorithm, parameters, salt and hash.
    password_hash TEXT    NOT NULL,
    -- Seconds since 1970, as every time in this database.
    created_at    INTEGER NOT NULL DEFAULT (unixepoch())
) STRICT;

CREATE TABLE sessions (
    -- SHA-256 of the session key: who reads this file cannot log in with it.
    key_hash   BLOB    PRIMARY KEY NOT NULL,
    -- NULL before login.
    account_id INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
    -- A JSON object; its values are JSON texts themselves.
    state      TEXT    NOT NULL,
    created_at INTEGER NOT NULL DEFAULT (unixepoch()),
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE secrets (
    -- There is one row.
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    -- Signs the session cookies.
    cookie_key BLOB    NOT NULL CHECK (length(cookie_key) = 64)
) STRICT;
