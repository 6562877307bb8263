-- Reserve, settle, release, sweep: callable from any language, by the app under row security.
-- The time is the last argument; without one it is the transaction's, else the server's (queue.at).
-- Locks have one order: the organization's advisory lock (shared), a reservation, budgets by id.

CREATE FUNCTION usage.ensure_month(p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF p_at < queue.at(NULL) - interval '14 months' OR p_at > queue.at(NULL) + interval '2 months' THEN
    RAISE EXCEPTION 'usage of % is outside of the months that are kept', p_at USING ERRCODE = 'check_violation';
  END IF;
  RETURN schema_ops.ensure_partition(
    'usage.usage_events'::pg_catalog.regclass, (p_at AT TIME ZONE 'UTC')::date, 'month');
END
$$;
COMMENT ON FUNCTION usage.ensure_month(timestamptz) IS 'Makes the partition of usage_events for a month that is kept; false when it was there.';

CREATE FUNCTION usage.lock_totals(p_organization uuid, p_alone boolean) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF p_alone THEN
    PERFORM pg_catalog.pg_advisory_xact_lock(
      pg_catalog.hashtextextended('usage.totals ' || p_organization::text, 0));
  ELSE
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(
      pg_catalog.hashtextextended('usage.totals ' || p_organization::text, 0));
  END IF;
END
$$;
COMMENT ON FUNCTION usage.lock_totals(uuid, boolean) IS 'Held shared by what adds to totals, alone by what computes them from the events.';

CREATE FUNCTION usage.spent(
  p_organization uuid, p_scope text, p_scope_id uuid, p_scope_ref text, p_from timestamptz, p_to timestamptz
) RETURNS numeric
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT coalesce(sum(e.cost), 0) FROM usage.usage_events e
  WHERE e.organization_id = p_organization AND e.accounted_at >= p_from AND e.accounted_at < p_to
    AND CASE p_scope WHEN 'organization' THEN true WHEN 'project' THEN e.project_id = p_scope_id
      WHEN 'api_key' THEN e.api_key_id = p_scope_id ELSE e.end_user = p_scope_ref END
$$;
COMMENT ON FUNCTION usage.spent(uuid, text, uuid, text, timestamptz, timestamptz) IS 'The sum of the events that a budget counts in a span of time.';

CREATE FUNCTION usage.rolled(b usage.budgets, p_now timestamptz) RETURNS usage.budgets
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_period usage.organization_periods;
BEGIN
  IF b.period_ends_at > p_now OR b.period = 'total' THEN
    RETURN b;
  END IF;
  SELECT * INTO v_period FROM usage.organization_periods p
  WHERE p.organization_id = b.organization_id AND p.kind = b.period AND p.starts_at <= p_now AND p.ends_at > p_now;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the periods of organization % are not materialised', b.organization_id
      USING ERRCODE = 'no_data_found';
  END IF;
  INSERT INTO usage.budget_periods
    (budget_id, period_starts_at, organization_id, period_ends_at, hard_limit, granted, settled)
  VALUES (b.budget_id, b.period_starts_at, b.organization_id, b.period_ends_at, b.hard_limit, b.granted, b.settled)
  ON CONFLICT DO NOTHING;
  UPDATE usage.budgets SET settled = 0, granted = 0,
    period_starts_at = v_period.starts_at, period_ends_at = v_period.ends_at
  WHERE budget_id = b.budget_id AND organization_id = b.organization_id RETURNING * INTO b;
  RETURN b;
END
$$;
COMMENT ON FUNCTION usage.rolled(usage.budgets, timestamptz) IS 'A locked budget in its present period; an ended one goes to budget_periods.';

CREATE FUNCTION usage.reserve(
  p_reservation uuid, p_organization uuid, p_request text, p_model uuid, p_amount numeric, p_currency text,
  p_priced boolean, p_project uuid, p_api_key uuid, p_user uuid, p_end_user text, p_operation text,
  p_lifetime interval, p_now timestamptz DEFAULT NULL
) RETURNS TABLE (
  outcome text, reservation_id uuid, created_at timestamptz, expires_at timestamptz, budget_id uuid,
  budget_name text, hard_limit numeric, settled numeric, reserved numeric, resets_at timestamptz
)
LANGUAGE plpgsql SET search_path = '' AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_known usage.reservations;
  v_budget usage.budgets;
  v_ids uuid[] := '{}';
  v_asked integer := 0;
BEGIN
  PERFORM usage.lock_totals(p_organization, false);
  SELECT * INTO v_known FROM usage.reservations r
  WHERE r.organization_id = p_organization AND r.request_id = p_request;
  IF FOUND THEN
    RETURN QUERY SELECT CASE WHEN v_known.status = 'open' AND v_known.model_id = p_model
        AND v_known.amount = p_amount AND v_known.currency = p_currency THEN 'repeated' ELSE 'conflict' END,
      v_known.reservation_id, v_known.created_at, v_known.expires_at, NULL::uuid, NULL::text, NULL::numeric,
      NULL::numeric, NULL::numeric, NULL::timestamptz;
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM usage.usage_requests u
             WHERE u.organization_id = p_organization AND u.request_id = p_request) THEN
    RETURN QUERY SELECT 'settled', NULL::uuid, NULL::timestamptz, NULL::timestamptz, NULL::uuid, NULL::text,
      NULL::numeric, NULL::numeric, NULL::numeric, NULL::timestamptz;
    RETURN;
  END IF;
  IF p_end_user IS NOT NULL THEN
    INSERT INTO usage.budgets (organization_id, name, scope, scope_ref, period, currency, hard_limit, granted,
      soft_thresholds, settled, period_starts_at, period_ends_at, allow_unpriced, is_active, is_hard, notify_emails)
    SELECT t.organization_id, t.name, t.scope, p_end_user, t.period, t.currency, t.hard_limit, 0, t.soft_thresholds,
      usage.spent(p_organization, 'end_user', NULL, p_end_user, t.period_starts_at, t.period_ends_at),
      t.period_starts_at, t.period_ends_at, t.allow_unpriced, t.is_active, t.is_hard, t.notify_emails
    FROM usage.budgets t
    WHERE t.organization_id = p_organization AND t.scope = 'end_user' AND t.scope_ref = '*'
      AND NOT EXISTS (SELECT FROM usage.budgets o WHERE o.organization_id = p_organization
        AND o.scope = 'end_user' AND o.scope_ref = p_end_user AND o.period = t.period)
    ON CONFLICT DO NOTHING;
  END IF;
  FOR v_budget IN
    SELECT * FROM usage.budgets b
    WHERE b.organization_id = p_organization
      AND (b.scope = 'organization' OR (b.scope = 'project' AND b.scope_id = p_project)
        OR (b.scope = 'api_key' AND b.scope_id = p_api_key)
        OR (b.scope = 'end_user' AND b.scope_ref = p_end_user AND b.scope_ref <> '*'))
    ORDER BY b.budget_id FOR NO KEY UPDATE
  LOOP
    v_budget := usage.rolled(v_budget, v_now);
    v_ids := v_ids || v_budget.budget_id;
    CONTINUE WHEN NOT v_budget.is_active;
    v_asked := v_asked + 1;
    IF (NOT p_priced AND NOT v_budget.allow_unpriced) OR (v_budget.is_hard AND p_amount > 0
        AND v_budget.settled + v_budget.reserved + p_amount > v_budget.hard_limit + v_budget.granted) THEN
      RETURN QUERY SELECT
        CASE WHEN NOT p_priced AND NOT v_budget.allow_unpriced THEN 'unpriced' ELSE 'over_budget' END,
        NULL::uuid, NULL::timestamptz, NULL::timestamptz, v_budget.budget_id, v_budget.name,
        v_budget.hard_limit + v_budget.granted, v_budget.settled, v_budget.reserved,
        CASE v_budget.period WHEN 'total' THEN NULL ELSE v_budget.period_ends_at END;
      RETURN;
    END IF;
  END LOOP;
  IF NOT p_priced AND v_asked = 0 THEN
    RETURN QUERY SELECT 'unpriced', NULL::uuid, NULL::timestamptz, NULL::timestamptz, NULL::uuid, NULL::text,
      NULL::numeric, NULL::numeric, NULL::numeric, NULL::timestamptz;
    RETURN;
  END IF;
  UPDATE usage.budgets b SET reserved = b.reserved + p_amount
  WHERE b.organization_id = p_organization AND b.budget_id = ANY (v_ids);
  INSERT INTO usage.budget_reservations
    (reservation_id, budget_id, organization_id, request_id, amount, expires_at, created_at)
  SELECT p_reservation, i, p_organization, p_request, p_amount, v_now + p_lifetime, v_now
  FROM pg_catalog.unnest(v_ids) i;
  INSERT INTO usage.reservations (reservation_id, organization_id, request_id, model_id, project_id, api_key_id,
    user_id, end_user, operation, amount, currency, created_at, expires_at)
  VALUES (p_reservation, p_organization, p_request, p_model, p_project, p_api_key, p_user, p_end_user, p_operation,
    p_amount, p_currency, v_now, v_now + p_lifetime);
  RETURN QUERY SELECT 'reserved', p_reservation, v_now, v_now + p_lifetime, NULL::uuid, NULL::text, NULL::numeric,
    NULL::numeric, NULL::numeric, NULL::timestamptz;
