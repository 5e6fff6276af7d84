INSERT INTO timed_bans VALUES
    ('sshd', '203.0.113.40', 'scans since May', 1784008000, 1794008000, 'Ann', 1, 1784008600, 1783000000),
    ('sshd', '203.0.113.128/25', '', 1784008100, NULL, 'böb', 0, NULL, NULL);
