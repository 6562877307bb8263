-- The audit log's entries become leaves of a tree: the database itself hashes each entry when it is
-- inserted, and personal values stay outside the leaf.

ALTER TABLE audit.audit_log
  ADD COLUMN encoding smallint NOT NULL DEFAULT 1,
  ADD COLUMN commitments jsonb NOT NULL DEFAULT '{}';
ALTER TABLE audit.audit_log ALTER COLUMN encoding SET DEFAULT 2;
COMMENT ON COLUMN audit.audit_log.encoding IS 'The encoding of content_hash: 2 is the leaf of the tree; 1 are entries from before.';
COMMENT ON COLUMN audit.audit_log.commitments IS 'Salted SHA-256 of each personal value of the entry, in hexadecimal, by field.';
CREATE INDEX audit_log_xact_id_idx ON audit.audit_log (xact_id);
CREATE INDEX audit_log_subject_pseudonym_idx
  ON audit.audit_log (subject_pseudonym) WHERE subject_pseudonym IS NOT NULL;

CREATE FUNCTION audit.field(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(octet_length(value)::text || ':' || value || ',', '-,');
COMMENT ON FUNCTION audit.field(text) IS 'A value with its length in bytes before it; NULL is "-,".';

CREATE FUNCTION audit.leaf_hash(audit.audit_log) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256('\x00'::bytea || convert_to(
  'wavehouse-audit/2,'
  || audit.field($1.encoding::text)
  || audit.field($1.audit_id::text)
  || audit.field($1.xact_id::text)
  || audit.field((extract(epoch FROM $1.at) * 1000000)::bigint::text)
  || audit.field($1.organization_id::text)
  || audit.field($1.actor)
  || audit.field($1.action)
  || audit.field($1.resource_type)
  || audit.field($1.resource_id)
  || audit.field($1.subject_pseudonym::text)
  || audit.field($1.request_id)
  || audit.field($1.trace_id)
  || audit.field($1.metadata::text)
  || audit.field($1.commitments::text)
  || audit.field(CASE WHEN $1.encoding = 1 THEN encode($1.content_hash, 'hex') END),
  'UTF8'));
COMMENT ON FUNCTION audit.leaf_hash(audit.audit_log) IS 'The RFC 6962 leaf hash of an entry; docs/guides/audit.md has the encoding.';

CREATE FUNCTION audit.hash_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  NEW.encoding := 2;
  NEW.xact_id := pg_current_xact_id();
  NEW.content_hash := audit.leaf_hash(NEW);
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION audit.hash_entry() IS 'Sets the hash and the transaction of a new entry, whatever its writer sends.';
CREATE TRIGGER audit_log_hash_entry BEFORE INSERT ON audit.audit_log
  FOR EACH ROW EXECUTE FUNCTION audit.hash_entry();

ALTER TABLE audit.audit_checkpoints
  ADD COLUMN frontier bytea,
  ADD COLUMN sealed_below xid8;
COMMENT ON COLUMN audit.audit_checkpoints.frontier IS 'Roots of the complete subtrees from left to right, 32 bytes each, to append without reading all leaves; NULL is unknown.';
COMMENT ON COLUMN audit.audit_checkpoints.sealed_below IS 'Every entry of an older transaction is in the tree; NULL is unknown.';

CREATE FUNCTION audit.allow_erasure_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'commitments are append-only: % is refused', TG_OP
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.audit_id <> OLD.audit_id OR NEW.field <> OLD.field OR NEW.commitment <> OLD.commitment
     OR NEW.value IS NOT NULL THEN
    RAISE EXCEPTION 'a commitment is never changed: only its value can be erased'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION audit.allow_erasure_only() IS 'Lets erasure empty salt and value, and nothing else.';
CREATE TRIGGER audit_commitments_erased_only BEFORE UPDATE OR DELETE ON audit.audit_commitments
  FOR EACH ROW EXECUTE FUNCTION audit.allow_erasure_only();
CREATE TRIGGER audit_commitments_kept BEFORE TRUNCATE ON audit.audit_commitments
  FOR EACH STATEMENT EXECUTE FUNCTION audit.allow_erasure_only();
