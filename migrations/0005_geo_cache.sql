-- What providers on the network told of addresses. All of it can be asked for again.
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
CREATE INDEX geo_cache_by_age ON geo_cache (asked_at);
