UPDATE accounts SET role = 'operator', totp_secret = randomblob(20), totp_used_step = 59466700 WHERE id = 3;
INSERT INTO recovery_codes VALUES (3, randomblob(32)), (3, randomblob(32));
INSERT INTO known_addresses VALUES (1, '198.51.100.7', 1784003000), (3, '2001:db8::7', 1784003100);
INSERT INTO sessions VALUES
    (randomblob(32), 71, 1, '{}', 1784003000, 1784003200, 1, '198.51.100.7', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'),
    (randomblob(32), 72, NULL, '{}', 1784003000, 1784003000, 0, NULL, NULL);
