INSERT INTO accounts (id, name, name_key, password_hash, role, by_proxy) VALUES (12, 'alice', 'ALICE', 'none', 'viewer', 1);
