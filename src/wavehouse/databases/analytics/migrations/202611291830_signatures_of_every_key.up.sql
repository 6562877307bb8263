-- 64 bytes is Ed25519 alone; ECDSA, RSA and SSH signatures have other lengths.
ALTER TABLE schema_ops.approvals
  DROP CONSTRAINT approvals_signature_check,
  ADD CONSTRAINT approvals_signature_check CHECK (length(signature) BETWEEN 32 AND 16384);
COMMENT ON COLUMN schema_ops.approvals.signature IS 'Signature over the statement, in the form of the key''s type (Ed25519, ECDSA, RSA, SSH).';
