REVOKE INSERT, UPDATE, DELETE ON studio.episode_schedule_done FROM wavehouse_operational_app;
ALTER TABLE studio.episode_schedule_done
  DROP COLUMN progress,
  DROP COLUMN time_limit,
  DROP COLUMN max_attempts,
  DROP COLUMN lane,
  DROP COLUMN claimed_at,
  DROP COLUMN run_at,
  DROP COLUMN tzdata_version,
  DROP COLUMN timezone,
  DROP COLUMN local_time;
REVOKE INSERT, UPDATE, DELETE ON studio.episode_schedule_queue FROM wavehouse_operational_app;
DROP INDEX studio.episode_schedule_queue_idle_idx;
UPDATE studio.episode_schedule_queue SET status = 'pending' WHERE status = 'paused';
ALTER TABLE studio.episode_schedule_queue
  DROP COLUMN progress,
  DROP COLUMN time_limit,
  DROP CONSTRAINT episode_schedule_queue_status_check,
  ADD CONSTRAINT episode_schedule_queue_status_check
    CHECK (status IN ('pending', 'running', 'blocked_budget'));

REVOKE INSERT, UPDATE ON queue.organization_queue_state FROM wavehouse_operational_app;
DELETE FROM queue.organization_queue_state WHERE queue <> 'jobs';
DROP INDEX queue.organization_queue_state_turn_at_idx;
ALTER TABLE queue.organization_queue_state
  DROP CONSTRAINT organization_queue_state_pkey,
  ADD COLUMN next_ready_at timestamptz,
  DROP COLUMN rescan_at,
  DROP COLUMN low_run_at,
  DROP COLUMN empty_looks,
  DROP COLUMN turn_at,
  DROP COLUMN queue,
  ADD CONSTRAINT organization_queue_state_pkey PRIMARY KEY (organization_id);
CREATE INDEX organization_queue_state_last_served_at_idx
  ON queue.organization_queue_state (last_served_at) WHERE paused_at IS NULL;
ALTER TABLE queue.organization_queue_state SET (fillfactor = 80);
ALTER TABLE queue.organization_queue_state
  RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_cost_delay);
COMMENT ON COLUMN queue.organization_queue_state.next_ready_at IS 'When its next row is due, as far as known; bounds the claim''s look-up.';
COMMENT ON COLUMN queue.organization_queue_state.organization_id IS 'The organization.';
COMMENT ON TABLE queue.organization_queue_state IS 'One row per organization: its share of the workers, locked by a claim (Q9).';

DELETE FROM queue.schedules WHERE cron IS NULL;
ALTER TABLE queue.schedules
  DROP CONSTRAINT schedules_rhythm_check,
  ALTER COLUMN cron SET NOT NULL,
  DROP COLUMN every;
COMMENT ON TABLE queue.schedules IS 'Internal work by cron expression in UTC (Q8); creators'' cadences are studio''s.';
COMMENT ON COLUMN queue.schedules.cron IS 'Five fields, in UTC.';

ALTER TABLE queue.workers
  DROP COLUMN lost_leases,
  DROP COLUMN kinds,
  DROP COLUMN host;

REVOKE INSERT, UPDATE, DELETE ON queue.jobs_done FROM wavehouse_operational_app;
ALTER TABLE queue.jobs_done
  DROP COLUMN cost,
  DROP COLUMN progress,
  DROP COLUMN time_limit,
  DROP COLUMN max_attempts,
  DROP COLUMN unique_key,
  DROP COLUMN project_id,
  DROP COLUMN user_id;

REVOKE INSERT, UPDATE, DELETE ON queue.jobs FROM wavehouse_operational_app;
DROP INDEX queue.jobs_idle_idx;
DROP INDEX queue.jobs_live_key;
CREATE UNIQUE INDEX jobs_live_key ON queue.jobs (kind, unique_key) WHERE unique_key IS NOT NULL;
DROP INDEX queue.jobs_claim_idx;
CREATE INDEX jobs_claim_idx
  ON queue.jobs (organization_id, lane, run_at, job_id) WHERE status = 'pending';
UPDATE queue.jobs SET status = 'pending' WHERE status = 'paused';
ALTER TABLE queue.jobs
  DROP CONSTRAINT jobs_status_check,
  ADD CONSTRAINT jobs_status_check CHECK (status IN ('pending', 'running', 'blocked_budget'));
ALTER TABLE queue.jobs
  DROP COLUMN share,
  DROP COLUMN cost,
  DROP COLUMN progress,
  DROP COLUMN keep_done,
  DROP COLUMN time_limit,
  DROP COLUMN project_id,
  DROP COLUMN user_id;

DROP TABLE queue.pauses;
