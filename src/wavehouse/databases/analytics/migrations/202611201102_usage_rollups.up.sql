-- Usage of models by hour and day; recomputed for whole hours and days, never added to.

CREATE TABLE analytics.usage_hourly (
  hour             timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
  organization_id  uuid NOT NULL,
  model_id         uuid NOT NULL,
  project_id       uuid NOT NULL,
  requests         bigint NOT NULL CHECK (requests >= 0),
  errors           bigint NOT NULL CHECK (errors >= 0),
  input_tokens     bigint NOT NULL,
  output_tokens    bigint NOT NULL,
  cached_tokens    bigint NOT NULL,
  cost             numeric(20, 12) NOT NULL,
  currency         char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  latency_ms_total bigint NOT NULL CHECK (latency_ms_total >= 0),
  latency_known    bigint NOT NULL CHECK (latency_known >= 0),
  latency_ms_max   bigint CHECK (latency_ms_max >= 0),
  events           bigint NOT NULL CHECK (events >= 0),
  computed_at      timestamptz NOT NULL,
  PRIMARY KEY (organization_id, hour, model_id, project_id, currency),
  CONSTRAINT usage_hourly_errors_of_requests_check CHECK (errors <= requests)
) PARTITION BY RANGE (hour);
ALTER TABLE analytics.usage_hourly ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.usage_hourly TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.usage_hourly TO wavehouse_analytics_worker USING (true);
COMMENT ON TABLE analytics.usage_hourly IS 'Usage by hour, model and project; in monthly partitions, kept 1 year.';
COMMENT ON COLUMN analytics.usage_hourly.hour IS 'The UTC hour.';
COMMENT ON COLUMN analytics.usage_hourly.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.usage_hourly.model_id IS 'The model.';
COMMENT ON COLUMN analytics.usage_hourly.project_id IS 'The project; the nil id for none.';
COMMENT ON COLUMN analytics.usage_hourly.requests IS 'Requests.';
COMMENT ON COLUMN analytics.usage_hourly.errors IS 'Of them errors.';
COMMENT ON COLUMN analytics.usage_hourly.input_tokens IS 'Tokens in.';
COMMENT ON COLUMN analytics.usage_hourly.output_tokens IS 'Tokens out.';
COMMENT ON COLUMN analytics.usage_hourly.cached_tokens IS 'Tokens in that came from a cache.';
COMMENT ON COLUMN analytics.usage_hourly.cost IS 'What they cost.';
COMMENT ON COLUMN analytics.usage_hourly.currency IS 'Its currency.';
COMMENT ON COLUMN analytics.usage_hourly.latency_ms_total IS 'Sum of the latencies that are known.';
COMMENT ON COLUMN analytics.usage_hourly.latency_known IS 'How many are known.';
COMMENT ON COLUMN analytics.usage_hourly.latency_ms_max IS 'The longest.';
COMMENT ON COLUMN analytics.usage_hourly.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.usage_hourly.computed_at IS 'When.';

CREATE TABLE analytics.usage_daily (
  day              date NOT NULL,
  organization_id  uuid NOT NULL,
  model_id         uuid NOT NULL,
  project_id       uuid NOT NULL,
  requests         bigint NOT NULL CHECK (requests >= 0),
  errors           bigint NOT NULL CHECK (errors >= 0),
  input_tokens     bigint NOT NULL,
  output_tokens    bigint NOT NULL,
  cached_tokens    bigint NOT NULL,
  cost             numeric(20, 12) NOT NULL,
  currency         char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  latency_ms_total bigint NOT NULL CHECK (latency_ms_total >= 0),
  latency_known    bigint NOT NULL CHECK (latency_known >= 0),
  latency_ms_max   bigint CHECK (latency_ms_max >= 0),
  events           bigint NOT NULL CHECK (events >= 0),
  computed_at      timestamptz NOT NULL,
  PRIMARY KEY (organization_id, day, model_id, project_id, currency),
  CONSTRAINT usage_daily_errors_of_requests_check CHECK (errors <= requests)
) PARTITION BY RANGE (day);
ALTER TABLE analytics.usage_daily ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.usage_daily TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.usage_daily TO wavehouse_analytics_worker USING (true);
COMMENT ON TABLE analytics.usage_daily IS 'Usage by UTC day, model and project; in yearly partitions, kept 7 years.';
COMMENT ON COLUMN analytics.usage_daily.day IS 'The UTC day.';
COMMENT ON COLUMN analytics.usage_daily.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.usage_daily.model_id IS 'The model.';
COMMENT ON COLUMN analytics.usage_daily.project_id IS 'The project; the nil id for none.';
COMMENT ON COLUMN analytics.usage_daily.requests IS 'Requests.';
COMMENT ON COLUMN analytics.usage_daily.errors IS 'Of them errors.';
COMMENT ON COLUMN analytics.usage_daily.input_tokens IS 'Tokens in.';
COMMENT ON COLUMN analytics.usage_daily.output_tokens IS 'Tokens out.';
COMMENT ON COLUMN analytics.usage_daily.cached_tokens IS 'Tokens in that came from a cache.';
COMMENT ON COLUMN analytics.usage_daily.cost IS 'What they cost.';
COMMENT ON COLUMN analytics.usage_daily.currency IS 'Its currency.';
COMMENT ON COLUMN analytics.usage_daily.latency_ms_total IS 'Sum of the latencies that are known.';
COMMENT ON COLUMN analytics.usage_daily.latency_known IS 'How many are known.';
COMMENT ON COLUMN analytics.usage_daily.latency_ms_max IS 'The longest.';
COMMENT ON COLUMN analytics.usage_daily.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.usage_daily.computed_at IS 'When.';

-- What was computed apart from the downloads is compared with its raw events by the same table.
ALTER TABLE analytics.reconciliations ADD COLUMN subject text NOT NULL DEFAULT 'listener_events'
  CONSTRAINT reconciliations_subject_check CHECK (subject IN ('listener_events', 'usage_events'));
COMMENT ON COLUMN analytics.reconciliations.subject IS 'Which raw events were compared.';
CREATE INDEX reconciliations_checked_at_idx ON analytics.reconciliations (checked_at DESC);
