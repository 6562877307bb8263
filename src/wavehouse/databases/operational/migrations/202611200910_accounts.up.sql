-- Organizations, their people, the keys of their programs, and how people sign in.

CREATE TABLE accounts.organizations (
  organization_id uuid PRIMARY KEY DEFAULT uuidv7(),
  name            text NOT NULL CHECK (name <> ''),
  slug            text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  plan_tier       text NOT NULL DEFAULT 'free',
  project_limit   integer CHECK (project_limit > 0),
  timezone        text NOT NULL DEFAULT 'UTC',
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  metadata        jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE accounts.users (
  user_id           uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id   uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  email             varchar(255) NOT NULL CHECK (position('@' in email) > 1),
  password_hash     varchar(255) NOT NULL,
  name              varchar(255) NOT NULL,
  role              text NOT NULL DEFAULT 'user' CHECK (role IN ('admin', 'user', 'viewer')),
  subscription_tier text NOT NULL DEFAULT 'free'
    CHECK (subscription_tier IN ('free', 'starter', 'professional', 'enterprise')),
  persona_segment   varchar(100)
    CHECK (persona_segment IN ('solo_podcaster', 'producer', 'agency', 'enterprise')),
  timezone          text NOT NULL DEFAULT 'UTC',
  last_login        timestamptz,
  is_active         boolean NOT NULL DEFAULT true,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  metadata          jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX users_email_key ON accounts.users (lower(email));
CREATE INDEX users_email_idx ON accounts.users (email);
CREATE INDEX users_organization_id_idx ON accounts.users (organization_id);
CREATE INDEX users_subscription_tier_idx ON accounts.users (subscription_tier);
CREATE INDEX users_persona_segment_idx ON accounts.users (persona_segment);
CREATE INDEX users_is_active_idx ON accounts.users (is_active) WHERE is_active;
CREATE INDEX users_user_id_subscription_tier_idx ON accounts.users (user_id, subscription_tier);

CREATE TABLE accounts.api_keys (
  api_key_id      uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE CASCADE,
  user_id         uuid NOT NULL REFERENCES accounts.users ON DELETE CASCADE,
  name            text NOT NULL CHECK (name <> ''),
  key_prefix      text NOT NULL UNIQUE,
  key_hash        bytea NOT NULL CHECK (length(key_hash) = 32),
  last4           text NOT NULL CHECK (length(last4) = 4),
  scopes          text[] NOT NULL CHECK (cardinality(scopes) > 0),
  expires_at      timestamptz,
  last_used_at    timestamptz,
  revoked_at      timestamptz,
  rotated_from    uuid REFERENCES accounts.api_keys ON DELETE SET NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX api_keys_organization_id_idx ON accounts.api_keys (organization_id);
CREATE INDEX api_keys_user_id_idx ON accounts.api_keys (user_id);
CREATE INDEX api_keys_rotated_from_idx ON accounts.api_keys (rotated_from);

CREATE TABLE accounts.login_links (
  token_hash      bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE CASCADE,
  user_id         uuid NOT NULL REFERENCES accounts.users ON DELETE CASCADE,
  expires_at      timestamptz NOT NULL,
  used_at         timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_links_organization_id_idx ON accounts.login_links (organization_id);
CREATE INDEX login_links_user_id_idx ON accounts.login_links (user_id);

CREATE TABLE accounts.login_sessions (
  token_hash      bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE CASCADE,
  user_id         uuid NOT NULL REFERENCES accounts.users ON DELETE CASCADE,
  expires_at      timestamptz NOT NULL,
  last_seen_at    timestamptz NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_sessions_organization_id_idx ON accounts.login_sessions (organization_id);
CREATE INDEX login_sessions_user_id_idx ON accounts.login_sessions (user_id);

CREATE TRIGGER organizations_touch BEFORE UPDATE ON accounts.organizations
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
CREATE TRIGGER users_touch BEFORE UPDATE ON accounts.users
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
CREATE TRIGGER api_keys_touch BEFORE UPDATE ON accounts.api_keys
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();

ALTER TABLE accounts.organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts.login_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts.login_sessions ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON accounts.organizations TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON accounts.users TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON accounts.api_keys TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON accounts.organizations TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON accounts.users TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON accounts.api_keys TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON accounts.login_links TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON accounts.login_sessions TO wavehouse_operational_worker USING (true);

-- Signing in happens before the organization is known: links and sessions are the worker's alone.
GRANT SELECT, UPDATE ON accounts.organizations TO wavehouse_operational_app;
GRANT SELECT, INSERT, UPDATE ON accounts.users, accounts.api_keys TO wavehouse_operational_app;
