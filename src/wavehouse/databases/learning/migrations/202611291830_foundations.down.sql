DROP FUNCTION schema_ops.drop_leftovers(text, text);
DROP FUNCTION schema_ops.partitions_before(regclass, date);
DROP FUNCTION schema_ops.ensure_partition(regclass, date, text);
DROP FUNCTION learning.current_organization();
DROP FUNCTION learning.touch_updated_at();
ALTER DEFAULT PRIVILEGES IN SCHEMA learning, queue, governance
  REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM wavehouse_learning_worker;
REVOKE USAGE ON SCHEMA schema_ops FROM wavehouse_learning_app, wavehouse_learning_worker;
DROP SCHEMA governance;
DROP SCHEMA queue;
DROP SCHEMA audit;
DROP SCHEMA learning;
