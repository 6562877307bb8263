-- The sealed tier: rows of a day into Parquet, and back.

-- name: requests
-- A day's requests, as queries/sealing.py gives them. Ids that repeat are texts: every engine reads these.
CREATE OR REPLACE TABLE requests AS
SELECT * FROM read_csv($path, delim = ',', quote = '"', escape = '"', header = false,
  auto_detect = false, new_line = '\n', nullstr = '', allow_quoted_nulls = false, columns = {
    'requested_at': 'TIMESTAMP', 'request_id': 'UUID', 'organization_id': 'VARCHAR',
    'batch_id': 'BIGINT', 'line_number': 'BIGINT', 'podcast_id': 'VARCHAR', 'episode_id': 'VARCHAR',
    'enclosure_id': 'VARCHAR', 'method': 'VARCHAR', 'status': 'SMALLINT', 'range_start': 'BIGINT',
    'range_end': 'BIGINT', 'other_ranges': 'VARCHAR', 'is_prefix': 'BOOLEAN', 'network': 'VARCHAR',
    'country_code': 'VARCHAR', 'listener_key': 'BIGINT', 'listener_key_prev': 'BIGINT',
    'network_key': 'BIGINT', 'agent_id': 'BIGINT', 'reason': 'VARCHAR', 'path': 'VARCHAR',
    'next_reason': 'VARCHAR', 'flags': 'VARCHAR'})

-- name: downloads
-- A day's downloads.
CREATE OR REPLACE TABLE downloads AS
SELECT * FROM read_csv($path, delim = ',', quote = '"', escape = '"', header = false,
  auto_detect = false, new_line = '\n', nullstr = '', allow_quoted_nulls = false, columns = {
    'downloaded_at': 'TIMESTAMP', 'download_id': 'UUID', 'organization_id': 'VARCHAR',
    'podcast_id': 'VARCHAR', 'episode_id': 'VARCHAR', 'count_window': 'VARCHAR',
    'method': 'VARCHAR', 'listener_key': 'BIGINT', 'listener_key_prev': 'BIGINT',
    'network_key': 'BIGINT', 'network': 'VARCHAR', 'country_code': 'VARCHAR', 'agent_id': 'BIGINT',
    'bytes': 'BIGINT', 'threshold_bytes': 'BIGINT', 'requests': 'INTEGER',
    'rule_version': 'VARCHAR', 'list_version': 'VARCHAR'})

-- name: events
-- A day's listener events.
CREATE OR REPLACE TABLE events AS
SELECT * FROM read_csv($path, delim = ',', quote = '"', escape = '"', header = false,
  auto_detect = false, new_line = '\n', nullstr = '', allow_quoted_nulls = false, columns = {
    'podcast_id': 'VARCHAR', 'timestamp': 'TIMESTAMP', 'event_id': 'UUID',
    'organization_id': 'VARCHAR', 'episode_id': 'VARCHAR', 'campaign_id': 'VARCHAR',
    'event_type': 'VARCHAR', 'platform': 'VARCHAR', 'country_code': 'VARCHAR',
    'device_type': 'VARCHAR', 'device_os': 'VARCHAR', 'listen_duration_seconds': 'INTEGER',
    'completion_rate': 'DECIMAL(5, 4)', 'user_agent': 'VARCHAR', 'ip_address': 'VARCHAR',
    'session_id': 'VARCHAR', 'metadata': 'VARCHAR', 'listener_key': 'BIGINT',
    'listener_key_prev': 'BIGINT', 'ingest_batch': 'BIGINT'})

-- name: write
-- A table as Parquet, in the order in which it is read.
COPY (SELECT * FROM {{table}} ORDER BY podcast_id, episode_id, "{{clock}}", {{id}})
TO '{{path}}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)

-- name: facts
-- What a table and its file must agree in: number, first and last time, hashes of all rows.
SELECT count(*), min("{{clock}}"), max("{{clock}}"), bit_xor(hash(t)),
  sum((hash(t) >> 20)::BIGINT)::HUGEINT
