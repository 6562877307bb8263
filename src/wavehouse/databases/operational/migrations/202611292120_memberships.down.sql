REVOKE SELECT (organization_id, user_id), DELETE
  ON accounts.login_links, accounts.login_sessions FROM wavehouse_operational_app;
DROP POLICY tenant ON accounts.login_sessions;
DROP POLICY tenant ON accounts.login_links;
DROP TABLE accounts.invitations;
DROP TRIGGER users_join_home ON accounts.users;
DROP FUNCTION accounts.join_home();
DROP POLICY members ON accounts.users;
DROP TABLE accounts.memberships;
COMMENT ON COLUMN accounts.users.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN accounts.users.role IS 'What they may do.';
