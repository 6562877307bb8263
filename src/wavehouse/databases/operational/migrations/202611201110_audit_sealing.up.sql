-- The tree that seals the audit log, and personal values apart from it.

ALTER TABLE audit.audit_log ADD COLUMN subject_pseudonym uuid;
COMMENT ON COLUMN audit.audit_log.subject_pseudonym IS 'The person it is about, under a pseudonym that erasure cuts loose.';

CREATE TABLE audit.audit_leaves (
  leaf_index bigint PRIMARY KEY CHECK (leaf_index >= 0),
  audit_id   uuid NOT NULL UNIQUE REFERENCES audit.audit_log ON DELETE RESTRICT,
  leaf_hash  bytea NOT NULL CHECK (length(leaf_hash) = 32),
  sealed_at  timestamptz NOT NULL
);
COMMENT ON TABLE audit.audit_leaves IS 'The order in which sealed rows stand in the tree (RFC 6962); a row is sealed once.';
COMMENT ON COLUMN audit.audit_leaves.leaf_index IS 'Its place in the tree, from 0 without gaps.';
COMMENT ON COLUMN audit.audit_leaves.audit_id IS 'The row.';
COMMENT ON COLUMN audit.audit_leaves.leaf_hash IS 'Hash of the row''s canonical encoding.';
COMMENT ON COLUMN audit.audit_leaves.sealed_at IS 'When it was sealed.';

CREATE TABLE audit.audit_checkpoints (
  tree_size    bigint PRIMARY KEY CHECK (tree_size > 0),
  root_hash    bytea NOT NULL CHECK (length(root_hash) = 32),
  origin       text NOT NULL CHECK (origin <> ''),
  key_id       text NOT NULL,
  signed_note  text NOT NULL CHECK (signed_note <> ''),
  sealed_at    timestamptz NOT NULL,
  published_to text[] NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE audit.audit_checkpoints IS 'Signed heads of the tree, also written outside the database.';
COMMENT ON COLUMN audit.audit_checkpoints.tree_size IS 'How many leaves the head covers.';
COMMENT ON COLUMN audit.audit_checkpoints.root_hash IS 'Root of the tree.';
COMMENT ON COLUMN audit.audit_checkpoints.origin IS 'The name of this log.';
COMMENT ON COLUMN audit.audit_checkpoints.key_id IS 'The key that signed; it lives outside the database.';
COMMENT ON COLUMN audit.audit_checkpoints.signed_note IS 'The checkpoint as a signed note, byte for byte.';
COMMENT ON COLUMN audit.audit_checkpoints.sealed_at IS 'When it was signed.';
COMMENT ON COLUMN audit.audit_checkpoints.published_to IS 'Where it was written outside.';

CREATE TABLE audit.audit_commitments (
  audit_id   uuid NOT NULL REFERENCES audit.audit_log ON DELETE RESTRICT,
  field      text NOT NULL CHECK (field <> ''),
  commitment bytea NOT NULL CHECK (length(commitment) = 32),
  salt       bytea CHECK (length(salt) >= 16),
  value      text,
  erased_at  timestamptz,
  PRIMARY KEY (audit_id, field),
  CONSTRAINT audit_commitments_erased_check
    CHECK ((salt IS NULL) = (erased_at IS NOT NULL) AND (value IS NULL) = (erased_at IS NOT NULL))
);
COMMENT ON TABLE audit.audit_commitments IS 'Personal values of audit rows apart from them: the leaf holds only the salted commitment, so erasing salt and value leaves the tree verifiable.';
COMMENT ON COLUMN audit.audit_commitments.audit_id IS 'The row.';
COMMENT ON COLUMN audit.audit_commitments.field IS 'The field of the row.';
COMMENT ON COLUMN audit.audit_commitments.commitment IS 'SHA-256 over salt and value; stays for ever.';
COMMENT ON COLUMN audit.audit_commitments.salt IS 'Random; emptied by erasure.';
COMMENT ON COLUMN audit.audit_commitments.value IS 'The value; emptied by erasure.';
COMMENT ON COLUMN audit.audit_commitments.erased_at IS 'When salt and value were emptied.';

CREATE TRIGGER audit_leaves_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.audit_leaves
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER audit_checkpoints_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.audit_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT ON audit.audit_leaves, audit.audit_checkpoints TO wavehouse_operational_worker;
GRANT SELECT, INSERT, UPDATE ON audit.audit_commitments TO wavehouse_operational_worker;
