DROP FUNCTION schema_ops.drop_leftovers(text, text);
DROP FUNCTION schema_ops.partitions_before(regclass, date);
DROP FUNCTION schema_ops.ensure_partition(regclass, date, text);
ALTER DEFAULT PRIVILEGES IN SCHEMA queue, usage, studio, learning, governance
  REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM wavehouse_operational_worker;
DROP SCHEMA governance;
DROP SCHEMA learning;
DROP SCHEMA studio;
DROP SCHEMA usage;
DROP SCHEMA queue;
