-- A job writes less: no trigger on every change, no second index by job, no lock of rows that only the holder
-- of their organization's lock may change, no speculative insertion where there is no key (docs/measured).

-- A claim changes every row once: with room on its page the old version needs no lock of its own in the log.
ALTER TABLE queue.jobs SET (fillfactor = 50);

-- A job's id is a UUIDv7, which has the time of its creation. Nothing reads the time of its last change.
DROP TRIGGER jobs_touch ON queue.jobs;
ALTER TABLE queue.jobs DROP COLUMN created_at, DROP COLUMN updated_at;

-- A job is looked up by its id, and listed by organization and time: these two indexes are enough.
ALTER TABLE queue.jobs_done DROP CONSTRAINT jobs_done_pkey;
ALTER TABLE queue.jobs_done ADD CONSTRAINT jobs_done_pkey PRIMARY KEY (job_id, finished_at);
DROP INDEX queue.jobs_done_job_id_idx;

-- Pending rows are changed only under the lock of their organization's row, which is skipped when it is taken (Q9).
CREATE OR REPLACE FUNCTION queue.claim(p_worker uuid, p_limit integer, p_lanes smallint[] DEFAULT '{0,1,2}',
  p_kinds text[] DEFAULT NULL, p_since timestamptz DEFAULT NULL, p_now timestamptz DEFAULT NULL)
RETURNS TABLE (job_id uuid, lease_token uuid, organization_id uuid, user_id uuid, project_id uuid, kind text,
  payload jsonb, lane smallint, attempts integer, max_attempts integer, run_at timestamptz,
  deadline_at timestamptz, progress jsonb)
LANGUAGE plpgsql SET search_path = '' AS $$
#variable_conflict use_column
DECLARE v_now timestamptz := queue.at(p_now);
BEGIN
  IF queue.everything_paused() THEN
    RETURN;
  END IF;
  FOR v_try IN 1..20 LOOP
    RETURN QUERY
    WITH shares AS MATERIALIZED (
      SELECT s.organization_id AS share, least(s.cap - s.running, p_limit) AS room, s.turn_at,
             s.running, s.cap, s.low_run_at, s.rescan_at <= v_now AS rescan, s.empty_looks
      FROM queue.organization_queue_state s
      WHERE s.queue = 'jobs' AND s.turn_at <= v_now
        AND s.turn_at >= coalesce(p_since, '-infinity'::timestamptz)
        AND s.paused_at IS NULL AND s.running < s.cap
      ORDER BY s.turn_at, s.organization_id
      LIMIT p_limit
      FOR NO KEY UPDATE SKIP LOCKED
    ), looked AS MATERIALIZED (
      SELECT s.share, s.room, s.turn_at, l.lane, l.turn, j.id, j.run_at,
             row_number() OVER (PARTITION BY s.share ORDER BY l.turn, j.run_at, j.id) AS place
      FROM shares s
      CROSS JOIN LATERAL unnest(p_lanes) WITH ORDINALITY AS l (lane, turn)
      CROSS JOIN LATERAL (
        SELECT j.job_id AS id, j.run_at FROM queue.jobs j
        WHERE j.share = s.share AND j.lane = l.lane AND j.status = 'pending' AND j.run_at <= v_now
          AND j.run_at >= CASE WHEN s.rescan THEN '-infinity'::timestamptz ELSE s.low_run_at[l.lane + 1] END
          AND (p_kinds IS NULL OR j.kind = ANY (p_kinds))
        ORDER BY j.run_at, j.job_id LIMIT s.room
      ) AS j
    ), chosen AS MATERIALIZED (
      SELECT k.id, k.turn, k.place FROM looked k WHERE k.place <= k.room
      ORDER BY k.place, k.turn_at, k.share LIMIT p_limit
    ), taken AS (
      UPDATE queue.jobs j SET status = 'running', attempts = j.attempts + 1,
        lease_token = gen_random_uuid(), worker_id = p_worker, claimed_at = v_now,
        deadline_at = v_now + j.time_limit
      FROM chosen c
      WHERE j.job_id = c.id AND j.status = 'pending'
      RETURNING j.*, c.turn, c.place
    ), counted AS (
      SELECT s.share, s.room, s.running, s.cap, s.empty_looks, s.rescan, s.low_run_at,
             (SELECT count(*) FROM looked k WHERE k.share = s.share)::integer AS found,
             (SELECT count(*) FROM taken t WHERE t.share = s.share)::integer AS got
      FROM shares s
    ), served AS (
      UPDATE queue.organization_queue_state o SET
        running = o.running + c.got,
        last_served_at = CASE WHEN c.got > 0 THEN v_now ELSE o.last_served_at END,
        turn_at = CASE
          WHEN o.running + c.got >= o.cap THEN 'infinity'
          WHEN c.found > c.got OR c.found >= c.room THEN v_now
          ELSE least(
            v_now + interval '1 second' * power(2, least(CASE WHEN c.got > 0 THEN 0 ELSE c.empty_looks END, 10)),
            CASE WHEN c.rescan THEN NULL ELSE o.rescan_at END,
            (SELECT min(n.run_at) FROM unnest(ARRAY[0, 1, 2]) AS a (lane) CROSS JOIN LATERAL (
              SELECT j.run_at FROM queue.jobs j
              WHERE j.share = c.share AND j.lane = a.lane AND j.status = 'pending' AND j.run_at > v_now
              ORDER BY j.run_at LIMIT 1) AS n))
          END,
        empty_looks = CASE WHEN c.got > 0 THEN 0 ELSE least(c.empty_looks + 1, 10) END,
        low_run_at = ARRAY(
          SELECT CASE
            WHEN h.run_at IS NULL THEN v_now - interval '1 second'
            ELSE least(h.run_at, v_now) - interval '1 second' END
          FROM unnest(ARRAY[0, 1, 2]) AS a (lane)
          LEFT JOIN LATERAL (
            SELECT j.run_at FROM queue.jobs j
            WHERE j.share = c.share AND j.lane = a.lane AND j.status = 'pending' AND j.run_at <= v_now
              AND j.run_at >= CASE WHEN c.rescan THEN '-infinity'::timestamptz ELSE c.low_run_at[a.lane + 1] END
            ORDER BY j.run_at LIMIT 1) AS h ON true
          ORDER BY a.lane),
        rescan_at = CASE WHEN c.rescan THEN v_now + interval '10 seconds' ELSE o.rescan_at END
      FROM counted c
      WHERE o.organization_id = c.share AND o.queue = 'jobs' AND (c.got > 0 OR c.found = 0)
    )
    SELECT t.job_id, t.lease_token, t.organization_id, t.user_id, t.project_id, t.kind, t.payload, t.lane,
    t.attempts, t.max_attempts, t.run_at, t.deadline_at, t.progress FROM taken t ORDER BY t.place, t.turn,
      t.run_at, t.job_id;
    EXIT WHEN FOUND;
    -- Nothing found may mean: those whose turn it was had nothing. Then it is the next one's turn.
    PERFORM FROM queue.organization_queue_state s
    WHERE s.queue = 'jobs' AND s.turn_at <= v_now AND s.paused_at IS NULL AND s.running < s.cap
      AND s.turn_at >= coalesce(p_since, '-infinity'::timestamptz)
    ORDER BY s.turn_at, s.organization_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    EXIT WHEN NOT FOUND;
  END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION queue.enqueue_many(p_jobs jsonb, p_now timestamptz DEFAULT NULL) RETURNS SETOF uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_ids uuid[];
  v_wakes record;
