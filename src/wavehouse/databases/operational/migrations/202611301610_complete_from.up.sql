-- Since the first seal, retention drops sealed days only: a run that went beyond the oldest sealed day came later.
-- The time of sealing does not say so: a day that is sealed again has a new one, and when an erasure had rewritten all
-- files, the raw data of other organizations counted as removed.
CREATE OR REPLACE FUNCTION measurement.complete_from() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT max(r.keep_from) FROM governance.retention_runs r
  WHERE r.action = 'drop_partition' AND r.rows_removed > 0 AND r.table_name IN
    ('measurement.requests', 'measurement.downloads', 'measurement.listener_events')
    AND NOT EXISTS (
      SELECT FROM measurement.sealed_days s
      WHERE s.day < (r.keep_from AT TIME ZONE 'UTC')::date)
$$;
