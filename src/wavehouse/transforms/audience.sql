-- A day's downloads and distinct listeners, by podcast; distinct counts do not add (R43).
SELECT
  date_trunc('day', "timestamp") AS day,
  organization_id,
  podcast_id,
  COUNT(*) AS downloads,
  COUNT(DISTINCT listener_key) AS listeners,
  COUNT(*) AS events,
  :computed_at AS computed_at
FROM measurement.listener_events
WHERE "timestamp" >= :first AND "timestamp" < :last AND event_type = 'download'
GROUP BY 1, 2, 3
