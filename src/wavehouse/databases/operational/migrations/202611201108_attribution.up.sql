-- Placements, pixels, attribution events, lift, and the rates at which money is compared.

CREATE TABLE sponsorship.campaign_placements (
  placement_id           uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id        uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  campaign_id            uuid NOT NULL REFERENCES sponsorship.campaigns ON DELETE CASCADE,
  episode_id             uuid NOT NULL REFERENCES catalog.episodes ON DELETE CASCADE,
  slot                   integer NOT NULL CHECK (slot >= 0),
  position               text NOT NULL CHECK (position IN ('pre_roll', 'mid_roll', 'post_roll')),
  read_type              text NOT NULL
    CHECK (read_type IN ('host_read', 'produced', 'programmatic')),
  guaranteed_impressions bigint CHECK (guaranteed_impressions > 0),
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now(),
  UNIQUE (campaign_id, episode_id, slot)
);
CREATE INDEX campaign_placements_organization_id_idx
  ON sponsorship.campaign_placements (organization_id);
CREATE INDEX campaign_placements_episode_id_idx ON sponsorship.campaign_placements (episode_id);
CREATE TRIGGER campaign_placements_touch BEFORE UPDATE ON sponsorship.campaign_placements
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE sponsorship.campaign_placements ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sponsorship.campaign_placements TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON sponsorship.campaign_placements TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON sponsorship.campaign_placements
  TO wavehouse_operational_app;
COMMENT ON TABLE sponsorship.campaign_placements IS 'Where a campaign is read; the campaign''s episode_ids are kept in step by a trigger.';
COMMENT ON COLUMN sponsorship.campaign_placements.placement_id IS 'The placement.';
COMMENT ON COLUMN sponsorship.campaign_placements.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.campaign_placements.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.campaign_placements.episode_id IS 'The episode.';
COMMENT ON COLUMN sponsorship.campaign_placements.slot IS 'Which slot of the episode, from 0.';
COMMENT ON COLUMN sponsorship.campaign_placements.position IS 'Where in the episode.';
COMMENT ON COLUMN sponsorship.campaign_placements.read_type IS 'Who reads it.';
COMMENT ON COLUMN sponsorship.campaign_placements.guaranteed_impressions IS 'What was promised for it.';
COMMENT ON COLUMN sponsorship.campaign_placements.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN sponsorship.campaign_placements.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE FUNCTION sponsorship.keep_episode_ids() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  touched uuid;
BEGIN
  FOREACH touched IN ARRAY CASE TG_OP WHEN 'DELETE' THEN ARRAY[OLD.campaign_id]
    WHEN 'INSERT' THEN ARRAY[NEW.campaign_id] ELSE ARRAY[OLD.campaign_id, NEW.campaign_id] END
  LOOP
    UPDATE sponsorship.campaigns AS c
    SET episode_ids = ARRAY(SELECT DISTINCT p.episode_id FROM sponsorship.campaign_placements AS p
      WHERE p.campaign_id = touched ORDER BY p.episode_id)
    WHERE c.campaign_id = touched;
  END LOOP;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION sponsorship.keep_episode_ids() IS 'Keeps a campaign''s episode_ids equal to the episodes of its placements.';
CREATE TRIGGER campaign_placements_keep_episode_ids
  AFTER INSERT OR DELETE OR UPDATE OF campaign_id, episode_id ON sponsorship.campaign_placements
  FOR EACH ROW EXECUTE FUNCTION sponsorship.keep_episode_ids();

