-- A person may work in several organizations, with a role in each. The row of accounts.users keeps
-- the home organization and its role; what anybody may do is read from memberships alone.

CREATE TABLE accounts.memberships (
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE CASCADE,
  user_id         uuid NOT NULL REFERENCES accounts.users ON DELETE CASCADE,
  role            text NOT NULL DEFAULT 'user'
    CONSTRAINT memberships_role_check CHECK (role IN ('admin', 'user', 'viewer')),
  removed_at      timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_user_id_idx ON accounts.memberships (user_id);
CREATE TRIGGER memberships_touch BEFORE UPDATE ON accounts.memberships
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();

ALTER TABLE accounts.memberships ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON accounts.memberships TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON accounts.memberships TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON accounts.memberships TO wavehouse_operational_app;

-- Members whose home is another organization are seen, and changed at home only.
CREATE POLICY members ON accounts.users FOR SELECT TO wavehouse_operational_app
  USING (EXISTS (
    SELECT FROM accounts.memberships m
    WHERE m.user_id = users.user_id AND m.organization_id = accounts.current_organization()
  ));

CREATE FUNCTION accounts.join_home() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  INSERT INTO accounts.memberships (organization_id, user_id, role)
  VALUES (NEW.organization_id, NEW.user_id, NEW.role)
  ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role
  WHERE memberships.role <> excluded.role;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION accounts.join_home() IS 'Keeps the membership of a user''s home organization equal to the row of accounts.users.';
CREATE TRIGGER users_join_home AFTER INSERT OR UPDATE OF organization_id, role ON accounts.users
  FOR EACH ROW EXECUTE FUNCTION accounts.join_home();

-- Removing a member ends the sessions: the app may delete them and never sees a token's hash.
CREATE POLICY tenant ON accounts.login_links TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON accounts.login_sessions TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
GRANT SELECT (organization_id, user_id), DELETE ON accounts.login_links, accounts.login_sessions
  TO wavehouse_operational_app;

INSERT INTO accounts.memberships (organization_id, user_id, role)
SELECT organization_id, user_id, role FROM accounts.users;

CREATE TABLE accounts.invitations (
  invitation_id   uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE CASCADE,
  email           varchar(255) NOT NULL
    CONSTRAINT invitations_email_check CHECK (position('@' in email) > 1),
  role            text NOT NULL
    CONSTRAINT invitations_role_check CHECK (role IN ('admin', 'user', 'viewer')),
  token_hash      bytea NOT NULL UNIQUE
    CONSTRAINT invitations_token_hash_check CHECK (length(token_hash) = 32),
  invited_by      uuid NOT NULL,
  expires_at      timestamptz NOT NULL,
  accepted_at     timestamptz,
  accepted_by     uuid,
  revoked_at      timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT invitations_invited_by_fkey FOREIGN KEY (organization_id, invited_by)
    REFERENCES accounts.memberships (organization_id, user_id) ON DELETE CASCADE,
  CONSTRAINT invitations_accepted_by_fkey FOREIGN KEY (organization_id, accepted_by)
    REFERENCES accounts.memberships (organization_id, user_id) ON DELETE CASCADE,
  CONSTRAINT invitations_accepted_check CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
  CONSTRAINT invitations_ended_once_check CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
CREATE UNIQUE INDEX invitations_open_key ON accounts.invitations (organization_id, lower(email))
  WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_invited_by_idx ON accounts.invitations (organization_id, invited_by);
CREATE INDEX invitations_accepted_by_idx ON accounts.invitations (organization_id, accepted_by);
CREATE TRIGGER invitations_touch BEFORE UPDATE ON accounts.invitations
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();

ALTER TABLE accounts.invitations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON accounts.invitations TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON accounts.invitations TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON accounts.invitations TO wavehouse_operational_app;

COMMENT ON TABLE accounts.memberships IS 'The organizations that a person works in, each with a role.';
COMMENT ON COLUMN accounts.memberships.organization_id IS 'The organization.';
COMMENT ON COLUMN accounts.memberships.user_id IS 'The person.';
COMMENT ON COLUMN accounts.memberships.role IS 'What the person may do in the organization: admin, user or viewer.';
COMMENT ON COLUMN accounts.memberships.removed_at IS 'When the person left or was removed; the row stays, because what they made refers to it.';
COMMENT ON COLUMN accounts.memberships.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN accounts.memberships.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON TABLE accounts.invitations IS 'Invitations to an organization, each for one address, usable once.';
COMMENT ON COLUMN accounts.invitations.invitation_id IS 'The invitation.';
COMMENT ON COLUMN accounts.invitations.organization_id IS 'The organization that invites.';
COMMENT ON COLUMN accounts.invitations.email IS 'The address that is invited; no other may accept.';
COMMENT ON COLUMN accounts.invitations.role IS 'The role that the person will have.';
COMMENT ON COLUMN accounts.invitations.token_hash IS 'SHA-256 of the token in the link.';
COMMENT ON COLUMN accounts.invitations.invited_by IS 'The administrator who invited.';
COMMENT ON COLUMN accounts.invitations.expires_at IS 'From when it is refused.';
COMMENT ON COLUMN accounts.invitations.accepted_at IS 'When it was accepted; once only.';
COMMENT ON COLUMN accounts.invitations.accepted_by IS 'The user who accepted it.';
COMMENT ON COLUMN accounts.invitations.revoked_at IS 'When it was revoked, or replaced by a newer one.';
COMMENT ON COLUMN accounts.invitations.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN accounts.invitations.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN accounts.users.organization_id IS 'The home organization; row security compares it. Others are in memberships.';
COMMENT ON COLUMN accounts.users.role IS 'The role in the home organization; memberships has the role in each.';
