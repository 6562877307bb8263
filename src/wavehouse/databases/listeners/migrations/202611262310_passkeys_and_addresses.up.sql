-- What signing in by passkey and changing an address must remember for a few minutes.

CREATE TABLE listeners.passkey_challenges (
  challenge_hash bytea PRIMARY KEY CHECK (length(challenge_hash) = 32),
  listener_id    uuid REFERENCES listeners.listeners ON DELETE CASCADE,
  purpose        text NOT NULL CHECK (purpose IN ('register', 'sign_in')),
  browser_hash   bytea NOT NULL CHECK (length(browser_hash) = 32),
  expires_at     timestamptz NOT NULL,
  used_at        timestamptz,
  created_at     timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT passkey_challenges_listener_check
    CHECK ((purpose = 'register') = (listener_id IS NOT NULL))
);
CREATE INDEX passkey_challenges_listener_id_idx ON listeners.passkey_challenges (listener_id);
CREATE INDEX passkey_challenges_expires_at_idx ON listeners.passkey_challenges (expires_at);
ALTER TABLE listeners.passkey_challenges ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.passkey_challenges TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.passkey_challenges IS 'Challenges that an authenticator is to sign, each once; only their hash is kept (AC3).';
COMMENT ON COLUMN listeners.passkey_challenges.challenge_hash IS 'SHA-256 of the challenge.';
COMMENT ON COLUMN listeners.passkey_challenges.listener_id IS 'Whose passkey is registered; nobody is known before signing in.';
COMMENT ON COLUMN listeners.passkey_challenges.purpose IS 'What it is for.';
COMMENT ON COLUMN listeners.passkey_challenges.browser_hash IS 'Hash of the cookie it is bound to.';
COMMENT ON COLUMN listeners.passkey_challenges.expires_at IS 'Five minutes after it was made.';
COMMENT ON COLUMN listeners.passkey_challenges.used_at IS 'When it was used; once only, whatever came of it.';
COMMENT ON COLUMN listeners.passkey_challenges.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.email_changes (
  email_change_id   uuid PRIMARY KEY DEFAULT uuidv7(),
  listener_id       uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  new_email         varchar(255) NOT NULL
    CHECK (position('@' in new_email) > 1 AND new_email = lower(new_email)),
  new_email_display varchar(255) NOT NULL,
  old_token_hash    bytea NOT NULL UNIQUE CHECK (length(old_token_hash) = 32),
  new_token_hash    bytea NOT NULL UNIQUE CHECK (length(new_token_hash) = 32),
  old_confirmed_at  timestamptz,
  new_confirmed_at  timestamptz,
  expires_at        timestamptz NOT NULL,
  created_at        timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT email_changes_waiting_check
    CHECK (old_confirmed_at IS NULL OR new_confirmed_at IS NULL)
);
CREATE INDEX email_changes_listener_id_idx ON listeners.email_changes (listener_id);
CREATE INDEX email_changes_expires_at_idx ON listeners.email_changes (expires_at);
ALTER TABLE listeners.email_changes ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.email_changes TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.email_changes IS 'Changes of address that wait for a mailbox; with the second one they are made and the row goes (AC9).';
COMMENT ON COLUMN listeners.email_changes.email_change_id IS 'The change.';
COMMENT ON COLUMN listeners.email_changes.listener_id IS 'Whose address it is.';
COMMENT ON COLUMN listeners.email_changes.new_email IS 'The address to be, normalised (AC1).';
COMMENT ON COLUMN listeners.email_changes.new_email_display IS 'The address to be, as it was written.';
COMMENT ON COLUMN listeners.email_changes.old_token_hash IS 'SHA-256 of the token in the letter to the old address.';
COMMENT ON COLUMN listeners.email_changes.new_token_hash IS 'SHA-256 of the token in the letter to the new address.';
COMMENT ON COLUMN listeners.email_changes.old_confirmed_at IS 'When the old mailbox agreed.';
COMMENT ON COLUMN listeners.email_changes.new_confirmed_at IS 'When the new mailbox agreed.';
COMMENT ON COLUMN listeners.email_changes.expires_at IS 'A day after it was asked for.';
COMMENT ON COLUMN listeners.email_changes.created_at IS 'When the row was made; bookkeeping.';
