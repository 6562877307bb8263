-- A flight may last one day, and the days on which a campaign was active are known.

ALTER TABLE sponsorship.campaigns
  ADD CONSTRAINT campaigns_flight_check CHECK (end_date >= start_date) NOT VALID;
ALTER TABLE sponsorship.campaigns VALIDATE CONSTRAINT campaigns_flight_check;
ALTER TABLE sponsorship.campaigns DROP CONSTRAINT campaigns_check;

CREATE TABLE sponsorship.campaign_states (
  campaign_id     uuid NOT NULL
    CONSTRAINT campaign_states_campaign_id_fkey REFERENCES sponsorship.campaigns ON DELETE CASCADE,
  organization_id uuid NOT NULL
    CONSTRAINT campaign_states_organization_id_fkey
    REFERENCES accounts.organizations ON DELETE RESTRICT,
  at              timestamptz NOT NULL,
  status          text NOT NULL
    CONSTRAINT campaign_states_status_check
    CHECK (status IN ('draft', 'scheduled', 'active', 'paused', 'completed', 'cancelled')),
  CONSTRAINT campaign_states_pkey PRIMARY KEY (campaign_id, at)
);
CREATE INDEX campaign_states_organization_id_idx ON sponsorship.campaign_states (organization_id);

ALTER TABLE sponsorship.campaign_states ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sponsorship.campaign_states TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON sponsorship.campaign_states TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON sponsorship.campaign_states
  TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.campaign_states IS 'When a campaign entered which state; its downloads count on days on which it was active.';
COMMENT ON COLUMN sponsorship.campaign_states.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.campaign_states.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.campaign_states.at IS 'When the campaign entered the state.';
COMMENT ON COLUMN sponsorship.campaign_states.status IS 'The state.';

-- What is known of campaigns that exist: the moves in the audit log, or the state they are in.
INSERT INTO sponsorship.campaign_states (campaign_id, organization_id, at, status)
SELECT c.campaign_id, c.organization_id, a.at, a.metadata ->> 'after'
FROM sponsorship.campaigns c
JOIN audit.audit_log a ON a.action = 'campaign.moved' AND a.resource_id = c.campaign_id::text
WHERE a.metadata ->> 'after' IN ('draft', 'scheduled', 'active', 'paused', 'completed', 'cancelled')
ON CONFLICT DO NOTHING;
INSERT INTO sponsorship.campaign_states (campaign_id, organization_id, at, status)
SELECT c.campaign_id, c.organization_id, c.created_at,
  coalesce((SELECT a.metadata ->> 'before' FROM audit.audit_log a
    WHERE a.action = 'campaign.moved' AND a.resource_id = c.campaign_id::text
      AND a.metadata ->> 'before'
        IN ('draft', 'scheduled', 'active', 'paused', 'completed', 'cancelled')
    ORDER BY a.at LIMIT 1), c.status)
FROM sponsorship.campaigns c
ON CONFLICT DO NOTHING;
