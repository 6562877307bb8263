-- bigquery: not run here
SELECT
  TIMESTAMP_TRUNC(`timestamp`, HOUR) AS bucket,
  organization_id,
  podcast_id,
  episode_id AS episode_id,
  SUM(CASE WHEN event_type = 'download' THEN 1 ELSE 0 END) AS downloads,
  SUM(CASE WHEN event_type = 'stream' THEN 1 ELSE 0 END) AS streams,
  SUM(CASE WHEN event_type = 'listen_start' THEN 1 ELSE 0 END) AS listen_starts,
  SUM(CASE WHEN event_type = 'listen_complete' THEN 1 ELSE 0 END) AS listen_completes,
  SUM(CASE WHEN event_type = 'skip' THEN 1 ELSE 0 END) AS skips,
  SUM(CASE WHEN event_type = 'ad_start' THEN 1 ELSE 0 END) AS ad_starts,
  SUM(CASE WHEN event_type = 'ad_complete' THEN 1 ELSE 0 END) AS ad_completes,
  SUM(CASE WHEN event_type = 'ad_skip' THEN 1 ELSE 0 END) AS ad_skips,
  COUNT(DISTINCT CASE WHEN event_type = 'download' THEN listener_key END) AS listeners,
  CAST(COALESCE(SUM(listen_duration_seconds), 0) AS INT64) AS listen_seconds,
  CAST(COALESCE(SUM(CAST(completion_rate * 10000 AS INT64)), 0) AS INT64) AS completion_basis_points,
  COUNT(completion_rate) AS completions_known,
  COUNT(*) AS events,
  CAST('2026-12-02 03:04:05' AS DATETIME) AS computed_at
FROM wavehouse.listener_events
WHERE
  `timestamp` >= CAST('2026-11-30 00:00:00' AS DATETIME)
  AND `timestamp` < CAST('2026-12-01 00:00:00' AS DATETIME)
  AND NOT episode_id IS NULL
GROUP BY
  1,
  2,
  3,
  4;

SELECT
  TIMESTAMP_TRUNC(`timestamp`, DAY) AS bucket,
  organization_id,
  podcast_id,
  COALESCE(platform, '') AS platform,
  SUM(CASE WHEN event_type = 'download' THEN 1 ELSE 0 END) AS downloads,
  SUM(CASE WHEN event_type = 'stream' THEN 1 ELSE 0 END) AS streams,
  SUM(CASE WHEN event_type = 'listen_start' THEN 1 ELSE 0 END) AS listen_starts,
  SUM(CASE WHEN event_type = 'listen_complete' THEN 1 ELSE 0 END) AS listen_completes,
  SUM(CASE WHEN event_type = 'skip' THEN 1 ELSE 0 END) AS skips,
  SUM(CASE WHEN event_type = 'ad_start' THEN 1 ELSE 0 END) AS ad_starts,
  SUM(CASE WHEN event_type = 'ad_complete' THEN 1 ELSE 0 END) AS ad_completes,
  SUM(CASE WHEN event_type = 'ad_skip' THEN 1 ELSE 0 END) AS ad_skips,
  COUNT(DISTINCT CASE WHEN event_type = 'download' THEN listener_key END) AS listeners,
  CAST(COALESCE(SUM(listen_duration_seconds), 0) AS INT64) AS listen_seconds,
  CAST(COALESCE(SUM(CAST(completion_rate * 10000 AS INT64)), 0) AS INT64) AS completion_basis_points,
  COUNT(completion_rate) AS completions_known,
  COUNT(*) AS events,
  CAST('2026-12-02 03:04:05' AS DATETIME) AS computed_at
FROM wavehouse.listener_events
WHERE
  `timestamp` >= CAST('2026-11-30 00:00:00' AS DATETIME)
  AND `timestamp` < CAST('2026-12-01 00:00:00' AS DATETIME)
  AND TRUE
GROUP BY
  1,
  2,
  3,
  4;

SELECT
  TIMESTAMP_TRUNC(`timestamp`, DAY) AS day,
  organization_id,
  podcast_id,
  COUNT(*) AS downloads,
  COUNT(DISTINCT listener_key) AS listeners,
  COUNT(*) AS events,
  CAST('2026-12-02 03:04:05' AS DATETIME) AS computed_at
FROM wavehouse.listener_events
WHERE
  `timestamp` >= CAST('2026-11-30 00:00:00' AS DATETIME)
  AND `timestamp` < CAST('2026-12-01 00:00:00' AS DATETIME)
  AND event_type = 'download'
GROUP BY
  1,
  2,
  3;

SELECT
  TIMESTAMP_TRUNC(`timestamp`, DAY) AS day,
  organization_id,
  CAST('00000000-0000-0000-0000-000000000000' AS STRING) AS podcast_id,
  COUNT(*) AS downloads,
  COUNT(DISTINCT listener_key) AS listeners,
  COUNT(*) AS events,
  CAST('2026-12-02 03:04:05' AS DATETIME) AS computed_at
FROM wavehouse.listener_events
WHERE
  `timestamp` >= CAST('2026-11-30 00:00:00' AS DATETIME)
  AND `timestamp` < CAST('2026-12-01 00:00:00' AS DATETIME)
  AND event_type = 'download'
GROUP BY
  1,
  2;
