-- Counting on Spark: only what sqlglot cannot carry over from duckdb/counting.sql.

-- name: delete_repeated
-- R01: one of each; rows without a native id apart, so that no partition holds them all.
SELECT * FROM taken WHERE native IS NULL
UNION ALL
SELECT * EXCEPT (time) FROM (
  SELECT *, row_number() OVER (PARTITION BY native ORDER BY sent_at) AS time
  FROM taken WHERE native IS NOT NULL
) WHERE time = 1

-- name: without_excess
-- Take downloads back.
SELECT d.* FROM derived d LEFT ANTI JOIN excess e ON d.address = e.address AND d.day = e.day

-- name: repeated_listeners
-- Spark numbers rows differently when a task is repeated: the key is a hash.
SELECT xxhash64(address, agent) AS listener_key, address, agent, episode_id
FROM candidates LEFT ANTI JOIN excess USING (address, day)
WHERE NOT is_prefix AND range_end > range_start
GROUP BY address, agent, episode_id HAVING min(day) < max(day)
