-- Events for a warehouse.

-- name: write
-- The columns that the transforms read, sorted; ids are texts, which every engine reads.
COPY (
  SELECT "timestamp", organization_id::VARCHAR AS organization_id,
    podcast_id::VARCHAR AS podcast_id, episode_id::VARCHAR AS episode_id, event_type, platform,
    country_code, device_type, listener_key, listen_duration_seconds, completion_rate
  FROM {{source}}
  ORDER BY podcast_id, "timestamp"
)
TO '{{path}}' (FORMAT parquet, COMPRESSION zstd)

-- name: digests
-- The digest of each bucket of a stored rollup, as queries/sealing.py gives it: that of engines/digests.py.
SELECT bucket, sha256(string_agg(line, chr(10) ORDER BY line))
FROM (
  SELECT "{{first}}"::TIMESTAMP::VARCHAR AS bucket, {{line}} AS line
  FROM read_csv($path, delim = ',', quote = '"', escape = '"', header = false, auto_detect = false,
    new_line = '\n', nullstr = '', allow_quoted_nulls = false, columns = { {{columns}} })
)
GROUP BY bucket ORDER BY bucket