FROM {{table}} AS t

-- name: file
-- A file as a table.
read_parquet('{{path}}', hive_partitioning = false)

-- name: number_of
-- How many rows a table has.
SELECT count(*) FROM {{table}}

-- name: rows_of
-- How many rows of a file are an organization's.
SELECT count(*) FROM {{source}} WHERE organization_id = $organization

-- name: take_without
-- A sealed file as a table without an organization's rows, to be sealed again.
CREATE OR REPLACE TABLE {{table}} AS
SELECT * FROM {{source}} WHERE organization_id IS DISTINCT FROM $organization

-- name: file_events
-- The events of a sealed file, for the transforms: ids are cast once for all of them.
CREATE OR REPLACE TABLE measurement.listener_events AS
SELECT "timestamp", organization_id::UUID AS organization_id, podcast_id::UUID AS podcast_id,
  episode_id::UUID AS episode_id, event_type, platform, country_code, device_type, listener_key,
  listen_duration_seconds, completion_rate
FROM {{source}}

-- name: no_lines
-- Rows of rollups as texts, whose digest is that of engines/digests.py.
CREATE OR REPLACE TABLE lines (line VARCHAR)

-- name: computed_lines
-- Of a transform, or of all organizations but one.
INSERT INTO lines
SELECT {{line}} FROM ({{select}})
WHERE $without::UUID IS NULL OR organization_id <> $without::UUID

-- name: stored_lines
-- Of a stored rollup, as queries/sealing.py gives it.
INSERT INTO lines
SELECT {{line}}
FROM read_csv($path, delim = ',', quote = '"', escape = '"', header = false, auto_detect = false,
  new_line = '\n', nullstr = '', allow_quoted_nulls = false, columns = { {{columns}} })

-- name: sorted_lines
-- In the order of their bytes, which is that of their characters.
SELECT line FROM lines ORDER BY line

-- name: read
-- The rows of one organization in sealed files.
CREATE OR REPLACE VIEW {{table}} AS
SELECT * FROM read_parquet({{paths}}, hive_partitioning = false)
WHERE organization_id = '{{organization}}'

-- name: filtered
-- Requests that a filter stopped, by reason.
SELECT reason, count(*) FROM requests
WHERE reason IS NOT NULL AND ($podcast_id IS NULL OR podcast_id = $podcast_id) GROUP BY reason

-- name: flagged
-- Requests by flag.
SELECT f, count(*) FROM (
  SELECT unnest(string_split(trim(flags, '{}'), ',')) AS f FROM requests
  WHERE flags IS NOT NULL AND ($podcast_id IS NULL OR podcast_id = $podcast_id)
)
WHERE f NOT IN ('', 'shared_address') GROUP BY f

-- name: estimates
-- Downloads known only from the redirect (R30).
SELECT count(*) FROM downloads
WHERE method = 'prefix_estimate' AND count_window = 'calendar'
  AND ($podcast_id IS NULL OR podcast_id = $podcast_id)

-- name: several_renditions
-- A listener with several files of an episode on one day; few episodes have several files at all.
SELECT 1 FROM requests
WHERE reason IS NULL AND NOT is_prefix AND episode_id IN (
  SELECT episode_id FROM requests WHERE reason IS NULL AND NOT is_prefix
  GROUP BY episode_id HAVING min(enclosure_id) <> max(enclosure_id))
GROUP BY listener_key, episode_id, requested_at::DATE
HAVING min(enclosure_id) <> max(enclosure_id) LIMIT 1

-- name: days
-- The UTC days with a request.
SELECT DISTINCT requested_at::DATE FROM requests ORDER BY 1

-- name: csv
-- The rows of a view as CSV, in the order of their table's columns.
COPY (SELECT * FROM {{table}}) TO '{{path}}' (FORMAT csv, HEADER false, USE_TMP_FILE false)
