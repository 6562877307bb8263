DROP TRIGGER audit_commitments_kept ON audit.audit_commitments;
DROP TRIGGER audit_commitments_erased_only ON audit.audit_commitments;
DROP FUNCTION audit.allow_erasure_only();
ALTER TABLE audit.audit_checkpoints
  DROP COLUMN sealed_below,
  DROP COLUMN frontier;
DROP TRIGGER audit_log_hash_entry ON audit.audit_log;
DROP FUNCTION audit.hash_entry();
DROP FUNCTION audit.leaf_hash(audit.audit_log);
DROP FUNCTION audit.field(text);
DROP INDEX audit.audit_log_xact_id_idx;
ALTER TABLE audit.audit_log
  DROP COLUMN commitments,
  DROP COLUMN encoding;
