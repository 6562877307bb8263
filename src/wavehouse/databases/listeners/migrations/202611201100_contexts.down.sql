DROP FUNCTION schema_ops.drop_leftovers(text, text);
DROP FUNCTION schema_ops.partitions_before(regclass, date);
DROP FUNCTION schema_ops.ensure_partition(regclass, date, text);
DROP FUNCTION listeners.current_listener();
DROP FUNCTION listeners.touch_updated_at();
ALTER DEFAULT PRIVILEGES IN SCHEMA queue, governance
  REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM wavehouse_listeners_worker;
DROP SCHEMA governance;
DROP SCHEMA queue;
DROP SCHEMA audit;
