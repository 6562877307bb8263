-- From the fields of requests to requests that count or do not, and why.

-- name: media
-- The versions of media files.
CREATE TEMP TABLE media (
  place BIGINT, enclosure_id UUID, episode_id UUID, podcast_id UUID, valid_from TIMESTAMP,
  is_first BOOLEAN, published_at TIMESTAMP,
  start_ms BIGINT, duration_ms BIGINT, segment_bytes BIGINT, file_bytes BIGINT,
  is_measured BOOLEAN
)

-- name: insert_media
-- Add versions.
INSERT INTO media SELECT
  unnest($1::BIGINT[]), unnest($2::UUID[]), unnest($3::UUID[]), unnest($4::UUID[]),
  unnest($5::TIMESTAMP[]), unnest($6::BOOLEAN[]), unnest($7::TIMESTAMP[]), unnest($8::BIGINT[]),
  unnest($9::BIGINT[]), unnest($10::BIGINT[]), unnest($11::BIGINT[]), unnest($12::BOOLEAN[])

-- name: versions
-- When each version is in force, once for all chunks; the first one also holds for what came before it.
CREATE OR REPLACE TEMP TABLE versions AS
SELECT * EXCLUDE (valid_from, is_first),
  CASE WHEN is_first THEN '-infinity'::TIMESTAMP ELSE valid_from END AS holds_from,
  coalesce(lead(valid_from) OVER (PARTITION BY place ORDER BY valid_from, enclosure_id),
           'infinity'::TIMESTAMP) AS holds_to
FROM media

-- name: distinct_queried
-- Distinct hosts and paths of requests with a query.
SELECT string_agg(host || chr(31) || uri, chr(10)) FROM (
  SELECT DISTINCT host, split_part(uri, '?', 1) AS uri FROM fields WHERE contains(uri, '?')
)

-- name: without_queries
-- Leave out the queries that say nothing: all but those of the given places.
UPDATE fields SET uri = split_part(uri, '?', 1)
WHERE contains(uri, '?')
  AND host || chr(31) || split_part(uri, '?', 1) NOT IN (SELECT c1 FROM queried)

-- name: distinct_with_query
-- Distinct hosts and whole paths of requests whose query may say which file is meant.
SELECT string_agg(host || chr(31) || uri, chr(10)) FROM (
  SELECT DISTINCT host, uri FROM fields WHERE contains(uri, '?')
)

-- name: with_kept_paths
-- Of these queries, keep what may name a file.
UPDATE fields SET uri = c2 FROM kept WHERE contains(uri, '?') AND host || chr(31) || uri = c1

-- name: unknown_places
-- Requests for unknown files, most frequent first. To join two columns takes half the time of joining
-- their concatenation, which DuckDB makes for every request.
SELECT f.host || f.uri, count(*) AS requests
FROM fields AS f JOIN (
  SELECT split_part(c1, chr(31), 1) AS host, split_part(c1, chr(31), 2) AS uri
  FROM places WHERE c2 = ''
) AS u ON u.host = f.host AND u.uri = f.uri
WHERE f.status IN (200, 206) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200

-- name: distinct_places
-- Distinct hosts and paths.
SELECT string_agg(host || chr(31) || uri, chr(10)) FROM (SELECT DISTINCT host, uri FROM fields)

-- name: distinct_sites
-- Distinct sites of referrers.
SELECT string_agg(site, chr(10)) FROM (SELECT DISTINCT site FROM fields WHERE site <> '')

-- name: distinct_listeners
-- Distinct addresses and agents, by month.
SELECT string_agg(listener, chr(10)) FROM (
  SELECT DISTINCT ip || chr(31) || forwarded_for || chr(31) || agent || chr(31)
    || strftime(date_trunc('month', sent_at), '%Y-%m-%d') AS listener
  FROM fields
)

-- name: distinct_addresses
-- Distinct addresses.
SELECT string_agg(ip || chr(31) || forwarded_for, chr(10))
FROM (SELECT DISTINCT ip, forwarded_for FROM fields)

-- name: distinct_agents
-- Distinct user agents.
SELECT string_agg(agent, chr(10)) FROM (SELECT DISTINCT agent FROM fields)

