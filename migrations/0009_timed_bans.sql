-- Bans by hand with an end and a reason of their own. fail2ban knows one length a jail.
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
