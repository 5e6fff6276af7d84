PRAGMA application_id = 1111971145;
PRAGMA user_version = 3;
BEGIN;
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
CREATE TABLE secrets (
    -- There is one row.
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    -- Signs the session cookies.
    cookie_key BLOB    NOT NULL CHECK (length(cookie_key) = 64)
) STRICT;
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
DELETE FROM sqlite_sequence;
INSERT INTO accounts VALUES (1, 'Ann', 'ANN', '$argon2id$v=19$m=19456,t=2,p=1$pUtrI+lv21FzD133XT/hkw$3XAszjZo9yza06iflxDJpGoCJ6wacTLTCGYkeEEZq34', 1784000000);
INSERT INTO accounts VALUES (3, 'böb', 'BÖB', '$argon2id$v=19$m=19456,t=2,p=1$NG/ddw+OR8/huKVx36y7hg$rNjIve6T/+fLYWSrQRQKgLaYECIpPdusBiWFzWskaJk', 1784000600);
INSERT INTO sessions VALUES (X'4268AE910F65933B067E9AB65058DAE97942EA16B9A4E27AEE34E3F404E19E18', 1, '{"account":"1"}', 1784000700, 1784100000);
INSERT INTO sessions VALUES (X'F3C7ECDE6FDE405D350EEA668AE4A5E2E391E66D4DD78CAD332DFD15977D55C0', NULL, '{}', 1784000800, 1784100000);
INSERT INTO secrets VALUES (1, X'71AC09D4FDC5228AE10E0F3D7C0EB3F0B19162751F5439B4DB6BFA0B3BD208A4271B2F489E477B64DEB1F70ED8E54BD8A1DE5A9A3620C637130966057595DC9C');
INSERT INTO kept_ignore_entries VALUES ('nginx-http-auth', '2001:db8::7', '', NULL, 'böb', 1784001100);
INSERT INTO kept_ignore_entries VALUES ('sshd', '198.51.100.0/24', 'the office, it''s "ours"', '2026-12-01', 'Ann', 1784001000);
INSERT INTO audit VALUES (1, 1784002000, 'Ann', '198.51.100.7', 'unban', 'sshd', '203.0.113.9', 'done', 303, '203.0.113.9 is no longer banned in sshd.');
INSERT INTO audit VALUES (2, 1784002100, NULL, '203.0.113.77', 'log in', NULL, 'root', 'refused', 422, 'The name or the password is wrong.');
INSERT INTO audit VALUES (4, 1784002200, 'Ann', '198.51.100.7', 'ban', 'sshd', '198.51.100.7', 'refused', 422, 'It was asked first whether 198.51.100.7 shall be banned.');
INSERT INTO audit VALUES (5, 1784002300, 'böb', '2001:db8::7', 'reload', NULL, '', 'failed', 502, 'fail2ban does not answer.');
INSERT INTO sqlite_sequence VALUES ('accounts', 3);
INSERT INTO sqlite_sequence VALUES ('audit', 9);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX audit_of_nobody ON audit (id) WHERE account IS NULL;
COMMIT;
