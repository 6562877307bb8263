-- What reserving and settling need: reservations with a head, budgets of end users, what was in a period.

ALTER TABLE usage.model_prices
  ADD COLUMN revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
  DROP CONSTRAINT model_prices_pkey,
  ADD CONSTRAINT model_prices_pkey PRIMARY KEY (model_id, unit, tier, currency, effective_from, revision);
COMMENT ON COLUMN usage.model_prices.revision IS 'Which version of the price from that moment on: the highest is valid, earlier ones are what events were charged at (U9).';

ALTER TABLE usage.usage_events
  ADD COLUMN end_user text CHECK (end_user <> ''),
  ADD COLUMN accounted_at timestamptz,
  ADD COLUMN usage_date date,
  ADD COLUMN lines jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(lines) = 'array');
UPDATE usage.usage_events
SET accounted_at = occurred_at, usage_date = (occurred_at AT TIME ZONE 'UTC')::date,
    lines = jsonb_build_array(
      jsonb_build_object('unit', 'input', 'quantity', input_tokens::text, 'cost', cost::text),
      jsonb_build_object('unit', 'output', 'quantity', output_tokens::text, 'cost', '0'));
ALTER TABLE usage.usage_events
  ALTER COLUMN accounted_at SET NOT NULL,
  ALTER COLUMN usage_date SET NOT NULL;
CREATE INDEX usage_events_organization_id_accounted_at_idx
  ON usage.usage_events (organization_id, accounted_at);
CREATE INDEX usage_events_adjusts_event_id_idx
  ON usage.usage_events (adjusts_event_id) WHERE adjusts_event_id IS NOT NULL;
COMMENT ON COLUMN usage.usage_events.end_user IS 'The user of the caller''s application, by the caller''s own opaque id.';
COMMENT ON COLUMN usage.usage_events.accounted_at IS 'The moment whose day and periods it counts in: its time, or when it was written if that month was closed (U9).';
COMMENT ON COLUMN usage.usage_events.usage_date IS 'The organization''s day of accounted_at (U8).';
COMMENT ON COLUMN usage.usage_events.lines IS 'One entry per unit: quantity, price, cost as decimal text, and the version of the price.';

CREATE INDEX usage_requests_organization_id_event_id_idx
  ON usage.usage_requests (organization_id, event_id);

ALTER TABLE usage.organization_periods
  ADD COLUMN closed_at timestamptz;
GRANT INSERT, UPDATE, DELETE ON usage.organization_periods TO wavehouse_operational_app;
COMMENT ON COLUMN usage.organization_periods.closed_at IS 'When the month was closed: what comes later is posted to the day it comes (U9).';

CREATE TABLE usage.organization_ledgers (
  organization_id uuid PRIMARY KEY REFERENCES accounts.organizations ON DELETE RESTRICT,
  currency        char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  created_at      timestamptz NOT NULL
);
ALTER TABLE usage.organization_ledgers ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.organization_ledgers TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.organization_ledgers TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT ON usage.organization_ledgers TO wavehouse_operational_app;
COMMENT ON TABLE usage.organization_ledgers IS 'The one currency in which an organization''s usage is counted.';
COMMENT ON COLUMN usage.organization_ledgers.organization_id IS 'The organization.';
COMMENT ON COLUMN usage.organization_ledgers.currency IS 'The currency; set by the first budget or the first use, fixed afterwards.';
COMMENT ON COLUMN usage.organization_ledgers.created_at IS 'When it was set.';

ALTER TABLE usage.budgets
  ADD COLUMN scope_ref text CHECK (scope_ref <> ''),
  ADD COLUMN granted numeric(20, 12) NOT NULL DEFAULT 0 CHECK (granted >= 0),
  ADD COLUMN is_hard boolean NOT NULL DEFAULT true,
  ADD COLUMN notify_emails text[] NOT NULL DEFAULT '{}',
  DROP CONSTRAINT budgets_scope_check,
  ADD CONSTRAINT budgets_scope_check CHECK (scope IN ('organization', 'project', 'api_key', 'end_user')),
  DROP CONSTRAINT budgets_scope_id_check,
  ADD CONSTRAINT budgets_scope_id_check CHECK (
    (scope IN ('project', 'api_key')) = (scope_id IS NOT NULL) AND (scope = 'end_user') = (scope_ref IS NOT NULL)),
  DROP CONSTRAINT budgets_organization_id_scope_scope_id_period_key,
  ADD CONSTRAINT budgets_organization_id_scope_period_key
    UNIQUE NULLS NOT DISTINCT (organization_id, scope, scope_id, scope_ref, period);
