-- Jobs, the slots that were ever planned, internal schedules, and what is told to others.
-- Organizations are opaque here: the queue lies below accounts.

CREATE TABLE queue.jobs (
  job_id              uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id     uuid,
  kind                text NOT NULL CHECK (kind ~ '^[a-z_]+[.][a-z_]+$'),
  unique_key          text,
  lane                smallint NOT NULL DEFAULT 1 CHECK (lane IN (0, 1, 2)),
  status              text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'running', 'blocked_budget')),
  run_at              timestamptz NOT NULL,
  payload             jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
  attempts            integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  max_attempts        integer NOT NULL DEFAULT 5 CHECK (max_attempts > 0),
  errors              jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(errors) = 'array'),
  lease_token         uuid,
  worker_id           uuid,
  claimed_at          timestamptz,
  deadline_at         timestamptz,
  cancel_requested_at timestamptz,
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT jobs_lease_check CHECK ((status = 'running') = (lease_token IS NOT NULL)),
  CONSTRAINT jobs_claim_check
    CHECK ((lease_token IS NULL) = (worker_id IS NULL) AND (lease_token IS NULL) = (claimed_at IS NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX jobs_claim_idx
  ON queue.jobs (organization_id, lane, run_at, job_id) WHERE status = 'pending';
CREATE INDEX jobs_worker_id_idx ON queue.jobs (worker_id) WHERE status = 'running';
CREATE UNIQUE INDEX jobs_live_key ON queue.jobs (kind, unique_key) WHERE unique_key IS NOT NULL;
CREATE TRIGGER jobs_touch BEFORE UPDATE ON queue.jobs
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE queue.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON queue.jobs TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON queue.jobs TO wavehouse_operational_worker USING (true);
GRANT SELECT ON queue.jobs
  TO wavehouse_operational_app;
COMMENT ON TABLE queue.jobs IS 'Live jobs only; finished ones move to jobs_done in the statement that finishes them.';
COMMENT ON COLUMN queue.jobs.job_id IS 'The job.';
COMMENT ON COLUMN queue.jobs.organization_id IS 'Whose job it is; NULL for the system''s own.';
COMMENT ON COLUMN queue.jobs.kind IS 'What to do: context and use case.';
COMMENT ON COLUMN queue.jobs.unique_key IS 'While live, only one job of its kind has this key.';
COMMENT ON COLUMN queue.jobs.lane IS '0 interactive, 1 scheduled, 2 backfill (Q10).';
COMMENT ON COLUMN queue.jobs.status IS 'Live states; every other is an end.';
COMMENT ON COLUMN queue.jobs.run_at IS 'From when it may be claimed; never before it was inserted (Q12).';
COMMENT ON COLUMN queue.jobs.payload IS 'What the handler needs; identifiers, not personal data.';
COMMENT ON COLUMN queue.jobs.attempts IS 'Counted at claim, so a job that kills its process ends too (Q17).';
COMMENT ON COLUMN queue.jobs.max_attempts IS 'Then it is dead.';
COMMENT ON COLUMN queue.jobs.errors IS 'One entry per failed attempt.';
COMMENT ON COLUMN queue.jobs.lease_token IS 'Random; every write after the claim must carry it (Q15).';
COMMENT ON COLUMN queue.jobs.worker_id IS 'Who runs it. No foreign key: a worker''s row leaves while its lease is judged.';
COMMENT ON COLUMN queue.jobs.claimed_at IS 'When the running attempt was claimed.';
COMMENT ON COLUMN queue.jobs.deadline_at IS 'When the running attempt is cut off.';
COMMENT ON COLUMN queue.jobs.cancel_requested_at IS 'Seen by the worker at its next heartbeat (Q22).';
COMMENT ON COLUMN queue.jobs.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN queue.jobs.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE queue.jobs_done (
  finished_at     timestamptz NOT NULL,
  job_id          uuid NOT NULL,
  organization_id uuid,
  kind            text NOT NULL,
  lane            smallint NOT NULL CHECK (lane IN (0, 1, 2)),
  status          text NOT NULL CHECK (status IN ('done', 'failed', 'dead', 'cancelled')),
  run_at          timestamptz NOT NULL,
  claimed_at      timestamptz,
  attempts        integer NOT NULL CHECK (attempts >= 0),
  payload         jsonb NOT NULL DEFAULT '{}',
  errors          jsonb NOT NULL DEFAULT '[]',
  worker_id       uuid,
  PRIMARY KEY (finished_at, job_id)
) PARTITION BY RANGE (finished_at);
CREATE INDEX jobs_done_job_id_idx ON queue.jobs_done (job_id);
CREATE INDEX jobs_done_organization_id_finished_at_idx
  ON queue.jobs_done (organization_id, finished_at DESC);
CREATE INDEX jobs_done_dead_idx ON queue.jobs_done (finished_at) WHERE status = 'dead';
ALTER TABLE queue.jobs_done ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON queue.jobs_done TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON queue.jobs_done TO wavehouse_operational_worker USING (true);
GRANT SELECT ON queue.jobs_done
  TO wavehouse_operational_app;
COMMENT ON TABLE queue.jobs_done IS 'Finished jobs, kept 90 days; retention drops a month at a time.';
COMMENT ON COLUMN queue.jobs_done.finished_at IS 'When it ended; the month it lies in.';
COMMENT ON COLUMN queue.jobs_done.job_id IS 'The job.';
COMMENT ON COLUMN queue.jobs_done.organization_id IS 'Whose job it was; NULL for the system''s own.';
COMMENT ON COLUMN queue.jobs_done.kind IS 'What was done.';
COMMENT ON COLUMN queue.jobs_done.lane IS '0 interactive, 1 scheduled, 2 backfill.';
COMMENT ON COLUMN queue.jobs_done.status IS 'How it ended.';
COMMENT ON COLUMN queue.jobs_done.run_at IS 'When it was due.';
COMMENT ON COLUMN queue.jobs_done.claimed_at IS 'When its last attempt was claimed.';
COMMENT ON COLUMN queue.jobs_done.attempts IS 'How many attempts there were.';
COMMENT ON COLUMN queue.jobs_done.payload IS 'Kept for requeueing a dead job.';
COMMENT ON COLUMN queue.jobs_done.errors IS 'One entry per failed attempt.';
COMMENT ON COLUMN queue.jobs_done.worker_id IS 'Who ran the last attempt.';

CREATE TABLE queue.workers (
  worker_id    uuid PRIMARY KEY,
  name         text NOT NULL CHECK (name <> ''),
  pid          integer NOT NULL CHECK (pid > 0),
  lanes        smallint[] NOT NULL CHECK (cardinality(lanes) > 0),
  release      text NOT NULL,
  started_at   timestamptz NOT NULL,
  heartbeat_at timestamptz NOT NULL,
  draining     boolean NOT NULL DEFAULT false,
  CONSTRAINT workers_heartbeat_check CHECK (heartbeat_at >= started_at)
) WITH (fillfactor = 50);
COMMENT ON TABLE queue.workers IS 'One heartbeat row per worker process; no index on the heartbeat, so that its update stays in place (Q14).';
COMMENT ON COLUMN queue.workers.worker_id IS 'The worker process.';
COMMENT ON COLUMN queue.workers.name IS 'What operators call it.';
COMMENT ON COLUMN queue.workers.pid IS 'Its process id on its machine.';
COMMENT ON COLUMN queue.workers.lanes IS 'The lanes it claims from.';
COMMENT ON COLUMN queue.workers.release IS 'The release it runs.';
COMMENT ON COLUMN queue.workers.started_at IS 'When it began.';
COMMENT ON COLUMN queue.workers.heartbeat_at IS 'Written every 10 s; dead after 45 s.';
COMMENT ON COLUMN queue.workers.draining IS 'It finishes what it has and claims no more (Q24).';

CREATE TABLE queue.leader (
  single      boolean PRIMARY KEY DEFAULT true CHECK (single),
  term        bigint NOT NULL CHECK (term > 0),
  holder      uuid NOT NULL,
  acquired_at timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  CONSTRAINT leader_expiry_check CHECK (expires_at > acquired_at)
);
COMMENT ON TABLE queue.leader IS 'At most one row: who plans, rescues and sweeps. Every write of a leader carries its term (Q26).';
COMMENT ON COLUMN queue.leader.single IS 'Always true, so that there is one row.';
COMMENT ON COLUMN queue.leader.term IS 'Grows by one with every leader.';
COMMENT ON COLUMN queue.leader.holder IS 'The worker that leads.';
COMMENT ON COLUMN queue.leader.acquired_at IS 'Since when.';
COMMENT ON COLUMN queue.leader.expires_at IS 'Until when, unless renewed.';

CREATE TABLE queue.schedules (
  schedule_id uuid PRIMARY KEY DEFAULT uuidv7(),
  name        text NOT NULL UNIQUE CHECK (name <> ''),
  cron        text NOT NULL CHECK (cron ~ '^([^ ]+ ){4}[^ ]+$'),
  kind        text NOT NULL CHECK (kind ~ '^[a-z_]+[.][a-z_]+$'),
  payload     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
  is_active   boolean NOT NULL DEFAULT true,
  last_run_at timestamptz,
  next_run_at timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX schedules_next_run_at_idx ON queue.schedules (next_run_at) WHERE is_active;
CREATE TRIGGER schedules_touch BEFORE UPDATE ON queue.schedules
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
COMMENT ON TABLE queue.schedules IS 'Internal work by cron expression in UTC (Q8); creators'' cadences are studio''s.';
COMMENT ON COLUMN queue.schedules.schedule_id IS 'The schedule.';
COMMENT ON COLUMN queue.schedules.name IS 'What operators call it.';
COMMENT ON COLUMN queue.schedules.cron IS 'Five fields, in UTC.';
COMMENT ON COLUMN queue.schedules.kind IS 'The job it makes.';
COMMENT ON COLUMN queue.schedules.payload IS 'What the job gets.';
COMMENT ON COLUMN queue.schedules.is_active IS 'Whether it makes jobs.';
COMMENT ON COLUMN queue.schedules.last_run_at IS 'When it last made one.';
COMMENT ON COLUMN queue.schedules.next_run_at IS 'When it makes the next.';
COMMENT ON COLUMN queue.schedules.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN queue.schedules.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE queue.outbox (
  outbox_id       uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL,
  event_type      text NOT NULL CHECK (event_type ~ '^[a-z_]+([.][a-z_]+)+$'),
  subject_type    text NOT NULL,
  subject_id      text NOT NULL,
  payload         jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
  occurred_at     timestamptz NOT NULL,
  dispatched_at   timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_organization_id_occurred_at_idx
  ON queue.outbox (organization_id, occurred_at DESC);
CREATE INDEX outbox_open_idx ON queue.outbox (outbox_id) WHERE dispatched_at IS NULL;
ALTER TABLE queue.outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON queue.outbox TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON queue.outbox TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT ON queue.outbox
  TO wavehouse_operational_app;
COMMENT ON TABLE queue.outbox IS 'Events written in the transaction of what they tell of, and dispatched afterwards.';
COMMENT ON COLUMN queue.outbox.outbox_id IS 'The event; a webhook''s id, the same over retries.';
COMMENT ON COLUMN queue.outbox.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN queue.outbox.event_type IS 'What happened.';
COMMENT ON COLUMN queue.outbox.subject_type IS 'The kind of thing it happened to.';
COMMENT ON COLUMN queue.outbox.subject_id IS 'Which one.';
COMMENT ON COLUMN queue.outbox.payload IS 'Thin: identifiers, to be looked up.';
COMMENT ON COLUMN queue.outbox.occurred_at IS 'When it happened.';
COMMENT ON COLUMN queue.outbox.dispatched_at IS 'When it was handed on.';
COMMENT ON COLUMN queue.outbox.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE queue.organization_queue_state (
  organization_id uuid PRIMARY KEY,
  running         integer NOT NULL DEFAULT 0 CHECK (running >= 0),
  cap             integer NOT NULL DEFAULT 5 CHECK (cap > 0),
  paused_at       timestamptz,
  next_ready_at   timestamptz,
  last_served_at  timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT organization_queue_state_cap_holds_check CHECK (running <= cap)
) WITH (fillfactor = 80);
CREATE INDEX organization_queue_state_last_served_at_idx
  ON queue.organization_queue_state (last_served_at) WHERE paused_at IS NULL;
CREATE TRIGGER organization_queue_state_touch BEFORE UPDATE ON queue.organization_queue_state
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE queue.organization_queue_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON queue.organization_queue_state TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON queue.organization_queue_state TO wavehouse_operational_worker USING (true);
GRANT SELECT ON queue.organization_queue_state
  TO wavehouse_operational_app;
COMMENT ON TABLE queue.organization_queue_state IS 'One row per organization: its share of the workers, locked by a claim (Q9).';
COMMENT ON COLUMN queue.organization_queue_state.organization_id IS 'The organization.';
COMMENT ON COLUMN queue.organization_queue_state.running IS 'Rows of it that are leased now.';
COMMENT ON COLUMN queue.organization_queue_state.cap IS 'How many may run at once.';
COMMENT ON COLUMN queue.organization_queue_state.paused_at IS 'Since when nothing new is claimed (Q23).';
COMMENT ON COLUMN queue.organization_queue_state.next_ready_at IS 'When its next row is due, as far as known; bounds the claim''s look-up.';
COMMENT ON COLUMN queue.organization_queue_state.last_served_at IS 'When a row of it was last claimed; the longest waiting goes first.';
COMMENT ON COLUMN queue.organization_queue_state.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN queue.organization_queue_state.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE queue.slot_ledger (
  organization_id uuid NOT NULL,
  project_id      uuid NOT NULL,
  local_date      date NOT NULL,
  ordinal         integer NOT NULL CHECK (ordinal >= 0),
  slot_at         timestamptz NOT NULL,
  slot_id         uuid NOT NULL UNIQUE,
  planned_at      timestamptz NOT NULL,
  PRIMARY KEY (project_id, local_date, ordinal),
  UNIQUE (project_id, slot_at)
);
CREATE INDEX slot_ledger_organization_id_idx ON queue.slot_ledger (organization_id);
ALTER TABLE queue.slot_ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON queue.slot_ledger TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON queue.slot_ledger TO wavehouse_operational_worker USING (true);
GRANT SELECT ON queue.slot_ledger
  TO wavehouse_operational_app;
COMMENT ON TABLE queue.slot_ledger IS 'Every slot that was ever planned, live or done: moving a row to done never opens its slot again (Q2).';
COMMENT ON COLUMN queue.slot_ledger.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN queue.slot_ledger.project_id IS 'The project; opaque here.';
COMMENT ON COLUMN queue.slot_ledger.local_date IS 'The slot''s date on the project''s clock.';
COMMENT ON COLUMN queue.slot_ledger.ordinal IS 'Which slot of that date.';
COMMENT ON COLUMN queue.slot_ledger.slot_at IS 'The instant.';
COMMENT ON COLUMN queue.slot_ledger.slot_id IS 'The row it became.';
COMMENT ON COLUMN queue.slot_ledger.planned_at IS 'When it was planned.';

CREATE TABLE queue.webhook_endpoints (
  webhook_endpoint_id    uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id        uuid NOT NULL,
  url                    varchar(1000) NOT NULL CHECK (url ~ '^https?://'),
  description            text,
  event_types            text[] NOT NULL CHECK (cardinality(event_types) > 0),
  secret_sealed          bytea NOT NULL CHECK (length(secret_sealed) > 0),
  previous_secret_sealed bytea,
  status                 text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  disabled_reason        text,
  failing_since          timestamptz,
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT webhook_endpoints_disabled_check
    CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL))
);
CREATE INDEX webhook_endpoints_organization_id_idx ON queue.webhook_endpoints (organization_id);
CREATE TRIGGER webhook_endpoints_touch BEFORE UPDATE ON queue.webhook_endpoints
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE queue.webhook_endpoints ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON queue.webhook_endpoints TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON queue.webhook_endpoints TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON queue.webhook_endpoints
  TO wavehouse_operational_app;
COMMENT ON TABLE queue.webhook_endpoints IS 'Where an organization wants its events sent.';
COMMENT ON COLUMN queue.webhook_endpoints.webhook_endpoint_id IS 'The endpoint.';
COMMENT ON COLUMN queue.webhook_endpoints.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN queue.webhook_endpoints.url IS 'Where to; checked against private networks at each attempt.';
COMMENT ON COLUMN queue.webhook_endpoints.description IS 'What it is for.';
COMMENT ON COLUMN queue.webhook_endpoints.event_types IS 'Which events it wants.';
COMMENT ON COLUMN queue.webhook_endpoints.secret_sealed IS 'The signing secret, sealed.';
COMMENT ON COLUMN queue.webhook_endpoints.previous_secret_sealed IS 'The secret before, valid during rotation.';
COMMENT ON COLUMN queue.webhook_endpoints.status IS 'Whether it is served.';
COMMENT ON COLUMN queue.webhook_endpoints.disabled_reason IS 'Why it is not.';
COMMENT ON COLUMN queue.webhook_endpoints.failing_since IS 'Since when every attempt fails; disabled after five days.';
COMMENT ON COLUMN queue.webhook_endpoints.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN queue.webhook_endpoints.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE queue.webhook_deliveries (
  webhook_delivery_id uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id     uuid NOT NULL,
  webhook_endpoint_id uuid NOT NULL REFERENCES queue.webhook_endpoints ON DELETE CASCADE,
  outbox_id           uuid NOT NULL REFERENCES queue.outbox ON DELETE CASCADE,
  attempt             integer NOT NULL CHECK (attempt > 0),
  status              text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'delivered', 'failed', 'abandoned')),
  next_attempt_at     timestamptz,
  attempted_at        timestamptz,
  response_status     smallint CHECK (response_status BETWEEN 100 AND 599),
  response_excerpt    varchar(1024),
  error               text,
  created_at          timestamptz NOT NULL DEFAULT now(),
  UNIQUE (webhook_endpoint_id, outbox_id, attempt),
  CONSTRAINT webhook_deliveries_attempted_check
    CHECK (status = 'pending' OR attempted_at IS NOT NULL)
);
CREATE INDEX webhook_deliveries_outbox_id_idx ON queue.webhook_deliveries (outbox_id);
CREATE INDEX webhook_deliveries_organization_id_idx ON queue.webhook_deliveries (organization_id);
CREATE INDEX webhook_deliveries_pending_idx
  ON queue.webhook_deliveries (next_attempt_at) WHERE status = 'pending';
