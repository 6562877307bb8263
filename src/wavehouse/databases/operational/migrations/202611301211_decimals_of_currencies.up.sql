-- An amount keeps the decimals of its currency: JPY 0, EUR 2, KWD 3, CLF 4 (ISO 4217). A column without a fixed
-- scale stores what it is given; turning numeric(10, 2) into numeric rewrites no row. Twelve digits before the
-- point are enough for a fee in rupiah or rial.

DROP VIEW asked.campaigns;

ALTER TABLE sponsorship.campaigns
  ALTER COLUMN campaign_value TYPE numeric,
  ADD CONSTRAINT campaigns_decimals_check CHECK (scale(campaign_value) <= 4 AND campaign_value < 1000000000000);
ALTER TABLE sponsorship.conversions
  ALTER COLUMN conversion_value TYPE numeric,
  ADD CONSTRAINT conversions_decimals_check CHECK (scale(conversion_value) <= 4 AND abs(conversion_value) < 1000000000000);
ALTER TABLE sponsorship.credits
  ALTER COLUMN amount TYPE numeric,
  ADD CONSTRAINT credits_decimals_check CHECK (scale(amount) <= 4 AND abs(amount) < 1000000000000);
ALTER TABLE sponsorship.displaced_conversions
  ALTER COLUMN conversion_value TYPE numeric,
  ADD CONSTRAINT displaced_conversions_decimals_check CHECK (scale(conversion_value) <= 4 AND abs(conversion_value) < 1000000000000);

CREATE VIEW asked.campaigns WITH (security_invoker = true) AS
  SELECT c.campaign_id, c.user_id, c.podcast_id, c.sponsor_id, c.name, c.status,
         (c.start_date::timestamp AT TIME ZONE 'UTC') AS start_date,
         ((c.end_date + 1)::timestamp AT TIME ZONE 'UTC') AS end_date,
         (CASE WHEN c.campaign_value = round(c.campaign_value, 2) AND c.campaign_value < 100000000
               THEN c.campaign_value END)::numeric(10, 2) AS campaign_value,
         c.episode_ids, c.attribution_config, c.notes, c.created_at, c.updated_at, c.metadata
  FROM sponsorship.campaigns c;
REVOKE ALL ON asked.campaigns FROM PUBLIC;
GRANT SELECT ON asked.campaigns TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON VIEW asked.campaigns IS 'The table campaigns as it was asked for; read-only, the rows are those of sponsorship.campaigns.';
COMMENT ON COLUMN asked.campaigns.campaign_id IS 'The campaign.';
COMMENT ON COLUMN asked.campaigns.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN asked.campaigns.podcast_id IS 'The show that carries it.';
COMMENT ON COLUMN asked.campaigns.sponsor_id IS 'Who pays.';
COMMENT ON COLUMN asked.campaigns.name IS 'What people call it.';
COMMENT ON COLUMN asked.campaigns.status IS 'Where it stands.';
COMMENT ON COLUMN asked.campaigns.start_date IS 'Start of the first day, UTC.';
COMMENT ON COLUMN asked.campaigns.end_date IS 'End of the last day, UTC: the first instant after it.';
COMMENT ON COLUMN asked.campaigns.campaign_value IS 'What is paid for it; NULL when it does not fit the type that was asked for, exact in sponsorship.campaigns.';
COMMENT ON COLUMN asked.campaigns.episode_ids IS 'The episodes that carry it; kept in step with the placements.';
COMMENT ON COLUMN asked.campaigns.attribution_config IS 'What it is tracked by: method, promo_code, pixel_url, utm_source, utm_medium, utm_campaign, custom_tracking_id, conversion_endpoint.';
COMMENT ON COLUMN asked.campaigns.notes IS 'Notes.';
COMMENT ON COLUMN asked.campaigns.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.campaigns.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.campaigns.metadata IS 'Further facts that need no column of their own yet.';
