DROP FUNCTION schema_ops.drop_leftovers(text, text);
DROP FUNCTION schema_ops.partitions_before(regclass, date);
DROP FUNCTION schema_ops.ensure_partition(regclass, date, text);
ALTER DEFAULT PRIVILEGES IN SCHEMA governance
  REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM wavehouse_analytics_worker;
DROP SCHEMA governance;
