-- Who listens and how they sign in: an address and nothing else about a person.

CREATE TABLE listeners.listeners (
  listener_id       uuid PRIMARY KEY DEFAULT uuidv7(),
  email             varchar(255) NOT NULL
    CHECK (position('@' in email) > 1 AND email = lower(email)),
  email_display     varchar(255) NOT NULL,
  password_hash     varchar(255) CHECK (password_hash LIKE '$argon2id$%'),
  auth_provider     varchar(100),
  auth_subject      varchar(255),
  email_verified_at timestamptz,
  resume_policy     text NOT NULL DEFAULT 'latest'
    CHECK (resume_policy IN ('latest', 'furthest', 'ask')),
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  last_seen_at      timestamptz,
  deleted_at        timestamptz,
  CONSTRAINT listeners_provider_check CHECK ((auth_provider IS NULL) = (auth_subject IS NULL))
);
CREATE UNIQUE INDEX listeners_email_key ON listeners.listeners (lower(email));
CREATE UNIQUE INDEX listeners_auth_provider_auth_subject_key
  ON listeners.listeners (auth_provider, auth_subject) WHERE auth_subject IS NOT NULL;
CREATE INDEX listeners_deleted_at_idx
  ON listeners.listeners (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE TRIGGER listeners_touch BEFORE UPDATE ON listeners.listeners
  FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE listeners.listeners ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.listeners TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.listeners TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.listeners IS 'An account of somebody who listens.';
COMMENT ON COLUMN listeners.listeners.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.listeners.email IS 'The address, normalised (AC1).';
COMMENT ON COLUMN listeners.listeners.email_display IS 'The address as it was written.';
COMMENT ON COLUMN listeners.listeners.password_hash IS 'Argon2id; most sign in by link and have none.';
COMMENT ON COLUMN listeners.listeners.auth_provider IS 'Who vouches for them, when they sign in elsewhere.';
COMMENT ON COLUMN listeners.listeners.auth_subject IS 'Their id there.';
COMMENT ON COLUMN listeners.listeners.email_verified_at IS 'When they proved the address.';
COMMENT ON COLUMN listeners.listeners.resume_policy IS 'What resuming suggests (P8).';
COMMENT ON COLUMN listeners.listeners.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN listeners.listeners.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN listeners.listeners.last_seen_at IS 'When they were last here.';
COMMENT ON COLUMN listeners.listeners.deleted_at IS 'Since when the account is unreachable; erased seven days later.';

CREATE TABLE listeners.devices (
  listener_id  uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  device_id    varchar(255) NOT NULL CHECK (device_id <> ''),
  name         varchar(255) NOT NULL,
  kind         text NOT NULL DEFAULT 'other'
    CHECK (kind IN ('desktop', 'laptop', 'mobile', 'server', 'speaker', 'other')),
  last_seen_at timestamptz NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (listener_id, device_id)
);
CREATE TRIGGER devices_touch BEFORE UPDATE ON listeners.devices
  FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE listeners.devices ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.devices TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.devices TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.devices IS 'What a listener listens on, by the client''s name for it.';
COMMENT ON COLUMN listeners.devices.listener_id IS 'Whose it is.';
COMMENT ON COLUMN listeners.devices.device_id IS 'The client''s id.';
COMMENT ON COLUMN listeners.devices.name IS 'What the listener calls it.';
COMMENT ON COLUMN listeners.devices.kind IS 'What it is.';
COMMENT ON COLUMN listeners.devices.last_seen_at IS 'When it last synchronised.';
COMMENT ON COLUMN listeners.devices.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN listeners.devices.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE listeners.login_links (
  token_hash   bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  listener_id  uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  purpose      text NOT NULL DEFAULT 'sign_in'
    CHECK (purpose IN ('sign_in', 'verify_email', 'change_email', 'erase')),
  browser_hash bytea CHECK (length(browser_hash) = 32),
  expires_at   timestamptz NOT NULL,
  used_at      timestamptz,
  created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_links_listener_id_idx ON listeners.login_links (listener_id);
CREATE INDEX login_links_expires_at_idx ON listeners.login_links (expires_at);
ALTER TABLE listeners.login_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.login_links TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.login_links IS 'One-time links that sign in; only their hash is kept (AC2).';
COMMENT ON COLUMN listeners.login_links.token_hash IS 'SHA-256 of the token.';
COMMENT ON COLUMN listeners.login_links.listener_id IS 'Whom it signs in.';
COMMENT ON COLUMN listeners.login_links.purpose IS 'What it is for.';
COMMENT ON COLUMN listeners.login_links.browser_hash IS 'Hash of the cookie it is bound to.';
COMMENT ON COLUMN listeners.login_links.expires_at IS '15 minutes after it was made.';
COMMENT ON COLUMN listeners.login_links.used_at IS 'When it was used; once only.';
COMMENT ON COLUMN listeners.login_links.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.login_sessions (
  token_hash          bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  listener_id         uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  family_id           uuid NOT NULL,
  device_id           varchar(255),
  rotated_to          bytea CHECK (length(rotated_to) = 32),
  rotated_at          timestamptz,
  last_seen_at        timestamptz NOT NULL,
  served_cursor       bigint,
  expires_at          timestamptz NOT NULL,
  absolute_expires_at timestamptz NOT NULL,
  revoked_at          timestamptz,
  created_at          timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (listener_id, device_id) REFERENCES listeners.devices ON DELETE SET NULL (device_id),
  CONSTRAINT login_sessions_expiry_check CHECK (expires_at <= absolute_expires_at),
  CONSTRAINT login_sessions_rotated_check CHECK ((rotated_to IS NULL) = (rotated_at IS NULL))
);
CREATE INDEX login_sessions_listener_id_device_id_idx
  ON listeners.login_sessions (listener_id, device_id);
CREATE INDEX login_sessions_family_id_idx ON listeners.login_sessions (family_id);
CREATE INDEX login_sessions_expires_at_idx ON listeners.login_sessions (expires_at);
ALTER TABLE listeners.login_sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.login_sessions TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.login_sessions TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.login_sessions IS 'Signed-in clients, by the hash of their token (AC5).';
COMMENT ON COLUMN listeners.login_sessions.token_hash IS 'SHA-256 of the token.';
COMMENT ON COLUMN listeners.login_sessions.listener_id IS 'Who is signed in.';
COMMENT ON COLUMN listeners.login_sessions.family_id IS 'The tokens that came of one sign-in; re-using an old one revokes them all.';
COMMENT ON COLUMN listeners.login_sessions.device_id IS 'On which device.';
COMMENT ON COLUMN listeners.login_sessions.rotated_to IS 'The token that replaced it.';
COMMENT ON COLUMN listeners.login_sessions.rotated_at IS 'When; it is accepted ten minutes longer.';
COMMENT ON COLUMN listeners.login_sessions.last_seen_at IS 'When it was last used.';
COMMENT ON COLUMN listeners.login_sessions.served_cursor IS 'The last cursor this session was given (P19).';
COMMENT ON COLUMN listeners.login_sessions.expires_at IS '30 days after its last use.';
COMMENT ON COLUMN listeners.login_sessions.absolute_expires_at IS '180 days after the sign-in.';
COMMENT ON COLUMN listeners.login_sessions.revoked_at IS 'When it was ended.';
COMMENT ON COLUMN listeners.login_sessions.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.app_passwords (
  app_password_id uuid PRIMARY KEY DEFAULT uuidv7(),
  listener_id     uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  secret_hash     bytea NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
  name            varchar(255) NOT NULL CHECK (name <> ''),
  last_used_at    timestamptz,
  revoked_at      timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX app_passwords_listener_id_idx ON listeners.app_passwords (listener_id);
ALTER TABLE listeners.app_passwords ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.app_passwords TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.app_passwords TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.app_passwords IS 'Passwords of single apps that know no other way; high entropy, so SHA-256 does (AC6).';
COMMENT ON COLUMN listeners.app_passwords.app_password_id IS 'The password.';
COMMENT ON COLUMN listeners.app_passwords.listener_id IS 'Whose it is.';
COMMENT ON COLUMN listeners.app_passwords.secret_hash IS 'SHA-256 of it.';
COMMENT ON COLUMN listeners.app_passwords.name IS 'What it is for.';
COMMENT ON COLUMN listeners.app_passwords.last_used_at IS 'When it was last used, to the minute.';
COMMENT ON COLUMN listeners.app_passwords.revoked_at IS 'When it was ended.';
COMMENT ON COLUMN listeners.app_passwords.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.passkeys (
  credential_id bytea PRIMARY KEY CHECK (length(credential_id) BETWEEN 16 AND 1023),
  listener_id   uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  public_key    bytea NOT NULL CHECK (length(public_key) > 0),
  sign_count    bigint NOT NULL DEFAULT 0 CHECK (sign_count >= 0),
  transports    text[] NOT NULL DEFAULT '{}',
  name          varchar(255) NOT NULL,
  last_used_at  timestamptz,
  flagged_at    timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX passkeys_listener_id_idx ON listeners.passkeys (listener_id);
ALTER TABLE listeners.passkeys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.passkeys TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.passkeys TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.passkeys IS 'WebAuthn credentials (AC3).';
COMMENT ON COLUMN listeners.passkeys.credential_id IS 'The authenticator''s id of it.';
COMMENT ON COLUMN listeners.passkeys.listener_id IS 'Whose it is.';
COMMENT ON COLUMN listeners.passkeys.public_key IS 'What it is verified with.';
COMMENT ON COLUMN listeners.passkeys.sign_count IS 'Must grow.';
COMMENT ON COLUMN listeners.passkeys.transports IS 'How the authenticator is reached.';
COMMENT ON COLUMN listeners.passkeys.name IS 'What the listener calls it.';
COMMENT ON COLUMN listeners.passkeys.last_used_at IS 'When it was last used.';
COMMENT ON COLUMN listeners.passkeys.flagged_at IS 'When its counter went back: it may be a copy.';
COMMENT ON COLUMN listeners.passkeys.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.subscriptions (
  listener_id     uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  podcast_url     varchar(1000) NOT NULL CHECK (podcast_url <> ''),
  device_id       varchar(255),
  seq             bigint NOT NULL CHECK (seq > 0),
  subscribed_at   timestamptz NOT NULL,
  unsubscribed_at timestamptz,
  PRIMARY KEY (listener_id, podcast_url),
  FOREIGN KEY (listener_id, device_id) REFERENCES listeners.devices ON DELETE SET NULL (device_id)
);
CREATE INDEX subscriptions_listener_id_seq_idx ON listeners.subscriptions (listener_id, seq);
CREATE INDEX subscriptions_listener_id_device_id_idx
  ON listeners.subscriptions (listener_id, device_id);
ALTER TABLE listeners.subscriptions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.subscriptions TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.subscriptions TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.subscriptions IS 'Feeds that a listener follows, with those they left, for synchronisation.';
COMMENT ON COLUMN listeners.subscriptions.listener_id IS 'Who follows.';
COMMENT ON COLUMN listeners.subscriptions.podcast_url IS 'Which feed.';
COMMENT ON COLUMN listeners.subscriptions.device_id IS 'On which device it was last changed.';
COMMENT ON COLUMN listeners.subscriptions.seq IS 'The listener''s cursor at the last change.';
COMMENT ON COLUMN listeners.subscriptions.subscribed_at IS 'Since when.';
COMMENT ON COLUMN listeners.subscriptions.unsubscribed_at IS 'When they left.';
