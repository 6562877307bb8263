"""The engine's statements. Tables of distinct values have text columns c1, c2 and so on."""

from __future__ import annotations

# A number of bytes or a position; NULL when it is none, or beyond a petabyte: sums stay in range.
POSITIVE = """
CREATE OR REPLACE TEMP MACRO positive(t) AS
  CASE WHEN regexp_full_match(t, '[0-9]{1,15}') THEN t::BIGINT END
"""

# A moment as JSON logs tell it: RFC 3339, or Unix time in seconds, milli-, micro- or nanoseconds.
INSTANT = """
CREATE OR REPLACE TEMP MACRO instant(t) AS CASE
  WHEN regexp_full_match(t, '[0-9]{9,11}') THEN make_timestamp(t::BIGINT * 1000000)
  WHEN regexp_full_match(t, '[0-9]{9,11}[.][0-9]{1,6}')
    THEN make_timestamp((t::DECIMAL(28, 6) * 1000000)::BIGINT)
  WHEN regexp_full_match(t, '[0-9]{12,13}') THEN make_timestamp(t::BIGINT * 1000)
  WHEN regexp_full_match(t, '[0-9]{16}') THEN make_timestamp(t::BIGINT)
  WHEN regexp_full_match(t, '1[0-9]{18}') THEN make_timestamp(t::BIGINT // 1000)
  ELSE try_strptime(
    -- microseconds are the finest that is read
    regexp_replace(regexp_replace(t, '([.][0-9]{6})[0-9]+', '\\1'), '[Zz]$', '+0000'),
    ['%Y-%m-%dT%H:%M:%S%z', '%Y-%m-%dT%H:%M:%S.%f%z', '%Y-%m-%d %H:%M:%S%z',
     '%d/%b/%Y:%H:%M:%S %z'])::TIMESTAMP END
"""

# A value that says something: servers write "-" or "(null)" for what was not sent.
TOLD = "CREATE OR REPLACE TEMP MACRO told(t) AS CASE WHEN t NOT IN ('', '-', '(null)') THEN t END"

# Without what separates values on their way between SQL and Python; CR and LF go by R08.
PLAIN = """
CREATE OR REPLACE TEMP MACRO plain(t) AS replace(translate(t, chr(10) || chr(13), ''), chr(31), ' ')
"""

# Scheme and host of a referrer, all that is asked of it; empty when none was sent.
SITE = """
CREATE OR REPLACE TEMP MACRO site_of(t) AS CASE WHEN t IS NULL OR t IN ('', '-', '(null)') THEN ''
  ELSE left(split_part(lower(t), '/', 1) || CASE WHEN contains(t, '//') THEN '//' ELSE '' END
    || split_part(split_part(split_part(lower(t), '/', 3), '?', 1), '#', 1), 200) END
"""

# The first and the last position of a Content-Range header.
CONTENT_FIRST = """
CREATE OR REPLACE TEMP MACRO content_first(t) AS
  CASE WHEN t[:6] = 'bytes ' THEN positive(split_part(t[7:], '-', 1)) END
"""
CONTENT_LAST = """
CREATE OR REPLACE TEMP MACRO content_last(t) AS
  CASE WHEN t[:6] = 'bytes ' THEN positive(split_part(split_part(t, '-', 2), '/', 1)) END
"""

RAW = """
CREATE OR REPLACE TEMP TABLE raw AS
WITH lines AS (SELECT string_split($text, chr(10)) AS l)
SELECT n, line
FROM (SELECT unnest(range(1, len(l) + 1)) AS n, unnest(l) AS line FROM lines)
WHERE line <> '' AND NOT starts_with(line, '#')
"""

# The same for a chunk that has such characters; for every other it would double the price.
RAW_CLEANED = """
CREATE OR REPLACE TEMP TABLE raw AS
WITH lines AS (SELECT string_split($text, chr(10)) AS l)
SELECT n, line FROM (
  -- A byte order mark is no part of the first line; a unit separator is ours, between values.
  SELECT n, replace(ltrim(rtrim(line, chr(13)), chr(65279)), chr(31), ' ') AS line
  FROM (SELECT unnest(range(1, len(l) + 1)) AS n, unnest(l) AS line FROM lines)
)
WHERE line <> '' AND NOT starts_with(line, '#')
"""

