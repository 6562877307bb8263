DROP TABLE alerts.silences;
DROP TABLE alerts.alerts;
ALTER DEFAULT PRIVILEGES IN SCHEMA alerts
  REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM wavehouse_operational_worker;
DROP SCHEMA alerts;
DROP TABLE measurement.rollup_runs;
ALTER TABLE measurement.dirty_log DROP COLUMN marked_at;
