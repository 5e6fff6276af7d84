-- Bans that BanGUI keeps until an end of their own, as it last named them: whatever fail2ban makes of such a ban
-- meanwhile is the same ban.
CREATE TABLE kept (
    jail    INTEGER NOT NULL,
    address ANY     NOT NULL,
    -- When somebody gave it its own end.
    since   INTEGER NOT NULL,
    -- Its end; NULL for never.
    until   INTEGER,
    PRIMARY KEY (jail, address)
) STRICT, WITHOUT ROWID;
