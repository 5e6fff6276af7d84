INSERT INTO kept_ignore_entries VALUES
    ('sshd', '198.51.100.0/24', 'the office, it''s "ours"', '2026-12-01', 'Ann', 1784001000),
    ('nginx-http-auth', '2001:db8::7', '', NULL, 'böb', 1784001100);
