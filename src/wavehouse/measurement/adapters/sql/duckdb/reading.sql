-- From lines to the fields of requests.

-- name: raw
-- The lines of a chunk with their numbers.
CREATE OR REPLACE TEMP TABLE raw AS
WITH lines AS (SELECT string_split($text, chr(10)) AS l)
SELECT n, line
FROM (SELECT unnest(range(1, len(l) + 1)) AS n, unnest(l) AS line FROM lines)
WHERE line <> '' AND NOT starts_with(line, '#')

-- name: raw_cleaned
-- The same for a chunk that has such characters; for every other it would double the price.
CREATE OR REPLACE TEMP TABLE raw AS
WITH lines AS (SELECT string_split($text, chr(10)) AS l)
SELECT n, line FROM (
  -- A byte order mark is no part of the first line; a unit separator is ours, between values.
  SELECT n, replace(ltrim(rtrim(line, chr(13)), chr(65279)), chr(31), ' ') AS line
  FROM (SELECT unnest(range(1, len(l) + 1)) AS n, unnest(l) AS line FROM lines)
)
WHERE line <> '' AND NOT starts_with(line, '#')

-- name: raw_of_lines
-- Given lines, each with its number.
CREATE OR REPLACE TEMP TABLE raw AS
SELECT l.n AS n, l.line AS line
FROM (SELECT unnest($lines::STRUCT(n BIGINT, line VARCHAR)[]) AS l)
WHERE l.line <> '' AND NOT starts_with(l.line, '#')

-- name: without_skipped
-- Lines that are not requests, such as a header.
DELETE FROM raw WHERE line IN (SELECT unnest($skips::VARCHAR[]))

-- name: fields
-- A request's fields from the parts of its line. An absolute target names the host (RFC 9112, 3.2.2).
CREATE OR REPLACE TEMP TABLE fields AS
WITH parts AS ({{parts}}),
known AS (
  SELECT n,
  {{expressions}}
  FROM parts
)
SELECT * REPLACE (
  CASE WHEN starts_with(uri, '/') OR NOT contains(uri, '://') THEN host ELSE host_in(uri) END
    AS host,
  CASE WHEN starts_with(uri, '/') OR NOT contains(uri, '://')
    THEN CASE WHEN contains(uri, '#') THEN split_part(uri, '#', 1) ELSE uri END
    ELSE path_in(uri) END AS uri)
FROM known

-- name: odd
-- Lines that the statement of their format cannot read.
SELECT n, line FROM raw WHERE contains(line, '\"') OR n NOT IN (
  SELECT n FROM ({{parts}}) WHERE {{dated}} IS NOT NULL)

-- name: repair
-- Put lines that were made readable in their place.
UPDATE raw SET line = c2 FROM repaired WHERE raw.n = repaired.c1::BIGINT

-- name: refuse
-- Take lines out that are not of the format.
DELETE FROM raw WHERE n IN (SELECT unnest($refused::BIGINT[]))

-- name: is_rejected
-- A line that is not of its format, or of a time that is not accepted.
(sent_at IS NULL OR status IS NULL OR bytes IS NULL OR bytes < 0 OR ip = ''
  OR sent_at < $oldest OR sent_at > $newest)

-- name: rejected
-- The lines of raw that cannot be used, and why.
SELECT n,
  CASE WHEN sent_at IS NULL OR status IS NULL OR bytes IS NULL OR ip = ''
      THEN 'malformed_line'
    WHEN sent_at < $oldest THEN 'too_old' ELSE 'in_future' END AS fault,
  line
FROM fields JOIN raw USING (n)
WHERE {{is_rejected}}
ORDER BY n

-- name: delete_rejected
-- Leave only requests that can be used.
DELETE FROM fields WHERE {{is_rejected}}

-- name: quick_parts
-- Parts of lines as the CSV reader gives them; width 0 for a line of another number of parts.
SELECT n, width, {{used}} FROM (
  SELECT row_number() OVER () AS n, CASE {{widths}} ELSE 0 END AS width, *
  FROM read_csv($path, delim = '{{at}}', quote = '', escape = '', header = false,
    auto_detect = false, columns = {{columns}}, null_padding = true, strict_mode = false,
    nullstr = '{{never}}', ignore_errors = true))
WHERE NOT starts_with(c1, '#')

-- name: last_line
-- The number of the last line that was read.
SELECT max(n) FROM fields

-- name: take_out
-- Leave out lines of these numbers.
DELETE FROM fields WHERE n IN (SELECT unnest($numbers::BIGINT[]))

-- name: quick_odd
-- The numbers of lines that the other reader must judge.
SELECT n FROM fields WHERE {{is_rejected}} ORDER BY n

-- name: keep_good
-- Keep the good lines aside.
CREATE OR REPLACE TEMP TABLE good_fields AS
SELECT * FROM fields WHERE NOT coalesce({{is_rejected}}, true)

-- name: put_back
-- Add the good lines to those that the other reader read.
INSERT INTO fields SELECT * FROM good_fields

-- name: parquet
-- The rows of a Parquet file as JSON, in their order.
SELECT to_json(t)::VARCHAR FROM read_parquet($path) AS t

-- name: raw_of_numbered
-- The lines of a chunk whose lines are not neighbours, each with its number.
CREATE OR REPLACE TEMP TABLE raw AS
SELECT n, replace(ltrim(rtrim(line, chr(13)), chr(65279)), chr(31), ' ') AS line
FROM (SELECT unnest($numbers::BIGINT[]) AS n, unnest(string_split($text, chr(10))) AS line)
WHERE line <> '' AND NOT starts_with(line, '#')

-- name: readable
-- The fields of the lines that are of their format.
SELECT * FROM fields
WHERE sent_at IS NOT NULL AND status IS NOT NULL AND bytes IS NOT NULL AND ip <> ''
ORDER BY n
