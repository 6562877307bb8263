-- The functions of queue, for slots: the same design, the same tests (tests/queue).

-- The family of functions of studio.episode_schedule_queue.

CREATE FUNCTION studio.wake_slots(p_organization uuid, p_run_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  -- Locks nothing while the organization's turn is early enough, which is the usual case.
  UPDATE queue.organization_queue_state s SET turn_at = least(s.turn_at, p_run_at), empty_looks = 0
  WHERE s.organization_id = p_organization AND s.queue = 'slots' AND s.running < s.cap
    AND (s.turn_at > p_run_at OR s.empty_looks > 0);
  IF NOT FOUND THEN
    INSERT INTO queue.organization_queue_state (organization_id, queue, cap, turn_at)
    VALUES (p_organization, 'slots', CASE WHEN p_organization = '00000000-0000-0000-0000-000000000000'
      THEN 1000 ELSE 5 END, p_run_at)
    ON CONFLICT (organization_id, queue) DO NOTHING;
  END IF;
END
$$;
COMMENT ON FUNCTION studio.wake_slots(uuid, timestamptz) IS 'Claims look at this organization from then on.';

CREATE FUNCTION studio.lock_shares_slots(p_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM FROM queue.organization_queue_state s
  WHERE s.queue = 'slots'
    AND s.organization_id IN (SELECT j.organization_id FROM studio.episode_schedule_queue j WHERE j.slot_id = ANY
      (p_ids))
  ORDER BY s.organization_id FOR NO KEY UPDATE;
END
$$;
COMMENT ON FUNCTION studio.lock_shares_slots(uuid[]) IS 'Locks the organizations of these rows, in order, before the rows themselves.';

CREATE FUNCTION studio.free_slots(p_shares uuid[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE queue.organization_queue_state s SET
    running = s.running - f.number,
    turn_at = CASE WHEN s.running >= s.cap THEN p_now ELSE s.turn_at END
  FROM (SELECT x.share, count(*)::integer AS number FROM unnest(p_shares) AS x (share) GROUP BY x.share) AS f
  WHERE s.organization_id = f.share AND s.queue = 'slots';
END
$$;
COMMENT ON FUNCTION studio.free_slots(uuid[], timestamptz) IS 'Gives leases back to their organizations: one entry per lease.';

CREATE FUNCTION studio.end_slots(p_ids uuid[], p_status text, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE v_shares uuid[]; v_number integer;
BEGIN
  WITH gone AS (
    DELETE FROM studio.episode_schedule_queue j WHERE j.slot_id = ANY (p_ids) RETURNING j.*
  ), kept AS (
    INSERT INTO studio.episode_schedule_done (finished_at, slot_id, organization_id, project_id, episode_id,
      local_date, local_time, ordinal, timezone, tzdata_version, slot_at, run_at, claimed_at, lane, status,
      attempts, max_attempts, time_limit, errors, progress, cost, worker_id)
    SELECT p_now, j.slot_id, j.organization_id, j.project_id, j.episode_id, j.local_date, j.local_time, j.ordinal,
      j.timezone, j.tzdata_version, j.slot_at, j.run_at, j.claimed_at, j.lane, p_status, j.attempts, j.max_attempts,
      j.time_limit, j.errors, j.progress, j.cost, j.worker_id FROM gone j
  )
  SELECT array_agg(gone.organization_id) FILTER (WHERE gone.status = 'running'), count(*)
  INTO v_shares, v_number FROM gone;
  IF v_shares IS NOT NULL THEN
    PERFORM studio.free_slots(v_shares, p_now);
  END IF;
  RETURN v_number;
END
$$;
COMMENT ON FUNCTION studio.end_slots(uuid[], text, timestamptz) IS 'Moves rows to what is done. For the other functions: it asks for no token.';

-- Q9 to Q13: organizations by turn, under their locks; then rows in the order lane, run_at, id.
CREATE FUNCTION studio.claim_slots(p_worker uuid, p_limit integer, p_lanes smallint[] DEFAULT '{0,1,2}',
  p_kinds text[] DEFAULT NULL, p_since timestamptz DEFAULT NULL, p_now timestamptz DEFAULT NULL)
RETURNS TABLE (slot_id uuid, lease_token uuid, organization_id uuid, project_id uuid, episode_id uuid,
  slot_at timestamptz, lane smallint, attempts integer, max_attempts integer, run_at timestamptz,
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
      WHERE s.queue = 'slots' AND s.turn_at <= v_now
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
        SELECT j.slot_id AS id, j.run_at FROM studio.episode_schedule_queue j
        WHERE j.organization_id = s.share AND j.lane = l.lane AND j.status = 'pending' AND j.run_at <= v_now
          AND j.run_at >= CASE WHEN s.rescan THEN '-infinity'::timestamptz ELSE s.low_run_at[l.lane + 1] END
          AND p_kinds IS NULL
        ORDER BY j.run_at, j.slot_id LIMIT s.room
      ) AS j
    ), chosen AS MATERIALIZED (
      SELECT c.id, c.turn, c.place
      FROM (SELECT k.id, k.turn, k.place FROM looked k WHERE k.place <= k.room
            ORDER BY k.place, k.turn_at, k.share LIMIT p_limit) AS c
      JOIN studio.episode_schedule_queue j ON j.slot_id = c.id
      FOR UPDATE OF j SKIP LOCKED
    ), taken AS (
      UPDATE studio.episode_schedule_queue j SET status = 'running', attempts = j.attempts + 1,
        lease_token = gen_random_uuid(), worker_id = p_worker, claimed_at = v_now,
        deadline_at = v_now + j.time_limit
      FROM chosen c
      WHERE j.slot_id = c.id AND j.status = 'pending'
      RETURNING j.*, c.turn, c.place
    ), counted AS (
      SELECT s.share, s.room, s.running, s.cap, s.empty_looks, s.rescan, s.low_run_at,
             (SELECT count(*) FROM looked k WHERE k.share = s.share)::integer AS found,
             (SELECT count(*) FROM taken t WHERE t.organization_id = s.share)::integer AS got
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
              SELECT j.run_at FROM studio.episode_schedule_queue j
              WHERE j.organization_id = c.share AND j.lane = a.lane AND j.status = 'pending' AND j.run_at > v_now
              ORDER BY j.run_at LIMIT 1) AS n))
          END,
        empty_looks = CASE WHEN c.got > 0 THEN 0 ELSE least(c.empty_looks + 1, 10) END,
        low_run_at = ARRAY(
          SELECT CASE
            WHEN h.run_at IS NULL THEN v_now - interval '1 second'
            ELSE least(h.run_at, v_now) - interval '1 second' END
          FROM unnest(ARRAY[0, 1, 2]) AS a (lane)
          LEFT JOIN LATERAL (
            SELECT j.run_at FROM studio.episode_schedule_queue j
            WHERE j.organization_id = c.share AND j.lane = a.lane AND j.status = 'pending' AND j.run_at <= v_now
              AND j.run_at >= CASE WHEN c.rescan THEN '-infinity'::timestamptz ELSE c.low_run_at[a.lane + 1] END
            ORDER BY j.run_at LIMIT 1) AS h ON true
          ORDER BY a.lane),
        rescan_at = CASE WHEN c.rescan THEN v_now + interval '10 seconds' ELSE o.rescan_at END
      FROM counted c
      WHERE o.organization_id = c.share AND o.queue = 'slots' AND (c.got > 0 OR c.found = 0)
    )
    SELECT t.slot_id, t.lease_token, t.organization_id, t.project_id, t.episode_id, t.slot_at, t.lane,
    t.attempts, t.max_attempts, t.run_at, t.deadline_at, t.progress FROM taken t ORDER BY t.place, t.turn,
      t.run_at, t.slot_id;
    EXIT WHEN FOUND;
    -- Nothing found may mean: those whose turn it was had nothing. Then it is the next one's turn.
    PERFORM FROM queue.organization_queue_state s
    WHERE s.queue = 'slots' AND s.turn_at <= v_now AND s.paused_at IS NULL AND s.running < s.cap
      AND s.turn_at >= coalesce(p_since, '-infinity'::timestamptz)
    ORDER BY s.turn_at, s.organization_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    EXIT WHEN NOT FOUND;
  END LOOP;
END
$$;
COMMENT ON FUNCTION studio.claim_slots(uuid, integer, smallint[], text[], timestamptz, timestamptz) IS 'Takes what is due: one of every organization whose turn it is, then a second of each (Q9). Counts the attempt, makes a random lease token (Q16, Q17).';

CREATE FUNCTION studio.oldest_turn_slots(p_now timestamptz DEFAULT NULL) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT least(min(s.turn_at), queue.at(p_now)) - interval '1 second'
  FROM queue.organization_queue_state s WHERE s.queue = 'slots'
$$;
COMMENT ON FUNCTION studio.oldest_turn_slots(timestamptz) IS 'What claims of the next ten seconds may pass as p_since (Q12).';

CREATE FUNCTION studio.complete_slots(p_ids uuid[], p_tokens uuid[], p_now timestamptz DEFAULT NULL) RETURNS SETOF
  uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_ids uuid[];
  v_shares uuid[];
BEGIN
  PERFORM studio.lock_shares_slots(p_ids);
  WITH gone AS (
    DELETE FROM studio.episode_schedule_queue j USING unnest(p_ids, p_tokens) AS l (id, token)
    WHERE j.slot_id = l.id AND j.lease_token = l.token AND j.status = 'running'
      AND j.cancel_requested_at IS NULL
    RETURNING j.*
  ), kept AS (
    INSERT INTO studio.episode_schedule_done (finished_at, slot_id, organization_id, project_id, episode_id,
      local_date, local_time, ordinal, timezone, tzdata_version, slot_at, run_at, claimed_at, lane, status,
      attempts, max_attempts, time_limit, errors, progress, cost, worker_id)
    SELECT v_now, j.slot_id, j.organization_id, j.project_id, j.episode_id, j.local_date, j.local_time, j.ordinal,
      j.timezone, j.tzdata_version, j.slot_at, j.run_at, j.claimed_at, j.lane, 'done', j.attempts, j.max_attempts,
      j.time_limit, j.errors, j.progress, j.cost, j.worker_id FROM gone j
  )
  SELECT array_agg(gone.slot_id), array_agg(gone.organization_id) INTO v_ids, v_shares FROM gone;
  IF v_ids IS NOT NULL THEN
    PERFORM studio.free_slots(v_shares, v_now);
  END IF;
  RETURN QUERY SELECT unnest(v_ids);
END
$$;
COMMENT ON FUNCTION studio.complete_slots(uuid[], uuid[], timestamptz) IS 'Moves successes to what is done; the ids that were still leased by these tokens and not cancelled (Q15, Q22, Q27).';

CREATE FUNCTION studio.fail_slots(p_id uuid, p_token uuid, p_error jsonb, p_class text DEFAULT 'transient',
  p_retry_after interval DEFAULT NULL, p_jitter double precision DEFAULT NULL, p_now timestamptz DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_row studio.episode_schedule_queue;
  v_status text;
BEGIN
  IF p_class NOT IN ('transient', 'permanent', 'budget', 'policy') THEN
    RAISE EXCEPTION 'unknown class of error: %', p_class USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM studio.lock_shares_slots(ARRAY[p_id]);
  UPDATE studio.episode_schedule_queue j SET errors = CASE WHEN jsonb_array_length(j.errors) >= 20 THEN j.errors -
    0 ELSE j.errors END
    || jsonb_build_array(p_error || jsonb_build_object('at', v_now, 'attempt', j.attempts, 'class', p_class))
  WHERE j.slot_id = p_id AND j.lease_token = p_token AND j.status = 'running'
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
    PERFORM studio.end_slots(ARRAY[p_id], v_status, v_now);
    RETURN v_status;
  END IF;
  UPDATE studio.episode_schedule_queue j SET status = v_status, lease_token = NULL, worker_id = NULL, claimed_at =
    NULL,
    deadline_at = NULL,
    attempts = CASE WHEN p_class = 'budget' THEN j.attempts - 1 ELSE j.attempts END,
    run_at = v_now + CASE WHEN p_class = 'budget' THEN interval '0'
      ELSE coalesce(p_retry_after, queue.backoff(j.attempts, coalesce(p_jitter, random()))) END
  WHERE j.slot_id = p_id RETURNING * INTO v_row;
  PERFORM studio.free_slots(ARRAY[v_row.organization_id], v_now);
  IF v_status = 'pending' THEN
    PERFORM studio.wake_slots(v_row.organization_id, v_row.run_at);
  END IF;
  RETURN v_status;
END
$$;
COMMENT ON FUNCTION studio.fail_slots(uuid, uuid, jsonb, text, interval, double precision, timestamptz) IS 'Ends an attempt with an error: the new status, or NULL when the lease is lost. Retries by backoff or retry_after; permanent goes to the dead letter, policy to failed, budget waits and costs no attempt (Q18).';

CREATE FUNCTION studio.snooze_slots(p_id uuid, p_token uuid, p_until timestamptz, p_now timestamptz DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_row studio.episode_schedule_queue;
BEGIN
  PERFORM studio.lock_shares_slots(ARRAY[p_id]);
  UPDATE studio.episode_schedule_queue j SET status = queue.idle_status(j.organization_id, j.project_id),
    lease_token = NULL,
    worker_id = NULL, claimed_at = NULL, deadline_at = NULL, attempts = j.attempts - 1,
    run_at = greatest(p_until, v_now)
  WHERE j.slot_id = p_id AND j.lease_token = p_token AND j.status = 'running' AND j.cancel_requested_at IS NULL
  RETURNING * INTO v_row;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM studio.free_slots(ARRAY[v_row.organization_id], v_now);
  PERFORM studio.wake_slots(v_row.organization_id, v_row.run_at);
  RETURN true;
END
$$;
COMMENT ON FUNCTION studio.snooze_slots(uuid, uuid, timestamptz, timestamptz) IS 'Puts a row back until then; costs no attempt. False when the lease is lost. With the present as the time it releases work that was not started (Q24).';

CREATE FUNCTION studio.checkpoint_slots(p_id uuid, p_token uuid, p_progress jsonb, p_cost numeric DEFAULT 0,
  p_now timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE studio.episode_schedule_queue j SET progress = coalesce(p_progress, j.progress), cost = j.cost + p_cost
  WHERE j.slot_id = p_id AND j.lease_token = p_token AND j.status = 'running';
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION studio.checkpoint_slots(uuid, uuid, jsonb, numeric, timestamptz) IS 'Keeps what the next attempt can continue from, and adds to the cost. False when the lease is lost.';

CREATE FUNCTION studio.held_slots(p_worker uuid, p_now timestamptz DEFAULT NULL)
RETURNS TABLE (slot_id uuid, lease_token uuid, cancelled boolean, overdue boolean)
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT j.slot_id, j.lease_token, j.cancel_requested_at IS NOT NULL, j.deadline_at <= queue.at(p_now)
  FROM studio.episode_schedule_queue j WHERE j.worker_id = p_worker AND j.status = 'running'
$$;
COMMENT ON FUNCTION studio.held_slots(uuid, timestamptz) IS 'What a worker holds, and which of it is cancelled or overdue.';

CREATE FUNCTION studio.cancel_slots(p_id uuid, p_now timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_status text;
BEGIN
  PERFORM studio.lock_shares_slots(ARRAY[p_id]);
  SELECT j.status INTO v_status FROM studio.episode_schedule_queue j WHERE j.slot_id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  ELSIF v_status = 'running' THEN
    UPDATE studio.episode_schedule_queue j SET cancel_requested_at = coalesce(j.cancel_requested_at, v_now) WHERE
      j.slot_id = p_id;
    RETURN 'requested';
  END IF;
  PERFORM studio.end_slots(ARRAY[p_id], 'cancelled', v_now);
  RETURN 'cancelled';
END
$$;
COMMENT ON FUNCTION studio.cancel_slots(uuid, timestamptz) IS 'Cancels: at once what waits; what runs is asked to stop and cannot complete any more (Q22). cancelled, requested, or NULL for what is not live.';

CREATE FUNCTION studio.requeue_slots(p_id uuid, p_reset boolean DEFAULT true, p_now timestamptz DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_row studio.episode_schedule_queue;
BEGIN
  WITH gone AS (
    DELETE FROM studio.episode_schedule_done d WHERE d.slot_id = p_id AND d.status IN ('dead', 'failed',
      'cancelled') RETURNING d.*
  )
  INSERT INTO studio.episode_schedule_queue (slot_id, organization_id, project_id, episode_id, local_date,
    local_time, ordinal, timezone, tzdata_version, slot_at, run_at, lane, errors, attempts, max_attempts,
    time_limit, progress, cost, status)
  SELECT d.slot_id, d.organization_id, d.project_id, d.episode_id, d.local_date, d.local_time, d.ordinal,
    d.timezone, d.tzdata_version, d.slot_at, v_now, d.lane, d.errors, CASE WHEN p_reset THEN 0 ELSE d.attempts END,
    CASE WHEN p_reset THEN d.max_attempts ELSE greatest(d.max_attempts, d.attempts + 1) END, d.time_limit,
    d.progress, d.cost, queue.idle_status(d.organization_id, d.project_id) FROM gone d
  RETURNING * INTO v_row;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM studio.wake_slots(v_row.organization_id, v_now);
  RETURN true;
END
$$;
COMMENT ON FUNCTION studio.requeue_slots(uuid, boolean, timestamptz) IS 'Brings what ended without success back to life, its attempts counted from zero or kept with one more allowed (Q21).';

CREATE FUNCTION studio.discard_slots(p_id uuid, p_now timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE studio.episode_schedule_done d SET status = 'failed' WHERE d.slot_id = p_id AND d.status = 'dead';
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION studio.discard_slots(uuid, timestamptz) IS 'Takes a row out of the dead letter; it stays in the history as failed (Q21).';

CREATE FUNCTION studio.pause_slots(p_organization uuid, p_project uuid, p_by text, p_reason text DEFAULT '',
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
    WHERE s.organization_id = p_organization AND s.queue = 'slots' FOR NO KEY UPDATE;
    UPDATE studio.episode_schedule_queue j SET status = 'paused'
    WHERE j.organization_id = p_organization AND j.project_id = p_project AND j.status = 'pending';
  ELSIF p_organization IS NOT NULL THEN
    PERFORM studio.wake_slots(p_organization, v_now);
    UPDATE queue.organization_queue_state s SET paused_at = v_now
    WHERE s.organization_id = p_organization;
  END IF;
  RETURN v_new;
END
$$;
COMMENT ON FUNCTION studio.pause_slots(uuid, uuid, text, text, timestamptz) IS 'Pauses a project, an organization, or, without either, everything; false when it was (Q23).';

CREATE FUNCTION studio.resume_slots(p_organization uuid, p_project uuid, p_now timestamptz DEFAULT NULL) RETURNS
  boolean
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
    WHERE s.organization_id = p_organization AND s.queue = 'slots' FOR NO KEY UPDATE;
    UPDATE studio.episode_schedule_queue j SET status = 'pending', run_at = greatest(j.run_at, v_now)
    WHERE j.organization_id = p_organization AND j.project_id = p_project AND j.status = 'paused';
    PERFORM studio.wake_slots(p_organization, v_now);
  ELSIF p_organization IS NOT NULL THEN
    UPDATE queue.organization_queue_state s SET paused_at = NULL,
      turn_at = CASE WHEN s.running < s.cap THEN v_now ELSE s.turn_at END, empty_looks = 0
    WHERE s.organization_id = p_organization;
  END IF;
  RETURN v_was;
END
$$;
COMMENT ON FUNCTION studio.resume_slots(uuid, uuid, timestamptz) IS 'Ends a pause; false when there was none (Q23).';

CREATE FUNCTION studio.unblock_slots(p_organization uuid, p_now timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_number integer;
BEGIN
  PERFORM FROM queue.organization_queue_state s
  WHERE s.organization_id = p_organization AND s.queue = 'slots' FOR NO KEY UPDATE;
  UPDATE studio.episode_schedule_queue j SET status = queue.idle_status(j.organization_id, j.project_id), run_at =
    greatest(j.run_at, v_now)
  WHERE j.organization_id = p_organization AND j.status = 'blocked_budget';
  GET DIAGNOSTICS v_number = ROW_COUNT;
  IF v_number > 0 THEN
    PERFORM studio.wake_slots(p_organization, v_now);
  END IF;
  RETURN v_number;
END
$$;
COMMENT ON FUNCTION studio.unblock_slots(uuid, timestamptz) IS 'What waited for budget may run: the period has changed or was topped up (Q18).';

CREATE FUNCTION studio.rescue_slots(p_term bigint, p_jitter double precision DEFAULT NULL, p_now timestamptz
  DEFAULT NULL)
RETURNS TABLE (slot_id uuid, outcome text)
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
    SELECT j.slot_id AS id, j.lease_token AS token, j.organization_id AS share,
           CASE WHEN w.worker_id IS NULL THEN 'the worker is gone'
                WHEN w.heartbeat_at <= v_now - interval '45 seconds' THEN 'the worker stopped'
                ELSE 'the attempt took longer than its time limit' END AS reason
    FROM studio.episode_schedule_queue j LEFT JOIN queue.workers w ON w.worker_id = j.worker_id
    WHERE j.status = 'running' AND (w.worker_id IS NULL
      OR w.heartbeat_at <= v_now - interval '45 seconds' OR j.deadline_at <= v_now - interval '15 seconds')
    ORDER BY j.organization_id, j.slot_id LIMIT 1000
  LOOP
    PERFORM studio.lock_shares_slots(ARRAY[v_row.id]);
    UPDATE studio.episode_schedule_queue j SET
      errors = CASE WHEN jsonb_array_length(j.errors) >= 20 THEN j.errors - 0 ELSE j.errors END
        || jsonb_build_array(jsonb_build_object('at', v_now, 'attempt', j.attempts, 'class', 'transient',
             'message', v_row.reason)),
      status = queue.idle_status(j.organization_id, j.project_id),
      lease_token = NULL, worker_id = NULL, claimed_at = NULL, deadline_at = NULL,
      run_at = v_now + CASE WHEN j.attempts <= 1 THEN interval '0'
        ELSE queue.backoff(j.attempts - 1, coalesce(p_jitter, random())) END
    WHERE j.slot_id = v_row.id AND j.lease_token = v_row.token AND j.status = 'running'
      AND (j.deadline_at <= v_now - interval '15 seconds' OR NOT EXISTS (
        SELECT FROM queue.workers w WHERE w.worker_id = j.worker_id
          AND w.heartbeat_at > v_now - interval '45 seconds'))
    RETURNING CASE WHEN j.cancel_requested_at IS NOT NULL THEN 'cancelled'
      WHEN j.attempts >= j.max_attempts THEN 'dead' ELSE j.status END INTO v_status;
    CONTINUE WHEN NOT FOUND;
    PERFORM studio.free_slots(ARRAY[v_row.share], v_now);
    IF v_status IN ('dead', 'cancelled') THEN
      PERFORM studio.end_slots(ARRAY[v_row.id], v_status, v_now);
    ELSE
      PERFORM studio.wake_slots(v_row.share, v_now);
    END IF;
    slot_id := v_row.id;
    outcome := v_status;
    RETURN NEXT;
  END LOOP;
END
$$;
COMMENT ON FUNCTION studio.rescue_slots(bigint, double precision, timestamptz) IS 'The leader takes back what dead workers hold and what is 15 s past its deadline; each update asks for token and heartbeat again (Q20).';

-- Who may call what. The app calls as itself, under row security.
REVOKE ALL ON FUNCTION studio.wake_slots(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.wake_slots(uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.lock_shares_slots(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.lock_shares_slots(uuid[]) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.free_slots(uuid[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.free_slots(uuid[], timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.end_slots(uuid[], text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.end_slots(uuid[], text, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.claim_slots(uuid, integer, smallint[], text[], timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.claim_slots(uuid, integer, smallint[], text[], timestamptz, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION studio.oldest_turn_slots(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.oldest_turn_slots(timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION studio.complete_slots(uuid[], uuid[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.complete_slots(uuid[], uuid[], timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.fail_slots(uuid, uuid, jsonb, text, interval, double precision, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.fail_slots(uuid, uuid, jsonb, text, interval, double precision, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.snooze_slots(uuid, uuid, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.snooze_slots(uuid, uuid, timestamptz, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.checkpoint_slots(uuid, uuid, jsonb, numeric, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.checkpoint_slots(uuid, uuid, jsonb, numeric, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.held_slots(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.held_slots(uuid, timestamptz) TO wavehouse_operational_worker;
REVOKE ALL ON FUNCTION studio.cancel_slots(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.cancel_slots(uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.requeue_slots(uuid, boolean, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.requeue_slots(uuid, boolean, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.discard_slots(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.discard_slots(uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.pause_slots(uuid, uuid, text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.pause_slots(uuid, uuid, text, text, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.resume_slots(uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.resume_slots(uuid, uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.unblock_slots(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.unblock_slots(uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION studio.rescue_slots(bigint, double precision, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.rescue_slots(bigint, double precision, timestamptz) TO wavehouse_operational_worker;
