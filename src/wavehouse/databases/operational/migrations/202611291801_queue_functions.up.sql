-- The queue's contract: functions that any language can call (Q29; docs/concepts/queue.md).
-- Every function takes the time as its last argument; without one it is the transaction's setting
-- wavehouse.now, else the server's clock, so that workers whose clocks differ agree (Q30).
-- Locks are always taken in one order: organization_queue_state by organization, then jobs.

CREATE FUNCTION queue.at(p_now timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT coalesce(p_now, nullif(pg_catalog.current_setting('wavehouse.now', true), '')::timestamptz,
                  pg_catalog.clock_timestamp())
$$;
COMMENT ON FUNCTION queue.at(timestamptz) IS 'The given time, else the transaction''s, else the server''s.';

CREATE FUNCTION queue.backoff(p_attempts integer, p_jitter double precision) RETURNS interval
LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
  SELECT least(interval '6 hours', interval '30 seconds' * power(2, least(greatest(p_attempts, 1), 20) - 1))
         * p_jitter
$$;
COMMENT ON FUNCTION queue.backoff(integer, double precision) IS 'The wait after so many attempts: min(6 h, 30 s * 2^(n-1)) times the jitter, 0 to 1 (Q18).';

CREATE FUNCTION queue.everything_paused() RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT EXISTS (SELECT FROM queue.pauses WHERE organization_id IS NULL AND project_id IS NULL)
$$;
COMMENT ON FUNCTION queue.everything_paused() IS 'True while the whole queue is paused (Q23).';

CREATE FUNCTION queue.idle_status(p_organization uuid, p_project uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT CASE WHEN p_project IS NOT NULL AND EXISTS (
    SELECT FROM queue.pauses WHERE organization_id = p_organization AND project_id = p_project)
    THEN 'paused' ELSE 'pending' END
$$;
COMMENT ON FUNCTION queue.idle_status(uuid, uuid) IS 'The status of work that waits: paused when its project is (Q23).';

CREATE FUNCTION queue.ensure_months(p_now timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  v_day date := (queue.at(p_now) AT TIME ZONE 'UTC')::date;
  v_made integer := 0;
  v_parent text;
  v_ahead integer;
BEGIN
  FOREACH v_parent IN ARRAY ARRAY['queue.jobs_done', 'studio.episode_schedule_done'] LOOP
    CONTINUE WHEN pg_catalog.to_regclass(v_parent) IS NULL;
    FOR v_ahead IN 0..1 LOOP
      v_made := v_made + schema_ops.ensure_partition(
        v_parent::pg_catalog.regclass, (v_day + v_ahead * interval '1 month')::date, 'month')::integer;
    END LOOP;
  END LOOP;
  RETURN v_made;
END
$$;
COMMENT ON FUNCTION queue.ensure_months(timestamptz) IS 'Makes the partitions of this month and the next for what is done; how many were made.';

CREATE FUNCTION queue.drop_done(p_before timestamptz, p_now timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  v_dropped integer := 0;
  v_part pg_catalog.regclass;
BEGIN
  IF p_before > queue.at(p_now) - interval '30 days' THEN
    RAISE EXCEPTION 'finished jobs are kept for at least 30 days' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR v_part IN
    SELECT part FROM schema_ops.partitions_before('queue.jobs_done', (p_before AT TIME ZONE 'UTC')::date)
  LOOP
    EXECUTE pg_catalog.format('DROP TABLE %s', v_part);
    v_dropped := v_dropped + 1;
  END LOOP;
  RETURN v_dropped;
END
$$;
COMMENT ON FUNCTION queue.drop_done(timestamptz, timestamptz) IS 'Retention: drops the months of jobs_done that ended before; how many (Q27).';

-- Workers and the leader ----------------------------------------------------------------------

CREATE FUNCTION queue.enter(p_worker uuid, p_name text, p_host text, p_pid integer, p_kinds text[],
  p_lanes smallint[], p_release text, p_now timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE v_now timestamptz := queue.at(p_now);
BEGIN
  INSERT INTO queue.workers (worker_id, name, host, pid, kinds, lanes, release, started_at, heartbeat_at)
  VALUES (p_worker, p_name, p_host, p_pid, p_kinds, p_lanes, p_release, v_now, v_now)
  ON CONFLICT (worker_id) DO UPDATE
    SET heartbeat_at = greatest(v_now, queue.workers.started_at), kinds = p_kinds, draining = false;
END
$$;
COMMENT ON FUNCTION queue.enter(uuid, text, text, integer, text[], smallint[], text, timestamptz) IS 'A worker says that it is there and what it can do.';

CREATE FUNCTION queue.leave(p_worker uuid) RETURNS void
LANGUAGE sql SET search_path = '' AS $$
  DELETE FROM queue.workers WHERE worker_id = p_worker
$$;
COMMENT ON FUNCTION queue.leave(uuid) IS 'A worker ends; what it still holds is rescued at once.';

CREATE FUNCTION queue.lead(p_worker uuid, p_ttl interval DEFAULT '10 seconds', p_now timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_term bigint;
BEGIN
  INSERT INTO queue.leader AS l (term, holder, acquired_at, expires_at)
  VALUES (1, p_worker, v_now, v_now + p_ttl)
  ON CONFLICT (single) DO UPDATE SET
    term = CASE WHEN l.holder = p_worker AND l.expires_at > v_now THEN l.term ELSE l.term + 1 END,
    acquired_at = CASE WHEN l.holder = p_worker AND l.expires_at > v_now THEN l.acquired_at ELSE v_now END,
    holder = p_worker,
    expires_at = v_now + p_ttl
  WHERE l.expires_at <= v_now OR (l.holder = p_worker AND v_now + p_ttl > l.acquired_at)
  RETURNING term INTO v_term;
  RETURN v_term;
END
$$;
COMMENT ON FUNCTION queue.lead(uuid, interval, timestamptz) IS 'Becomes leader or renews: the term, or NULL while another leads (Q26).';

CREATE FUNCTION queue.resign(p_worker uuid, p_now timestamptz DEFAULT NULL) RETURNS void
LANGUAGE sql SET search_path = '' AS $$
  UPDATE queue.leader SET expires_at = greatest(queue.at(p_now), acquired_at + interval '1 microsecond')
  WHERE holder = p_worker
$$;
COMMENT ON FUNCTION queue.resign(uuid, timestamptz) IS 'The leader ends its term at once.';

CREATE FUNCTION queue.leads(p_term bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM FROM queue.leader WHERE term = p_term FOR SHARE;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION queue.leads(bigint) IS 'True when this is the term; it stays so until the transaction ends. Every write of a leader asks (Q26).';

-- The family of functions of queue.jobs.

CREATE FUNCTION queue.wake_jobs(p_organization uuid, p_run_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  -- Locks nothing while the organization's turn is early enough, which is the usual case.
  UPDATE queue.organization_queue_state s SET turn_at = least(s.turn_at, p_run_at), empty_looks = 0
  WHERE s.organization_id = p_organization AND s.queue = 'jobs' AND s.running < s.cap
    AND (s.turn_at > p_run_at OR s.empty_looks > 0);
  IF NOT FOUND THEN
    INSERT INTO queue.organization_queue_state (organization_id, queue, cap, turn_at)
    VALUES (p_organization, 'jobs', CASE WHEN p_organization = '00000000-0000-0000-0000-000000000000'
      THEN 1000 ELSE 5 END, p_run_at)
    ON CONFLICT (organization_id, queue) DO NOTHING;
  END IF;
END
$$;
COMMENT ON FUNCTION queue.wake_jobs(uuid, timestamptz) IS 'Claims look at this organization from then on.';

CREATE FUNCTION queue.lock_shares_jobs(p_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM FROM queue.organization_queue_state s
  WHERE s.queue = 'jobs'
    AND s.organization_id IN (SELECT j.share FROM queue.jobs j WHERE j.job_id = ANY (p_ids))
  ORDER BY s.organization_id FOR NO KEY UPDATE;
END
$$;
COMMENT ON FUNCTION queue.lock_shares_jobs(uuid[]) IS 'Locks the organizations of these rows, in order, before the rows themselves.';

CREATE FUNCTION queue.free_jobs(p_shares uuid[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE queue.organization_queue_state s SET
    running = s.running - f.number,
    turn_at = CASE WHEN s.running >= s.cap THEN p_now ELSE s.turn_at END
  FROM (SELECT x.share, count(*)::integer AS number FROM unnest(p_shares) AS x (share) GROUP BY x.share) AS f
  WHERE s.organization_id = f.share AND s.queue = 'jobs';
END
$$;
COMMENT ON FUNCTION queue.free_jobs(uuid[], timestamptz) IS 'Gives leases back to their organizations: one entry per lease.';

CREATE FUNCTION queue.end_jobs(p_ids uuid[], p_status text, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE v_shares uuid[]; v_number integer;
BEGIN
  WITH gone AS (
    DELETE FROM queue.jobs j WHERE j.job_id = ANY (p_ids) RETURNING j.*
  ), kept AS (
    INSERT INTO queue.jobs_done (finished_at, job_id, organization_id, user_id, project_id, kind, unique_key,
      lane, status, run_at, claimed_at, attempts, max_attempts, time_limit, payload, errors, progress, cost,
      worker_id)
    SELECT p_now, j.job_id, j.organization_id, j.user_id, j.project_id, j.kind, j.unique_key, j.lane, p_status,
      j.run_at, j.claimed_at, j.attempts, j.max_attempts, j.time_limit, j.payload, j.errors, j.progress, j.cost,
      j.worker_id FROM gone j
  )
  SELECT array_agg(gone.share) FILTER (WHERE gone.status = 'running'), count(*)
  INTO v_shares, v_number FROM gone;
  IF v_shares IS NOT NULL THEN
    PERFORM queue.free_jobs(v_shares, p_now);
  END IF;
  RETURN v_number;
END
$$;
COMMENT ON FUNCTION queue.end_jobs(uuid[], text, timestamptz) IS 'Moves rows to what is done. For the other functions: it asks for no token.';

-- Q9 to Q13: organizations by turn, under their locks; then rows in the order lane, run_at, id.
CREATE FUNCTION queue.claim(p_worker uuid, p_limit integer, p_lanes smallint[] DEFAULT '{0,1,2}',
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
      SELECT c.id, c.turn, c.place
      FROM (SELECT k.id, k.turn, k.place FROM looked k WHERE k.place <= k.room
            ORDER BY k.place, k.turn_at, k.share LIMIT p_limit) AS c
      JOIN queue.jobs j ON j.job_id = c.id
      FOR UPDATE OF j SKIP LOCKED
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
COMMENT ON FUNCTION queue.claim(uuid, integer, smallint[], text[], timestamptz, timestamptz) IS 'Takes what is due: one of every organization whose turn it is, then a second of each (Q9). Counts the attempt, makes a random lease token (Q16, Q17).';

CREATE FUNCTION queue.oldest_turn(p_now timestamptz DEFAULT NULL) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT least(min(s.turn_at), queue.at(p_now)) - interval '1 second'
  FROM queue.organization_queue_state s WHERE s.queue = 'jobs'
$$;
COMMENT ON FUNCTION queue.oldest_turn(timestamptz) IS 'What claims of the next ten seconds may pass as p_since (Q12).';

CREATE FUNCTION queue.complete(p_ids uuid[], p_tokens uuid[], p_now timestamptz DEFAULT NULL) RETURNS SETOF uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_ids uuid[];
  v_shares uuid[];
BEGIN
  PERFORM queue.lock_shares_jobs(p_ids);
  WITH gone AS (
    DELETE FROM queue.jobs j USING unnest(p_ids, p_tokens) AS l (id, token)
    WHERE j.job_id = l.id AND j.lease_token = l.token AND j.status = 'running'
      AND j.cancel_requested_at IS NULL
    RETURNING j.*
  ), kept AS (
    INSERT INTO queue.jobs_done (finished_at, job_id, organization_id, user_id, project_id, kind, unique_key,
      lane, status, run_at, claimed_at, attempts, max_attempts, time_limit, payload, errors, progress, cost,
      worker_id)
    SELECT v_now, j.job_id, j.organization_id, j.user_id, j.project_id, j.kind, j.unique_key, j.lane, 'done',
      j.run_at, j.claimed_at, j.attempts, j.max_attempts, j.time_limit, j.payload, j.errors, j.progress, j.cost,
      j.worker_id FROM gone j
    WHERE j.keep_done
  )
  SELECT array_agg(gone.job_id), array_agg(gone.share) INTO v_ids, v_shares FROM gone;
  IF v_ids IS NOT NULL THEN
    PERFORM queue.free_jobs(v_shares, v_now);
  END IF;
  RETURN QUERY SELECT unnest(v_ids);
END
$$;
COMMENT ON FUNCTION queue.complete(uuid[], uuid[], timestamptz) IS 'Moves successes to what is done; the ids that were still leased by these tokens and not cancelled (Q15, Q22, Q27).';

CREATE FUNCTION queue.fail(p_id uuid, p_token uuid, p_error jsonb, p_class text DEFAULT 'transient',
  p_retry_after interval DEFAULT NULL, p_jitter double precision DEFAULT NULL, p_now timestamptz DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_row queue.jobs;
  v_status text;
BEGIN
  IF p_class NOT IN ('transient', 'permanent', 'budget', 'policy') THEN
    RAISE EXCEPTION 'unknown class of error: %', p_class USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM queue.lock_shares_jobs(ARRAY[p_id]);
  UPDATE queue.jobs j SET errors = CASE WHEN jsonb_array_length(j.errors) >= 20 THEN j.errors - 0 ELSE j.errors END
    || jsonb_build_array(p_error || jsonb_build_object('at', v_now, 'attempt', j.attempts, 'class', p_class))
  WHERE j.job_id = p_id AND j.lease_token = p_token AND j.status = 'running'
  RETURNING * INTO v_row;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  v_status := CASE
    WHEN v_row.cancel_requested_at IS NOT NULL THEN 'cancelled'
    WHEN p_class = 'policy' THEN 'failed'
    WHEN p_class = 'permanent' THEN 'dead'
    WHEN p_class = 'budget' THEN 'blocked_budget'
    WHEN v_row.attempts >= v_row.max_attempts THEN 'dead'
    ELSE queue.idle_status(v_row.organization_id, v_row.project_id) END;
  IF v_status IN ('cancelled', 'failed', 'dead') THEN
    PERFORM queue.end_jobs(ARRAY[p_id], v_status, v_now);
    RETURN v_status;
  END IF;
  UPDATE queue.jobs j SET status = v_status, lease_token = NULL, worker_id = NULL, claimed_at = NULL,
    deadline_at = NULL,
    attempts = CASE WHEN p_class = 'budget' THEN j.attempts - 1 ELSE j.attempts END,
    run_at = v_now + CASE WHEN p_class = 'budget' THEN interval '0'
      ELSE coalesce(p_retry_after, queue.backoff(j.attempts, coalesce(p_jitter, random()))) END
  WHERE j.job_id = p_id RETURNING * INTO v_row;
  PERFORM queue.free_jobs(ARRAY[v_row.share], v_now);
  IF v_status = 'pending' THEN
    PERFORM queue.wake_jobs(v_row.share, v_row.run_at);
  END IF;
  RETURN v_status;
END
$$;
COMMENT ON FUNCTION queue.fail(uuid, uuid, jsonb, text, interval, double precision, timestamptz) IS 'Ends an attempt with an error: the new status, or NULL when the lease is lost. Retries by backoff or retry_after; permanent goes to the dead letter, policy to failed, budget waits and costs no attempt (Q18).';

CREATE FUNCTION queue.snooze(p_id uuid, p_token uuid, p_until timestamptz, p_now timestamptz DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_row queue.jobs;
BEGIN
  PERFORM queue.lock_shares_jobs(ARRAY[p_id]);
  UPDATE queue.jobs j SET status = queue.idle_status(j.organization_id, j.project_id), lease_token = NULL,
    worker_id = NULL, claimed_at = NULL, deadline_at = NULL, attempts = j.attempts - 1,
    run_at = greatest(p_until, v_now)
  WHERE j.job_id = p_id AND j.lease_token = p_token AND j.status = 'running' AND j.cancel_requested_at IS NULL
  RETURNING * INTO v_row;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM queue.free_jobs(ARRAY[v_row.share], v_now);
  PERFORM queue.wake_jobs(v_row.share, v_row.run_at);
  RETURN true;
END
$$;
COMMENT ON FUNCTION queue.snooze(uuid, uuid, timestamptz, timestamptz) IS 'Puts a row back until then; costs no attempt. False when the lease is lost. With the present as the time it releases work that was not started (Q24).';

CREATE FUNCTION queue.checkpoint(p_id uuid, p_token uuid, p_progress jsonb, p_cost numeric DEFAULT 0,
  p_now timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE queue.jobs j SET progress = coalesce(p_progress, j.progress), cost = j.cost + p_cost
  WHERE j.job_id = p_id AND j.lease_token = p_token AND j.status = 'running';
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION queue.checkpoint(uuid, uuid, jsonb, numeric, timestamptz) IS 'Keeps what the next attempt can continue from, and adds to the cost. False when the lease is lost.';

CREATE FUNCTION queue.held(p_worker uuid, p_now timestamptz DEFAULT NULL)
RETURNS TABLE (job_id uuid, lease_token uuid, cancelled boolean, overdue boolean)
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT j.job_id, j.lease_token, j.cancel_requested_at IS NOT NULL, j.deadline_at <= queue.at(p_now)
  FROM queue.jobs j WHERE j.worker_id = p_worker AND j.status = 'running'
$$;
COMMENT ON FUNCTION queue.held(uuid, timestamptz) IS 'What a worker holds, and which of it is cancelled or overdue.';

CREATE FUNCTION queue.cancel(p_id uuid, p_now timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_status text;
BEGIN
  PERFORM queue.lock_shares_jobs(ARRAY[p_id]);
  SELECT j.status INTO v_status FROM queue.jobs j WHERE j.job_id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  ELSIF v_status = 'running' THEN
    UPDATE queue.jobs j SET cancel_requested_at = coalesce(j.cancel_requested_at, v_now) WHERE j.job_id = p_id;
    RETURN 'requested';
  END IF;
  PERFORM queue.end_jobs(ARRAY[p_id], 'cancelled', v_now);
  RETURN 'cancelled';
END
$$;
COMMENT ON FUNCTION queue.cancel(uuid, timestamptz) IS 'Cancels: at once what waits; what runs is asked to stop and cannot complete any more (Q22). cancelled, requested, or NULL for what is not live.';

CREATE FUNCTION queue.requeue(p_id uuid, p_reset boolean DEFAULT true, p_now timestamptz DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_row queue.jobs;
BEGIN
  WITH gone AS (
    DELETE FROM queue.jobs_done d WHERE d.job_id = p_id AND d.status IN ('dead', 'failed', 'cancelled') RETURNING d.*
  )
  INSERT INTO queue.jobs (job_id, organization_id, user_id, project_id, kind, unique_key, lane, run_at, payload,
    errors, attempts, max_attempts, time_limit, progress, cost, status)
  SELECT d.job_id, d.organization_id, d.user_id, d.project_id, d.kind, d.unique_key, d.lane, v_now, d.payload,
    d.errors, CASE WHEN p_reset THEN 0 ELSE d.attempts END,
    CASE WHEN p_reset THEN d.max_attempts ELSE greatest(d.max_attempts, d.attempts + 1) END,
    d.time_limit, d.progress, d.cost, queue.idle_status(d.organization_id, d.project_id) FROM gone d
  RETURNING * INTO v_row;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM queue.wake_jobs(v_row.share, v_now);
  RETURN true;
END
$$;
COMMENT ON FUNCTION queue.requeue(uuid, boolean, timestamptz) IS 'Brings what ended without success back to life, its attempts counted from zero or kept with one more allowed (Q21).';

CREATE FUNCTION queue.discard(p_id uuid, p_now timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE queue.jobs_done d SET status = 'failed' WHERE d.job_id = p_id AND d.status = 'dead';
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION queue.discard(uuid, timestamptz) IS 'Takes a row out of the dead letter; it stays in the history as failed (Q21).';

CREATE FUNCTION queue.pause(p_organization uuid, p_project uuid, p_by text, p_reason text DEFAULT '',
  p_now timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_new boolean;
BEGIN
  INSERT INTO queue.pauses (organization_id, project_id, paused_at, paused_by, reason)
  VALUES (p_organization, p_project, v_now, p_by, p_reason)
  ON CONFLICT (organization_id, project_id) DO NOTHING;
  v_new := FOUND;
  IF p_project IS NOT NULL THEN
    PERFORM FROM queue.organization_queue_state s
    WHERE s.organization_id = p_organization AND s.queue = 'jobs' FOR NO KEY UPDATE;
    UPDATE queue.jobs j SET status = 'paused'
    WHERE j.share = p_organization AND j.project_id = p_project AND j.status = 'pending';
  ELSIF p_organization IS NOT NULL THEN
    PERFORM queue.wake_jobs(p_organization, v_now);
    UPDATE queue.organization_queue_state s SET paused_at = v_now
    WHERE s.organization_id = p_organization;
  END IF;
  RETURN v_new;
END
$$;
COMMENT ON FUNCTION queue.pause(uuid, uuid, text, text, timestamptz) IS 'Pauses a project, an organization, or, without either, everything; false when it was (Q23).';

CREATE FUNCTION queue.resume(p_organization uuid, p_project uuid, p_now timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_was boolean;
BEGIN
  DELETE FROM queue.pauses p
  WHERE p.organization_id IS NOT DISTINCT FROM p_organization AND p.project_id IS NOT DISTINCT FROM p_project;
  v_was := FOUND;
  IF p_project IS NOT NULL THEN
    PERFORM FROM queue.organization_queue_state s
    WHERE s.organization_id = p_organization AND s.queue = 'jobs' FOR NO KEY UPDATE;
    UPDATE queue.jobs j SET status = 'pending', run_at = greatest(j.run_at, v_now)
    WHERE j.share = p_organization AND j.project_id = p_project AND j.status = 'paused';
    PERFORM queue.wake_jobs(p_organization, v_now);
  ELSIF p_organization IS NOT NULL THEN
    UPDATE queue.organization_queue_state s SET paused_at = NULL,
      turn_at = CASE WHEN s.running < s.cap THEN v_now ELSE s.turn_at END, empty_looks = 0
    WHERE s.organization_id = p_organization;
  END IF;
  RETURN v_was;
END
$$;
COMMENT ON FUNCTION queue.resume(uuid, uuid, timestamptz) IS 'Ends a pause; false when there was none (Q23).';

CREATE FUNCTION queue.unblock(p_organization uuid, p_now timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_number integer;
BEGIN
  PERFORM FROM queue.organization_queue_state s
  WHERE s.organization_id = p_organization AND s.queue = 'jobs' FOR NO KEY UPDATE;
  UPDATE queue.jobs j SET status = queue.idle_status(j.organization_id, j.project_id), run_at = greatest(j.run_at,
    v_now)
  WHERE j.share = p_organization AND j.status = 'blocked_budget';
  GET DIAGNOSTICS v_number = ROW_COUNT;
  IF v_number > 0 THEN
    PERFORM queue.wake_jobs(p_organization, v_now);
  END IF;
  RETURN v_number;
END
$$;
COMMENT ON FUNCTION queue.unblock(uuid, timestamptz) IS 'What waited for budget may run: the period has changed or was topped up (Q18).';

CREATE FUNCTION queue.rescue(p_term bigint, p_jitter double precision DEFAULT NULL, p_now timestamptz DEFAULT NULL)
RETURNS TABLE (job_id uuid, outcome text)
LANGUAGE plpgsql SET search_path = '' AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_row record;
  v_status text;
BEGIN
  IF NOT queue.leads(p_term) THEN
    RETURN;
  END IF;
  FOR v_row IN
    SELECT j.job_id AS id, j.lease_token AS token, j.share AS share,
           CASE WHEN w.worker_id IS NULL THEN 'the worker is gone'
                WHEN w.heartbeat_at <= v_now - interval '45 seconds' THEN 'the worker stopped'
                ELSE 'the attempt took longer than its time limit' END AS reason
    FROM queue.jobs j LEFT JOIN queue.workers w ON w.worker_id = j.worker_id
    WHERE j.status = 'running' AND (w.worker_id IS NULL
      OR w.heartbeat_at <= v_now - interval '45 seconds' OR j.deadline_at <= v_now - interval '15 seconds')
    ORDER BY j.share, j.job_id LIMIT 1000
  LOOP
    PERFORM queue.lock_shares_jobs(ARRAY[v_row.id]);
    UPDATE queue.jobs j SET
      errors = CASE WHEN jsonb_array_length(j.errors) >= 20 THEN j.errors - 0 ELSE j.errors END
        || jsonb_build_array(jsonb_build_object('at', v_now, 'attempt', j.attempts, 'class', 'transient',
             'message', v_row.reason)),
      status = queue.idle_status(j.organization_id, j.project_id),
      lease_token = NULL, worker_id = NULL, claimed_at = NULL, deadline_at = NULL,
      run_at = v_now + CASE WHEN j.attempts <= 1 THEN interval '0'
        ELSE queue.backoff(j.attempts - 1, coalesce(p_jitter, random())) END
    WHERE j.job_id = v_row.id AND j.lease_token = v_row.token AND j.status = 'running'
      AND (j.deadline_at <= v_now - interval '15 seconds' OR NOT EXISTS (
        SELECT FROM queue.workers w WHERE w.worker_id = j.worker_id
          AND w.heartbeat_at > v_now - interval '45 seconds'))
    RETURNING CASE WHEN j.cancel_requested_at IS NOT NULL THEN 'cancelled'
      WHEN j.attempts >= j.max_attempts THEN 'dead' ELSE j.status END INTO v_status;
    CONTINUE WHEN NOT FOUND;
    PERFORM queue.free_jobs(ARRAY[v_row.share], v_now);
    IF v_status IN ('dead', 'cancelled') THEN
      PERFORM queue.end_jobs(ARRAY[v_row.id], v_status, v_now);
    ELSE
      PERFORM queue.wake_jobs(v_row.share, v_now);
    END IF;
    job_id := v_row.id;
    outcome := v_status;
    RETURN NEXT;
  END LOOP;
END
$$;
COMMENT ON FUNCTION queue.rescue(bigint, double precision, timestamptz) IS 'The leader takes back what dead workers hold and what is 15 s past its deadline; each update asks for token and heartbeat again (Q20).';

-- What only jobs have: enqueueing, heartbeats, schedules.

CREATE FUNCTION queue.enqueue_many(p_jobs jsonb, p_now timestamptz DEFAULT NULL) RETURNS SETOF uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_ids uuid[];
  v_wakes record;
BEGIN
  WITH added AS (
    INSERT INTO queue.jobs AS j (organization_id, user_id, project_id, kind, unique_key, lane, run_at, payload,
      max_attempts, time_limit, keep_done, status)
    SELECT r.organization_id, r.user_id, r.project_id, r.kind, r.unique_key, coalesce(r.lane, 1::smallint),
           greatest(coalesce(r.run_at, v_now), v_now), coalesce(r.payload, '{}'),
           coalesce(r.max_attempts, 5), coalesce(r.time_limit, interval '10 minutes'),
           coalesce(r.keep_done, true),
           CASE WHEN r.project_id IS NULL THEN 'pending'
                ELSE queue.idle_status(r.organization_id, r.project_id) END
    FROM jsonb_to_recordset(p_jobs) AS r (organization_id uuid, user_id uuid, project_id uuid, kind text,
      unique_key text, lane smallint, run_at timestamptz, payload jsonb, max_attempts integer,
      time_limit interval, keep_done boolean)
    ON CONFLICT (share, kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
    RETURNING j.job_id, j.share, j.run_at
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
COMMENT ON FUNCTION queue.enqueue_many(jsonb, timestamptz) IS 'Adds jobs, an array of objects with columns of queue.jobs; the ids of those that were added. A live job of the same organization, kind and unique_key is not added again. Call it last in a transaction.';

CREATE FUNCTION queue.enqueue(p_kind text, p_organization uuid DEFAULT NULL, p_payload jsonb DEFAULT '{}',
  p_run_at timestamptz DEFAULT NULL, p_lane smallint DEFAULT 1, p_unique_key text DEFAULT NULL,
  p_now timestamptz DEFAULT NULL) RETURNS uuid
LANGUAGE sql SET search_path = '' AS $$
  SELECT queue.enqueue_many(jsonb_build_array(jsonb_build_object('kind', p_kind, 'organization_id',
    p_organization, 'payload', p_payload, 'run_at', p_run_at, 'lane', p_lane, 'unique_key', p_unique_key)), p_now)
$$;
COMMENT ON FUNCTION queue.enqueue(text, uuid, jsonb, timestamptz, smallint, text, timestamptz) IS 'Adds one job: its id, or NULL when a live job has the key.';

CREATE FUNCTION queue.heartbeat(p_worker uuid, p_draining boolean DEFAULT false, p_lost bigint DEFAULT 0,
  p_now timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE queue.workers w SET heartbeat_at = greatest(w.heartbeat_at, queue.at(p_now)), draining = p_draining,
    lost_leases = w.lost_leases + p_lost
  WHERE w.worker_id = p_worker;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION queue.heartbeat(uuid, boolean, bigint, timestamptz) IS 'Every 10 s; a worker without one for 45 s is dead (Q14). False when its row is gone: it must enter again.';

CREATE FUNCTION queue.sweep_workers(p_term bigint, p_now timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE v_number integer;
BEGIN
  IF NOT queue.leads(p_term) THEN
    RETURN 0;
  END IF;
  DELETE FROM queue.workers w WHERE w.heartbeat_at <= queue.at(p_now) - interval '1 hour';
  GET DIAGNOSTICS v_number = ROW_COUNT;
  RETURN v_number;
END
$$;
COMMENT ON FUNCTION queue.sweep_workers(bigint, timestamptz) IS 'The leader removes the rows of workers that died an hour ago.';

CREATE FUNCTION queue.tick(p_term bigint, p_schedule uuid, p_due timestamptz, p_next timestamptz,
  p_keep boolean DEFAULT true, p_time_limit interval DEFAULT NULL, p_now timestamptz DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_row queue.schedules;
BEGIN
  IF NOT queue.leads(p_term) THEN
    RETURN NULL;
  END IF;
  UPDATE queue.schedules s SET last_run_at = v_now, next_run_at = coalesce(p_next, v_now + s.every)
  WHERE s.schedule_id = p_schedule AND s.is_active AND s.next_run_at IS NOT DISTINCT FROM p_due
  RETURNING * INTO v_row;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT queue.enqueue_many(jsonb_build_array(jsonb_build_object('kind', v_row.kind, 'payload',
    v_row.payload, 'unique_key', 'schedule:' || v_row.name, 'keep_done', p_keep, 'max_attempts', 5,
    'time_limit', p_time_limit)), p_now));
END
$$;
COMMENT ON FUNCTION queue.tick(bigint, uuid, timestamptz, timestamptz, boolean, interval, timestamptz) IS 'The leader makes the job of a schedule that is due, once for each due time, and none while the last one is live.';

-- Who may call what. The app calls as itself, under row security.
REVOKE ALL ON FUNCTION queue.at(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.at(timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.backoff(integer, double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.backoff(integer, double precision) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.everything_paused() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.everything_paused() TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.idle_status(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.idle_status(uuid, uuid) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.ensure_months(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.ensure_months(timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.drop_done(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.drop_done(timestamptz, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.enter(uuid, text, text, integer, text[], smallint[], text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.enter(uuid, text, text, integer, text[], smallint[], text, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.leave(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.leave(uuid) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.lead(uuid, interval, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.lead(uuid, interval, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.resign(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.resign(uuid, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.leads(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.leads(bigint) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.wake_jobs(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.wake_jobs(uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.lock_shares_jobs(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.lock_shares_jobs(uuid[]) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.free_jobs(uuid[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.free_jobs(uuid[], timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.end_jobs(uuid[], text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.end_jobs(uuid[], text, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.claim(uuid, integer, smallint[], text[], timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.claim(uuid, integer, smallint[], text[], timestamptz, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.oldest_turn(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.oldest_turn(timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.complete(uuid[], uuid[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.complete(uuid[], uuid[], timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.fail(uuid, uuid, jsonb, text, interval, double precision, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.fail(uuid, uuid, jsonb, text, interval, double precision, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.snooze(uuid, uuid, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.snooze(uuid, uuid, timestamptz, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.checkpoint(uuid, uuid, jsonb, numeric, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.checkpoint(uuid, uuid, jsonb, numeric, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.held(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.held(uuid, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.cancel(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.cancel(uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.requeue(uuid, boolean, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.requeue(uuid, boolean, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.discard(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.discard(uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.pause(uuid, uuid, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.pause(uuid, uuid, text, text, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.resume(uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.resume(uuid, uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.unblock(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.unblock(uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.rescue(bigint, double precision, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.rescue(bigint, double precision, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.enqueue_many(jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.enqueue_many(jsonb, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.enqueue(text, uuid, jsonb, timestamptz, smallint, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.enqueue(text, uuid, jsonb, timestamptz, smallint, text, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION queue.heartbeat(uuid, boolean, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.heartbeat(uuid, boolean, bigint, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.sweep_workers(bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.sweep_workers(bigint, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION queue.tick(bigint, uuid, timestamptz, timestamptz, boolean, interval, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue.tick(bigint, uuid, timestamptz, timestamptz, boolean, interval, timestamptz) TO wavehouse_operational_worker;
