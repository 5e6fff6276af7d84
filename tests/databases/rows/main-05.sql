INSERT INTO geo_cache VALUES
    ('203.0.113.9', 'ip-api', 1784004000, 1784004000, NULL, 'DE', 'Bayern', 'München', 64496, 'Example Networks', NULL),
    ('203.0.113.77', 'reverse-dns', 1784004100, NULL, 'no name', NULL, NULL, NULL, NULL, NULL, NULL);
