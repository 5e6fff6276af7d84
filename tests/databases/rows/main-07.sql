INSERT INTO settings VALUES ('second_factor_from', 'administrator');
UPDATE accounts SET must_change = 1 WHERE id = 3;
INSERT INTO recovery_codes VALUES (3, randomblob(32), 120);
INSERT INTO known_devices VALUES (1, '198.51.100.7', 'Firefox on Linux', 1784006000);
INSERT INTO notices VALUES (2, 1, 1784006100, 'new-device', '', 71, '198.51.100.7', 'Firefox on Linux');
