-- Marks the file as BanGUI's record of bans ("BGHI").
PRAGMA application_id = 0x42474849;

CREATE TABLE jails (
    id   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE people (
    id   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE bans (
    -- Seconds since 1970, as every time in this file.
    since   INTEGER NOT NULL,
    jail    INTEGER NOT NULL,
    -- 4 or 16 bytes, of a network one more for its prefix length; text for anything else.
    address ANY     NOT NULL,
    -- Seconds; -1 permanent, -2 practically forever. NULL where it is not known.
    length  INTEGER,
    -- Which ban of this address in this jail it is, as fail2ban counts. NULL where only a list or the log tells of it.
    count   INTEGER,
    -- The code of the country or range. NULL where it is not known.
    origin  TEXT,
    -- 0 standing, 1 ran out, 2 lifted, 3 unknown.
    how     INTEGER NOT NULL,
    -- NULL where it is still standing, ran out as its length says, or ended at an unknown time.
    ended   INTEGER,
    -- Who lifted it here.
    person  INTEGER,
    PRIMARY KEY (since, jail, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX bans_by_jail ON bans (jail, since);
CREATE INDEX bans_by_address ON bans (address, since);
CREATE INDEX bans_by_origin ON bans (origin, since);
-- Small: most have ended. In the order of their ends.
CREATE INDEX bans_ending ON bans (CASE WHEN length >= 0 THEN since + length END) WHERE how = 0;
-- With `how`, so that a count does not look into the table for what the condition says anyhow.
CREATE INDEX bans_standing ON bans (since, how) WHERE how = 0;
CREATE INDEX bans_lifted ON bans (since, how) WHERE how = 2;
CREATE INDEX bans_unknown ON bans (since, how) WHERE how = 3;

-- Number of bans by hour and jail. `hour` is in hours since 1970.
CREATE TABLE hours (
    hour INTEGER NOT NULL,
    jail INTEGER NOT NULL,
    bans INTEGER NOT NULL,
    PRIMARY KEY (hour, jail)
) STRICT, WITHOUT ROWID;
-- Number of bans by day (in days since 1970), jail and origin. Jail 0 is all jails, origin '*' all origins, origin '' those
-- that are not known.
CREATE TABLE days (
    jail   INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    origin TEXT    NOT NULL,
    bans   INTEGER NOT NULL,
    PRIMARY KEY (jail, day, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX days_by_origin ON days (origin, day, jail, bans);
CREATE TRIGGER ban_added AFTER INSERT ON bans BEGIN
    INSERT INTO hours VALUES (new.since / 3600, new.jail, 1)
        ON CONFLICT (hour, jail) DO UPDATE SET bans = bans + 1;
    INSERT INTO days VALUES (new.jail, new.since / 86400, '*', 1),
                            (new.jail, new.since / 86400, coalesce(new.origin, ''), 1),
                            (0, new.since / 86400, coalesce(new.origin, ''), 1)
        ON CONFLICT (jail, day, origin) DO UPDATE SET bans = bans + 1;
END;
CREATE TRIGGER ban_removed AFTER DELETE ON bans BEGIN
    UPDATE hours SET bans = bans - 1 WHERE hour = old.since / 3600 AND jail = old.jail;
    DELETE FROM hours WHERE hour = old.since / 3600 AND jail = old.jail AND bans = 0;
    UPDATE days SET bans = bans - 1
        WHERE day = old.since / 86400 AND jail IN (0, old.jail) AND origin IN ('*', coalesce(old.origin, ''));
    DELETE FROM days
        WHERE day = old.since / 86400 AND jail IN (0, old.jail) AND origin IN ('*', coalesce(old.origin, '')) AND bans = 0;
END;

-- Times in which bans may have come and gone unseen.
CREATE TABLE gaps (
    since INTEGER PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT;

-- Rows of fail2ban's database that were read: the latest that is still the same tells where to go on.
CREATE TABLE marks (
    row     INTEGER PRIMARY KEY,
    jail    TEXT    NOT NULL,
    address TEXT    NOT NULL,
    since   INTEGER NOT NULL
) STRICT;

CREATE TABLE progress (
    -- There is one row.
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    -- Until when everything is known, as far as it can be.
    looked INTEGER,
    -- 1 once the log of before the first look was read.
    log    INTEGER NOT NULL
) STRICT;
INSERT INTO progress VALUES (1, NULL, 0);
