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