END
$$;
COMMENT ON FUNCTION usage.reserve(uuid, uuid, text, uuid, numeric, text, boolean, uuid, uuid, uuid, text, text, interval, timestamptz) IS 'Holds an upper bound on every budget in scope, or says which budget does not allow it (U4).';

CREATE FUNCTION usage.post(e usage.usage_events, p_requests integer, p_held uuid, p_now timestamptz) RETURNS jsonb
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_budget usage.budgets;
  v_amount numeric;
  v_alerts jsonb := '[]';
  v_threshold smallint;
  v_shard smallint := 0;
  v_whole boolean := false;
BEGIN
  FOR v_budget IN
    SELECT * FROM usage.budgets b
    WHERE b.organization_id = e.organization_id
      AND (b.scope = 'organization' OR (b.scope = 'project' AND b.scope_id = e.project_id)
        OR (b.scope = 'api_key' AND b.scope_id = e.api_key_id)
        OR (b.scope = 'end_user' AND b.scope_ref = e.end_user AND b.scope_ref <> '*'))
    ORDER BY b.budget_id FOR NO KEY UPDATE
  LOOP
    v_budget := usage.rolled(v_budget, p_now);
    v_whole := v_whole OR v_budget.scope = 'organization';
    v_amount := CASE WHEN e.accounted_at >= v_budget.period_starts_at THEN e.cost ELSE 0 END;
    IF e.accounted_at < v_budget.period_starts_at AND e.cost <> 0 THEN
      UPDATE usage.budget_periods h SET settled = h.settled + e.cost
      WHERE h.budget_id = v_budget.budget_id AND h.organization_id = e.organization_id
        AND h.period_starts_at <= e.accounted_at AND h.period_ends_at > e.accounted_at;
    END IF;
    UPDATE usage.budgets b SET settled = b.settled + v_amount,
      reserved = b.reserved - coalesce((SELECT r.amount FROM usage.budget_reservations r
        WHERE r.reservation_id = p_held AND r.budget_id = b.budget_id), 0)
    WHERE b.budget_id = v_budget.budget_id AND b.organization_id = e.organization_id RETURNING * INTO v_budget;
    CONTINUE WHEN NOT v_budget.is_active OR v_amount <= 0;
    FOREACH v_threshold IN ARRAY v_budget.soft_thresholds LOOP
      CONTINUE WHEN v_budget.settled * 100 < v_threshold * (v_budget.hard_limit + v_budget.granted);
      INSERT INTO usage.budget_alerts
        (budget_id, period_starts_at, threshold, organization_id, settled, raised_at)
      VALUES (v_budget.budget_id, v_budget.period_starts_at, v_threshold, e.organization_id, v_budget.settled, p_now)
      ON CONFLICT DO NOTHING;
      IF FOUND THEN
        v_alerts := v_alerts || pg_catalog.jsonb_build_object('budget_id', v_budget.budget_id,
          'budget', v_budget.name, 'threshold', v_threshold, 'settled', v_budget.settled::text,
          'limit', (v_budget.hard_limit + v_budget.granted)::text, 'currency', v_budget.currency,
          'resets_at', CASE v_budget.period WHEN 'total' THEN NULL ELSE v_budget.period_ends_at END,
          'emails', pg_catalog.to_jsonb(v_budget.notify_emails));
      END IF;
    END LOOP;
  END LOOP;
  IF NOT v_whole THEN
    v_shard := pg_catalog.get_byte(pg_catalog.uuid_send(e.event_id), 15) % 8;
  END IF;
  PERFORM usage.ensure_month(e.occurred_at);
  INSERT INTO usage.usage_requests (organization_id, request_id, event_id, occurred_at)
  VALUES (e.organization_id, e.request_id, e.event_id, e.occurred_at);
  INSERT INTO usage.usage_events SELECT e.*;
  INSERT INTO usage.token_usage_daily AS d (organization_id, usage_date, project_id, model_id, unit, shard, quantity,
    requests, errors, cost, currency, updated_at)
  SELECT e.organization_id, e.usage_date, coalesce(e.project_id, '00000000-0000-0000-0000-000000000000'), e.model_id,
    l.unit, v_shard, sum(l.quantity), p_requests, CASE e.status WHEN 'error' THEN p_requests ELSE 0 END,
    sum(l.cost), e.currency, p_now
  FROM pg_catalog.jsonb_to_recordset(e.lines) AS l (unit text, quantity numeric, cost numeric)
  GROUP BY l.unit ORDER BY l.unit
  ON CONFLICT (organization_id, usage_date, project_id, model_id, unit, shard) DO UPDATE SET
    quantity = d.quantity + excluded.quantity, requests = d.requests + excluded.requests,
    errors = d.errors + excluded.errors, cost = d.cost + excluded.cost, revision = d.revision + 1,
    updated_at = excluded.updated_at;
  RETURN v_alerts;
