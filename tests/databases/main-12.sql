PRAGMA application_id = 1111971145;
PRAGMA user_version = 12;
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
    CHECK (role IN ('viewer', 'operator', 'administrator')), disabled_at INTEGER, totp_secret BLOB, totp_used_step INTEGER NOT NULL DEFAULT 0, must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1)), user_handle BLOB, by_proxy INTEGER NOT NULL DEFAULT 0 CHECK (by_proxy IN (0, 1))) STRICT;
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
CREATE TABLE "audit" (
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
DELETE FROM sqlite_sequence;
INSERT INTO accounts VALUES (1, 'Ann', 'ANN', '$argon2id$v=19$m=19456,t=2,p=1$pUtrI+lv21FzD133XT/hkw$3XAszjZo9yza06iflxDJpGoCJ6wacTLTCGYkeEEZq34', 1784000000, 'administrator', NULL, NULL, 0, 0, NULL, 0);
INSERT INTO accounts VALUES (12, 'alice', 'ALICE', 'none', 1795883598, 'viewer', NULL, NULL, 0, 0, NULL, 1);
INSERT INTO accounts VALUES (3, 'böb', 'BÖB', '$argon2id$v=19$m=19456,t=2,p=1$NG/ddw+OR8/huKVx36y7hg$rNjIve6T/+fLYWSrQRQKgLaYECIpPdusBiWFzWskaJk', 1784000600, 'operator', NULL, X'2A77896AF0F40C3D1C19DB9E428DAAB0DE1556E1', 59466700, 1, X'84CF764FD0D404FB07DCAA0B8C3214C5EE4570E67CDEDC7E43C393C3978CF13EFD8719702833BE2A6CDF59E42E0943A6EEA2F24494BE7DED2B6C2ECD170F861D', 0);
INSERT INTO secrets VALUES (1, X'367668CB2254BCB07B8869992CCD5013E156A4D9615942F290BAFE0BAB0059FDE90C541A0530B5C97DB2C64C1533648093FECC1DD9D731685929EC3AABAC3EC6');
INSERT INTO kept_ignore_entries VALUES ('nginx-http-auth', '2001:db8::7', '', NULL, 'böb', 1784001100);
INSERT INTO kept_ignore_entries VALUES ('sshd', '198.51.100.0/24', 'the office, it''s "ours"', '2026-12-01', 'Ann', 1784001000);
INSERT INTO recovery_codes VALUES (3, X'48C5959915E1A0D7824660A65AA26D687ADF4602C2D7DB4EEBD171D4CF24A867', 80);
INSERT INTO recovery_codes VALUES (3, X'5F2C5FFB9881198FD75058F7D64EEED362E820706E5AAA0400CE088B5493FC68', 80);
INSERT INTO recovery_codes VALUES (3, X'7555B9D0D3E14461F83F2C48D1A13D54E462630221FDBFE75DEA9BE1BD79EED8', 120);
INSERT INTO known_addresses VALUES (1, '198.51.100.7', 1784003000);
INSERT INTO known_addresses VALUES (3, '2001:db8::7', 1784003100);
INSERT INTO sessions VALUES (X'B0B16ADA470E5EBD4AB0C994295CC49E0D3D2C57695915FAEE13EBE714570318', 71, 1, '{}', 1784003000, 1784003200, 1, '198.51.100.7', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0');
INSERT INTO geo_cache VALUES ('203.0.113.77', 'reverse-dns', 1784004100, NULL, 'no name', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO geo_cache VALUES ('203.0.113.9', 'ip-api', 1784004000, 1784004000, NULL, 'DE', 'Bayern', 'München', 64496, 'Example Networks', NULL);
INSERT INTO settings VALUES ('second_factor_from', 'administrator');
INSERT INTO known_devices VALUES (1, '198.51.100.7', 'Firefox on Linux', 1784006000);
INSERT INTO notices VALUES (2, 1, 1784006100, 'new-device', '', 71, '198.51.100.7', 'Firefox on Linux');
INSERT INTO passkeys VALUES (1, 3, 'bangui.example', X'D4371A18A19774A8D2336658046F5BF1', 'phone', X'9B73065CACCB1F180963E41E360F1AD87B9416A7AC0AF92E003AD3A5B12E3AC2A4AB76EDF1E1D5E6D70F91790D343A962BF53DA94F75DB6140FA92484A4CAC9A2F', X'549EA611A1A2F21F', 3, 1784007000, 1784007100);
INSERT INTO timed_bans VALUES ('sshd', '203.0.113.128/25', '', 1784008100, NULL, 'böb', 0, NULL, NULL);
INSERT INTO timed_bans VALUES ('sshd', '203.0.113.40', 'scans since May', 1784008000, 1794008000, 'Ann', 1, 1784008600, 1783000000);
INSERT INTO audit VALUES (1, 1784002000, 'Ann', '198.51.100.7', 'unban', 'sshd', '203.0.113.9', 'done', 303, '203.0.113.9 is no longer banned in sshd.', 0);
INSERT INTO audit VALUES (10, 1784005000, NULL, '203.0.113.77', 'log in', NULL, 'admin', 'refused', 429, 'Too many attempts.', 250);
INSERT INTO audit VALUES (11, 1784009000, 'Ann', '198.51.100.7', 'stop', 'sshd', '', 'asked', 422, 'It was asked first whether sshd shall be stopped.', 0);
INSERT INTO audit VALUES (2, 1784002100, NULL, '203.0.113.77', 'log in', NULL, 'root', 'refused', 422, 'The name or the password is wrong.', 0);
INSERT INTO audit VALUES (4, 1784002200, 'Ann', '198.51.100.7', 'ban', 'sshd', '198.51.100.7', 'asked', 422, 'It was asked first whether 198.51.100.7 shall be banned.', 0);
INSERT INTO audit VALUES (5, 1784002300, 'böb', '2001:db8::7', 'reload', NULL, '', 'failed', 502, 'fail2ban does not answer.', 0);
INSERT INTO ignored_everywhere VALUES ('192.0.2.0/24', 'monitoring', '2027-01-31', 'Ann', 1784010000, NULL);
INSERT INTO ignored_everywhere VALUES ('2001:db8:1::/48', '', NULL, 'böb', 1784010100, 'Ann');
INSERT INTO sqlite_sequence VALUES ('accounts', 12);
INSERT INTO sqlite_sequence VALUES ('audit', 11);
INSERT INTO sqlite_sequence VALUES ('notices', 2);
INSERT INTO sqlite_sequence VALUES ('passkeys', 1);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX geo_cache_by_age ON geo_cache (asked_at);
CREATE INDEX notices_by_account ON notices (account_id);
CREATE INDEX passkeys_by_account ON passkeys (account_id);
CREATE INDEX audit_of_nobody ON audit (action, id) WHERE account IS NULL;
CREATE INDEX audit_by_account ON audit (account, id) WHERE account IS NOT NULL;
COMMIT;
