-- Freshness is measured, and alerts open and resolve by themselves.

ALTER TABLE measurement.dirty_log ADD COLUMN marked_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN measurement.dirty_log.marked_at IS 'When the hour was marked: how long it has waited for its rollup.';

CREATE TABLE measurement.rollup_runs (
  rollup_run_id uuid PRIMARY KEY DEFAULT uuidv7(),
  started_at    timestamptz NOT NULL,
  finished_at   timestamptz NOT NULL,
  hours         integer NOT NULL CHECK (hours >= 0),
  rows          bigint NOT NULL CHECK (rows >= 0),
  waited        interval NOT NULL,
  CONSTRAINT rollup_runs_finished_at_check CHECK (finished_at >= started_at)
);
CREATE INDEX rollup_runs_started_at_idx ON measurement.rollup_runs (started_at);
COMMENT ON TABLE measurement.rollup_runs IS 'Passes of the roller that had something to do; of the installation, kept for 30 days.';
COMMENT ON COLUMN measurement.rollup_runs.rollup_run_id IS 'The pass.';
COMMENT ON COLUMN measurement.rollup_runs.started_at IS 'Its start.';
COMMENT ON COLUMN measurement.rollup_runs.finished_at IS 'Its end: from then on the figures include the hours.';
COMMENT ON COLUMN measurement.rollup_runs.hours IS 'Dirty hours that it rolled up.';
COMMENT ON COLUMN measurement.rollup_runs.rows IS 'Rows that it wrote.';
COMMENT ON COLUMN measurement.rollup_runs.waited IS 'From the oldest mark of these hours to the end of the pass.';
ALTER TABLE measurement.rollup_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.rollup_runs TO wavehouse_operational_worker USING (true);

CREATE SCHEMA alerts;
GRANT USAGE ON SCHEMA alerts TO wavehouse_operational_app, wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA alerts
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wavehouse_operational_worker;

CREATE TABLE alerts.alerts (
  alert_id        uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE CASCADE,
  rule            text NOT NULL CHECK (rule <> ''),
  subject         text NOT NULL,
  message         text NOT NULL,
  value           double precision,
  threshold       double precision,
  muted           boolean NOT NULL DEFAULT false,
  opened_at       timestamptz NOT NULL,
  seen_at         timestamptz NOT NULL,
  clear_since     timestamptz,
  resolved_at     timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by uuid,
  UNIQUE (organization_id, alert_id),
  FOREIGN KEY (organization_id, acknowledged_by) REFERENCES accounts.users (organization_id, user_id),
  CONSTRAINT alerts_resolved_at_check CHECK (resolved_at >= opened_at),
  CONSTRAINT alerts_acknowledged_check CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
CREATE UNIQUE INDEX alerts_open_key ON alerts.alerts (organization_id, rule, subject)
  WHERE resolved_at IS NULL;
CREATE INDEX alerts_opened_at_idx ON alerts.alerts (organization_id, opened_at DESC);
CREATE INDEX alerts_acknowledged_by_idx ON alerts.alerts (organization_id, acknowledged_by);
COMMENT ON TABLE alerts.alerts IS 'Alerts that opened. Rules and thresholds are code and settings; the state of the world is read, not stored.';
COMMENT ON COLUMN alerts.alerts.alert_id IS 'The alert.';
COMMENT ON COLUMN alerts.alerts.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN alerts.alerts.rule IS 'The rule that opened it.';
COMMENT ON COLUMN alerts.alerts.subject IS 'What it is about, such as a feed''s show; empty for the whole organization.';
COMMENT ON COLUMN alerts.alerts.message IS 'One sentence for people.';
COMMENT ON COLUMN alerts.alerts.value IS 'The measured value, in the unit of the rule, when it was last seen.';
COMMENT ON COLUMN alerts.alerts.threshold IS 'The threshold at that time.';
COMMENT ON COLUMN alerts.alerts.muted IS 'Whether it opened while the rule was silenced: nobody was notified.';
COMMENT ON COLUMN alerts.alerts.opened_at IS 'When it opened.';
COMMENT ON COLUMN alerts.alerts.seen_at IS 'When the rule was last evaluated with this result.';
COMMENT ON COLUMN alerts.alerts.clear_since IS 'Since when the value is in order again; it resolves ten minutes later.';
COMMENT ON COLUMN alerts.alerts.resolved_at IS 'When it resolved by itself; NULL while it is open.';
COMMENT ON COLUMN alerts.alerts.acknowledged_at IS 'When a person took note of it.';
COMMENT ON COLUMN alerts.alerts.acknowledged_by IS 'That person.';

CREATE TABLE alerts.silences (
  silence_id      uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE CASCADE,
  rule            text NOT NULL CHECK (rule <> ''),
  subject         text,
  until           timestamptz NOT NULL,
  created_by      uuid NOT NULL,
  created_at      timestamptz NOT NULL,
  FOREIGN KEY (organization_id, created_by) REFERENCES accounts.users (organization_id, user_id),
  CONSTRAINT silences_until_check CHECK (until > created_at)
);
CREATE INDEX silences_rule_idx ON alerts.silences (organization_id, rule);
CREATE INDEX silences_created_by_idx ON alerts.silences (organization_id, created_by);
COMMENT ON TABLE alerts.silences IS 'Rules about which nobody is notified for a time; their alerts open and resolve all the same.';
COMMENT ON COLUMN alerts.silences.silence_id IS 'The silence.';
COMMENT ON COLUMN alerts.silences.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN alerts.silences.rule IS 'The rule.';
COMMENT ON COLUMN alerts.silences.subject IS 'Only for this subject; NULL for all.';
COMMENT ON COLUMN alerts.silences.until IS 'Until when.';
COMMENT ON COLUMN alerts.silences.created_by IS 'The user that made it.';
COMMENT ON COLUMN alerts.silences.created_at IS 'When.';

ALTER TABLE alerts.alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE alerts.silences ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON alerts.alerts TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON alerts.silences TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON alerts.alerts TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON alerts.silences TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON alerts.alerts, alerts.silences TO wavehouse_operational_app;
