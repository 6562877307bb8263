COMMENT ON COLUMN schema_ops.approvals.signature IS 'Ed25519 over the statement.';
ALTER TABLE schema_ops.approvals
  DROP CONSTRAINT approvals_signature_check,
  ADD CONSTRAINT approvals_signature_check CHECK (length(signature) = 64);
CREATE INDEX attribution_events_attribution_method_idx
  ON sponsorship.attribution_events (attribution_method);
DROP INDEX sponsorship.attribution_events_method_timestamp_idx;
ALTER TABLE sponsorship.reports
  ALTER COLUMN format TYPE text,
  ALTER COLUMN report_type TYPE text;
ALTER TABLE accounts.users
  ALTER COLUMN subscription_tier TYPE text,
  ALTER COLUMN role TYPE text;
