-- A campaign moves from state to state as rules/states.py says; the database refuses what that refuses.

CREATE FUNCTION sponsorship.check_campaign_state() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF (OLD.status, NEW.status) NOT IN (
    ('draft', 'scheduled'), ('draft', 'active'), ('draft', 'cancelled'),
    ('scheduled', 'draft'), ('scheduled', 'active'), ('scheduled', 'cancelled'),
    ('active', 'paused'), ('active', 'completed'), ('active', 'cancelled'),
    ('paused', 'active'), ('paused', 'completed'), ('paused', 'cancelled'),
    ('completed', 'active'), ('cancelled', 'draft')
  ) THEN
    RAISE EXCEPTION 'a campaign cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation', TABLE = 'campaigns', CONSTRAINT = 'campaigns_state_check';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION sponsorship.check_campaign_state() IS 'Refuses a change of a campaign''s status that its state machine does not have.';
CREATE TRIGGER campaigns_state BEFORE UPDATE OF status ON sponsorship.campaigns
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION sponsorship.check_campaign_state();

-- Until now a campaign's episodes stood in its array alone: each gets the placement it stands for.
INSERT INTO sponsorship.campaign_placements
  (organization_id, campaign_id, episode_id, slot, position, read_type)
SELECT c.organization_id, c.campaign_id, e.episode_id, 0, 'mid_roll', 'host_read'
FROM sponsorship.campaigns c CROSS JOIN LATERAL unnest(c.episode_ids) AS named (episode_id)
JOIN catalog.episodes e ON e.episode_id = named.episode_id
ON CONFLICT DO NOTHING;
