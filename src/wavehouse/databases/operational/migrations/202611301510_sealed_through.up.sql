-- Distinct listeners are counted from sealed files wherever these are up to date: many times faster.
-- Marks and changes are of the installation, this day is for all.
CREATE FUNCTION measurement.sealed_through(first date, last date) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' SET timezone = 'UTC' AS $$
  WITH days AS (
    SELECT g.day::date AS day, g.day AT TIME ZONE 'UTC' AS starts_at,
      (g.day + interval '1 day') AT TIME ZONE 'UTC' AS ends_at
    FROM pg_catalog.generate_series(first::timestamp, last::timestamp, interval '1 day') AS g (day)
  ),
  differing AS (
    SELECT d.day
    FROM days d
    LEFT JOIN measurement.sealed_days s ON s.day = d.day AND s.superseded_at IS NULL
    LEFT JOIN measurement.day_changes c ON c.day = d.day
    WHERE s.changes <> coalesce(c.changes, 0)
      OR EXISTS (SELECT FROM measurement.count_log m WHERE m.day = d.day)
      OR EXISTS (SELECT FROM measurement.dirty_log m WHERE m.hour >= d.starts_at AND m.hour < d.ends_at)
      OR (s.day IS NULL AND (
        EXISTS (SELECT FROM measurement.requests r
                WHERE r.requested_at >= d.starts_at AND r.requested_at < d.ends_at)
        OR EXISTS (SELECT FROM measurement.downloads w
                   WHERE w.downloaded_at >= d.starts_at AND w.downloaded_at < d.ends_at)
        OR EXISTS (SELECT FROM measurement.listener_events e
                   WHERE e."timestamp" >= d.starts_at AND e."timestamp" < d.ends_at)))
  )
  SELECT coalesce((SELECT min(day) - 1 FROM differing), last)
$$;
COMMENT ON FUNCTION measurement.sealed_through(date, date) IS 'The last day up to which every UTC day from the first one is sealed and unchanged, or has no rows; the day before the first when that one is not.';
REVOKE ALL ON FUNCTION measurement.sealed_through(date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.sealed_through(date, date) TO wavehouse_operational_app, wavehouse_operational_worker;
