-- Sponsors, campaigns, conversions with the evidence for them, credit, reports.

CREATE TABLE sponsorship.sponsors (
  sponsor_id      uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  user_id         uuid NOT NULL REFERENCES accounts.users ON DELETE RESTRICT,
  name            varchar(255) NOT NULL CHECK (name <> ''),
  company         varchar(255),
  email           varchar(255),
  contact_name    varchar(255),
  phone           varchar(50),
  website         varchar(1000),
  logo_url        varchar(1000),
  industry        varchar(100),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  metadata        jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX sponsors_organization_name_key ON sponsorship.sponsors (organization_id, lower(name));
CREATE INDEX sponsors_user_id_idx ON sponsorship.sponsors (user_id);
CREATE INDEX sponsors_name_idx ON sponsorship.sponsors (name);

CREATE TABLE sponsorship.campaigns (
  campaign_id            uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id        uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  user_id                uuid NOT NULL REFERENCES accounts.users ON DELETE RESTRICT,
  podcast_id             uuid NOT NULL REFERENCES catalog.podcasts ON DELETE RESTRICT,
  sponsor_id             uuid NOT NULL REFERENCES sponsorship.sponsors ON DELETE RESTRICT,
  name                   varchar(255) NOT NULL CHECK (name <> ''),
  status                 varchar(50) NOT NULL DEFAULT 'draft' CHECK (status IN
    ('draft', 'scheduled', 'active', 'paused', 'completed', 'cancelled')),
  start_date             date NOT NULL,
  end_date               date NOT NULL,
  campaign_value         numeric(10, 2) NOT NULL CHECK (campaign_value >= 0),
  currency               char(3) NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
  cost_model             text NOT NULL DEFAULT 'flat' CHECK (cost_model IN ('flat', 'cpm')),
  guaranteed_impressions bigint CHECK (guaranteed_impressions > 0),
  cpm                    numeric(10, 2) CHECK (cpm >= 0),
  margin                 numeric(5, 4) NOT NULL DEFAULT 1 CHECK (margin BETWEEN 0 AND 1),
  episode_ids            uuid[] NOT NULL DEFAULT '{}',
  attribution_config     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attribution_config) = 'object'),
  notes                  text,
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now(),
  metadata               jsonb NOT NULL DEFAULT '{}',
  CHECK (end_date > start_date)
);
COMMENT ON COLUMN sponsorship.campaigns.end_date IS 'The last UTC day of the flight, included.';
CREATE UNIQUE INDEX campaigns_import_key ON sponsorship.campaigns (organization_id, (metadata ->> 'key'))
  WHERE metadata ? 'key';
CREATE INDEX campaigns_user_id_idx ON sponsorship.campaigns (user_id);
CREATE INDEX campaigns_podcast_id_idx ON sponsorship.campaigns (podcast_id);
CREATE INDEX campaigns_sponsor_id_idx ON sponsorship.campaigns (sponsor_id);
CREATE INDEX campaigns_organization_id_idx ON sponsorship.campaigns (organization_id);
CREATE INDEX campaigns_status_idx ON sponsorship.campaigns (status);
CREATE INDEX campaigns_flight_idx ON sponsorship.campaigns (start_date, end_date);
CREATE INDEX campaigns_campaign_id_status_start_date_idx
  ON sponsorship.campaigns (campaign_id, status, start_date);
CREATE INDEX campaigns_episode_ids_idx ON sponsorship.campaigns USING gin (episode_ids);

CREATE TABLE sponsorship.promo_codes (
  promo_code_id   uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL,
  campaign_id     uuid NOT NULL REFERENCES sponsorship.campaigns ON DELETE CASCADE,
  code            text NOT NULL CHECK (code <> ''),
  code_normalised text NOT NULL CHECK (code_normalised <> ''),
  valid_from      date NOT NULL,
  valid_to        date NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (campaign_id, code_normalised),
  CHECK (valid_to >= valid_from)
);
COMMENT ON COLUMN sponsorship.promo_codes.valid_to IS 'Last UTC day on which a redemption counts: end of flight and grace (AT05).';
CREATE INDEX promo_codes_code_normalised_idx ON sponsorship.promo_codes (organization_id, code_normalised);

CREATE TABLE sponsorship.conversions (
  conversion_id    uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id  uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  sponsor_id       uuid REFERENCES sponsorship.sponsors ON DELETE RESTRICT,
  occurred_at      timestamptz NOT NULL,
  conversion_type  text NOT NULL CHECK (conversion_type IN ('purchase', 'signup', 'download', 'trial')),
  conversion_value numeric(12, 2) NOT NULL,
  currency         char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  order_id         text NOT NULL CHECK (order_id <> ''),
  source           text NOT NULL CHECK (source IN ('file', 'api')),
  source_name      text NOT NULL,
  ingested_at      timestamptz NOT NULL
);
-- AT02: an order is one conversion of its sponsor, however often it is told; a refund (a negative
-- value) is a fact of its own. Orders of no known sponsor are told apart by their code.
CREATE UNIQUE INDEX conversions_order_key
  ON sponsorship.conversions (organization_id, sponsor_id, order_id, (conversion_value < 0)) NULLS NOT DISTINCT;