END
$$;
COMMENT ON FUNCTION usage.post(usage.usage_events, integer, uuid, timestamptz) IS 'Writes an event with its daily rows and budgets; the thresholds that it reached, once each (U5, U7).';

CREATE FUNCTION usage.accounting(p_organization uuid, p_at timestamptz, p_now timestamptz,
  OUT accounted_at timestamptz, OUT usage_date date)
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  accounted_at := CASE WHEN EXISTS (
    SELECT FROM usage.organization_periods p WHERE p.organization_id = p_organization AND p.kind = 'month'
      AND p.starts_at <= p_at AND p.ends_at > p_at AND p.closed_at IS NOT NULL) THEN p_now ELSE p_at END;
  SELECT p.local_date INTO usage_date FROM usage.organization_periods p
  WHERE p.organization_id = p_organization AND p.kind = 'day' AND p.starts_at <= accounting.accounted_at
    AND p.ends_at > accounting.accounted_at;
  IF usage_date IS NULL THEN
    RAISE EXCEPTION 'the periods of organization % are not materialised', p_organization
      USING ERRCODE = 'no_data_found';
  END IF;
END
$$;
COMMENT ON FUNCTION usage.accounting(uuid, timestamptz, timestamptz) IS 'Where an event counts: at its time, or now when its month is closed (U8, U9).';