-- name: odd_ranges
-- Requests where neither Content-Range nor one plain range says where the bytes are.
SELECT n, range_header, bytes FROM fields
WHERE status IN (206, 0) AND content_start IS NULL AND range_header IS NOT NULL
  AND NOT (regexp_full_match(range_header, 'bytes=[0-9]{1,15}-[0-9]{0,15}')
    AND coalesce(positive(split_part(range_header, '-', 2))
      >= positive(split_part(substring(range_header, 7), '-', 1)), true))

-- name: judged
-- Every request, its place, its listener, and whether and why it cannot count. How listeners are
-- known is the caller's: heard, of_heard and join_heard.
WITH locations AS (
  SELECT split_part(c1, chr(31), 1) AS host, split_part(c1, chr(31), 2) AS uri,
    try_cast(c2 AS BIGINT) AS place, c3 = '1' AS own_prefix
  FROM places
),
{{heard}},
placed AS (
  SELECT f.*, v.enclosure_id, v.episode_id, v.podcast_id, v.published_at,
    v.start_ms, v.duration_ms, v.segment_bytes, v.file_bytes, v.is_measured, p.own_prefix,
    {{of_heard}}, s.c2 AS site_finding,
    coalesce(f.sent_at < included_until, false) AS is_included,
    o.c2::BIGINT AS odd_start, o.c3::BIGINT AS odd_end, o.c4 AS odd_others,
    -- RFC 9110, 14.1.2: the last bytes of a file whose size is known
    CASE WHEN f.content_start IS NULL AND f.status IN (0, 206)
        AND regexp_full_match(f.range_header, '(?i)bytes=\s*-[0-9]{1,15}')
      THEN greatest(v.file_bytes - positive(split_part(f.range_header, '-', 2)), 0)
      END AS suffix_start,
    -- Only such requests are judged by what they asked for.
    CASE WHEN f.content_start IS NULL OR p.own_prefix OR f.is_promise
      THEN positive(split_part(substring(f.range_header, 7), '-', 1)) END AS given_start,
    CASE WHEN f.content_start IS NULL OR p.own_prefix OR f.is_promise
      THEN positive(split_part(substring(f.range_header, 7), '-', 2)) END AS given_end
  FROM fields f
  JOIN locations p ON p.host = f.host AND p.uri = f.uri
  {{join_heard}}
  LEFT JOIN versions v
    ON v.place = p.place AND f.sent_at >= v.holds_from AND f.sent_at < v.holds_to
  LEFT JOIN odd_ranges o ON o.c1::BIGINT = f.n
  LEFT JOIN sites s ON s.c1 = f.site
),
-- One step for each value that others are made of: DuckDB writes an alias's expression out wherever
-- the same SELECT uses it, and plans a list of five numbers as a join. Planning is paid for each chunk.
known_kind AS (
  SELECT *, own_prefix AND (status BETWEEN 301 AND 303 OR status BETWEEN 307 AND 308) AS redirects,
    status = 200 OR status = 206 AS has_content
  FROM placed
),
kinds AS (
  SELECT *, redirects OR (is_promise AND has_content) AS is_prefix FROM known_kind
),
verdicts AS (
  SELECT *,
    CASE WHEN site_finding = 'implausible' OR sent_at < published_at OR is_included
        OR network_class = 'relay' OR network_class = 'nat'
      THEN concat_ws(',',
        CASE WHEN site_finding = 'implausible' THEN 'implausible_referrer' END,
        CASE WHEN sent_at < published_at THEN 'pre_release' END,
        CASE WHEN is_included THEN 'included' END,
        CASE WHEN network_class = 'relay' OR network_class = 'nat' THEN 'shared_address' END)
      END AS flags,
    -- What holds of the request itself, wherever its path leads.
    CASE
      WHEN is_internal THEN 'internal'
      WHEN method <> 'GET' THEN 'bad_method'
      WHEN status = 304 THEN 'not_modified'
      WHEN NOT (status = 0 OR has_content OR redirects) THEN 'bad_status'
      -- A longer text is one of these only with more spaces or commas.
      WHEN (length(range_header) < 10 OR contains(range_header, ' ') OR suffix(range_header, ','))
        AND rtrim(lower(replace(range_header, ' ', '')), ',') IN ('bytes=0-1', 'bytes=0-0')
        THEN 'probe_range'
      -- Without bytes nothing else distinguishes a probe from a listener (R30).
      WHEN is_prefix AND regexp_full_match(range_header, '(?i)bytes=[0-9]{1,15}-[0-9]{1,15}')
        AND given_end - given_start BETWEEN 0 AND 1 THEN 'probe_range'
      WHEN is_prefix AND regexp_full_match(range_header, '(?i)bytes=\s*-[012]') THEN 'probe_range'
      WHEN agent_reason <> '' THEN agent_reason
      WHEN site_finding = 'preload' THEN 'preload'
      WHEN network_class IN ('datacenter', 'vpn') AND NOT is_included THEN network_class
    END AS verdict,
    -- R28: where the bytes that were sent lie. 200 and unknown begin at the start of the file.
    CASE WHEN status = 200 THEN 0
      ELSE coalesce(content_start, suffix_start, odd_start, given_start, 0) END AS range_start,
    CASE
      WHEN status = 200 THEN bytes
      WHEN content_start IS NOT NULL
        THEN content_start
          + least(bytes, greatest(coalesce(content_end - content_start + 1, bytes), 0))
      WHEN suffix_start IS NOT NULL THEN least(suffix_start + bytes, greatest(file_bytes, bytes))
      WHEN odd_end IS NOT NULL THEN odd_end
      WHEN given_start IS NOT NULL
        THEN given_start + least(bytes, greatest(coalesce(given_end - given_start + 1, bytes), 0))
      ELSE bytes
    END AS range_end
  FROM kinds
),
judged AS (
  SELECT *,
    CASE WHEN listener_key IS NULL THEN 'bad_ip' WHEN episode_id IS NULL THEN 'unknown_path'
      ELSE verdict END AS reason
  FROM verdicts
),
-- R29: a size that only the feed names, and the answer contradicts, is not believed. The whole file is
-- then what the answer says, and its positions are scaled; when it does not say, nothing is proved.
sized AS (
  SELECT * REPLACE (
    CASE WHEN is_contradicted AND reason IS NULL THEN concat_ws(',', flags, 'size_contradicted')
      ELSE flags END AS flags,
    CASE WHEN is_contradicted AND content_total IS NOT NULL
        THEN (range_start::HUGEINT * file_bytes // content_total)::BIGINT
      ELSE range_start END AS range_start,
    CASE WHEN is_contradicted AND content_total IS NOT NULL
        THEN (range_end::HUGEINT * file_bytes // content_total)::BIGINT
      WHEN is_contradicted THEN range_start
      ELSE range_end END AS range_end)
  FROM (
    SELECT *, coalesce(NOT is_measured AND duration_ms IS NULL AND file_bytes IS NOT NULL
      AND CASE WHEN content_total > 0 THEN content_total <> file_bytes
        -- some logs have the header in their bytes
        -- and a 200 that sent a minute at 320 kbit/s needs no size (R26)
        ELSE range_end > file_bytes + file_bytes // 100 + least(file_bytes, 2048)
          AND (status IN (0, 206) OR range_end < 2400000) END, false)
      AS is_contradicted
    FROM judged)
),
-- R13: what belongs to HLS is judged by time. Its positions are milliseconds of the programme: of
-- a segment in proportion to what was sent of it, of a playlist none.
positioned AS (
  SELECT * REPLACE (
    CASE WHEN duration_ms IS NULL THEN range_start
      WHEN segment_bytes IS NULL THEN start_ms
      ELSE start_ms + least(range_start, segment_bytes) * duration_ms // segment_bytes
      END AS range_start,
    CASE WHEN duration_ms IS NULL THEN range_end
      WHEN range_end <= range_start THEN start_ms
      WHEN segment_bytes IS NULL THEN start_ms + duration_ms
      ELSE start_ms + least(range_end, segment_bytes) * duration_ms // segment_bytes
      END AS range_end)
  FROM sized
)

-- name: heard
-- An address and an agent in a month, in one text.
known AS (SELECT c1 AS listener, string_split(c2, chr(31)) AS p FROM listeners),
heard AS (
  SELECT listener, p[1] AS network, p[2] AS country, p[3] AS network_class,
    try_cast(p[4] AS TIMESTAMP) AS included_until,
    try_cast(p[5] AS BIGINT) AS listener_key, try_cast(p[6] AS BIGINT) AS listener_key_prev,
    try_cast(p[7] AS BIGINT) AS network_key, p[8]::BIGINT AS agent_id, p[9] AS agent_reason
  FROM known
)

-- name: of_heard
-- Their values.
h.network, h.country, h.network_class, h.listener_key, h.listener_key_prev,
    h.network_key, h.agent_id, h.agent_reason

-- name: join_heard
-- Their join.
JOIN heard h
    ON h.listener = f.ip || chr(31) || f.forwarded_for || chr(31) || f.agent || chr(31)
      || strftime(date_trunc('month', f.sent_at), '%Y-%m-%d')

-- name: batch
-- The rows of a batch, in one order: loaders that store the same requests cannot deadlock.
CREATE OR REPLACE TABLE {{table}} AS
{{judged}},
hashed AS (
  SELECT *, lpad(to_hex(epoch_ms(sent_at)), 12, '0') AS ms,
    md5($organization_id || ':' || coalesce(native_id, $file_key || ':' || ($first_line + n - 1)))
      AS digest
  FROM positioned
)
SELECT
  sent_at::TIMESTAMPTZ AS requested_at,
  -- kernel.ids.uuid8's layout: 48 bits of milliseconds, version 8, variant, hash
  (ms || '8' || left(digest, 3) || 'a' || substring(digest, 4, 15))::UUID AS request_id,
  $organization_id::UUID AS organization_id,
  $batch_id::BIGINT AS batch_id,
  ($first_line + n - 1)::BIGINT AS line_number,
  CASE WHEN reason = 'bad_ip' THEN NULL ELSE podcast_id END AS podcast_id,
  CASE WHEN reason = 'bad_ip' THEN NULL ELSE episode_id END AS episode_id,
  CASE WHEN reason = 'bad_ip' THEN NULL ELSE enclosure_id END AS enclosure_id,
  left(method, 20) AS method,
  status,
  range_start::BIGINT AS range_start,
  greatest(range_end, range_start)::BIGINT AS range_end,
  CASE WHEN content_start IS NULL AND status IN (0, 206) AND duration_ms IS NULL
    THEN nullif(odd_others, '') END AS other_ranges,
  is_prefix::SMALLINT AS is_prefix, -- a BOOLEAN arrives at PostgreSQL as an 8-bit integer
  nullif(network, '') AS network,
  nullif(country, '') AS country_code,
  listener_key, listener_key_prev, network_key, agent_id, reason,
  CASE WHEN reason = 'unknown_path' THEN left(host || uri, 1000) END AS path,
  CASE WHEN reason = 'unknown_path' THEN verdict END AS next_reason,
  flags
FROM hashed
ORDER BY requested_at, request_id

-- name: twice
-- R01 within a chunk: how many requests came twice.
SELECT count(*) - count(DISTINCT request_id) FROM {{table}}

-- name: delete_twice
-- The first line of a request is kept.
DELETE FROM {{table}} USING (
  SELECT request_id, min(line_number) AS first FROM {{table}} GROUP BY request_id HAVING count(*) > 1
) d
WHERE {{table}}.request_id = d.request_id AND {{table}}.line_number > d.first

-- name: reasons
-- How many requests have each reason.
SELECT reason, count(*) FROM {{table}} GROUP BY reason ORDER BY reason

-- name: batch_days
-- The days of a batch.
SELECT DISTINCT requested_at::TIMESTAMP::DATE AS day FROM {{table}} ORDER BY day

-- name: drop_batch
-- Forget a batch.
DROP TABLE IF EXISTS {{table}}

-- name: progress
-- How far a file is read with a batch.
SELECT $organization_id::UUID AS organization_id, $source_file_id::UUID AS source_file_id,
  $batch_id::BIGINT AS batch_id, $first_line::BIGINT AS first_line, $lines::BIGINT AS lines,
  $bytes_from::BIGINT AS bytes_from, $bytes_to::BIGINT AS bytes_to, $lines_to::BIGINT AS lines_to,
  $at::TIMESTAMPTZ AS loaded_at, $media::VARCHAR AS media

-- name: rejects
-- Lines that cannot be used, for the loader.
SELECT r.line_number::BIGINT AS line_number, r.byte_offset::BIGINT AS byte_offset,
  r.byte_length::BIGINT AS byte_length, r.reason AS reason, r.excerpt AS excerpt
FROM (SELECT unnest($rejects::STRUCT(line_number BIGINT, byte_offset BIGINT, byte_length BIGINT,
  reason VARCHAR, excerpt VARCHAR)[]) AS r)
