-- A day's downloads and distinct listeners over all podcasts of an organization (R43).
SELECT
  date_trunc('day', "timestamp") AS day,
  organization_id,
  CAST('00000000-0000-0000-0000-000000000000' AS UUID) AS podcast_id,
  COUNT(*) AS downloads,
  COUNT(DISTINCT listener_key) AS listeners,
  COUNT(*) AS events,
  :computed_at AS computed_at
FROM measurement.listener_events
WHERE "timestamp" >= :first AND "timestamp" < :last AND event_type = 'download'
GROUP BY 1, 2
