-- Rollups: events in, the rows of each transform out.

-- name: events
-- As queries/rolling.py gives them. An empty string is quoted, NULL is not.
CREATE OR REPLACE TABLE measurement.listener_events AS
SELECT * FROM read_csv($path, delim = ',', quote = '"', escape = '"', header = false,
  auto_detect = false, new_line = '\n', nullstr = '', allow_quoted_nulls = false, columns = {
    'timestamp': 'TIMESTAMP', 'organization_id': 'UUID', 'podcast_id': 'UUID',
    'episode_id': 'UUID', 'event_type': 'VARCHAR', 'platform': 'VARCHAR',
    'country_code': 'VARCHAR', 'device_type': 'VARCHAR', 'listener_key': 'BIGINT',
    'listen_duration_seconds': 'INTEGER', 'completion_rate': 'DECIMAL(5, 4)'})

-- name: without_other_hours
-- Leave only the events of given hours.
DELETE FROM measurement.listener_events
WHERE date_trunc('hour', "timestamp") NOT IN (SELECT unnest($hours::TIMESTAMP[]))

-- name: write
-- Write the rows of a transform.
COPY ({{select}}) TO '{{path}}' (FORMAT csv, HEADER false, USE_TMP_FILE false)

-- name: sealed_events
-- The events of a sealed file, as queries/rolling.py gives those of partitions.
COPY (
  SELECT "timestamp", organization_id, podcast_id, episode_id, event_type, platform, country_code,
    device_type, listener_key, listen_duration_seconds, completion_rate
  FROM read_parquet('{{source}}', hive_partitioning = false)
) TO '{{path}}' (FORMAT csv, HEADER false, USE_TMP_FILE false)
