INSERT INTO ignored_everywhere VALUES
    ('192.0.2.0/24', 'monitoring', '2027-01-31', 'Ann', 1784010000, NULL),
    ('2001:db8:1::/48', '', NULL, 'böb', 1784010100, 'Ann');
