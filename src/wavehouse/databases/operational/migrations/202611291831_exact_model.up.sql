-- What was asked for and was missing or different (decision 1102): types of four columns, the index of
-- attribution events by method and time, and signatures of every type of key.

ALTER TABLE accounts.users
  ALTER COLUMN role TYPE varchar(50),
  ALTER COLUMN subscription_tier TYPE varchar(50);
ALTER TABLE sponsorship.reports
  ALTER COLUMN report_type TYPE varchar(50),
  ALTER COLUMN format TYPE varchar(50);

CREATE INDEX attribution_events_method_timestamp_idx
  ON sponsorship.attribution_events (attribution_method, timestamp DESC);
DROP INDEX sponsorship.attribution_events_attribution_method_idx;

-- 64 bytes is Ed25519 alone; ECDSA, RSA and SSH signatures have other lengths.
ALTER TABLE schema_ops.approvals
  DROP CONSTRAINT approvals_signature_check,
  ADD CONSTRAINT approvals_signature_check CHECK (length(signature) BETWEEN 32 AND 16384);
COMMENT ON COLUMN schema_ops.approvals.signature IS 'Signature over the statement, in the form of the key''s type (Ed25519, ECDSA, RSA, SSH).';
