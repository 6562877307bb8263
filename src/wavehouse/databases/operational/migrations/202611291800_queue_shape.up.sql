-- The queue's tables take the shape that its functions need (docs/concepts/queue.md). A row's share is
-- whose part of the workers it uses: the organization's, or, all zeros, the system's own.

CREATE TABLE queue.pauses (
  pause_id        uuid NOT NULL DEFAULT uuidv7() CONSTRAINT pauses_pkey PRIMARY KEY,
  organization_id uuid,
  project_id      uuid,
  paused_at       timestamptz NOT NULL,
  paused_by       text NOT NULL CONSTRAINT pauses_paused_by_check CHECK (paused_by <> ''),
  reason          text NOT NULL DEFAULT '',
  CONSTRAINT pauses_project_check CHECK (project_id IS NULL OR organization_id IS NOT NULL),
  CONSTRAINT pauses_scope_key UNIQUE NULLS NOT DISTINCT (organization_id, project_id)
);
ALTER TABLE queue.pauses ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON queue.pauses TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON queue.pauses TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, DELETE ON queue.pauses TO wavehouse_operational_app;
COMMENT ON TABLE queue.pauses IS 'What is paused (Q23): everything, an organization, or a project. Running work finishes.';
COMMENT ON COLUMN queue.pauses.pause_id IS 'The pause.';
COMMENT ON COLUMN queue.pauses.organization_id IS 'The organization; NULL pauses everything.';
COMMENT ON COLUMN queue.pauses.project_id IS 'The project; NULL pauses the whole organization.';
COMMENT ON COLUMN queue.pauses.paused_at IS 'Since when.';
COMMENT ON COLUMN queue.pauses.paused_by IS 'The actor, as the audit log writes it.';
COMMENT ON COLUMN queue.pauses.reason IS 'Why.';

ALTER TABLE queue.jobs
  ADD COLUMN user_id uuid,
  ADD COLUMN project_id uuid,
  ADD COLUMN time_limit interval NOT NULL DEFAULT '10 minutes'
    CONSTRAINT jobs_time_limit_check CHECK (time_limit > interval '0'),
  ADD COLUMN keep_done boolean NOT NULL DEFAULT true,
  ADD COLUMN progress jsonb,
  ADD COLUMN cost numeric(20, 12) NOT NULL DEFAULT 0 CONSTRAINT jobs_cost_check CHECK (cost >= 0),
  ADD COLUMN share uuid NOT NULL
    GENERATED ALWAYS AS (coalesce(organization_id, '00000000-0000-0000-0000-000000000000'::uuid)) STORED;
ALTER TABLE queue.jobs
  DROP CONSTRAINT jobs_status_check,
  ADD CONSTRAINT jobs_status_check
    CHECK (status IN ('pending', 'running', 'blocked_budget', 'paused'));