CREATE FUNCTION usage.settle(
  p_organization uuid, p_reservation uuid, p_cost numeric, p_lines jsonb, p_input bigint, p_output bigint,
  p_cached bigint, p_priced_from timestamptz, p_status text, p_error text, p_latency integer, p_metadata jsonb,
  p_now timestamptz DEFAULT NULL
) RETURNS TABLE (outcome text, event_id uuid, occurred_at timestamptz, late boolean, alerts jsonb)
LANGUAGE plpgsql SET search_path = '' AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := queue.at(p_now);
  r usage.reservations;
  e usage.usage_events;
  v_alerts jsonb;
BEGIN
  PERFORM usage.lock_totals(p_organization, false);
  SELECT * INTO r FROM usage.reservations
  WHERE reservation_id = p_reservation AND organization_id = p_organization FOR UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT 'repeated', u.event_id, u.occurred_at, false, '[]'::jsonb FROM usage.usage_requests u
    WHERE u.organization_id = p_organization AND u.event_id = p_reservation;
    RETURN;
  END IF;
  e.occurred_at := r.created_at;
  e.event_id := r.reservation_id;
  e.organization_id := r.organization_id;
  e.user_id := r.user_id;
  e.api_key_id := r.api_key_id;
  e.model_id := r.model_id;
  e.project_id := r.project_id;
  e.end_user := r.end_user;
  e.operation := r.operation;
  e.request_id := r.request_id;
  e.input_tokens := p_input;
  e.output_tokens := p_output;
  e.cached_tokens := p_cached;
  e.cost := p_cost;
  e.currency := r.currency;
  e.price_effective_from := p_priced_from;
  e.latency_ms := p_latency;
  e.status := p_status;
  e.error_code := p_error;
  e.late := r.status = 'expired';
  e.ingested_at := v_now;
  e.metadata := p_metadata;
  e.lines := p_lines;
  SELECT a.accounted_at, a.usage_date INTO e.accounted_at, e.usage_date
  FROM usage.accounting(p_organization, r.created_at, v_now) a;
  v_alerts := usage.post(e, 1, p_reservation, v_now);
  DELETE FROM usage.budget_reservations WHERE reservation_id = p_reservation AND organization_id = p_organization;
  DELETE FROM usage.reservations WHERE reservation_id = p_reservation AND organization_id = p_organization;
  RETURN QUERY SELECT 'settled', e.event_id, e.occurred_at, e.late, v_alerts;
