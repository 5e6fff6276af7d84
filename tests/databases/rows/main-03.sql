INSERT INTO audit VALUES
    (1, 1784002000, 'Ann', '198.51.100.7', 'unban', 'sshd', '203.0.113.9', 'done', 303, '203.0.113.9 is no longer banned in sshd.'),
    (2, 1784002100, NULL, '203.0.113.77', 'log in', NULL, 'root', 'refused', 422, 'The name or the password is wrong.'),
    (4, 1784002200, 'Ann', '198.51.100.7', 'ban', 'sshd', '198.51.100.7', 'refused', 422, 'It was asked first whether 198.51.100.7 shall be banned.'),
    (5, 1784002300, 'böb', '2001:db8::7', 'reload', NULL, '', 'failed', 502, 'fail2ban does not answer.');
UPDATE sqlite_sequence SET seq = 9 WHERE name = 'audit';
