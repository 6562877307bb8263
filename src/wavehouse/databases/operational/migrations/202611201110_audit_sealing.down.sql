DROP TABLE audit.audit_commitments;
DROP TABLE audit.audit_checkpoints;
DROP TABLE audit.audit_leaves;
ALTER TABLE audit.audit_log DROP COLUMN subject_pseudonym;