ALTER TABLE queue.webhook_deliveries ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON queue.webhook_deliveries TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON queue.webhook_deliveries TO wavehouse_operational_worker USING (true);
GRANT SELECT ON queue.webhook_deliveries
  TO wavehouse_operational_app;
COMMENT ON TABLE queue.webhook_deliveries IS 'One row per attempt to deliver an event to an endpoint.';
COMMENT ON COLUMN queue.webhook_deliveries.webhook_delivery_id IS 'The attempt.';
COMMENT ON COLUMN queue.webhook_deliveries.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN queue.webhook_deliveries.webhook_endpoint_id IS 'The endpoint.';
COMMENT ON COLUMN queue.webhook_deliveries.outbox_id IS 'The event.';
COMMENT ON COLUMN queue.webhook_deliveries.attempt IS 'Which attempt, from 1.';
COMMENT ON COLUMN queue.webhook_deliveries.status IS 'How it went.';
COMMENT ON COLUMN queue.webhook_deliveries.next_attempt_at IS 'When it is tried.';
COMMENT ON COLUMN queue.webhook_deliveries.attempted_at IS 'When it was tried.';
COMMENT ON COLUMN queue.webhook_deliveries.response_status IS 'What was answered.';
COMMENT ON COLUMN queue.webhook_deliveries.response_excerpt IS 'The start of the answer; never shown to others.';
COMMENT ON COLUMN queue.webhook_deliveries.error IS 'Why there was no answer.';
COMMENT ON COLUMN queue.webhook_deliveries.created_at IS 'When the row was made; bookkeeping.';