CREATE INDEX conversions_sponsor_id_occurred_at_idx ON sponsorship.conversions (sponsor_id, occurred_at);

CREATE TABLE sponsorship.attribution_evidence (
  conversion_id   uuid NOT NULL REFERENCES sponsorship.conversions ON DELETE CASCADE,
  organization_id uuid NOT NULL,
  method          text NOT NULL CHECK (method IN ('promo_code', 'pixel', 'utm', 'direct', 'custom')),
  campaign_id     uuid REFERENCES sponsorship.campaigns ON DELETE RESTRICT,
  detail          jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (conversion_id, method)
);
CREATE INDEX attribution_evidence_campaign_id_idx ON sponsorship.attribution_evidence (campaign_id);

CREATE TABLE sponsorship.credits (
  conversion_id   uuid NOT NULL REFERENCES sponsorship.conversions ON DELETE CASCADE,
  model           text NOT NULL CHECK (model IN ('last_touch', 'linear')),
  campaign_id     uuid NOT NULL REFERENCES sponsorship.campaigns ON DELETE RESTRICT,
  organization_id uuid NOT NULL,
  method          text NOT NULL,
  weight          numeric(7, 6) NOT NULL CHECK (weight > 0 AND weight <= 1),
  amount          numeric(12, 2) NOT NULL,
  currency        char(3) NOT NULL,
  PRIMARY KEY (conversion_id, model, campaign_id)
);
CREATE INDEX credits_campaign_id_idx ON sponsorship.credits (campaign_id, model);

CREATE TABLE sponsorship.reports (
  report_id           uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id     uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  user_id             uuid NOT NULL REFERENCES accounts.users ON DELETE RESTRICT,
  campaign_id         uuid NOT NULL REFERENCES sponsorship.campaigns ON DELETE RESTRICT,
  template_id         varchar(100) NOT NULL,
  report_type         text NOT NULL CHECK (report_type IN
    ('sponsor_report', 'performance_summary', 'roi_report', 'custom')),
  format              text NOT NULL CHECK (format IN ('pdf', 'csv', 'excel', 'json')),
  file_url            varchar(1000),
  file_size_bytes     bigint CHECK (file_size_bytes >= 0),
  includes_roi        boolean NOT NULL DEFAULT false,
  includes_attribution boolean NOT NULL DEFAULT false,
  includes_benchmarks boolean NOT NULL DEFAULT false,
  date_range_start    date NOT NULL,
  date_range_end      date NOT NULL,
  generated_at        timestamptz NOT NULL,
  content_hash        bytea NOT NULL CHECK (length(content_hash) = 32),
  data_as_of          timestamptz,
  rule_versions       jsonb NOT NULL DEFAULT '{}',
  metadata            jsonb NOT NULL DEFAULT '{}',
  CHECK (date_range_end >= date_range_start)
);
CREATE INDEX reports_user_id_idx ON sponsorship.reports (user_id);
CREATE INDEX reports_campaign_id_idx ON sponsorship.reports (campaign_id);
CREATE INDEX reports_organization_id_idx ON sponsorship.reports (organization_id);
CREATE INDEX reports_user_id_generated_at_idx ON sponsorship.reports (user_id, generated_at);
CREATE INDEX reports_generated_at_idx ON sponsorship.reports (generated_at DESC);
CREATE INDEX reports_report_type_idx ON sponsorship.reports (report_type);

CREATE TRIGGER sponsors_touch BEFORE UPDATE ON sponsorship.sponsors
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
CREATE TRIGGER campaigns_touch BEFORE UPDATE ON sponsorship.campaigns
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();

ALTER TABLE sponsorship.sponsors ENABLE ROW LEVEL SECURITY;
ALTER TABLE sponsorship.campaigns ENABLE ROW LEVEL SECURITY;
ALTER TABLE sponsorship.promo_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE sponsorship.conversions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sponsorship.attribution_evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE sponsorship.credits ENABLE ROW LEVEL SECURITY;
ALTER TABLE sponsorship.reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sponsorship.sponsors TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON sponsorship.campaigns TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON sponsorship.promo_codes TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON sponsorship.conversions TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON sponsorship.attribution_evidence TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON sponsorship.credits TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON sponsorship.reports TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON sponsorship.sponsors TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON sponsorship.campaigns TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON sponsorship.promo_codes TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON sponsorship.conversions TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON sponsorship.attribution_evidence TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON sponsorship.credits TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON sponsorship.reports TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sponsorship TO wavehouse_operational_app;