END
$$;
COMMENT ON FUNCTION usage.settle(uuid, uuid, numeric, jsonb, bigint, bigint, bigint, timestamptz, text, text, integer, jsonb, timestamptz) IS 'Turns a reservation into an event; a second call changes nothing; no row when it was never reserved (U5, U6).';

CREATE FUNCTION usage.release(p_organization uuid, p_reservation uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_row record;
BEGIN
  PERFORM FROM usage.reservations r
  WHERE r.reservation_id = p_reservation AND r.organization_id = p_organization FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  FOR v_row IN SELECT b.budget_id, b.amount FROM usage.budget_reservations b
    WHERE b.reservation_id = p_reservation AND b.organization_id = p_organization ORDER BY b.budget_id
  LOOP
    UPDATE usage.budgets b SET reserved = b.reserved - v_row.amount
    WHERE b.budget_id = v_row.budget_id AND b.organization_id = p_organization;
  END LOOP;
  DELETE FROM usage.budget_reservations r
  WHERE r.reservation_id = p_reservation AND r.organization_id = p_organization;
  DELETE FROM usage.reservations r WHERE r.reservation_id = p_reservation AND r.organization_id = p_organization;
  RETURN true;
END
$$;
COMMENT ON FUNCTION usage.release(uuid, uuid) IS 'Gives a reservation back that bought nothing; false when there is none.';

CREATE FUNCTION usage.sweep(p_limit integer, p_organization uuid DEFAULT NULL, p_now timestamptz DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  v_ids uuid[];
  v_row record;
BEGIN
  SELECT array_agg(s.reservation_id) INTO v_ids FROM (
    SELECT r.reservation_id FROM usage.reservations r
    WHERE r.status = 'open' AND r.expires_at <= v_now
      AND (p_organization IS NULL OR r.organization_id = p_organization)
    ORDER BY r.expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED) s;
  IF v_ids IS NULL THEN
    RETURN 0;
  END IF;
  FOR v_row IN SELECT b.budget_id, sum(b.amount) AS amount FROM usage.budget_reservations b
    WHERE b.reservation_id = ANY (v_ids) GROUP BY b.budget_id ORDER BY b.budget_id
  LOOP
    UPDATE usage.budgets b SET reserved = b.reserved - v_row.amount WHERE b.budget_id = v_row.budget_id;
  END LOOP;
  DELETE FROM usage.budget_reservations b WHERE b.reservation_id = ANY (v_ids);
  UPDATE usage.reservations r SET status = 'expired' WHERE r.reservation_id = ANY (v_ids);
  RETURN pg_catalog.cardinality(v_ids);
END
$$;
COMMENT ON FUNCTION usage.sweep(integer, uuid, timestamptz) IS 'Frees the amounts of reservations that have expired; their calls can still be settled, late (U6).';

REVOKE ALL ON FUNCTION usage.ensure_month(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.ensure_month(timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION usage.lock_totals(uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.lock_totals(uuid, boolean) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION usage.spent(uuid, text, uuid, text, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.spent(uuid, text, uuid, text, timestamptz, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION usage.rolled(usage.budgets, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.rolled(usage.budgets, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION usage.reserve(uuid, uuid, text, uuid, numeric, text, boolean, uuid, uuid, uuid, text, text, interval, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.reserve(uuid, uuid, text, uuid, numeric, text, boolean, uuid, uuid, uuid, text, text, interval, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION usage.post(usage.usage_events, integer, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.post(usage.usage_events, integer, uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION usage.accounting(uuid, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.accounting(uuid, timestamptz, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION usage.settle(uuid, uuid, numeric, jsonb, bigint, bigint, bigint, timestamptz, text, text, integer, jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.settle(uuid, uuid, numeric, jsonb, bigint, bigint, bigint, timestamptz, text, text, integer, jsonb, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION usage.release(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.release(uuid, uuid) TO wavehouse_operational_worker, wavehouse_operational_app;
REVOKE ALL ON FUNCTION usage.sweep(integer, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.sweep(integer, uuid, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