BEGIN
  WITH asked AS MATERIALIZED (
    SELECT r.organization_id, r.user_id, r.project_id, r.kind, r.unique_key, coalesce(r.lane, 1::smallint) AS lane,
           greatest(coalesce(r.run_at, v_now), v_now) AS run_at, coalesce(r.payload, '{}') AS payload,
           coalesce(r.max_attempts, 5) AS max_attempts, coalesce(r.time_limit, interval '10 minutes') AS time_limit,
           coalesce(r.keep_done, true) AS keep_done,
           CASE WHEN r.project_id IS NULL THEN 'pending'
                ELSE queue.idle_status(r.organization_id, r.project_id) END AS status
    FROM jsonb_to_recordset(p_jobs) AS r (organization_id uuid, user_id uuid, project_id uuid, kind text,
      unique_key text, lane smallint, run_at timestamptz, payload jsonb, max_attempts integer,
      time_limit interval, keep_done boolean)
  ), keyless AS (
    INSERT INTO queue.jobs AS j (organization_id, user_id, project_id, kind, unique_key, lane, run_at, payload,
      max_attempts, time_limit, keep_done, status)
    SELECT * FROM asked a WHERE a.unique_key IS NULL
    RETURNING j.job_id, j.share, j.run_at
  ), keyed AS (
    INSERT INTO queue.jobs AS j (organization_id, user_id, project_id, kind, unique_key, lane, run_at, payload,
      max_attempts, time_limit, keep_done, status)
    SELECT * FROM asked a WHERE a.unique_key IS NOT NULL
    ON CONFLICT (share, kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
    RETURNING j.job_id, j.share, j.run_at
  ), added AS (
    SELECT * FROM keyless UNION ALL SELECT * FROM keyed
  ), per_share AS (
    SELECT a.share, min(a.run_at) AS run_at FROM added a GROUP BY a.share
  )
  SELECT (SELECT array_agg(a.job_id) FROM added a) AS ids,
         (SELECT array_agg(p.share ORDER BY p.share) FROM per_share p) AS shares,
         (SELECT array_agg(p.run_at ORDER BY p.share) FROM per_share p) AS times
  INTO v_wakes;
  v_ids := v_wakes.ids;
  IF v_ids IS NOT NULL THEN
    FOR place IN 1..cardinality(v_wakes.shares) LOOP
      PERFORM queue.wake_jobs(v_wakes.shares[place], v_wakes.times[place]);
    END LOOP;
  END IF;
  RETURN QUERY SELECT unnest(v_ids);
END
$$;
