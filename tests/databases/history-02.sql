PRAGMA application_id = 1111967817;
PRAGMA user_version = 2;
BEGIN;
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
CREATE TABLE hours (
    hour INTEGER NOT NULL,
    jail INTEGER NOT NULL,
    bans INTEGER NOT NULL,
    PRIMARY KEY (hour, jail)
) STRICT, WITHOUT ROWID;
CREATE TABLE days (
    jail   INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    origin TEXT    NOT NULL,
    bans   INTEGER NOT NULL,
    PRIMARY KEY (jail, day, origin)
) STRICT, WITHOUT ROWID;
CREATE TABLE gaps (
    since INTEGER PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT;
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
CREATE TABLE kept (
    jail    INTEGER NOT NULL,
    address ANY     NOT NULL,
    -- When somebody gave it its own end.
    since   INTEGER NOT NULL,
    -- Its end; NULL for never.
    until   INTEGER,
    PRIMARY KEY (jail, address)
) STRICT, WITHOUT ROWID;
INSERT INTO jails VALUES (1, 'sshd');
INSERT INTO jails VALUES (2, 'nginx-http-auth');
INSERT INTO people VALUES (1, 'Ann');
INSERT INTO bans VALUES (1783900000, 1, X'CB007109', 600, 1, 'DE', 1, NULL, NULL);
INSERT INTO bans VALUES (1783910000, 1, X'CB00714D', 600, 3, 'US', 2, 1783910200, 1);
INSERT INTO bans VALUES (1783920000, 2, X'20010DB8000000000000000000000007', -1, NULL, NULL, 0, NULL, NULL);
INSERT INTO bans VALUES (1783930000, 1, X'CB00718019', 3600, NULL, NULL, 3, 1783931000, NULL);
INSERT INTO bans VALUES (1783930001, 2, 'no address', NULL, NULL, NULL, 3, NULL, NULL);
INSERT INTO hours VALUES (495527, 1, 1);
INSERT INTO hours VALUES (495530, 1, 1);
INSERT INTO hours VALUES (495533, 2, 1);
INSERT INTO hours VALUES (495536, 1, 1);
INSERT INTO hours VALUES (495536, 2, 1);
INSERT INTO days VALUES (0, 20646, 'DE', 1);
INSERT INTO days VALUES (0, 20647, '', 3);
INSERT INTO days VALUES (0, 20647, 'US', 1);
INSERT INTO days VALUES (1, 20646, '*', 1);
INSERT INTO days VALUES (1, 20646, 'DE', 1);
INSERT INTO days VALUES (1, 20647, '', 1);
INSERT INTO days VALUES (1, 20647, '*', 2);
INSERT INTO days VALUES (1, 20647, 'US', 1);
INSERT INTO days VALUES (2, 20647, '', 2);
INSERT INTO days VALUES (2, 20647, '*', 2);
INSERT INTO gaps VALUES (1783905000, 1783905600);
INSERT INTO marks VALUES (7, 'sshd', '203.0.113.77', 1783910000);
INSERT INTO progress VALUES (1, 1783940000, 1);
INSERT INTO kept VALUES (1, X'CB00714D', 1783910000, NULL);
INSERT INTO kept VALUES (2, X'20010DB8000000000000000000000007', 1783920000, 1786512000);
CREATE INDEX bans_by_jail ON bans (jail, since);
CREATE INDEX bans_by_address ON bans (address, since);
CREATE INDEX bans_by_origin ON bans (origin, since);
CREATE INDEX bans_ending ON bans (CASE WHEN length >= 0 THEN since + length END) WHERE how = 0;
CREATE INDEX bans_standing ON bans (since, how) WHERE how = 0;
CREATE INDEX bans_lifted ON bans (since, how) WHERE how = 2;
CREATE INDEX bans_unknown ON bans (since, how) WHERE how = 3;
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
COMMIT;
