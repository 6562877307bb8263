CREATE OR REPLACE FUNCTION measurement.complete_from() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT max(r.keep_from) FROM governance.retention_runs r
  WHERE r.action = 'drop_partition' AND r.rows_removed > 0 AND r.table_name IN
    ('measurement.requests', 'measurement.downloads', 'measurement.listener_events')
    AND r.started_at < coalesce((SELECT min(s.sealed_at) FROM measurement.sealed_days s), 'infinity')
$$;
