PRAGMA application_id = 1111971145;
PRAGMA user_version = 5;
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
, role TEXT NOT NULL DEFAULT 'administrator'
    CHECK (role IN ('viewer', 'operator', 'administrator')), disabled_at INTEGER, totp_secret BLOB, totp_used_step INTEGER NOT NULL DEFAULT 0) STRICT;
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
CREATE TABLE recovery_codes (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- SHA-256 of the code. A code that was used is deleted.
    code_hash  BLOB    NOT NULL,
    PRIMARY KEY (account_id, code_hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE known_addresses (
    account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address       TEXT    NOT NULL,
    last_login_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, address)
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
    -- SHA-256 of the session key: who reads this file cannot log in with it.
    key_hash   BLOB    PRIMARY KEY NOT NULL,
    -- Names the session in the list of one's own sessions. Opens nothing.
    number     INTEGER NOT NULL UNIQUE,
    -- NULL before login.
    account_id INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
    -- A JSON object; its values are JSON texts themselves.
    state      TEXT    NOT NULL,
    -- The login, from which the absolute limit counts.
    began_at   INTEGER NOT NULL,
    -- The last request of the person, from which the idle limit counts.
    used_at    INTEGER NOT NULL,
    -- 1 where the person asked for a device to be remembered.
    remembered INTEGER NOT NULL CHECK (remembered IN (0, 1)),
    -- From where and with what it was last used; NULL before login.
    address    TEXT,
    agent      TEXT
) STRICT;
CREATE TABLE geo_cache (
    address      TEXT    NOT NULL,
    provider     TEXT    NOT NULL CHECK (provider IN ('ip-api', 'reverse-dns')),
    -- When it was last asked for, well or in vain.
    asked_at     INTEGER NOT NULL,
    -- When what stands in the last columns was told; NULL where nothing ever was.
    answered_at  INTEGER,
    -- Why the last question was in vain; NULL where it was answered.
    failure      TEXT,
    country      TEXT,
    region       TEXT,
    city         TEXT,
    asn          INTEGER,
    organisation TEXT,
    reverse_name TEXT,
    PRIMARY KEY (address, provider),
    CHECK (answered_at IS NOT NULL OR failure IS NOT NULL)
) STRICT, WITHOUT ROWID;
DELETE FROM sqlite_sequence;
INSERT INTO accounts VALUES (1, 'Ann', 'ANN', '$argon2id$v=19$m=19456,t=2,p=1$pUtrI+lv21FzD133XT/hkw$3XAszjZo9yza06iflxDJpGoCJ6wacTLTCGYkeEEZq34', 1784000000, 'administrator', NULL, NULL, 0);
INSERT INTO accounts VALUES (3, 'böb', 'BÖB', '$argon2id$v=19$m=19456,t=2,p=1$NG/ddw+OR8/huKVx36y7hg$rNjIve6T/+fLYWSrQRQKgLaYECIpPdusBiWFzWskaJk', 1784000600, 'operator', NULL, X'282A632E2E01D439812894212299165903EF965D', 59466700);
INSERT INTO secrets VALUES (1, X'71AC09D4FDC5228AE10E0F3D7C0EB3F0B19162751F5439B4DB6BFA0B3BD208A4271B2F489E477B64DEB1F70ED8E54BD8A1DE5A9A3620C637130966057595DC9C');
INSERT INTO kept_ignore_entries VALUES ('nginx-http-auth', '2001:db8::7', '', NULL, 'böb', 1784001100);
INSERT INTO kept_ignore_entries VALUES ('sshd', '198.51.100.0/24', 'the office, it''s "ours"', '2026-12-01', 'Ann', 1784001000);
INSERT INTO audit VALUES (1, 1784002000, 'Ann', '198.51.100.7', 'unban', 'sshd', '203.0.113.9', 'done', 303, '203.0.113.9 is no longer banned in sshd.');
INSERT INTO audit VALUES (2, 1784002100, NULL, '203.0.113.77', 'log in', NULL, 'root', 'refused', 422, 'The name or the password is wrong.');
INSERT INTO audit VALUES (4, 1784002200, 'Ann', '198.51.100.7', 'ban', 'sshd', '198.51.100.7', 'refused', 422, 'It was asked first whether 198.51.100.7 shall be banned.');
INSERT INTO audit VALUES (5, 1784002300, 'böb', '2001:db8::7', 'reload', NULL, '', 'failed', 502, 'fail2ban does not answer.');
INSERT INTO recovery_codes VALUES (3, X'05CF01459078E17316BA524FBCA416D9878097E275FA49971CFAA70EA76EEF5F');
INSERT INTO recovery_codes VALUES (3, X'DAA64C1C7EF8F219529D26F5FDB94422E865ED05ECC264275EBD49BB056802F9');
INSERT INTO known_addresses VALUES (1, '198.51.100.7', 1784003000);
INSERT INTO known_addresses VALUES (3, '2001:db8::7', 1784003100);
INSERT INTO sessions VALUES (X'3C3C30500E44A4DC5A601B614746366653D96C815F971BC75C4826E09505E16A', 71, 1, '{}', 1784003000, 1784003200, 1, '198.51.100.7', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0');
INSERT INTO sessions VALUES (X'8A892F04F19CA5A34843D06F0E3B5895C55E827362BFA2769E15FF2EA2530781', 72, NULL, '{}', 1784003000, 1784003000, 0, NULL, NULL);
INSERT INTO geo_cache VALUES ('203.0.113.77', 'reverse-dns', 1784004100, NULL, 'no name', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO geo_cache VALUES ('203.0.113.9', 'ip-api', 1784004000, 1784004000, NULL, 'DE', 'Bayern', 'München', 64496, 'Example Networks', NULL);
INSERT INTO sqlite_sequence VALUES ('accounts', 3);
INSERT INTO sqlite_sequence VALUES ('audit', 9);
CREATE INDEX audit_of_nobody ON audit (id) WHERE account IS NULL;
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX geo_cache_by_age ON geo_cache (asked_at);
COMMIT;
