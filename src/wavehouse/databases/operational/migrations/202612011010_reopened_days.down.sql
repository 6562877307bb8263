DROP FUNCTION governance.is_dropping_raw();
CREATE OR REPLACE FUNCTION governance.raw_from() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT max(r.keep_from) FROM governance.retention_runs r
  WHERE r.action = 'drop_partition' AND r.rows_removed > 0 AND r.table_name IN
    ('measurement.requests', 'measurement.downloads', 'measurement.listener_events')
$$;
ALTER TABLE measurement.sealed_days DROP COLUMN reopened_at;