CREATE TABLE sponsorship.pixels (
  pixel_id        uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  campaign_id     uuid NOT NULL REFERENCES sponsorship.campaigns ON DELETE CASCADE,
  public_key      text NOT NULL UNIQUE CHECK (public_key ~ '^[A-Za-z0-9_-]{16,64}$'),
  name            text NOT NULL CHECK (name <> ''),
  conversion_type text NOT NULL DEFAULT 'purchase'
    CHECK (conversion_type IN ('purchase', 'signup', 'download', 'trial')),
  allowed_origins text[] NOT NULL DEFAULT '{}',
  is_active       boolean NOT NULL DEFAULT true,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX pixels_organization_id_idx ON sponsorship.pixels (organization_id);
CREATE INDEX pixels_campaign_id_idx ON sponsorship.pixels (campaign_id);
CREATE TRIGGER pixels_touch BEFORE UPDATE ON sponsorship.pixels
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE sponsorship.pixels ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sponsorship.pixels TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON sponsorship.pixels TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON sponsorship.pixels
  TO wavehouse_operational_app;
COMMENT ON TABLE sponsorship.pixels IS 'The sign that a sponsor''s page loads when something was bought.';
COMMENT ON COLUMN sponsorship.pixels.pixel_id IS 'The pixel.';
COMMENT ON COLUMN sponsorship.pixels.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.pixels.campaign_id IS 'Its campaign.';
COMMENT ON COLUMN sponsorship.pixels.public_key IS 'What the page names it by; no secret.';
COMMENT ON COLUMN sponsorship.pixels.name IS 'What people call it.';
COMMENT ON COLUMN sponsorship.pixels.conversion_type IS 'What it tells of.';
COMMENT ON COLUMN sponsorship.pixels.allowed_origins IS 'Pages it may be on; empty for any.';
COMMENT ON COLUMN sponsorship.pixels.is_active IS 'Whether it is listened to.';
COMMENT ON COLUMN sponsorship.pixels.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN sponsorship.pixels.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE sponsorship.attribution_events (
  podcast_id            uuid NOT NULL REFERENCES catalog.podcasts ON DELETE RESTRICT,
  "timestamp"           timestamptz NOT NULL,
  event_id              uuid NOT NULL DEFAULT uuidv7(),
  organization_id       uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  campaign_id           uuid NOT NULL REFERENCES sponsorship.campaigns ON DELETE RESTRICT,
  episode_id            uuid REFERENCES catalog.episodes ON DELETE SET NULL,
  attribution_method    varchar(50) NOT NULL
    CHECK (attribution_method IN ('promo_code', 'pixel', 'utm', 'direct', 'custom')),
  attribution_data      jsonb NOT NULL DEFAULT '{}'
    CHECK (jsonb_typeof(attribution_data) = 'object'),
  conversion_data       jsonb NOT NULL DEFAULT '{}'
    CHECK (jsonb_typeof(conversion_data) = 'object'),
  listener_event_id     uuid,
  user_id               varchar(255),
  session_id            varchar(255),
  device_id             varchar(255),
  cross_device_match_id uuid,
  demographic_lift      jsonb NOT NULL DEFAULT '{}'
    CHECK (jsonb_typeof(demographic_lift) = 'object'),
  metadata              jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (podcast_id, "timestamp", event_id),
  CONSTRAINT attribution_events_conversion_type_check
    CHECK (conversion_data ->> 'conversion_type' IN ('purchase', 'signup', 'download', 'trial'))
) PARTITION BY RANGE ("timestamp");
CREATE INDEX attribution_events_organization_id_idx
  ON sponsorship.attribution_events (organization_id);
CREATE INDEX attribution_events_campaign_idx
  ON sponsorship.attribution_events (campaign_id, "timestamp" DESC);
CREATE INDEX attribution_events_podcast_id_idx ON sponsorship.attribution_events (podcast_id);
CREATE INDEX attribution_events_episode_id_idx ON sponsorship.attribution_events (episode_id);
CREATE INDEX attribution_events_attribution_method_idx
  ON sponsorship.attribution_events (attribution_method);
CREATE INDEX attribution_events_user_id_idx
  ON sponsorship.attribution_events (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX attribution_events_cross_device_match_id_idx
  ON sponsorship.attribution_events (cross_device_match_id) WHERE cross_device_match_id IS NOT NULL;
CREATE INDEX attribution_events_campaign_method_idx
  ON sponsorship.attribution_events (campaign_id, attribution_method, "timestamp");
ALTER TABLE sponsorship.attribution_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sponsorship.attribution_events TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON sponsorship.attribution_events TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT ON sponsorship.attribution_events
  TO wavehouse_operational_app;
COMMENT ON TABLE sponsorship.attribution_events IS 'Conversions as they were attributed, as a time series; kept 2 years, dropped a month at a time.';
COMMENT ON COLUMN sponsorship.attribution_events.podcast_id IS 'The show.';
COMMENT ON COLUMN sponsorship.attribution_events."timestamp" IS 'When it happened; the month it lies in.';
COMMENT ON COLUMN sponsorship.attribution_events.event_id IS 'The event.';
COMMENT ON COLUMN sponsorship.attribution_events.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.attribution_events.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.attribution_events.episode_id IS 'The episode, when it is known.';
COMMENT ON COLUMN sponsorship.attribution_events.attribution_method IS 'By what it was matched.';
COMMENT ON COLUMN sponsorship.attribution_events.attribution_data IS 'promo_code, utm_source, utm_medium, utm_campaign, pixel_id, referrer.';
COMMENT ON COLUMN sponsorship.attribution_events.conversion_data IS 'conversion_type, conversion_value, currency, order_id, product_id.';
COMMENT ON COLUMN sponsorship.attribution_events.listener_event_id IS 'The listener event that proves the exposure. No foreign key: raw events leave first.';
COMMENT ON COLUMN sponsorship.attribution_events.user_id IS 'The sponsor''s id of the customer.';
COMMENT ON COLUMN sponsorship.attribution_events.session_id IS 'The sponsor''s id of the visit.';
COMMENT ON COLUMN sponsorship.attribution_events.device_id IS 'The sponsor''s id of the device.';
COMMENT ON COLUMN sponsorship.attribution_events.cross_device_match_id IS 'Who belongs together by certain signs (AT11).';
COMMENT ON COLUMN sponsorship.attribution_events.demographic_lift IS 'A projection of lift_results: absolute and relative named apart.';
COMMENT ON COLUMN sponsorship.attribution_events.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE sponsorship.lift_results (
  lift_result_id           uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id          uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  campaign_id              uuid NOT NULL REFERENCES sponsorship.campaigns ON DELETE CASCADE,
  segment_kind             text NOT NULL DEFAULT 'all'
    CHECK (segment_kind IN ('all', 'age_group', 'gender', 'location', 'device_type', 'week')),
  segment_value            text NOT NULL DEFAULT '',
  exposed                  bigint NOT NULL CHECK (exposed >= 0),
  control                  bigint NOT NULL CHECK (control >= 0),
  exposed_conversions      bigint NOT NULL,
  control_conversions      bigint NOT NULL,
  campaign_conversion_rate numeric(9, 8) CHECK (campaign_conversion_rate BETWEEN 0 AND 1),
  baseline_conversion_rate numeric(9, 8) CHECK (baseline_conversion_rate BETWEEN 0 AND 1),
  absolute_lift            numeric(10, 8) CHECK (absolute_lift BETWEEN -1 AND 1),
  absolute_low             numeric(10, 8),
  absolute_high            numeric(10, 8),
  relative_lift            numeric(14, 6) CHECK (relative_lift >= -1),
  relative_low             numeric(14, 6),
  relative_high            numeric(14, 6),
  confidence               numeric(4, 3) NOT NULL DEFAULT 0.95
    CHECK (confidence > 0 AND confidence < 1),
  q_value                  numeric(9, 8) CHECK (q_value BETWEEN 0 AND 1),
  suppressed               boolean NOT NULL DEFAULT false,
  method                   text NOT NULL
    CHECK (method IN ('randomised', 'matched', 'difference_in_differences', 'synthetic_control')),
  data_as_of               timestamptz NOT NULL,
  computed_at              timestamptz NOT NULL,
  UNIQUE (campaign_id, segment_kind, segment_value, method, computed_at),
  CONSTRAINT lift_results_exposed_conversions_check
    CHECK (exposed_conversions BETWEEN 0 AND exposed),
  CONSTRAINT lift_results_control_conversions_check
    CHECK (control_conversions BETWEEN 0 AND control),
  CONSTRAINT lift_results_absolute_interval_check CHECK (absolute_high >= absolute_low),
  CONSTRAINT lift_results_relative_interval_check CHECK (relative_high >= relative_low),
  CONSTRAINT lift_results_segment_check CHECK ((segment_kind = 'all') = (segment_value = ''))
);
CREATE INDEX lift_results_organization_id_idx ON sponsorship.lift_results (organization_id);
ALTER TABLE sponsorship.lift_results ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sponsorship.lift_results TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON sponsorship.lift_results TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT ON sponsorship.lift_results
  TO wavehouse_operational_app;
COMMENT ON TABLE sponsorship.lift_results IS 'Lift of a campaign by segment, with its n, rates, interval and method (AT15 to AT20).';
COMMENT ON COLUMN sponsorship.lift_results.lift_result_id IS 'The result.';
COMMENT ON COLUMN sponsorship.lift_results.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.lift_results.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.lift_results.segment_kind IS 'By what the listeners are divided.';
COMMENT ON COLUMN sponsorship.lift_results.segment_value IS 'Which part.';
COMMENT ON COLUMN sponsorship.lift_results.exposed IS 'Listeners who were reached.';
COMMENT ON COLUMN sponsorship.lift_results.control IS 'Listeners who were not.';
COMMENT ON COLUMN sponsorship.lift_results.exposed_conversions IS 'Conversions among the reached.';
COMMENT ON COLUMN sponsorship.lift_results.control_conversions IS 'Conversions among the others.';
COMMENT ON COLUMN sponsorship.lift_results.campaign_conversion_rate IS 'Rate of the reached; NULL over zero.';
COMMENT ON COLUMN sponsorship.lift_results.baseline_conversion_rate IS 'Rate of the others; NULL over zero.';
COMMENT ON COLUMN sponsorship.lift_results.absolute_lift IS 'Difference of the two rates.';
COMMENT ON COLUMN sponsorship.lift_results.absolute_low IS 'Lower end of its interval.';
COMMENT ON COLUMN sponsorship.lift_results.absolute_high IS 'Upper end of its interval.';
COMMENT ON COLUMN sponsorship.lift_results.relative_lift IS 'Quotient of the two rates less one; NULL over zero.';
COMMENT ON COLUMN sponsorship.lift_results.relative_low IS 'Lower end of its interval.';
COMMENT ON COLUMN sponsorship.lift_results.relative_high IS 'Upper end of its interval.';
COMMENT ON COLUMN sponsorship.lift_results.confidence IS 'Of the intervals.';
COMMENT ON COLUMN sponsorship.lift_results.q_value IS 'After Benjamini and Hochberg over the segments.';
COMMENT ON COLUMN sponsorship.lift_results.suppressed IS 'Too few people to show (AT19).';
COMMENT ON COLUMN sponsorship.lift_results.method IS 'How the control was found.';
COMMENT ON COLUMN sponsorship.lift_results.data_as_of IS 'The data it was computed from.';
COMMENT ON COLUMN sponsorship.lift_results.computed_at IS 'When.';

CREATE TABLE sponsorship.exchange_rates (
  rate_date  date NOT NULL,
  base       char(3) NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
  quote      char(3) NOT NULL CHECK (quote ~ '^[A-Z]{3}$'),
  rate       numeric(20, 10) NOT NULL CHECK (rate > 0),
  source     text NOT NULL CHECK (source <> ''),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (rate_date, base, quote),
  CONSTRAINT exchange_rates_pair_check CHECK (base <> quote)
);
GRANT SELECT ON sponsorship.exchange_rates
  TO wavehouse_operational_app;
COMMENT ON TABLE sponsorship.exchange_rates IS 'The stored rate of a day: the amount of a conversion is fixed at it (AT23).';
COMMENT ON COLUMN sponsorship.exchange_rates.rate_date IS 'The UTC day.';
COMMENT ON COLUMN sponsorship.exchange_rates.base IS 'One of this';
COMMENT ON COLUMN sponsorship.exchange_rates.quote IS 'is so much of this.';
COMMENT ON COLUMN sponsorship.exchange_rates.rate IS 'How much.';
COMMENT ON COLUMN sponsorship.exchange_rates.source IS 'Who says so.';
COMMENT ON COLUMN sponsorship.exchange_rates.created_at IS 'When the row was made; bookkeeping.';

-- Pixels, landings and the API tell of conversions too; what a campaign is tracked by is one of
-- five methods; credit can be given by every model of AT09.
ALTER TABLE sponsorship.conversions DROP CONSTRAINT conversions_source_check;
ALTER TABLE sponsorship.conversions ADD CONSTRAINT conversions_source_check
  CHECK (source IN ('file', 'api', 'pixel', 'landing'));
ALTER TABLE sponsorship.conversions
  ADD COLUMN pixel_id uuid REFERENCES sponsorship.pixels ON DELETE SET NULL,
  ADD COLUMN network_key bigint,
  ADD COLUMN network_key_prev bigint;
CREATE INDEX conversions_pixel_id_idx ON sponsorship.conversions (pixel_id);
COMMENT ON COLUMN sponsorship.conversions.pixel_id IS 'The pixel that told of it.';
COMMENT ON COLUMN sponsorship.conversions.network_key IS 'The household it came from, hashed under the month''s key (AT07, AT12).';
COMMENT ON COLUMN sponsorship.conversions.network_key_prev IS 'The same under the key of the month before.';
ALTER TABLE sponsorship.credits DROP CONSTRAINT credits_model_check;
ALTER TABLE sponsorship.credits ADD CONSTRAINT credits_model_check CHECK (model IN
  ('first_touch', 'last_touch', 'linear', 'time_decay', 'position', 'markov', 'shapley'));
ALTER TABLE sponsorship.campaigns ADD CONSTRAINT campaigns_attribution_method_check
  CHECK (attribution_config ->> 'method' IN ('promo_code', 'pixel', 'utm', 'direct', 'custom'));
