-- The gateway: upstreams that an operator configures, and models that stand in for others.

CREATE TABLE usage.upstreams (
  upstream_id     uuid PRIMARY KEY,
  provider        varchar(100) NOT NULL UNIQUE CHECK (provider <> ''),
  base_url        text NOT NULL CHECK (base_url ~ '^https?://'),
  key_sealed      bytea,
  allow_private   boolean NOT NULL DEFAULT false,
  timeout_seconds integer NOT NULL DEFAULT 120 CHECK (timeout_seconds BETWEEN 1 AND 3600),
  created_at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE usage.upstreams IS 'Servers that speak the OpenAI API; only an operator adds them.';
COMMENT ON COLUMN usage.upstreams.upstream_id IS 'The upstream; its key is sealed for this id.';
COMMENT ON COLUMN usage.upstreams.provider IS 'The provider of the models that it serves.';
COMMENT ON COLUMN usage.upstreams.base_url IS 'Its address, up to and with /v1.';
COMMENT ON COLUMN usage.upstreams.key_sealed IS 'Its API key, encrypted; NULL when it needs none.';
COMMENT ON COLUMN usage.upstreams.allow_private IS 'Whether its address may be one of a private network.';
COMMENT ON COLUMN usage.upstreams.timeout_seconds IS 'The longest wait for a byte of its answer.';
COMMENT ON COLUMN usage.upstreams.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE usage.model_fallbacks (
  organization_id   uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  project_id        uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  model_id          uuid NOT NULL REFERENCES usage.models ON DELETE CASCADE,
  fallback_model_id uuid NOT NULL REFERENCES usage.models ON DELETE CASCADE,
  PRIMARY KEY (organization_id, project_id, model_id),
  CONSTRAINT model_fallbacks_other_check CHECK (fallback_model_id <> model_id)
);
CREATE INDEX model_fallbacks_model_id_idx ON usage.model_fallbacks (model_id);
CREATE INDEX model_fallbacks_fallback_model_id_idx ON usage.model_fallbacks (fallback_model_id);
ALTER TABLE usage.model_fallbacks ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.model_fallbacks TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.model_fallbacks TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON usage.model_fallbacks TO wavehouse_operational_app;
COMMENT ON TABLE usage.model_fallbacks IS 'Which model is called when an upstream is overloaded or away.';
COMMENT ON COLUMN usage.model_fallbacks.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.model_fallbacks.project_id IS 'The project; the nil id for every project without a row of its own.';
COMMENT ON COLUMN usage.model_fallbacks.model_id IS 'The model that was asked for.';
COMMENT ON COLUMN usage.model_fallbacks.fallback_model_id IS 'The model that is called instead.';
