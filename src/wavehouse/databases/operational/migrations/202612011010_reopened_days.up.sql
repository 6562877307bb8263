-- A dropped day takes no late lines: counted alone, they would replace its figures. Reopening loads its sealed rows back into
-- partitions, the newest day first, and raw data is then complete from the last one that was loaded, until retention drops again.
ALTER TABLE measurement.sealed_days ADD COLUMN reopened_at timestamptz;
COMMENT ON COLUMN measurement.sealed_days.reopened_at IS 'When the day''s rows were last loaded back into partitions; kept by later generations.';

CREATE OR REPLACE FUNCTION governance.raw_from() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  WITH dropped AS (
    SELECT r.keep_from, r.started_at FROM governance.retention_runs r
    WHERE r.action = 'drop_partition' AND r.rows_removed > 0 AND r.table_name IN
      ('measurement.requests', 'measurement.downloads', 'measurement.listener_events')
  ),
  reopened AS (
    SELECT s.day, s.reopened_at FROM measurement.sealed_days s
    WHERE s.superseded_at IS NULL AND s.reopened_at IS NOT NULL
    ORDER BY s.reopened_at DESC, s.day LIMIT 1
  )
  SELECT least(
    (SELECT max(d.keep_from) FROM dropped d),
    (SELECT greatest(o.day::timestamp AT TIME ZONE 'UTC',
       (SELECT max(d.keep_from) FROM dropped d WHERE d.started_at > o.reopened_at))
     FROM reopened o))
$$;

CREATE FUNCTION governance.is_dropping_raw() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (
    SELECT FROM governance.retention_runs r
    WHERE r.action = 'drop_partition' AND r.status = 'running' AND r.table_name IN
      ('measurement.requests', 'measurement.downloads', 'measurement.listener_events'))
$$;
COMMENT ON FUNCTION governance.is_dropping_raw() IS 'Whether a run of retention is dropping raw rows, or was killed while it did.';
REVOKE ALL ON FUNCTION governance.is_dropping_raw() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance.is_dropping_raw() TO wavehouse_operational_worker;
