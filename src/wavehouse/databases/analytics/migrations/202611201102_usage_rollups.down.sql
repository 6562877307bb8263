DROP INDEX analytics.reconciliations_checked_at_idx;
ALTER TABLE analytics.reconciliations DROP COLUMN subject;
DROP TABLE analytics.usage_daily;
SELECT schema_ops.drop_leftovers('analytics', 'usage_daily');
DROP TABLE analytics.usage_hourly;
SELECT schema_ops.drop_leftovers('analytics', 'usage_hourly');
