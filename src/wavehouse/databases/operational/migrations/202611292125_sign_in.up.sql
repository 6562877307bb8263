-- Further ways to sign in: by an emailed link, by a passkey, by a provider of OpenID Connect. All of it
-- belongs to a person and not to an organization, and is the worker's alone, as sessions are.

ALTER TABLE accounts.login_links
  ADD COLUMN browser_hash bytea
    CONSTRAINT login_links_browser_hash_check CHECK (length(browser_hash) = 32);
ALTER TABLE accounts.login_sessions ADD COLUMN began_at timestamptz;

CREATE TABLE accounts.passkeys (
  credential_id bytea PRIMARY KEY
    CONSTRAINT passkeys_credential_id_check CHECK (length(credential_id) BETWEEN 16 AND 1023),
  user_id       uuid NOT NULL REFERENCES accounts.users ON DELETE CASCADE,
  public_key    bytea NOT NULL,
  sign_count    bigint NOT NULL CONSTRAINT passkeys_sign_count_check CHECK (sign_count >= 0),
  transports    text[] NOT NULL DEFAULT '{}',
  name          text NOT NULL CONSTRAINT passkeys_name_check CHECK (name <> ''),
  last_used_at  timestamptz,
  flagged_at    timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX passkeys_user_id_idx ON accounts.passkeys (user_id);

CREATE TABLE accounts.passkey_challenges (
  challenge_hash bytea PRIMARY KEY
    CONSTRAINT passkey_challenges_challenge_hash_check CHECK (length(challenge_hash) = 32),
  user_id        uuid REFERENCES accounts.users ON DELETE CASCADE,
  purpose        text NOT NULL
    CONSTRAINT passkey_challenges_purpose_check CHECK (purpose IN ('register', 'sign_in')),
  browser_hash   bytea NOT NULL
    CONSTRAINT passkey_challenges_browser_hash_check CHECK (length(browser_hash) = 32),
  expires_at     timestamptz NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX passkey_challenges_user_id_idx ON accounts.passkey_challenges (user_id);

CREATE TABLE accounts.provider_sign_ins (
  state_hash   bytea PRIMARY KEY
    CONSTRAINT provider_sign_ins_state_hash_check CHECK (length(state_hash) = 32),
  nonce        text NOT NULL,
  verifier     text NOT NULL,
  browser_hash bytea NOT NULL
    CONSTRAINT provider_sign_ins_browser_hash_check CHECK (length(browser_hash) = 32),
  expires_at   timestamptz NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE accounts.provider_identities (
  issuer     text NOT NULL,
  subject    text NOT NULL
    CONSTRAINT provider_identities_subject_check CHECK (length(subject) BETWEEN 1 AND 255),
  user_id    uuid NOT NULL REFERENCES accounts.users ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX provider_identities_user_id_idx ON accounts.provider_identities (user_id);

ALTER TABLE accounts.passkeys ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts.passkey_challenges ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts.provider_sign_ins ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts.provider_identities ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON accounts.passkeys TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON accounts.passkey_challenges TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON accounts.provider_sign_ins TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON accounts.provider_identities TO wavehouse_operational_worker USING (true);

COMMENT ON COLUMN accounts.login_links.browser_hash IS 'SHA-256 of the cookie of the browser that asked for the link by email; NULL for a link that the program printed.';
COMMENT ON COLUMN accounts.login_sessions.began_at IS 'When the person proved who they are; credentials are changed within 15 minutes of it.';
COMMENT ON TABLE accounts.passkeys IS 'Passkeys that people sign in with.';
COMMENT ON COLUMN accounts.passkeys.credential_id IS 'The id that the authenticator gave it.';
COMMENT ON COLUMN accounts.passkeys.user_id IS 'The person.';
COMMENT ON COLUMN accounts.passkeys.public_key IS 'The public key, COSE encoded.';
COMMENT ON COLUMN accounts.passkeys.sign_count IS 'The counter of its last use.';
COMMENT ON COLUMN accounts.passkeys.transports IS 'How the browser reaches the authenticator.';
COMMENT ON COLUMN accounts.passkeys.name IS 'The name that the person gave it.';
COMMENT ON COLUMN accounts.passkeys.last_used_at IS 'When it was last used.';
COMMENT ON COLUMN accounts.passkeys.flagged_at IS 'When its counter went back: there may be a copy, and it no longer signs in.';
COMMENT ON COLUMN accounts.passkeys.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON TABLE accounts.passkey_challenges IS 'Challenges that passkeys sign; each is used once and deleted.';
COMMENT ON COLUMN accounts.passkey_challenges.challenge_hash IS 'SHA-256 of the challenge.';
COMMENT ON COLUMN accounts.passkey_challenges.user_id IS 'The person who registers a passkey; NULL for a sign-in.';
COMMENT ON COLUMN accounts.passkey_challenges.purpose IS 'register or sign_in.';
COMMENT ON COLUMN accounts.passkey_challenges.browser_hash IS 'SHA-256 of the cookie of the browser that asked.';
COMMENT ON COLUMN accounts.passkey_challenges.expires_at IS 'From when it is refused.';
COMMENT ON COLUMN accounts.passkey_challenges.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON TABLE accounts.provider_sign_ins IS 'Sign-ins under way at a provider of OpenID Connect; each is used once and deleted.';
COMMENT ON COLUMN accounts.provider_sign_ins.state_hash IS 'SHA-256 of the state that the provider sends back.';
COMMENT ON COLUMN accounts.provider_sign_ins.nonce IS 'The nonce that the ID token must hold.';
COMMENT ON COLUMN accounts.provider_sign_ins.verifier IS 'The PKCE verifier; of no use without the provider''s code.';
COMMENT ON COLUMN accounts.provider_sign_ins.browser_hash IS 'SHA-256 of the cookie of the browser that began.';
COMMENT ON COLUMN accounts.provider_sign_ins.expires_at IS 'From when it is refused.';
COMMENT ON COLUMN accounts.provider_sign_ins.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON TABLE accounts.provider_identities IS 'Who people are at a provider of OpenID Connect.';
COMMENT ON COLUMN accounts.provider_identities.issuer IS 'The provider.';
COMMENT ON COLUMN accounts.provider_identities.subject IS 'The person''s id there.';
COMMENT ON COLUMN accounts.provider_identities.user_id IS 'The person here.';
COMMENT ON COLUMN accounts.provider_identities.created_at IS 'When the row was made; bookkeeping.';