COMMENT ON COLUMN usage.budgets.scope_id IS 'The project or key; none for the organization and for end users.';
COMMENT ON COLUMN usage.budgets.scope_ref IS 'The end user''s id; * is the pattern that every end user gets a budget from.';
COMMENT ON COLUMN usage.budgets.granted IS 'Top-ups beside the limit: of this period, or for ever in a budget of the period total.';
COMMENT ON COLUMN usage.budgets.is_hard IS 'Whether calls beyond the limit are refused; a soft budget only warns.';
COMMENT ON COLUMN usage.budgets.notify_emails IS 'Addresses that get an email when a threshold is reached.';
COMMENT ON COLUMN usage.budgets.period IS 'How often it starts again.';

CREATE TABLE usage.budget_periods (
  budget_id        uuid NOT NULL,
  period_starts_at timestamptz NOT NULL,
  organization_id  uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  period_ends_at   timestamptz NOT NULL,
  hard_limit       numeric(20, 12) NOT NULL CHECK (hard_limit >= 0),
  granted          numeric(20, 12) NOT NULL CHECK (granted >= 0),
  settled          numeric(20, 12) NOT NULL,
  PRIMARY KEY (budget_id, period_starts_at),
  CONSTRAINT budget_periods_order_check CHECK (period_ends_at > period_starts_at),
  CONSTRAINT budget_periods_budget_id_fkey FOREIGN KEY (organization_id, budget_id)
    REFERENCES usage.budgets (organization_id, budget_id) ON DELETE CASCADE
);
CREATE INDEX budget_periods_organization_id_budget_id_idx
  ON usage.budget_periods (organization_id, budget_id);
ALTER TABLE usage.budget_periods ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.budget_periods TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.budget_periods TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON usage.budget_periods TO wavehouse_operational_app;
COMMENT ON TABLE usage.budget_periods IS 'The ended periods of budgets: what was allowed and what was spent.';
COMMENT ON COLUMN usage.budget_periods.budget_id IS 'The budget.';
COMMENT ON COLUMN usage.budget_periods.period_starts_at IS 'First instant of the period.';
COMMENT ON COLUMN usage.budget_periods.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.budget_periods.period_ends_at IS 'First instant after it.';
COMMENT ON COLUMN usage.budget_periods.hard_limit IS 'The limit at its end.';
COMMENT ON COLUMN usage.budget_periods.granted IS 'Top-ups in it.';
COMMENT ON COLUMN usage.budget_periods.settled IS 'Spent in it; late events are added until the month is closed.';

CREATE TABLE usage.budget_grants (
  grant_id        uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  budget_id       uuid NOT NULL,
  amount          numeric(20, 12) NOT NULL CHECK (amount > 0),
  note            text NOT NULL DEFAULT '',
  user_id         uuid,
  granted_at      timestamptz NOT NULL,
  CONSTRAINT budget_grants_budget_id_fkey FOREIGN KEY (organization_id, budget_id)
    REFERENCES usage.budgets (organization_id, budget_id) ON DELETE CASCADE
);
CREATE INDEX budget_grants_organization_id_budget_id_idx
  ON usage.budget_grants (organization_id, budget_id);
ALTER TABLE usage.budget_grants ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.budget_grants TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.budget_grants TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT ON usage.budget_grants TO wavehouse_operational_app;
COMMENT ON TABLE usage.budget_grants IS 'Prepaid amounts and top-ups.';
COMMENT ON COLUMN usage.budget_grants.grant_id IS 'The grant.';
COMMENT ON COLUMN usage.budget_grants.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.budget_grants.budget_id IS 'The budget that was topped up.';
COMMENT ON COLUMN usage.budget_grants.amount IS 'In the budget''s currency.';
COMMENT ON COLUMN usage.budget_grants.note IS 'A note for people, such as the invoice.';
COMMENT ON COLUMN usage.budget_grants.user_id IS 'The user that granted it. No foreign key: the grant outlives the user.';
COMMENT ON COLUMN usage.budget_grants.granted_at IS 'When.';