# Given lines, each with its number.
RAW_OF_LINES = """
CREATE OR REPLACE TEMP TABLE raw AS
SELECT l.n AS n, l.line AS line
FROM (SELECT unnest($lines::STRUCT(n BIGINT, line VARCHAR)[]) AS l)
WHERE l.line <> '' AND NOT starts_with(l.line, '#')
"""

ODD_COMBINED = """
SELECT n, line FROM (SELECT n, line, string_split(line, '"') AS p FROM raw)
WHERE len(p) NOT IN (7, 13) OR (len(p) = 7 AND p[7] <> '') OR contains(line, '\\"')
"""

REPAIR_COMBINED = """
UPDATE raw SET line = c2 FROM repaired WHERE raw.n = repaired.c1::BIGINT
"""

# A line that is not of its format, or of a time that is not accepted.
IS_REJECTED = """(sent_at IS NULL OR status IS NULL OR bytes IS NULL OR bytes < 0 OR ip = ''
  OR sent_at < $oldest OR sent_at > $newest)"""

REJECTED = f"""
SELECT n,
  CASE WHEN sent_at IS NULL OR status IS NULL OR bytes IS NULL OR ip = ''
      THEN 'malformed_line'
    WHEN sent_at < $oldest THEN 'too_old' ELSE 'in_future' END AS fault,
  line
FROM fields JOIN raw USING (n)
WHERE {IS_REJECTED}
ORDER BY n
"""  # noqa: S608 - our own text

DELETE_REJECTED = f"DELETE FROM fields WHERE {IS_REJECTED}"  # noqa: S608 - our own text

# Distinct hosts and paths of requests with a query.
DISTINCT_QUERIED = """
SELECT string_agg(host || chr(31) || uri, chr(10)) FROM (
  SELECT DISTINCT host, split_part(uri, '?', 1) AS uri FROM fields WHERE contains(uri, '?')
)
"""

# Leave out the queries that say nothing: all but those of the given places.
WITHOUT_QUERIES = """
UPDATE fields SET uri = split_part(uri, '?', 1)
WHERE contains(uri, '?')
  AND host || chr(31) || split_part(uri, '?', 1) NOT IN (SELECT c1 FROM queried)
"""

# Distinct hosts and whole paths of requests whose query may say which file is meant.
DISTINCT_WITH_QUERY = """
SELECT string_agg(host || chr(31) || uri, chr(10)) FROM (
  SELECT DISTINCT host, uri FROM fields WHERE contains(uri, '?')
)
"""

# Of these queries, keep what may name a file.
WITH_KEPT_PATHS = """
UPDATE fields SET uri = c2 FROM kept WHERE contains(uri, '?') AND host || chr(31) || uri = c1
"""

# What was asked for and is of no known file, most often first.
UNKNOWN_PLACES = """
SELECT host || uri, count(*) AS requests FROM fields JOIN places ON c1 = host || chr(31) || uri
WHERE c2 = '' AND status IN (200, 206) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200
"""

DISTINCT_PLACES = """
SELECT string_agg(host || chr(31) || uri, chr(10)) FROM (SELECT DISTINCT host, uri FROM fields)
"""

# What is left when neither the answer's Content-Range nor one plain range says where bytes lie.
ODD_RANGES = """
SELECT n, range_header, bytes FROM fields
WHERE status IN (206, 0) AND content_start IS NULL AND range_header IS NOT NULL
  AND NOT (regexp_full_match(range_header, 'bytes=[0-9]{1,15}-[0-9]{0,15}')
    AND coalesce(positive(split_part(range_header, '-', 2))
      >= positive(split_part(range_header[7:], '-', 1)), true))
"""

DISTINCT_LISTENERS = """
SELECT string_agg(listener, chr(10)) FROM (
  SELECT DISTINCT ip || chr(31) || forwarded_for || chr(31) || agent || chr(31)
    || strftime(date_trunc('month', sent_at), '%Y-%m-%d') AS listener
  FROM fields
)
"""

DISTINCT_SITES = """
SELECT string_agg(site, chr(10)) FROM (SELECT DISTINCT site FROM fields WHERE site <> '')
"""

