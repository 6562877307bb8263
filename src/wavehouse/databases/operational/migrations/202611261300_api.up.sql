-- What the API needs: answers by Idempotency-Key, so that a retry is answered the same, and orders
-- in which its lists are read page by page.

CREATE TABLE accounts.idempotency_keys (
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE CASCADE,
  user_id         uuid NOT NULL REFERENCES accounts.users ON DELETE CASCADE,
  idempotency_key text NOT NULL
    CONSTRAINT idempotency_keys_idempotency_key_check
    CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  request_hash    bytea NOT NULL
    CONSTRAINT idempotency_keys_request_hash_check CHECK (length(request_hash) = 32),
  status          smallint
    CONSTRAINT idempotency_keys_status_check CHECK (status BETWEEN 200 AND 299),
  body            jsonb,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (organization_id, user_id, idempotency_key),
  CONSTRAINT idempotency_keys_answer_check CHECK ((status IS NULL) = (body IS NULL))
);
CREATE INDEX idempotency_keys_user_id_idx ON accounts.idempotency_keys (user_id);
CREATE INDEX idempotency_keys_created_at_idx ON accounts.idempotency_keys (created_at);

ALTER TABLE accounts.idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON accounts.idempotency_keys TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON accounts.idempotency_keys TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON accounts.idempotency_keys
  TO wavehouse_operational_app, wavehouse_operational_worker;

COMMENT ON TABLE accounts.idempotency_keys IS 'Answers of the API by Idempotency-Key: a retry within 24 hours gets the same answer and changes nothing.';
COMMENT ON COLUMN accounts.idempotency_keys.organization_id IS 'Whose request it was.';
COMMENT ON COLUMN accounts.idempotency_keys.user_id IS 'Who asked: the owner of the API key.';
COMMENT ON COLUMN accounts.idempotency_keys.idempotency_key IS 'The header''s text, 1 to 255 characters.';
COMMENT ON COLUMN accounts.idempotency_keys.request_hash IS 'SHA-256 of method, path and body; another request under the same key is refused.';
COMMENT ON COLUMN accounts.idempotency_keys.status IS 'The answer''s HTTP status; only what succeeded is kept.';
COMMENT ON COLUMN accounts.idempotency_keys.body IS 'The answer''s JSON body.';
COMMENT ON COLUMN accounts.idempotency_keys.created_at IS 'When the request came; rows go after 24 hours.';

CREATE INDEX conversions_organization_id_occurred_at_idx
  ON sponsorship.conversions (organization_id, occurred_at DESC, conversion_id DESC);
CREATE INDEX source_files_organization_id_last_read_at_idx
  ON measurement.source_files (organization_id, last_read_at DESC, source_file_id DESC);
CREATE INDEX reports_organization_id_generated_at_idx
  ON sponsorship.reports (organization_id, generated_at DESC, report_id DESC);
