-- Models, their prices, what was used at what cost, and what may be spent.

CREATE TABLE usage.models (
  model_id       uuid PRIMARY KEY DEFAULT uuidv7(),
  provider       varchar(100) NOT NULL CHECK (provider <> ''),
  name           varchar(255) NOT NULL CHECK (name <> ''),
  version        varchar(100) NOT NULL,
  modality       text NOT NULL
    CHECK (modality IN ('text', 'speech', 'audio', 'image', 'embedding')),
  context_window integer CHECK (context_window > 0),
  capabilities   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(capabilities) = 'object'),
  status         text NOT NULL DEFAULT 'active'
    CHECK (status IN ('preview', 'active', 'deprecated', 'retired')),
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  metadata       jsonb NOT NULL DEFAULT '{}',
  UNIQUE (provider, name, version)
);
CREATE TRIGGER models_touch BEFORE UPDATE ON usage.models
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
GRANT SELECT ON usage.models
  TO wavehouse_operational_app;
COMMENT ON TABLE usage.models IS 'The model registry.';
COMMENT ON COLUMN usage.models.model_id IS 'The model.';
COMMENT ON COLUMN usage.models.provider IS 'Who offers it.';
COMMENT ON COLUMN usage.models.name IS 'Its name there.';
COMMENT ON COLUMN usage.models.version IS 'Its version there; empty when it has none.';
COMMENT ON COLUMN usage.models.modality IS 'What it makes.';
COMMENT ON COLUMN usage.models.context_window IS 'Tokens it can take in.';
COMMENT ON COLUMN usage.models.capabilities IS 'What it can do beyond that.';
COMMENT ON COLUMN usage.models.status IS 'Where it is in its life.';
COMMENT ON COLUMN usage.models.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN usage.models.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN usage.models.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW usage.model_registry WITH (security_invoker = true) AS
  SELECT model_id, provider, name, version, modality, context_window, capabilities, status
  FROM usage.models;
COMMENT ON VIEW usage.model_registry IS 'The model registry by the name that others ask for.';
GRANT SELECT ON usage.model_registry TO wavehouse_operational_app;

CREATE TABLE usage.model_prices (
  model_id       uuid NOT NULL REFERENCES usage.models ON DELETE RESTRICT,
  unit           text NOT NULL
    CHECK (unit IN ('input', 'output', 'cache_read', 'cache_write', 'reasoning', 'character', 'audio_second', 'request')),
  tier           text NOT NULL DEFAULT 'standard' CHECK (tier <> ''),
  effective_from timestamptz NOT NULL,
  price          numeric(20, 12) NOT NULL CHECK (price >= 0),
  currency       char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  source         text NOT NULL CHECK (source <> ''),
  created_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (model_id, unit, tier, effective_from)
);
GRANT SELECT ON usage.model_prices
  TO wavehouse_operational_app;
