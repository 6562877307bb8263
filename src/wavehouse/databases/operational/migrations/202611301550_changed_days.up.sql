-- Distinct listeners are counted from sealed days, whichever they are; the days between are read from partitions.
-- Marks and changes are of the installation, these days are for all.
CREATE FUNCTION measurement.changed_days(first date, last date) RETURNS SETOF date
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' SET timezone = 'UTC' AS $$
  SELECT d.day
  FROM (SELECT g.day::date AS day
        FROM pg_catalog.generate_series(first::timestamp, last::timestamp, interval '1 day') AS g (day)) d
  LEFT JOIN measurement.sealed_days s ON s.day = d.day AND s.superseded_at IS NULL
  LEFT JOIN measurement.day_changes c ON c.day = d.day
  WHERE s.day IS NULL OR s.changes <> coalesce(c.changes, 0)
    OR EXISTS (SELECT FROM measurement.count_log m WHERE m.day = d.day)
    OR EXISTS (SELECT FROM measurement.dirty_log m WHERE m.hour >= d.day::timestamp AT TIME ZONE 'UTC'
                 AND m.hour < (d.day + 1)::timestamp AT TIME ZONE 'UTC')
  ORDER BY d.day
$$;
COMMENT ON FUNCTION measurement.changed_days(date, date) IS 'The UTC days of a period that are not sealed, or have changed since.';
REVOKE ALL ON FUNCTION measurement.changed_days(date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.changed_days(date, date) TO wavehouse_operational_app, wavehouse_operational_worker;