CREATE TABLE usage.reservations (
  reservation_id  uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  request_id      text NOT NULL CHECK (request_id <> ''),
  model_id        uuid NOT NULL REFERENCES usage.models ON DELETE RESTRICT,
  project_id      uuid,
  api_key_id      uuid,
  user_id         uuid,
  end_user        text CHECK (end_user <> ''),
  operation       text NOT NULL CHECK (operation <> ''),
  amount          numeric(20, 12) NOT NULL CHECK (amount >= 0),
  currency        char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  status          text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'expired')),
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  UNIQUE (organization_id, request_id)
);
CREATE INDEX reservations_model_id_idx ON usage.reservations (model_id);
CREATE INDEX reservations_expires_at_idx ON usage.reservations (expires_at);
ALTER TABLE usage.reservations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.reservations TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.reservations TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON usage.reservations TO wavehouse_operational_app;
COMMENT ON TABLE usage.reservations IS 'Calls that were allowed and are not settled yet; their amounts per budget are in budget_reservations (U4 to U6).';
COMMENT ON COLUMN usage.reservations.reservation_id IS 'The reservation, and the id of the event it becomes.';
COMMENT ON COLUMN usage.reservations.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.reservations.request_id IS 'The caller''s id of the request.';
COMMENT ON COLUMN usage.reservations.model_id IS 'The model that is called.';
COMMENT ON COLUMN usage.reservations.project_id IS 'For which project; opaque here.';
COMMENT ON COLUMN usage.reservations.api_key_id IS 'By which key. No foreign key: totals outlive keys.';
COMMENT ON COLUMN usage.reservations.user_id IS 'The user that calls. No foreign key: totals outlive people.';
COMMENT ON COLUMN usage.reservations.end_user IS 'The user of the caller''s application, by the caller''s own opaque id.';
COMMENT ON COLUMN usage.reservations.operation IS 'What for.';
COMMENT ON COLUMN usage.reservations.amount IS 'An upper bound of what the call can cost.';
COMMENT ON COLUMN usage.reservations.currency IS 'Its currency.';
COMMENT ON COLUMN usage.reservations.status IS 'expired: the sweeper has freed the amount; the call may still be settled, late.';
COMMENT ON COLUMN usage.reservations.created_at IS 'When the call began: the time of its event and of its prices.';
COMMENT ON COLUMN usage.reservations.expires_at IS 'When the sweeper frees the amount.';

CREATE TABLE usage.reconciliations (
  organization_id uuid PRIMARY KEY REFERENCES accounts.organizations ON DELETE RESTRICT,
  checked_at      timestamptz NOT NULL,
  compared        bigint NOT NULL CHECK (compared >= 0),
  differences     jsonb NOT NULL CHECK (jsonb_typeof(differences) = 'array'),
  repaired_at     timestamptz
);
ALTER TABLE usage.reconciliations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage.reconciliations TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON usage.reconciliations TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON usage.reconciliations TO wavehouse_operational_app;
COMMENT ON TABLE usage.reconciliations IS 'The last comparison of events, daily totals and budgets (U10).';
COMMENT ON COLUMN usage.reconciliations.organization_id IS 'The organization.';
COMMENT ON COLUMN usage.reconciliations.checked_at IS 'When it was compared.';
COMMENT ON COLUMN usage.reconciliations.compared IS 'How many totals were compared.';
COMMENT ON COLUMN usage.reconciliations.differences IS 'Totals that were not equal to the last digit, with both values.';
COMMENT ON COLUMN usage.reconciliations.repaired_at IS 'When the totals were last set to the sums of the events.';

GRANT INSERT ON usage.budget_alerts TO wavehouse_operational_app;
COMMENT ON TABLE usage.budget_alerts IS 'One row per threshold and period, so that each is announced once (U7).';