COMMENT ON TABLE usage.model_prices IS 'A price holds until the next one of its model, unit and tier starts: overlap is impossible by construction (U1).';
COMMENT ON COLUMN usage.model_prices.model_id IS 'The model.';
COMMENT ON COLUMN usage.model_prices.unit IS 'What is counted.';
COMMENT ON COLUMN usage.model_prices.tier IS 'Batch, priority and the like.';
COMMENT ON COLUMN usage.model_prices.effective_from IS 'From when it holds.';
COMMENT ON COLUMN usage.model_prices.price IS 'Per one unit.';
COMMENT ON COLUMN usage.model_prices.currency IS 'Its currency.';
COMMENT ON COLUMN usage.model_prices.source IS 'Where the price is from.';
COMMENT ON COLUMN usage.model_prices.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE usage.usage_events (
  occurred_at          timestamptz NOT NULL,
  event_id             uuid NOT NULL DEFAULT uuidv7(),
  organization_id      uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  user_id              uuid,
  api_key_id           uuid,
  model_id             uuid NOT NULL REFERENCES usage.models ON DELETE RESTRICT,
  project_id           uuid,
  operation            text NOT NULL CHECK (operation <> ''),
  request_id           text NOT NULL CHECK (request_id <> ''),
  input_tokens         bigint NOT NULL DEFAULT 0,
  output_tokens        bigint NOT NULL DEFAULT 0,
  cached_tokens        bigint NOT NULL DEFAULT 0,
  cost                 numeric(20, 12) NOT NULL,
  currency             char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  price_effective_from timestamptz,
  latency_ms           integer CHECK (latency_ms >= 0),
  status               text NOT NULL CHECK (status IN ('success', 'error')),
  error_code           text,
  adjusts_event_id     uuid,
  late                 boolean NOT NULL DEFAULT false,
  ingested_at          timestamptz NOT NULL,
  metadata             jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (occurred_at, event_id),
  CONSTRAINT usage_events_amounts_check
    CHECK (adjusts_event_id IS NOT NULL OR (input_tokens >= 0 AND output_tokens >= 0 AND cached_tokens >= 0 AND cost >= 0)),
  CONSTRAINT usage_events_error_check CHECK ((status = 'error') = (error_code IS NOT NULL))
) PARTITION BY RANGE (occurred_at);
CREATE INDEX usage_events_organization_id_occurred_at_idx
  ON usage.usage_events (organization_id, occurred_at DESC);
CREATE INDEX usage_events_model_id_occurred_at_idx
  ON usage.usage_events (model_id, occurred_at DESC);
CREATE INDEX usage_events_project_id_occurred_at_idx
  ON usage.usage_events (project_id, occurred_at DESC) WHERE project_id IS NOT NULL;
ALTER TABLE usage.usage_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.usage_events TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.usage_events TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT ON usage.usage_events
  TO wavehouse_operational_app;
COMMENT ON TABLE usage.usage_events IS 'One row per use of a model, never changed: a correction is a new event (U9). Kept 13 months.';
COMMENT ON COLUMN usage.usage_events.occurred_at IS 'When it was used; the month it lies in.';
COMMENT ON COLUMN usage.usage_events.event_id IS 'The event.';
COMMENT ON COLUMN usage.usage_events.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.usage_events.user_id IS 'Who used it. No foreign key: totals outlive people.';
COMMENT ON COLUMN usage.usage_events.api_key_id IS 'By which key. No foreign key: totals outlive keys.';
COMMENT ON COLUMN usage.usage_events.model_id IS 'What was used.';
COMMENT ON COLUMN usage.usage_events.project_id IS 'For which project; opaque here.';
COMMENT ON COLUMN usage.usage_events.operation IS 'What for.';
COMMENT ON COLUMN usage.usage_events.request_id IS 'The caller''s id of the request; counted once.';
COMMENT ON COLUMN usage.usage_events.input_tokens IS 'Tokens in; negative only in an adjustment.';
COMMENT ON COLUMN usage.usage_events.output_tokens IS 'Tokens out; negative only in an adjustment.';
COMMENT ON COLUMN usage.usage_events.cached_tokens IS 'Tokens in that came from a cache.';
COMMENT ON COLUMN usage.usage_events.cost IS 'At the price of the event''s time; rounded only when shown.';
COMMENT ON COLUMN usage.usage_events.currency IS 'Its currency.';
COMMENT ON COLUMN usage.usage_events.price_effective_from IS 'Which price it was; NULL when unpriced was allowed.';
COMMENT ON COLUMN usage.usage_events.latency_ms IS 'How long it took.';
COMMENT ON COLUMN usage.usage_events.status IS 'How it ended.';
COMMENT ON COLUMN usage.usage_events.error_code IS 'What went wrong.';
COMMENT ON COLUMN usage.usage_events.adjusts_event_id IS 'The event that this one corrects.';
COMMENT ON COLUMN usage.usage_events.late IS 'Settled after its reservation had expired (U6).';
COMMENT ON COLUMN usage.usage_events.ingested_at IS 'When it was written.';
COMMENT ON COLUMN usage.usage_events.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE usage.usage_requests (
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  request_id      text NOT NULL CHECK (request_id <> ''),
  event_id        uuid NOT NULL,
  occurred_at     timestamptz NOT NULL,
  PRIMARY KEY (organization_id, request_id)
);
CREATE INDEX usage_requests_occurred_at_idx ON usage.usage_requests (occurred_at);
ALTER TABLE usage.usage_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.usage_requests TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.usage_requests TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT ON usage.usage_requests
  TO wavehouse_operational_app;
