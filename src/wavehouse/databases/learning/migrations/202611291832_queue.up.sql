-- Work of this database, by its own workers.

CREATE TABLE queue.jobs (
  job_id              uuid PRIMARY KEY DEFAULT uuidv7(),
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
CREATE INDEX jobs_claim_idx ON queue.jobs (lane, run_at, job_id) WHERE status = 'pending';
CREATE INDEX jobs_worker_id_idx ON queue.jobs (worker_id) WHERE status = 'running';
CREATE UNIQUE INDEX jobs_live_key ON queue.jobs (kind, unique_key) WHERE unique_key IS NOT NULL;
CREATE TRIGGER jobs_touch BEFORE UPDATE ON queue.jobs
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE queue.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.jobs TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE queue.jobs IS 'Live jobs only; finished ones move to jobs_done in the statement that finishes them.';
COMMENT ON COLUMN queue.jobs.job_id IS 'The job.';
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
  finished_at timestamptz NOT NULL,
  job_id      uuid NOT NULL,
  kind        text NOT NULL,
  lane        smallint NOT NULL CHECK (lane IN (0, 1, 2)),
  status      text NOT NULL CHECK (status IN ('done', 'failed', 'dead', 'cancelled')),
  run_at      timestamptz NOT NULL,
  claimed_at  timestamptz,
  attempts    integer NOT NULL CHECK (attempts >= 0),
  payload     jsonb NOT NULL DEFAULT '{}',
  errors      jsonb NOT NULL DEFAULT '[]',
  worker_id   uuid,
  PRIMARY KEY (finished_at, job_id)
) PARTITION BY RANGE (finished_at);
CREATE INDEX jobs_done_job_id_idx ON queue.jobs_done (job_id);
CREATE INDEX jobs_done_dead_idx ON queue.jobs_done (finished_at) WHERE status = 'dead';
ALTER TABLE queue.jobs_done ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.jobs_done TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE queue.jobs_done IS 'Finished jobs, kept 90 days; retention drops a month at a time.';
COMMENT ON COLUMN queue.jobs_done.finished_at IS 'When it ended; the month it lies in.';
COMMENT ON COLUMN queue.jobs_done.job_id IS 'The job.';
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
ALTER TABLE queue.workers ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.workers TO wavehouse_learning_worker USING (true);
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
ALTER TABLE queue.leader ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.leader TO wavehouse_learning_worker USING (true);
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
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE queue.schedules ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.schedules TO wavehouse_learning_worker USING (true);
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
  outbox_id     uuid PRIMARY KEY DEFAULT uuidv7(),
  event_type    text NOT NULL CHECK (event_type ~ '^[a-z_]+([.][a-z_]+)+$'),
  subject_type  text NOT NULL,
  subject_id    text NOT NULL,
  payload       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
  occurred_at   timestamptz NOT NULL,
  dispatched_at timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_open_idx ON queue.outbox (outbox_id) WHERE dispatched_at IS NULL;
ALTER TABLE queue.outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.outbox TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE queue.outbox IS 'Events written in the transaction of what they tell of, and dispatched afterwards.';
COMMENT ON COLUMN queue.outbox.outbox_id IS 'The event; a webhook''s id, the same over retries.';
COMMENT ON COLUMN queue.outbox.event_type IS 'What happened.';
COMMENT ON COLUMN queue.outbox.subject_type IS 'The kind of thing it happened to.';
COMMENT ON COLUMN queue.outbox.subject_id IS 'Which one.';
COMMENT ON COLUMN queue.outbox.payload IS 'Thin: identifiers, to be looked up.';
COMMENT ON COLUMN queue.outbox.occurred_at IS 'When it happened.';
COMMENT ON COLUMN queue.outbox.dispatched_at IS 'When it was handed on.';
COMMENT ON COLUMN queue.outbox.created_at IS 'When the row was made; bookkeeping.';
