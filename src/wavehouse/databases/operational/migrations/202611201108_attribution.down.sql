ALTER TABLE sponsorship.campaigns DROP CONSTRAINT campaigns_attribution_method_check;
DELETE FROM sponsorship.credits WHERE model NOT IN ('last_touch', 'linear');
ALTER TABLE sponsorship.credits DROP CONSTRAINT credits_model_check;
ALTER TABLE sponsorship.credits ADD CONSTRAINT credits_model_check
  CHECK (model IN ('last_touch', 'linear'));
ALTER TABLE sponsorship.conversions
  DROP COLUMN network_key_prev, DROP COLUMN network_key, DROP COLUMN pixel_id;
UPDATE sponsorship.conversions SET source = 'api' WHERE source IN ('pixel', 'landing');
ALTER TABLE sponsorship.conversions DROP CONSTRAINT conversions_source_check;
ALTER TABLE sponsorship.conversions ADD CONSTRAINT conversions_source_check
  CHECK (source IN ('file', 'api'));
DROP TABLE sponsorship.exchange_rates;
DROP TABLE sponsorship.lift_results;
DROP TABLE sponsorship.attribution_events;
SELECT schema_ops.drop_leftovers('sponsorship', 'attribution_events');
DROP TABLE sponsorship.pixels;
DROP TRIGGER campaign_placements_keep_episode_ids ON sponsorship.campaign_placements;
DROP FUNCTION sponsorship.keep_episode_ids();
DROP TABLE sponsorship.campaign_placements;