COMMENT ON TABLE usage.usage_requests IS 'Makes a request idempotent across the months of usage_events (U3).';
COMMENT ON COLUMN usage.usage_requests.organization_id IS 'The organization.';
COMMENT ON COLUMN usage.usage_requests.request_id IS 'The caller''s id of the request.';
COMMENT ON COLUMN usage.usage_requests.event_id IS 'The event it became.';
COMMENT ON COLUMN usage.usage_requests.occurred_at IS 'Its time: with the id its key.';

CREATE TABLE usage.token_usage_daily (
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  usage_date      date NOT NULL,
  project_id      uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  model_id        uuid NOT NULL REFERENCES usage.models ON DELETE RESTRICT,
  unit            text NOT NULL
    CHECK (unit IN ('input', 'output', 'cache_read', 'cache_write', 'reasoning', 'character', 'audio_second', 'request')),
  shard           smallint NOT NULL DEFAULT 0 CHECK (shard BETWEEN 0 AND 7),
  quantity        numeric(20, 4) NOT NULL DEFAULT 0,
  requests        bigint NOT NULL DEFAULT 0 CHECK (requests >= 0),
  errors          bigint NOT NULL DEFAULT 0,
  cost            numeric(20, 12) NOT NULL DEFAULT 0,
  currency        char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  revision        bigint NOT NULL DEFAULT 1 CHECK (revision > 0),
  updated_at      timestamptz NOT NULL,
  PRIMARY KEY (organization_id, usage_date, project_id, model_id, unit, shard),
  CONSTRAINT token_usage_daily_errors_of_requests_check CHECK (errors BETWEEN 0 AND requests)
) WITH (fillfactor = 80);
CREATE INDEX token_usage_daily_model_id_idx ON usage.token_usage_daily (model_id);
ALTER TABLE usage.token_usage_daily ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.token_usage_daily TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.token_usage_daily TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON usage.token_usage_daily
  TO wavehouse_operational_app;
COMMENT ON TABLE usage.token_usage_daily IS 'What was used a day, written in the events'' own transaction; cost control reads this and never raw events.';
COMMENT ON COLUMN usage.token_usage_daily.organization_id IS 'The organization.';
COMMENT ON COLUMN usage.token_usage_daily.usage_date IS 'The day in the organization''s zone (U8).';
COMMENT ON COLUMN usage.token_usage_daily.project_id IS 'The project; the nil id for none.';
COMMENT ON COLUMN usage.token_usage_daily.model_id IS 'The model.';
COMMENT ON COLUMN usage.token_usage_daily.unit IS 'What is counted.';
COMMENT ON COLUMN usage.token_usage_daily.shard IS 'Sub-row of a hot organization, summed on reading (U11).';
COMMENT ON COLUMN usage.token_usage_daily.quantity IS 'Units used.';
COMMENT ON COLUMN usage.token_usage_daily.requests IS 'Requests.';
COMMENT ON COLUMN usage.token_usage_daily.errors IS 'Of them errors.';
COMMENT ON COLUMN usage.token_usage_daily.cost IS 'What they cost.';
COMMENT ON COLUMN usage.token_usage_daily.currency IS 'Its currency.';
COMMENT ON COLUMN usage.token_usage_daily.revision IS 'Grows with every change, late events'' too (U9).';
COMMENT ON COLUMN usage.token_usage_daily.updated_at IS 'When it was last changed.';