MEDIA = """
CREATE TEMP TABLE media (
  place BIGINT, enclosure_id UUID, episode_id UUID, podcast_id UUID, valid_from TIMESTAMP,
  is_first BOOLEAN, published_at TIMESTAMP,
  start_ms BIGINT, duration_ms BIGINT, segment_bytes BIGINT
)
"""

INSERT_MEDIA = """
INSERT INTO media VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

SETUP = (MEDIA, POSITIVE, INSTANT, TOLD, PLAIN, SITE, CONTENT_FIRST, CONTENT_LAST)

# Every request, its place, its listener, and whether and why it cannot count. How listeners are
# known is the caller's: $heard, $of_heard and $join_heard. The version in force at the request's
# time; the first one also holds for what came before it.
JUDGED = """
WITH versions AS (
  SELECT place, enclosure_id, episode_id, podcast_id, published_at, start_ms, duration_ms,
    segment_bytes,
    CASE WHEN is_first THEN '-infinity'::TIMESTAMP ELSE valid_from END AS holds_from,
    coalesce(lead(valid_from) OVER (PARTITION BY place ORDER BY valid_from, enclosure_id),
             'infinity'::TIMESTAMP) AS holds_to
  FROM media
),
locations AS (
  SELECT split_part(c1, chr(31), 1) AS host, split_part(c1, chr(31), 2) AS uri,
    try_cast(c2 AS BIGINT) AS place, c3 = '1' AS own_prefix
  FROM places
),
$heard,
placed AS (
  SELECT f.*, v.enclosure_id, v.episode_id, v.podcast_id, v.published_at,
    v.start_ms, v.duration_ms, v.segment_bytes, p.own_prefix,
    $of_heard, s.c2 AS site_finding,
    coalesce(f.sent_at < included_until, false) AS is_included,
    o.c2::BIGINT AS odd_start, o.c3::BIGINT AS odd_end, o.c4 AS odd_others,
    positive(split_part(f.range_header[7:], '-', 1)) AS asked_start,
    positive(split_part(f.range_header[7:], '-', 2)) AS asked_end
  FROM fields f
  JOIN locations p ON p.host = f.host AND p.uri = f.uri
  $join_heard
  LEFT JOIN versions v
    ON v.place = p.place AND f.sent_at >= v.holds_from AND f.sent_at < v.holds_to
  LEFT JOIN odd_ranges o ON o.c1::BIGINT = f.n
  LEFT JOIN sites s ON s.c1 = f.site
),
judged AS (
  SELECT *,
    own_prefix AND status IN (301, 302, 303, 307, 308) AS is_prefix,
    nullif(concat_ws(',',
      CASE WHEN site_finding = 'implausible' THEN 'implausible_referrer' END,
      CASE WHEN sent_at < published_at THEN 'pre_release' END,
      CASE WHEN is_included THEN 'included' END), '') AS flags,
    -- What holds of the request itself, wherever its path leads.
    CASE
      WHEN method <> 'GET' THEN 'bad_method'
      WHEN status = 304 THEN 'not_modified'
      WHEN status NOT IN (0, 200, 206)
        AND NOT (own_prefix AND status IN (301, 302, 303, 307, 308)) THEN 'bad_status'
      WHEN lower(replace(range_header, ' ', '')) IN ('bytes=0-1', 'bytes=0-0') THEN 'probe_range'
      WHEN agent_reason <> '' THEN agent_reason
      WHEN site_finding = 'preload' THEN 'preload'
      WHEN network_class IN ('datacenter', 'vpn') AND NOT is_included THEN network_class
    END AS verdict,
    CASE WHEN listener_key IS NULL THEN 'bad_ip' WHEN episode_id IS NULL THEN 'unknown_path'
      ELSE verdict END AS reason,
    -- R28: where the bytes that were sent lie. 200 and unknown begin at the start of the file.
    CASE WHEN status = 200 THEN 0
      ELSE coalesce(content_start, odd_start, asked_start, 0) END AS range_start,
    CASE
      WHEN status = 200 THEN bytes
      WHEN content_start IS NOT NULL
        THEN content_start
          + least(bytes, greatest(coalesce(content_end - content_start + 1, bytes), 0))
      WHEN odd_end IS NOT NULL THEN odd_end
      WHEN asked_start IS NOT NULL
        THEN asked_start + least(bytes, greatest(coalesce(asked_end - asked_start + 1, bytes), 0))
      ELSE bytes
    END AS range_end
  FROM placed
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
  FROM judged
)
"""

# What is known of a listener: of an address and an agent in a month, in one text.
_HEARD = """
known AS (SELECT c1 AS listener, string_split(c2, chr(31)) AS p FROM listeners),
heard AS (
  SELECT listener, p[1] AS network, p[2] AS country, p[3] AS network_class,
    try_cast(p[4] AS TIMESTAMP) AS included_until,
    try_cast(p[5] AS BIGINT) AS listener_key, try_cast(p[6] AS BIGINT) AS listener_key_prev,
    try_cast(p[7] AS BIGINT) AS network_key, p[8]::BIGINT AS agent_id, p[9] AS agent_reason
  FROM known
)
"""
_OF_HEARD = """h.network, h.country, h.network_class, h.listener_key, h.listener_key_prev,
    h.network_key, h.agent_id, h.agent_reason"""
_JOIN_HEARD = """JOIN heard h
    ON h.listener = f.ip || chr(31) || f.forwarded_for || chr(31) || f.agent || chr(31)
      || strftime(date_trunc('month', f.sent_at), '%Y-%m-%d')"""

BATCH = (
    "CREATE OR REPLACE TABLE batch_0 AS"  # noqa: S608 - our own text
    + JUDGED.replace("$heard", _HEARD)
    .replace("$of_heard", _OF_HEARD)
    .replace("$join_heard", _JOIN_HEARD)
    + """,
