-- Corrections: an adjustment is an event of its own that counts where the first one counts (U9).

CREATE FUNCTION usage.adjust(
  p_organization uuid, p_event uuid, p_occurred timestamptz, p_adjustment uuid, p_number integer, p_cost numeric,
  p_lines jsonb, p_priced_from timestamptz, p_metadata jsonb, p_now timestamptz DEFAULT NULL
) RETURNS jsonb
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  v_now timestamptz := queue.at(p_now);
  e usage.usage_events;
BEGIN
  PERFORM usage.lock_totals(p_organization, false);
  SELECT * INTO STRICT e FROM usage.usage_events u
  WHERE u.organization_id = p_organization AND u.occurred_at = p_occurred AND u.event_id = p_event
    AND u.adjusts_event_id IS NULL;
  e.event_id := p_adjustment;
  e.adjusts_event_id := p_event;
  e.request_id := pg_catalog.format('adjustment %s of %s', p_number, p_event);
  e.input_tokens := 0;
  e.output_tokens := 0;
  e.cached_tokens := 0;
  e.cost := p_cost;
  e.lines := p_lines;
  e.price_effective_from := p_priced_from;
  e.latency_ms := NULL;
  e.status := 'success';
  e.error_code := NULL;
  e.late := false;
  e.ingested_at := v_now;
  e.metadata := p_metadata;
  SELECT a.accounted_at, a.usage_date INTO e.accounted_at, e.usage_date
  FROM usage.accounting(p_organization, e.accounted_at, v_now) a;
  RETURN usage.post(e, 0, NULL, v_now);
END
$$;
COMMENT ON FUNCTION usage.adjust(uuid, uuid, timestamptz, uuid, integer, numeric, jsonb, timestamptz, jsonb, timestamptz) IS 'Adds to the cost of an event by another event, in its own periods or, when its month is closed, in the present ones (U9).';
REVOKE ALL ON FUNCTION usage.adjust(uuid, uuid, timestamptz, uuid, integer, numeric, jsonb, timestamptz, jsonb, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION usage.adjust(uuid, uuid, timestamptz, uuid, integer, numeric, jsonb, timestamptz, jsonb, timestamptz) TO wavehouse_operational_worker, wavehouse_operational_app;