CREATE TABLE usage.organization_periods (
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  kind            text NOT NULL CHECK (kind IN ('day', 'week', 'month')),
  local_date      date NOT NULL,
  starts_at       timestamptz NOT NULL,
  ends_at         timestamptz NOT NULL,
  timezone        text NOT NULL CHECK (timezone <> ''),
  tzdata_version  text NOT NULL,
  PRIMARY KEY (organization_id, kind, local_date),
  UNIQUE (organization_id, kind, starts_at),
  CONSTRAINT organization_periods_order_check CHECK (ends_at > starts_at)
);
ALTER TABLE usage.organization_periods ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.organization_periods TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.organization_periods TO wavehouse_operational_worker USING (true);
GRANT SELECT ON usage.organization_periods
  TO wavehouse_operational_app;
COMMENT ON TABLE usage.organization_periods IS 'Days and months of an organization''s zone as instants, computed by zoneinfo: SQL compares instants only (U8).';
COMMENT ON COLUMN usage.organization_periods.organization_id IS 'The organization.';
COMMENT ON COLUMN usage.organization_periods.kind IS 'What kind of period.';
COMMENT ON COLUMN usage.organization_periods.local_date IS 'Its first day on the organization''s clock.';
COMMENT ON COLUMN usage.organization_periods.starts_at IS 'Its first instant.';
COMMENT ON COLUMN usage.organization_periods.ends_at IS 'The first instant after it: a day has 23 to 25 hours.';
COMMENT ON COLUMN usage.organization_periods.timezone IS 'The zone it was computed in.';
COMMENT ON COLUMN usage.organization_periods.tzdata_version IS 'By which edition of the zone rules.';

CREATE TABLE usage.budgets (
  budget_id        uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id  uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  name             text NOT NULL CHECK (name <> ''),
  scope            text NOT NULL CHECK (scope IN ('organization', 'project', 'api_key')),
  scope_id         uuid,
  period           text NOT NULL CHECK (period IN ('day', 'week', 'month', 'total')),
  currency         char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  hard_limit       numeric(20, 12) NOT NULL CHECK (hard_limit >= 0),
  soft_thresholds  smallint[] NOT NULL DEFAULT '{50,80,100}'
    CHECK (0 < ALL (soft_thresholds) AND 100 >= ALL (soft_thresholds)),
  settled          numeric(20, 12) NOT NULL DEFAULT 0,
  reserved         numeric(20, 12) NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  period_starts_at timestamptz NOT NULL,
  period_ends_at   timestamptz NOT NULL,
  allow_unpriced   boolean NOT NULL DEFAULT false,
  is_active        boolean NOT NULL DEFAULT true,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (organization_id, scope, scope_id, period),
  CONSTRAINT budgets_scope_id_check CHECK ((scope = 'organization') = (scope_id IS NULL)),
  CONSTRAINT budgets_period_order_check CHECK (period_ends_at > period_starts_at)
) WITH (fillfactor = 80);
CREATE TRIGGER budgets_touch BEFORE UPDATE ON usage.budgets
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE usage.budgets ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.budgets TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.budgets TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON usage.budgets
  TO wavehouse_operational_app;
