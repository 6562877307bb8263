COMMENT ON TABLE usage.budget_alerts IS 'One row per threshold and period, so that each is told once (U7).';
REVOKE INSERT ON usage.budget_alerts FROM wavehouse_operational_app;
DROP TABLE usage.reconciliations;
DROP TABLE usage.reservations;
DROP TABLE usage.budget_grants;
DROP TABLE usage.budget_periods;
COMMENT ON COLUMN usage.budgets.period IS 'How often it starts anew.';
COMMENT ON COLUMN usage.budgets.scope_id IS 'Which project or key; none for the organization.';
DELETE FROM usage.budgets WHERE scope = 'end_user';
ALTER TABLE usage.budgets
  DROP CONSTRAINT budgets_organization_id_scope_period_key,
  ADD CONSTRAINT budgets_organization_id_scope_scope_id_period_key
    UNIQUE NULLS NOT DISTINCT (organization_id, scope, scope_id, period),
  DROP CONSTRAINT budgets_scope_id_check,
  ADD CONSTRAINT budgets_scope_id_check CHECK ((scope = 'organization') = (scope_id IS NULL)),
  DROP CONSTRAINT budgets_scope_check,
  ADD CONSTRAINT budgets_scope_check CHECK (scope IN ('organization', 'project', 'api_key')),
  DROP COLUMN notify_emails,
  DROP COLUMN is_hard,
  DROP COLUMN granted,
  DROP COLUMN scope_ref;
DROP TABLE usage.organization_ledgers;
REVOKE INSERT, UPDATE, DELETE ON usage.organization_periods FROM wavehouse_operational_app;
ALTER TABLE usage.organization_periods DROP COLUMN closed_at;
DROP INDEX usage.usage_requests_organization_id_event_id_idx;
DROP INDEX usage.usage_events_adjusts_event_id_idx;
DROP INDEX usage.usage_events_organization_id_accounted_at_idx;
ALTER TABLE usage.usage_events
  DROP COLUMN lines,
  DROP COLUMN usage_date,
  DROP COLUMN accounted_at,
  DROP COLUMN end_user;
DELETE FROM usage.model_prices p WHERE EXISTS (
  SELECT FROM usage.model_prices o
  WHERE o.model_id = p.model_id AND o.unit = p.unit AND o.tier = p.tier AND o.effective_from = p.effective_from
    AND (o.revision, o.currency) > (p.revision, p.currency));
ALTER TABLE usage.model_prices
  DROP CONSTRAINT model_prices_pkey,
  DROP COLUMN revision,
  ADD CONSTRAINT model_prices_pkey PRIMARY KEY (model_id, unit, tier, effective_from);
