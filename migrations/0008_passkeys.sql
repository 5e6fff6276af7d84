-- What authenticators know the account by: 64 random bytes, which tell no name. NULL until its first passkey.
ALTER TABLE accounts ADD COLUMN user_handle BLOB;

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
CREATE INDEX passkeys_by_account ON passkeys (account_id);
