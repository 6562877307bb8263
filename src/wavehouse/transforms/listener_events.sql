-- Listener events of a span of time, by podcast and one dimension; :grain is 'hour' or 'day' (UTC).
-- Places in double braces: the dimension's column; its value, '' for one that is not known; a condition.
-- Whole buckets only: :first and :last are bucket borders, half-open.
SELECT
  date_trunc(:grain, "timestamp") AS bucket,
  organization_id,
  podcast_id,
  {{value}} AS {{column}},
  SUM(CASE WHEN event_type = 'download' THEN 1 ELSE 0 END) AS downloads,
  SUM(CASE WHEN event_type = 'stream' THEN 1 ELSE 0 END) AS streams,
  SUM(CASE WHEN event_type = 'listen_start' THEN 1 ELSE 0 END) AS listen_starts,
  SUM(CASE WHEN event_type = 'listen_complete' THEN 1 ELSE 0 END) AS listen_completes,
  SUM(CASE WHEN event_type = 'skip' THEN 1 ELSE 0 END) AS skips,
  SUM(CASE WHEN event_type = 'ad_start' THEN 1 ELSE 0 END) AS ad_starts,
  SUM(CASE WHEN event_type = 'ad_complete' THEN 1 ELSE 0 END) AS ad_completes,
  SUM(CASE WHEN event_type = 'ad_skip' THEN 1 ELSE 0 END) AS ad_skips,
  COUNT(DISTINCT CASE WHEN event_type = 'download' THEN listener_key END) AS listeners,
  CAST(COALESCE(SUM(listen_duration_seconds), 0) AS BIGINT) AS listen_seconds,
  CAST(COALESCE(SUM(CAST(completion_rate * 10000 AS BIGINT)), 0) AS BIGINT) AS completion_basis_points,
  COUNT(completion_rate) AS completions_known,
  COUNT(*) AS events,
  :computed_at AS computed_at
FROM measurement.listener_events
WHERE "timestamp" >= :first AND "timestamp" < :last AND {{condition}}
GROUP BY 1, 2, 3, 4
