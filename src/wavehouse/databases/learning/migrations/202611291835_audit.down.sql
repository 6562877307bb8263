DROP TABLE audit.audit_commitments;
DROP TABLE audit.audit_checkpoints;
DROP TABLE audit.audit_leaves;
DROP TRIGGER audit_log_append_only ON audit.audit_log;
DROP FUNCTION audit.refuse_change();
DROP TABLE audit.audit_log;