COMMENT ON TABLE usage.budgets IS 'What may be spent in a period, and what is spent and reserved of it.';
COMMENT ON COLUMN usage.budgets.budget_id IS 'The budget.';
COMMENT ON COLUMN usage.budgets.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.budgets.name IS 'What people call it.';
COMMENT ON COLUMN usage.budgets.scope IS 'What it limits.';
COMMENT ON COLUMN usage.budgets.scope_id IS 'Which project or key; none for the organization.';
COMMENT ON COLUMN usage.budgets.period IS 'How often it starts anew.';
COMMENT ON COLUMN usage.budgets.currency IS 'Its currency.';
COMMENT ON COLUMN usage.budgets.hard_limit IS 'Nothing is reserved beyond it (U4).';
COMMENT ON COLUMN usage.budgets.soft_thresholds IS 'Per cent of the limit at which to warn (U7).';
COMMENT ON COLUMN usage.budgets.settled IS 'Spent in the period; late settlements may pass the limit.';
COMMENT ON COLUMN usage.budgets.reserved IS 'Promised to running requests.';
COMMENT ON COLUMN usage.budgets.period_starts_at IS 'First instant of the period.';
COMMENT ON COLUMN usage.budgets.period_ends_at IS 'First instant after it.';
COMMENT ON COLUMN usage.budgets.allow_unpriced IS 'Whether models without a price may run.';
COMMENT ON COLUMN usage.budgets.is_active IS 'Whether it is enforced.';
COMMENT ON COLUMN usage.budgets.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN usage.budgets.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE usage.budget_reservations (
  reservation_id  uuid NOT NULL,
  budget_id       uuid NOT NULL REFERENCES usage.budgets ON DELETE CASCADE,
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  request_id      text NOT NULL CHECK (request_id <> ''),
  amount          numeric(20, 12) NOT NULL CHECK (amount >= 0),
  expires_at      timestamptz NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (reservation_id, budget_id)
);
CREATE INDEX budget_reservations_budget_id_idx ON usage.budget_reservations (budget_id);
CREATE INDEX budget_reservations_organization_id_idx
  ON usage.budget_reservations (organization_id);
CREATE INDEX budget_reservations_expires_at_idx ON usage.budget_reservations (expires_at);
ALTER TABLE usage.budget_reservations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.budget_reservations TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.budget_reservations TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON usage.budget_reservations
  TO wavehouse_operational_app;
COMMENT ON TABLE usage.budget_reservations IS 'Amounts promised before a call; settled into an event, or swept when they expire (U4 to U6).';
COMMENT ON COLUMN usage.budget_reservations.reservation_id IS 'The reservation; one row per budget in its scope.';
COMMENT ON COLUMN usage.budget_reservations.budget_id IS 'The budget.';
COMMENT ON COLUMN usage.budget_reservations.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.budget_reservations.request_id IS 'The request it is for.';
COMMENT ON COLUMN usage.budget_reservations.amount IS 'An upper bound of what the call can cost.';
COMMENT ON COLUMN usage.budget_reservations.expires_at IS 'When the sweeper frees it.';
COMMENT ON COLUMN usage.budget_reservations.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE usage.budget_alerts (
  budget_id        uuid NOT NULL REFERENCES usage.budgets ON DELETE CASCADE,
  period_starts_at timestamptz NOT NULL,
  threshold        smallint NOT NULL CHECK (threshold BETWEEN 1 AND 100),
  organization_id  uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  settled          numeric(20, 12) NOT NULL,
  raised_at        timestamptz NOT NULL,
  PRIMARY KEY (budget_id, period_starts_at, threshold)
);
CREATE INDEX budget_alerts_organization_id_idx ON usage.budget_alerts (organization_id);
ALTER TABLE usage.budget_alerts ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.budget_alerts TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.budget_alerts TO wavehouse_operational_worker USING (true);
GRANT SELECT ON usage.budget_alerts
  TO wavehouse_operational_app;
COMMENT ON TABLE usage.budget_alerts IS 'One row per threshold and period, so that each is told once (U7).';
COMMENT ON COLUMN usage.budget_alerts.budget_id IS 'The budget.';
COMMENT ON COLUMN usage.budget_alerts.period_starts_at IS 'The period.';
COMMENT ON COLUMN usage.budget_alerts.threshold IS 'The threshold that was passed.';
COMMENT ON COLUMN usage.budget_alerts.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.budget_alerts.settled IS 'What was spent by then.';
COMMENT ON COLUMN usage.budget_alerts.raised_at IS 'When.';
