INSERT INTO audit VALUES
    (10, 1784005000, NULL, '203.0.113.77', 'log in', NULL, 'admin', 'refused', 429, 'Too many attempts.', 250);
