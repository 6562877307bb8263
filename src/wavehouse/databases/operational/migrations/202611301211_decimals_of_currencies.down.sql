-- Amounts with more than two decimals, or more digits, would lose them: then a check names the table, and nothing changes.

DROP VIEW asked.campaigns;

ALTER TABLE sponsorship.campaigns
  ADD CONSTRAINT campaigns_fits_two_decimals CHECK (campaign_value = round(campaign_value, 2) AND campaign_value < 100000000);
ALTER TABLE sponsorship.campaigns
  DROP CONSTRAINT campaigns_fits_two_decimals,
  DROP CONSTRAINT campaigns_decimals_check,
  ALTER COLUMN campaign_value TYPE numeric(10, 2);
ALTER TABLE sponsorship.conversions
  ADD CONSTRAINT conversions_fits_two_decimals CHECK (conversion_value = round(conversion_value, 2) AND abs(conversion_value) < 10000000000);
ALTER TABLE sponsorship.conversions
  DROP CONSTRAINT conversions_fits_two_decimals,
  DROP CONSTRAINT conversions_decimals_check,
  ALTER COLUMN conversion_value TYPE numeric(12, 2);
ALTER TABLE sponsorship.credits
  ADD CONSTRAINT credits_fits_two_decimals CHECK (amount = round(amount, 2) AND abs(amount) < 10000000000);
ALTER TABLE sponsorship.credits
  DROP CONSTRAINT credits_fits_two_decimals,
  DROP CONSTRAINT credits_decimals_check,
  ALTER COLUMN amount TYPE numeric(12, 2);
ALTER TABLE sponsorship.displaced_conversions
  ADD CONSTRAINT displaced_conversions_fits_two_decimals CHECK (conversion_value = round(conversion_value, 2) AND abs(conversion_value) < 10000000000);
ALTER TABLE sponsorship.displaced_conversions
  DROP CONSTRAINT displaced_conversions_fits_two_decimals,
  DROP CONSTRAINT displaced_conversions_decimals_check,
  ALTER COLUMN conversion_value TYPE numeric(12, 2);

CREATE VIEW asked.campaigns WITH (security_invoker = true) AS
  SELECT c.campaign_id, c.user_id, c.podcast_id, c.sponsor_id, c.name, c.status,
         (c.start_date::timestamp AT TIME ZONE 'UTC') AS start_date,
         ((c.end_date + 1)::timestamp AT TIME ZONE 'UTC') AS end_date, c.campaign_value,
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
COMMENT ON COLUMN asked.campaigns.campaign_value IS 'What is paid for it.';
COMMENT ON COLUMN asked.campaigns.episode_ids IS 'The episodes that carry it; kept in step with the placements.';
COMMENT ON COLUMN asked.campaigns.attribution_config IS 'What it is tracked by: method, promo_code, pixel_url, utm_source, utm_medium, utm_campaign, custom_tracking_id, conversion_endpoint.';
COMMENT ON COLUMN asked.campaigns.notes IS 'Notes.';
COMMENT ON COLUMN asked.campaigns.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.campaigns.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.campaigns.metadata IS 'Further facts that need no column of their own yet.';
