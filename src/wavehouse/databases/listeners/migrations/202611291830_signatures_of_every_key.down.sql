COMMENT ON COLUMN schema_ops.approvals.signature IS 'Ed25519 over the statement.';
ALTER TABLE schema_ops.approvals
  DROP CONSTRAINT approvals_signature_check,
  ADD CONSTRAINT approvals_signature_check CHECK (length(signature) = 64);
