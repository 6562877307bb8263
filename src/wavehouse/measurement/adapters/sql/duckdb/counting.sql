-- Counting without storing. The rules are those of queries/counting.py; tests compare the two.

-- name: taken
-- A table for each thread. An address and an agent are a listener (R33); native identifies a request that is in two files (R01).
CREATE OR REPLACE TABLE {{table}} (
  sent_at TIMESTAMP, native UBIGINT, enclosure_id UUID, episode_id UUID, address BIGINT,
  agent BIGINT, country VARCHAR, range_start BIGINT, range_end BIGINT, other_ranges VARCHAR,
  is_prefix BOOLEAN, is_included BOOLEAN, reason VARCHAR, flags VARCHAR
)

-- name: heard
-- Addresses and agents apart.
asked AS (
  SELECT string_split(c1, chr(31)) AS a, string_split(c2, chr(31)) AS p FROM addresses
),
of_addresses AS (
  SELECT a[1] AS ip, a[2] AS forwarded_for, p[2] AS country, p[3] AS network_class,
    try_cast(p[4] AS TIMESTAMP) AS included_until, try_cast(p[5] AS BIGINT) AS address
  FROM asked
),
of_agents AS (
  SELECT c1 AS text, split_part(c2, chr(31), 1)::BIGINT AS agent_id,
    split_part(c2, chr(31), 2) AS agent_reason
  FROM agents
)

-- name: of_heard
-- Their values.
a.country, a.network_class, a.address AS listener_key, g.agent_id, g.agent_reason

-- name: join_heard
-- Their joins.
JOIN of_addresses a ON a.ip = f.ip AND a.forwarded_for = f.forwarded_for
  JOIN of_agents g ON g.text = f.agent

-- name: take
-- Add the requests of a chunk.
INSERT INTO {{table}}
{{judged}}
SELECT sent_at, CASE WHEN native_id IS NOT NULL THEN hash(native_id, sent_at) END,
  enclosure_id, episode_id, listener_key, agent_id, nullif(country, ''), range_start,
  greatest(range_end, range_start),
  CASE WHEN content_start IS NULL AND status IN (0, 206) AND duration_ms IS NULL
    THEN nullif(odd_others, '') END,
  is_prefix, is_included OR coalesce(network_class IN ('relay', 'nat'), false), reason, flags
FROM positioned

-- name: repeated_requests
-- R01: true when a request is in two files.
SELECT count(native) > count(DISTINCT native) FROM taken

-- name: put_aside
-- Write the requests of a thread to a file.
COPY {{table}} TO '{{path}}' (FORMAT parquet)

-- name: all_taken
-- The requests of all threads.
CREATE OR REPLACE VIEW taken AS {{selects}}

-- name: delete_repeated
-- R01: one of each.
CREATE OR REPLACE TABLE taken_once AS
WITH repeated AS (SELECT native FROM taken GROUP BY native HAVING count(*) > 1)
SELECT * FROM taken
WHERE native IS NULL OR native NOT IN (SELECT native FROM repeated WHERE native IS NOT NULL)
UNION ALL
SELECT * EXCLUDE (time) FROM (
  SELECT *, row_number() OVER (PARTITION BY native) AS time FROM taken
  WHERE native IN (SELECT native FROM repeated)
) WHERE time = 1

-- name: no_longer
-- Drop the requests of a thread.
DROP TABLE {{table}}

-- name: days
-- The first and the last day.
SELECT min(sent_at)::DATE, max(sent_at)::DATE FROM taken

-- name: by_days
-- Requests of each day of a period.
SELECT sent_at::DATE, count(*) FROM taken
WHERE sent_at >= $first::TIMESTAMP AND sent_at < $after::TIMESTAMP GROUP BY 1 ORDER BY 1

-- name: keep_first_part
-- Keep the downloads of the first days aside.
CREATE OR REPLACE TABLE parts_of_derived AS SELECT * FROM derived

-- name: keep_part
-- Keep the downloads of further days aside.
INSERT INTO parts_of_derived SELECT * FROM derived

-- name: all_parts
-- The downloads of all days.
CREATE OR REPLACE TABLE derived AS SELECT * FROM parts_of_derived

-- name: thresholds
-- R26 of every file.
CREATE OR REPLACE TABLE thresholds (enclosure_id UUID, episode_id UUID, threshold_bytes BIGINT)

-- name: insert_threshold
-- Add thresholds.
INSERT INTO thresholds SELECT unnest($1::UUID[]), unnest($2::UUID[]), unnest($3::BIGINT[])

