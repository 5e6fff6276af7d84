-- The session of who is not logged in is in the cookie alone.
DELETE FROM sessions WHERE account_id IS NULL;

-- How many requests are counted in this row, where there were too many for a row each; otherwise 0.
ALTER TABLE audit ADD COLUMN folded INTEGER NOT NULL DEFAULT 0;
-- Of nobody's rows each action has a share of its own, so that none pushes out another.
DROP INDEX audit_of_nobody;
CREATE INDEX audit_of_nobody ON audit (action, id) WHERE account IS NULL;
-- Where there is too much, the oldest rows of the account with the most go first.
CREATE INDEX audit_by_account ON audit (account, id) WHERE account IS NOT NULL;