hashed AS (
  SELECT *, lpad(to_hex(epoch_ms(sent_at)), 12, '0') AS ms,
    md5($organization_id || ':' || coalesce(native_id, $file_key || ':' || ($first_line + n - 1)))
      AS digest
  FROM positioned
)
SELECT
  sent_at::TIMESTAMPTZ AS requested_at,
  -- kernel.ids.uuid8's layout: 48 bits of milliseconds, version 8, variant, hash
  (ms || '8' || digest[1:3] || 'a' || digest[4:18])::UUID AS request_id,
  $organization_id::UUID AS organization_id,
  $batch_id::BIGINT AS batch_id,
  ($first_line + n - 1)::BIGINT AS line_number,
  CASE WHEN reason = 'bad_ip' THEN NULL ELSE podcast_id END AS podcast_id,
  CASE WHEN reason = 'bad_ip' THEN NULL ELSE episode_id END AS episode_id,
  CASE WHEN reason = 'bad_ip' THEN NULL ELSE enclosure_id END AS enclosure_id,
  method[:20] AS method,
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
-- Loaders that store the same requests take their locks in one order, and cannot block in a circle.
ORDER BY requested_at, request_id
"""
)

# R01 within a chunk: the first line of a request is kept.
TWICE = "SELECT count(*) - count(DISTINCT request_id) FROM batch_0"

DELETE_TWICE = """
DELETE FROM batch_0 USING (
  SELECT request_id, min(line_number) AS first FROM batch_0 GROUP BY request_id HAVING count(*) > 1
) d
WHERE batch_0.request_id = d.request_id AND batch_0.line_number > d.first
"""

REASONS = "SELECT reason, count(*) FROM batch_0 GROUP BY reason ORDER BY reason"

DAYS = "SELECT DISTINCT requested_at::TIMESTAMP::DATE AS day FROM batch_0 ORDER BY day"

PROGRESS = """
SELECT $organization_id::UUID AS organization_id, $source_file_id::UUID AS source_file_id,
  $batch_id::BIGINT AS batch_id, $first_line::BIGINT AS first_line, $lines::BIGINT AS lines,
  $bytes_from::BIGINT AS bytes_from, $bytes_to::BIGINT AS bytes_to, $lines_to::BIGINT AS lines_to,
  $at::TIMESTAMPTZ AS loaded_at, $media::VARCHAR AS media
"""

REJECTS = """
SELECT r.line_number::BIGINT AS line_number, r.byte_offset::BIGINT AS byte_offset,
  r.byte_length::BIGINT AS byte_length, r.reason AS reason, r.excerpt AS excerpt
FROM (SELECT unnest($rejects::STRUCT(line_number BIGINT, byte_offset BIGINT, byte_length BIGINT,
  reason VARCHAR, excerpt VARCHAR)[]) AS r)
"""
