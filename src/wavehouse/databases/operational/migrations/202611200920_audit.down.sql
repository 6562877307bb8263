DROP TABLE audit.audit_log;
DROP FUNCTION audit.refuse_change();
