-- 1 where the web server in front says who it is: no password of ours logs in, and the role is what its groups give.
ALTER TABLE accounts ADD COLUMN by_proxy INTEGER NOT NULL DEFAULT 0 CHECK (by_proxy IN (0, 1));