-- name: agents
-- What each user agent is, with the columns of listener events.
CREATE OR REPLACE TABLE agents (agent BIGINT, platform VARCHAR, device_type VARCHAR)

-- name: insert_agent
-- Add agents.
INSERT INTO agents SELECT unnest($1::BIGINT[]), unnest($2::VARCHAR[]), unnest($3::VARCHAR[])

-- name: candidates
-- Requests of a span of days that nothing filters.
CREATE OR REPLACE TABLE candidates AS
SELECT sent_at, sent_at::DATE AS day, enclosure_id, episode_id, address, agent, country,
  range_start, range_end, other_ranges, is_prefix
FROM taken
WHERE reason IS NULL AND sent_at >= $first::TIMESTAMP AND sent_at < $after::TIMESTAMP

-- name: derived
-- R27: the union of positions. Most files are requested once: only the others are put in order.
CREATE OR REPLACE TABLE derived AS
WITH spans AS (
  SELECT address, agent, enclosure_id, day, sent_at, range_start, range_end
  FROM candidates WHERE NOT is_prefix
  UNION ALL
  SELECT address, agent, enclosure_id, day, sent_at, o[1]::BIGINT, o[2]::BIGINT
  FROM (
    SELECT *, unnest(list_transform(
      regexp_extract_all(other_ranges, '[0-9]+,[0-9]+'), lambda t: string_split(t, ','))) AS o
    FROM candidates WHERE NOT is_prefix AND other_ranges IS NOT NULL
  )
),
walked AS (
  SELECT address, agent, enclosure_id, day, sent_at, range_start, range_end,
    max(range_end) OVER (
      PARTITION BY address, agent, enclosure_id, day ORDER BY range_start, range_end
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
  FROM spans
),
files AS (
  SELECT address, agent, enclosure_id, day,
    sum(greatest(0, range_end - greatest(range_start, coalesce(reached, 0)))) AS bytes,
    min(sent_at) FILTER (WHERE range_end > range_start) AS first_at
  FROM walked GROUP BY ALL
),
qualified AS (
  SELECT address, agent, episode_id, day, min(first_at) AS first_at
  FROM files JOIN thresholds USING (enclosure_id)
  WHERE bytes >= threshold_bytes GROUP BY ALL
),
units AS (
  SELECT address, agent, episode_id, day, min(country) AS country_code,
    bool_or(NOT is_prefix) AS has_bytes, min(sent_at) FILTER (WHERE is_prefix) AS prefix_at
  FROM candidates GROUP BY address, agent, episode_id, day
)
SELECT u.address, u.agent, u.episode_id, u.day, u.country_code,
  coalesce(q.first_at, u.prefix_at) AS downloaded_at, q.first_at IS NULL AS is_estimate
FROM units u LEFT JOIN qualified q USING (address, agent, episode_id, day)
WHERE q.first_at IS NOT NULL OR (NOT u.has_bytes AND u.prefix_at IS NOT NULL)

-- name: excess
-- R17 to R19: an address with too many episodes or agents on a day, unless it is included or shared.
CREATE OR REPLACE TABLE excess AS
WITH many AS (
  SELECT address, day FROM candidates GROUP BY ALL HAVING count(DISTINCT agent) > $agents
  UNION
  SELECT address, day FROM derived GROUP BY ALL HAVING count(DISTINCT episode_id) > $episodes
)
SELECT address, day FROM many m
WHERE NOT EXISTS (
  SELECT 1 FROM taken t WHERE t.is_included AND t.address = m.address AND t.sent_at::DATE = m.day)

-- name: without_excess
-- Take their downloads back.
DELETE FROM derived d USING excess e WHERE d.address = e.address AND d.day = e.day

-- name: totals
-- Downloads, estimates (R30) and listeners (R43).
SELECT count(*) FILTER (NOT is_estimate), count(*) FILTER (is_estimate),
  count(DISTINCT (address, agent)) FILTER (NOT is_estimate)
FROM derived

-- name: filtered
-- Requests that a filter stopped, by reason.
SELECT reason, count(*) FROM taken
WHERE reason IS NOT NULL AND sent_at >= $first::TIMESTAMP AND sent_at < $after::TIMESTAMP
GROUP BY reason
UNION ALL
SELECT 'excess_ip', count(*) FROM candidates JOIN excess USING (address, day) HAVING count(*) > 0
ORDER BY 2 DESC, 1

-- name: flagged
-- Requests by flag.
SELECT flag, count(*) FROM (
  SELECT unnest(string_split(flags, ',')) AS flag FROM taken
  WHERE flags IS NOT NULL AND sent_at >= $first::TIMESTAMP AND sent_at < $after::TIMESTAMP
)
WHERE flag <> 'shared_address' GROUP BY flag ORDER BY 2 DESC, 1

-- name: renditions
-- R32: a rendition that qualifies on a day on which an earlier one of its episode was counted.
WITH several AS (
  SELECT address, agent, episode_id, day FROM candidates ANTI JOIN excess USING (address, day)
  WHERE NOT is_prefix GROUP BY ALL HAVING count(DISTINCT enclosure_id) > 1
),
asked AS (
  SELECT c.* FROM candidates c SEMI JOIN several USING (address, agent, episode_id, day)
  WHERE NOT is_prefix
),
spans AS (
  SELECT address, agent, episode_id, enclosure_id, day, range_start, range_end FROM asked
  UNION ALL
  SELECT address, agent, episode_id, enclosure_id, day, o[1]::BIGINT, o[2]::BIGINT
  FROM (
    SELECT *, unnest(list_transform(
      regexp_extract_all(other_ranges, '[0-9]+,[0-9]+'), lambda t: string_split(t, ','))) AS o
    FROM asked WHERE other_ranges IS NOT NULL
  )
),
walked AS (
  SELECT *, max(range_end) OVER (
      PARTITION BY address, agent, enclosure_id, day ORDER BY range_start, range_end
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
  FROM spans
),
sizes AS (
  SELECT address, agent, episode_id, enclosure_id, day,
    sum(greatest(0, range_end - greatest(range_start, coalesce(reached, 0)))) AS bytes
  FROM walked GROUP BY ALL
),
files AS (
  SELECT address, agent, episode_id, enclosure_id, day, count(*) AS requests,
    min(sent_at) FILTER (WHERE range_end > range_start) AS first_at
  FROM asked GROUP BY ALL
),
qualified AS (
  SELECT f.requests, row_number() OVER (
      PARTITION BY f.address, f.agent, f.episode_id, f.day
      ORDER BY f.first_at, f.enclosure_id) AS place
  FROM files f JOIN sizes s USING (address, agent, episode_id, enclosure_id, day)
    JOIN thresholds t USING (enclosure_id)
  WHERE s.bytes >= t.threshold_bytes
)
SELECT 'rendition_dup', sum(requests)::BIGINT FROM qualified WHERE place > 1
HAVING count(*) > 0

-- name: repeated_listeners
-- Listeners that requested an episode on several UTC days: only they differ by window (R35-R40).
CREATE OR REPLACE TABLE repeated AS
SELECT row_number() OVER () AS listener_key, address, agent, episode_id
FROM candidates ANTI JOIN excess USING (address, day)
WHERE NOT is_prefix AND range_end > range_start
GROUP BY ALL HAVING min(day) < max(day)

-- name: calendar
-- Calendar downloads by episode and day.
SELECT episode_id, day, listener_key IS NOT NULL AS is_repeated, count(*)
FROM derived LEFT JOIN repeated USING (address, agent, episode_id)
WHERE NOT is_estimate AND day BETWEEN $first AND $last
GROUP BY ALL

-- name: parts
-- What was sent to them.
WITH chosen AS (
  SELECT * FROM (SELECT * FROM candidates ANTI JOIN excess USING (address, day))
    JOIN repeated USING (address, agent, episode_id)
  WHERE NOT is_prefix
),
spans AS (
  SELECT listener_key, episode_id, enclosure_id, sent_at, range_start, range_end FROM chosen
  UNION ALL
  SELECT listener_key, episode_id, enclosure_id, sent_at, o[1]::BIGINT, o[2]::BIGINT
  FROM (
    SELECT *, unnest(list_transform(
      regexp_extract_all(other_ranges, '[0-9]+,[0-9]+'), lambda t: string_split(t, ','))) AS o
    FROM chosen WHERE other_ranges IS NOT NULL
  )
)
SELECT listener_key, s.episode_id, enclosure_id, sent_at, range_start, range_end, threshold_bytes
FROM spans s JOIN thresholds t USING (enclosure_id)
WHERE threshold_bytes IS NOT NULL
ORDER BY listener_key, s.episode_id

-- name: by_day
-- Downloads by day.
SELECT day::VARCHAR, count(*) FROM derived WHERE NOT is_estimate GROUP BY 1 ORDER BY 1

-- name: by_dimension
-- Downloads by a dimension, most first.
SELECT coalesce({{column}}::VARCHAR, ''), count(*) FROM derived LEFT JOIN agents USING (agent)
WHERE NOT is_estimate GROUP BY 1 ORDER BY 2 DESC, 1
