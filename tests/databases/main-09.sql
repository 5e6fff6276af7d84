PRAGMA application_id = 1111971145;
PRAGMA user_version = 9;
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
    CHECK (role IN ('viewer', 'operator', 'administrator')), disabled_at INTEGER, totp_secret BLOB, totp_used_step INTEGER NOT NULL DEFAULT 0, must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1)), user_handle BLOB) STRICT;
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
, folded INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE recovery_codes (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- SHA-256 of the code. A code that was used is deleted.
    code_hash  BLOB    NOT NULL, bits INTEGER NOT NULL DEFAULT 80,
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
CREATE TABLE settings (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE known_devices (
    account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address       TEXT    NOT NULL,
    -- Family and system alone, as "Firefox on Linux": an update makes no other browser.
    browser       TEXT    NOT NULL,
    last_login_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, address, browser)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE passkeys (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- The host that it was made for. Browsers offer it there alone.
    host          TEXT    NOT NULL,
    credential_id BLOB    NOT NULL UNIQUE,
    -- What its owner calls it.
    name          TEXT    NOT NULL,
    public_key    BLOB    NOT NULL,
    -- The counter of signatures and the rest that a use may change.
    state         BLOB    NOT NULL,
    -- The ways to reach it, as it told: USB, a phone nearby and so on.
    transports    INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    -- NULL until it was used.
    used_at       INTEGER
) STRICT;
CREATE TABLE timed_bans (
    jail      TEXT    NOT NULL,
    -- An address or a network in its normal form, as it is sent.
    target    TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    since     INTEGER NOT NULL,
    -- When it is lifted; NULL for never.
    until     INTEGER,
    -- The name of the account: it stays true when the account is gone.
    banned_by TEXT    NOT NULL,
    -- 1 once fail2ban has listed it, from when on it can be seen to be gone.
    is_seen   INTEGER NOT NULL DEFAULT 0 CHECK (is_seen IN (0, 1)),
    -- When it ends by the jail's own ban time, as fail2ban last told; NULL for never.
    own_end   INTEGER,
    -- The start of the fail2ban process that told it; NULL where that is not known.
    process   INTEGER,
    PRIMARY KEY (jail, target)
) STRICT, WITHOUT ROWID;
DELETE FROM sqlite_sequence;
INSERT INTO accounts VALUES (1, 'Ann', 'ANN', '$argon2id$v=19$m=19456,t=2,p=1$pUtrI+lv21FzD133XT/hkw$3XAszjZo9yza06iflxDJpGoCJ6wacTLTCGYkeEEZq34', 1784000000, 'administrator', NULL, NULL, 0, 0, NULL);
INSERT INTO accounts VALUES (3, 'böb', 'BÖB', '$argon2id$v=19$m=19456,t=2,p=1$NG/ddw+OR8/huKVx36y7hg$rNjIve6T/+fLYWSrQRQKgLaYECIpPdusBiWFzWskaJk', 1784000600, 'operator', NULL, X'282A632E2E01D439812894212299165903EF965D', 59466700, 1, X'585C6B604C25F3DCD0B625ABC9C70CCFDBF9B4C251DBC61D6ADAB0EE8D07FA1D898031EBAC0576B95CF7EB138A26FCF32B04961D69DF67CC2D171C882FE278A4');
INSERT INTO secrets VALUES (1, X'71AC09D4FDC5228AE10E0F3D7C0EB3F0B19162751F5439B4DB6BFA0B3BD208A4271B2F489E477B64DEB1F70ED8E54BD8A1DE5A9A3620C637130966057595DC9C');
INSERT INTO kept_ignore_entries VALUES ('nginx-http-auth', '2001:db8::7', '', NULL, 'böb', 1784001100);
INSERT INTO kept_ignore_entries VALUES ('sshd', '198.51.100.0/24', 'the office, it''s "ours"', '2026-12-01', 'Ann', 1784001000);
INSERT INTO audit VALUES (1, 1784002000, 'Ann', '198.51.100.7', 'unban', 'sshd', '203.0.113.9', 'done', 303, '203.0.113.9 is no longer banned in sshd.', 0);
INSERT INTO audit VALUES (10, 1784005000, NULL, '203.0.113.77', 'log in', NULL, 'admin', 'refused', 429, 'Too many attempts.', 250);
INSERT INTO audit VALUES (2, 1784002100, NULL, '203.0.113.77', 'log in', NULL, 'root', 'refused', 422, 'The name or the password is wrong.', 0);
INSERT INTO audit VALUES (4, 1784002200, 'Ann', '198.51.100.7', 'ban', 'sshd', '198.51.100.7', 'refused', 422, 'It was asked first whether 198.51.100.7 shall be banned.', 0);
INSERT INTO audit VALUES (5, 1784002300, 'böb', '2001:db8::7', 'reload', NULL, '', 'failed', 502, 'fail2ban does not answer.', 0);
INSERT INTO recovery_codes VALUES (3, X'05CF01459078E17316BA524FBCA416D9878097E275FA49971CFAA70EA76EEF5F', 80);
INSERT INTO recovery_codes VALUES (3, X'CE454942E1BC13B27D79A983D9B99900B29EB52D2D81EA329E5F4DD4BFB866DF', 120);
INSERT INTO recovery_codes VALUES (3, X'DAA64C1C7EF8F219529D26F5FDB94422E865ED05ECC264275EBD49BB056802F9', 80);
INSERT INTO known_addresses VALUES (1, '198.51.100.7', 1784003000);
INSERT INTO known_addresses VALUES (3, '2001:db8::7', 1784003100);
INSERT INTO sessions VALUES (X'3C3C30500E44A4DC5A601B614746366653D96C815F971BC75C4826E09505E16A', 71, 1, '{}', 1784003000, 1784003200, 1, '198.51.100.7', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0');
INSERT INTO geo_cache VALUES ('203.0.113.77', 'reverse-dns', 1784004100, NULL, 'no name', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO geo_cache VALUES ('203.0.113.9', 'ip-api', 1784004000, 1784004000, NULL, 'DE', 'Bayern', 'München', 64496, 'Example Networks', NULL);
INSERT INTO settings VALUES ('second_factor_from', 'administrator');
INSERT INTO known_devices VALUES (1, '198.51.100.7', 'Firefox on Linux', 1784006000);
INSERT INTO notices VALUES (2, 1, 1784006100, 'new-device', '', 71, '198.51.100.7', 'Firefox on Linux');
INSERT INTO passkeys VALUES (1, 3, 'bangui.example', X'1AC563D075331B5A941CE698C985202C', 'phone', X'78D0CFC99BD7996A299EF66A45C2FC4BBE6F1A5C3AC34D8D5720185E0A6513EF3BCB295816291812A9DC8EB590F729111A9B15DA1A2C15E4A5DFF7211157539BAE', X'8C0A8AF08620D9E0', 3, 1784007000, 1784007100);
INSERT INTO timed_bans VALUES ('sshd', '203.0.113.128/25', '', 1784008100, NULL, 'böb', 0, NULL, NULL);
INSERT INTO timed_bans VALUES ('sshd', '203.0.113.40', 'scans since May', 1784008000, 1794008000, 'Ann', 1, 1784008600, 1783000000);
INSERT INTO sqlite_sequence VALUES ('accounts', 3);
INSERT INTO sqlite_sequence VALUES ('audit', 10);
INSERT INTO sqlite_sequence VALUES ('notices', 2);
INSERT INTO sqlite_sequence VALUES ('passkeys', 1);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX geo_cache_by_age ON geo_cache (asked_at);
CREATE INDEX audit_of_nobody ON audit (action, id) WHERE account IS NULL;
CREATE INDEX audit_by_account ON audit (account, id) WHERE account IS NOT NULL;
CREATE INDEX notices_by_account ON notices (account_id);
CREATE INDEX passkeys_by_account ON passkeys (account_id);
COMMIT;
