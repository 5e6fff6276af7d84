-- Until now every account could do everything, so those that are there become administrators.
ALTER TABLE accounts ADD COLUMN role TEXT NOT NULL DEFAULT 'administrator'
    CHECK (role IN ('viewer', 'operator', 'administrator'));
-- When it was disabled; NULL while it may log in.
ALTER TABLE accounts ADD COLUMN disabled_at INTEGER;
-- The secret of the second factor; NULL without one. It has to be readable to compute the codes.
ALTER TABLE accounts ADD COLUMN totp_secret BLOB;
-- The 30 s step of the last code that was used: no code is good twice.
ALTER TABLE accounts ADD COLUMN totp_used_step INTEGER NOT NULL DEFAULT 0;

CREATE TABLE recovery_codes (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- SHA-256 of the code. A code that was used is deleted.
    code_hash  BLOB    NOT NULL,
    PRIMARY KEY (account_id, code_hash)
) STRICT, WITHOUT ROWID;

-- From where an account has logged in lately. Failed logins from elsewhere do not keep these waiting.
CREATE TABLE known_addresses (
    account_id    INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address       TEXT    NOT NULL,
    last_login_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, address)
) STRICT, WITHOUT ROWID;

-- Sessions now end by three limits, which the configuration sets; those of before have none of the times.
DROP TABLE sessions;
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
CREATE INDEX sessions_by_account ON sessions (account_id);
