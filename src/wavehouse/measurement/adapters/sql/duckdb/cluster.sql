-- What counting on a cluster adds to counting without storing: files between its two halves.

-- name: write_taken
-- The judged requests of a part of a log, as every engine reads them.
COPY (SELECT sent_at, native::VARCHAR AS native, enclosure_id::VARCHAR AS enclosure_id,
  episode_id::VARCHAR AS episode_id, address, agent, country, range_start, range_end, other_ranges,
  is_prefix, is_included, reason, flags FROM taken)
TO '{{path}}' (FORMAT parquet, COMPRESSION zstd)

-- name: write_agents
-- The user agents of that part.
COPY (SELECT unnest($agents::BIGINT[]) AS agent, unnest($platforms::VARCHAR[]) AS platform,
  unnest($devices::VARCHAR[]) AS device_type)
TO '{{path}}' (FORMAT parquet, COMPRESSION zstd)

-- name: episodes
-- The podcast of each episode.
CREATE OR REPLACE TABLE episodes (episode_id UUID, podcast_id UUID)

-- name: insert_episode
-- Add episodes.
INSERT INTO episodes SELECT unnest($1::UUID[]), unnest($2::UUID[])

-- name: events
-- Listener events of counted downloads, for the transforms. Estimates are none (R30).
CREATE OR REPLACE VIEW measurement.listener_events AS
SELECT d.downloaded_at AS "timestamp", '{{organization}}'::UUID AS organization_id,
  e.podcast_id AS podcast_id, d.episode_id AS episode_id, 'download' AS event_type,
  a.platform AS platform, d.country_code AS country_code, a.device_type AS device_type,
  d.address::VARCHAR || ' ' || d.agent::VARCHAR AS listener_key,
  NULL::INTEGER AS listen_duration_seconds, NULL::DECIMAL(5, 4) AS completion_rate
FROM derived d JOIN episodes e USING (episode_id) LEFT JOIN agents a USING (agent)
WHERE NOT d.is_estimate
