-- What was done in this database, by whom, to what: its own log, since no credential crosses databases.

CREATE TABLE audit.audit_log (
  audit_id          uuid PRIMARY KEY DEFAULT uuidv7(),
  xact_id           xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at                timestamptz NOT NULL,
  organization_id   uuid,
  actor             text NOT NULL CHECK (actor <> ''),
  action            text NOT NULL CHECK (action ~ '^[a-z_]+[.][a-z_]+$'),
  resource_type     text NOT NULL CHECK (resource_type <> ''),
  resource_id       text NOT NULL,
  subject_pseudonym uuid,
  request_id        text,
  trace_id          text,
  metadata          jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
  content_hash      bytea NOT NULL CHECK (length(content_hash) = 32)
);
CREATE INDEX audit_log_at_idx ON audit.audit_log (at);
CREATE INDEX audit_log_organization_id_at_idx ON audit.audit_log (organization_id, at DESC);
CREATE INDEX audit_log_resource_type_resource_id_idx
  ON audit.audit_log (resource_type, resource_id);
CREATE INDEX audit_log_subject_pseudonym_idx
  ON audit.audit_log (subject_pseudonym) WHERE subject_pseudonym IS NOT NULL;
ALTER TABLE audit.audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON audit.audit_log TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE audit.audit_log IS 'What was done, by whom, to what. Rows are added and never changed.';
COMMENT ON COLUMN audit.audit_log.audit_id IS 'The entry.';
COMMENT ON COLUMN audit.audit_log.xact_id IS 'Its transaction; sealing waits until all older ones have ended.';
COMMENT ON COLUMN audit.audit_log.at IS 'When.';
COMMENT ON COLUMN audit.audit_log.organization_id IS 'The organization it happened in; NULL for the installation''s own actions.';
COMMENT ON COLUMN audit.audit_log.actor IS 'Who.';
COMMENT ON COLUMN audit.audit_log.action IS 'What.';
COMMENT ON COLUMN audit.audit_log.resource_type IS 'To what kind of thing.';
COMMENT ON COLUMN audit.audit_log.resource_id IS 'To which one.';
COMMENT ON COLUMN audit.audit_log.subject_pseudonym IS 'The person it is about, under a pseudonym that erasure cuts loose.';
COMMENT ON COLUMN audit.audit_log.request_id IS 'In which request.';
COMMENT ON COLUMN audit.audit_log.trace_id IS 'In which trace.';
COMMENT ON COLUMN audit.audit_log.metadata IS 'Further facts that are nobody''s personal data.';
COMMENT ON COLUMN audit.audit_log.content_hash IS 'Hash of the entry''s canonical encoding.';

CREATE FUNCTION audit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only: % is refused', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION audit.refuse_change() IS 'Keeps the audit log append-only.';
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE POLICY tenant_reads ON audit.audit_log FOR SELECT TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY tenant_writes ON audit.audit_log FOR INSERT TO wavehouse_learning_app
  WITH CHECK (organization_id = learning.current_organization());
GRANT SELECT, INSERT ON audit.audit_log TO wavehouse_learning_app;
GRANT SELECT, INSERT ON audit.audit_log TO wavehouse_learning_worker;

CREATE TABLE audit.audit_leaves (
  leaf_index bigint PRIMARY KEY CHECK (leaf_index >= 0),
  audit_id   uuid NOT NULL UNIQUE REFERENCES audit.audit_log ON DELETE RESTRICT,
  leaf_hash  bytea NOT NULL CHECK (length(leaf_hash) = 32),
  sealed_at  timestamptz NOT NULL
);
ALTER TABLE audit.audit_leaves ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON audit.audit_leaves TO wavehouse_learning_worker USING (true);
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
ALTER TABLE audit.audit_checkpoints ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON audit.audit_checkpoints TO wavehouse_learning_worker USING (true);
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
ALTER TABLE audit.audit_commitments ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON audit.audit_commitments TO wavehouse_learning_worker USING (true);
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
GRANT SELECT, INSERT ON audit.audit_leaves, audit.audit_checkpoints TO wavehouse_learning_worker;
GRANT SELECT, INSERT, UPDATE ON audit.audit_commitments TO wavehouse_learning_worker;