DROP INDEX queue.jobs_claim_idx;
CREATE INDEX jobs_claim_idx ON queue.jobs (share, lane, run_at, job_id) WHERE status = 'pending';
DROP INDEX queue.jobs_live_key;
CREATE UNIQUE INDEX jobs_live_key ON queue.jobs (share, kind, unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX jobs_idle_idx ON queue.jobs (share, project_id) WHERE status IN ('blocked_budget', 'paused');
GRANT INSERT, UPDATE, DELETE ON queue.jobs TO wavehouse_operational_app;
COMMENT ON COLUMN queue.jobs.user_id IS 'The user for whom it runs; NULL for the organization''s administrator. Opaque here.';
COMMENT ON COLUMN queue.jobs.project_id IS 'The project it works for, if any: a project can be paused. Opaque here.';
COMMENT ON COLUMN queue.jobs.time_limit IS 'How long an attempt may take; sets deadline_at.';
COMMENT ON COLUMN queue.jobs.keep_done IS 'Whether a success is kept in jobs_done; false for work that repeats every few seconds.';
COMMENT ON COLUMN queue.jobs.progress IS 'What the handler reported last: a checkpoint it can continue from.';
COMMENT ON COLUMN queue.jobs.cost IS 'Spent on it so far.';
COMMENT ON COLUMN queue.jobs.share IS 'Whose part of the workers it uses: the organization, or all zeros for the system.';

ALTER TABLE queue.jobs_done
  ADD COLUMN user_id uuid,
  ADD COLUMN project_id uuid,
  ADD COLUMN unique_key text,
  ADD COLUMN max_attempts integer NOT NULL DEFAULT 5,
  ADD COLUMN time_limit interval NOT NULL DEFAULT '10 minutes',
  ADD COLUMN progress jsonb,
  ADD COLUMN cost numeric(20, 12) NOT NULL DEFAULT 0;
GRANT INSERT, UPDATE, DELETE ON queue.jobs_done TO wavehouse_operational_app;
COMMENT ON COLUMN queue.jobs_done.user_id IS 'The user for whom it ran.';
COMMENT ON COLUMN queue.jobs_done.project_id IS 'The project it worked for.';
COMMENT ON COLUMN queue.jobs_done.unique_key IS 'The key it had while it was live.';
COMMENT ON COLUMN queue.jobs_done.max_attempts IS 'How many attempts it was allowed.';
COMMENT ON COLUMN queue.jobs_done.time_limit IS 'How long an attempt was allowed to take.';
COMMENT ON COLUMN queue.jobs_done.progress IS 'Its last checkpoint.';
COMMENT ON COLUMN queue.jobs_done.cost IS 'What it cost.';

ALTER TABLE queue.workers
  ADD COLUMN host text NOT NULL DEFAULT '',
  ADD COLUMN kinds text[] NOT NULL DEFAULT '{}',
  ADD COLUMN lost_leases bigint NOT NULL DEFAULT 0
    CONSTRAINT workers_lost_leases_check CHECK (lost_leases >= 0);
COMMENT ON COLUMN queue.workers.host IS 'The machine it runs on.';
COMMENT ON COLUMN queue.workers.kinds IS 'The kinds of jobs it can do; it claims no others.';
COMMENT ON COLUMN queue.workers.lost_leases IS 'How many of its attempts came to an end after their lease was gone (Q15).';

ALTER TABLE queue.schedules
  ADD COLUMN every interval CONSTRAINT schedules_every_check CHECK (every > interval '0'),
  ALTER COLUMN cron DROP NOT NULL,
  ADD CONSTRAINT schedules_rhythm_check CHECK (num_nonnulls(cron, every) = 1);
COMMENT ON COLUMN queue.schedules.cron IS 'Five fields, in UTC; or every.';
COMMENT ON COLUMN queue.schedules.every IS 'The time between two runs, for rhythms below a minute; or cron.';
COMMENT ON TABLE queue.schedules IS 'Internal work that repeats, by cron expression in UTC (Q8) or by interval; creators'' cadences are studio''s.';

-- One row for each organization and queue: the slots of studio are claimed by the same design.
ALTER TABLE queue.organization_queue_state
  ADD COLUMN queue text NOT NULL DEFAULT 'jobs'
    CONSTRAINT organization_queue_state_queue_check CHECK (queue IN ('jobs', 'slots')),
  ADD COLUMN turn_at timestamptz NOT NULL DEFAULT 'infinity',
  ADD COLUMN empty_looks integer NOT NULL DEFAULT 0
    CONSTRAINT organization_queue_state_empty_looks_check CHECK (empty_looks >= 0),
  ADD COLUMN low_run_at timestamptz[] NOT NULL DEFAULT '{-infinity,-infinity,-infinity}'
    CONSTRAINT organization_queue_state_low_run_at_check CHECK (cardinality(low_run_at) = 3),
  ADD COLUMN rescan_at timestamptz NOT NULL DEFAULT '-infinity';
DROP INDEX queue.organization_queue_state_last_served_at_idx;
ALTER TABLE queue.organization_queue_state
  DROP CONSTRAINT organization_queue_state_pkey,
  DROP COLUMN next_ready_at,
  ADD CONSTRAINT organization_queue_state_pkey PRIMARY KEY (organization_id, queue);
CREATE INDEX organization_queue_state_turn_at_idx
  ON queue.organization_queue_state (queue, turn_at, organization_id);
ALTER TABLE queue.organization_queue_state
  SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
GRANT INSERT, UPDATE ON queue.organization_queue_state TO wavehouse_operational_app;
COMMENT ON TABLE queue.organization_queue_state IS 'One row per organization and queue: its share of the workers, locked by a claim (Q9). All zeros is the system''s own.';
COMMENT ON COLUMN queue.organization_queue_state.organization_id IS 'The organization; all zeros for the system''s own jobs.';
COMMENT ON COLUMN queue.organization_queue_state.queue IS 'jobs (queue.jobs) or slots (studio.episode_schedule_queue).';
COMMENT ON COLUMN queue.organization_queue_state.turn_at IS 'From when it is looked at by claims, the earliest first: both that something is due and whose turn it is (Q9).';
COMMENT ON COLUMN queue.organization_queue_state.empty_looks IS 'Looks in a row that found nothing; each doubles the time to the next.';
COMMENT ON COLUMN queue.organization_queue_state.low_run_at IS 'Low-water mark of each lane: nothing older is pending, as far as known (Q12).';
COMMENT ON COLUMN queue.organization_queue_state.rescan_at IS 'When the next look ignores the marks.';

-- Slots: the columns that the functions need.
ALTER TABLE studio.episode_schedule_queue
  ADD COLUMN time_limit interval NOT NULL DEFAULT '30 minutes'
    CONSTRAINT episode_schedule_queue_time_limit_check CHECK (time_limit > interval '0'),
  ADD COLUMN progress jsonb,
  DROP CONSTRAINT episode_schedule_queue_status_check,
  ADD CONSTRAINT episode_schedule_queue_status_check
    CHECK (status IN ('pending', 'running', 'blocked_budget', 'paused'));
CREATE INDEX episode_schedule_queue_idle_idx ON studio.episode_schedule_queue (organization_id, project_id)
  WHERE status IN ('blocked_budget', 'paused');
GRANT INSERT, UPDATE, DELETE ON studio.episode_schedule_queue TO wavehouse_operational_app;
COMMENT ON COLUMN studio.episode_schedule_queue.time_limit IS 'How long an attempt may take; sets deadline_at.';
COMMENT ON COLUMN studio.episode_schedule_queue.progress IS 'What the handler reported last: a checkpoint it can continue from.';
ALTER TABLE studio.episode_schedule_done
  ADD COLUMN local_time time NOT NULL DEFAULT '00:00',
  ADD COLUMN timezone text NOT NULL DEFAULT 'UTC',
  ADD COLUMN tzdata_version text NOT NULL DEFAULT '',
  ADD COLUMN run_at timestamptz,
  ADD COLUMN claimed_at timestamptz,
  ADD COLUMN lane smallint NOT NULL DEFAULT 1
    CONSTRAINT episode_schedule_done_lane_check CHECK (lane IN (0, 1, 2)),
  ADD COLUMN max_attempts integer NOT NULL DEFAULT 5,
  ADD COLUMN time_limit interval NOT NULL DEFAULT '30 minutes',
  ADD COLUMN progress jsonb;
GRANT INSERT, UPDATE, DELETE ON studio.episode_schedule_done TO wavehouse_operational_app;
COMMENT ON COLUMN studio.episode_schedule_done.local_time IS 'Its time on the project''s clock.';
COMMENT ON COLUMN studio.episode_schedule_done.timezone IS 'The zone of that clock.';
COMMENT ON COLUMN studio.episode_schedule_done.tzdata_version IS 'By which edition of the zone rules (Q5).';
COMMENT ON COLUMN studio.episode_schedule_done.run_at IS 'When its last attempt was due.';
COMMENT ON COLUMN studio.episode_schedule_done.claimed_at IS 'When its last attempt was claimed.';
COMMENT ON COLUMN studio.episode_schedule_done.lane IS '0 interactive, 1 scheduled, 2 backfill (Q10).';
COMMENT ON COLUMN studio.episode_schedule_done.max_attempts IS 'How many attempts it was allowed.';
COMMENT ON COLUMN studio.episode_schedule_done.time_limit IS 'How long an attempt was allowed to take.';
COMMENT ON COLUMN studio.episode_schedule_done.progress IS 'Its last checkpoint.';
