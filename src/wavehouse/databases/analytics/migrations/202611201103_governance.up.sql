-- What retention removed here, how good the rollups are, and what feeds what.

CREATE TABLE governance.retention_runs (
  retention_run_id uuid PRIMARY KEY DEFAULT uuidv7(),
  policy           text NOT NULL CHECK (policy <> ''),
  table_name       text NOT NULL CHECK (table_name <> ''),
  action           text NOT NULL
    CHECK (action IN ('drop_partition', 'delete', 'anonymise', 'compact', 'archive')),
  plan_digest      bytea NOT NULL CHECK (length(plan_digest) = 32),
  keep_from        timestamptz NOT NULL,
  rows_removed     bigint CHECK (rows_removed >= 0),
  bytes_freed      bigint CHECK (bytes_freed >= 0),
  status           text NOT NULL
    CHECK (status IN ('planned', 'running', 'done', 'skipped', 'refused', 'failed')),
  reason           text,
  started_at       timestamptz NOT NULL,
  finished_at      timestamptz,
  next_due_at      timestamptz,
  CONSTRAINT retention_runs_finished_check CHECK (finished_at >= started_at),
  CONSTRAINT retention_runs_reason_check
    CHECK (status NOT IN ('skipped', 'refused', 'failed') OR reason IS NOT NULL)
);
CREATE INDEX retention_runs_policy_started_at_idx
  ON governance.retention_runs (policy, started_at DESC);
CREATE INDEX retention_runs_table_name_started_at_idx
  ON governance.retention_runs (table_name, started_at DESC);
COMMENT ON TABLE governance.retention_runs IS 'What each policy removed, from what, and what stopped it.';
COMMENT ON COLUMN governance.retention_runs.retention_run_id IS 'The run.';
COMMENT ON COLUMN governance.retention_runs.policy IS 'The policy''s name in its file.';
COMMENT ON COLUMN governance.retention_runs.table_name IS 'The table.';
COMMENT ON COLUMN governance.retention_runs.action IS 'How it removes.';
COMMENT ON COLUMN governance.retention_runs.plan_digest IS 'The plan that was agreed to; another plan is refused.';
COMMENT ON COLUMN governance.retention_runs.keep_from IS 'Rows older than this were due.';
COMMENT ON COLUMN governance.retention_runs.rows_removed IS 'Rows removed or changed.';
COMMENT ON COLUMN governance.retention_runs.bytes_freed IS 'Bytes given back.';
COMMENT ON COLUMN governance.retention_runs.status IS 'How it ended.';
COMMENT ON COLUMN governance.retention_runs.reason IS 'Why it was skipped, refused or failed.';
COMMENT ON COLUMN governance.retention_runs.started_at IS 'When it began.';
COMMENT ON COLUMN governance.retention_runs.finished_at IS 'When it ended.';
COMMENT ON COLUMN governance.retention_runs.next_due_at IS 'When the policy is due again.';

CREATE TABLE governance.quality_results (
  quality_result_id uuid PRIMARY KEY DEFAULT uuidv7(),
  run_id            uuid NOT NULL,
  rule              text NOT NULL CHECK (rule <> ''),
  rule_version      text NOT NULL,
  dimension         text NOT NULL
    CHECK (dimension IN ('completeness', 'validity', 'accuracy', 'uniqueness', 'freshness', 'availability', 'reconciliation')),
  table_name        text NOT NULL CHECK (table_name <> ''),
  as_of             timestamptz NOT NULL,
  numerator         numeric,
  denominator       numeric CHECK (denominator >= 0),
  threshold         numeric NOT NULL,
  interval_low      numeric,
  interval_high     numeric,
  status            text NOT NULL
    CHECK (status IN ('pass', 'warn', 'fail', 'error', 'not_evaluated')),
  duration_ms       integer NOT NULL CHECK (duration_ms >= 0),
  CONSTRAINT quality_results_interval_check CHECK (interval_high >= interval_low),
  CONSTRAINT quality_results_evaluated_check
    CHECK (status NOT IN ('pass', 'warn', 'fail') OR numerator IS NOT NULL)
);
CREATE INDEX quality_results_rule_as_of_idx ON governance.quality_results (rule, as_of DESC);
CREATE INDEX quality_results_run_id_idx ON governance.quality_results (run_id);
CREATE INDEX quality_results_table_name_as_of_idx
  ON governance.quality_results (table_name, as_of DESC);
COMMENT ON TABLE governance.quality_results IS 'Results of data-quality rules, appended; "error" and "not evaluated" are results too.';
COMMENT ON COLUMN governance.quality_results.quality_result_id IS 'The result.';
COMMENT ON COLUMN governance.quality_results.run_id IS 'Results of one run belong together.';
COMMENT ON COLUMN governance.quality_results.rule IS 'The rule''s name in its file.';
COMMENT ON COLUMN governance.quality_results.rule_version IS 'Its version.';
COMMENT ON COLUMN governance.quality_results.dimension IS 'What it measures.';
COMMENT ON COLUMN governance.quality_results.table_name IS 'What was measured.';
COMMENT ON COLUMN governance.quality_results.as_of IS 'The instant the data was read at.';
COMMENT ON COLUMN governance.quality_results.numerator IS 'Rows that pass, or the measured value.';
COMMENT ON COLUMN governance.quality_results.denominator IS 'Rows looked at.';
COMMENT ON COLUMN governance.quality_results.threshold IS 'What it must reach.';
COMMENT ON COLUMN governance.quality_results.interval_low IS 'Lower end of the interval of an accuracy.';
COMMENT ON COLUMN governance.quality_results.interval_high IS 'Upper end of it.';
COMMENT ON COLUMN governance.quality_results.status IS 'The verdict.';
COMMENT ON COLUMN governance.quality_results.duration_ms IS 'How long it took.';

CREATE TABLE governance.lineage_events (
  emitted_at       timestamptz NOT NULL,
  lineage_event_id uuid NOT NULL DEFAULT uuidv7(),
  run_id           uuid NOT NULL,
  job_namespace    text NOT NULL,
  job_name         text NOT NULL CHECK (job_name <> ''),
  event_type       text NOT NULL
    CHECK (event_type IN ('START', 'RUNNING', 'COMPLETE', 'FAIL', 'ABORT', 'OTHER')),
  event            jsonb NOT NULL CHECK (jsonb_typeof(event) = 'object'),
  PRIMARY KEY (emitted_at, lineage_event_id)
) PARTITION BY RANGE (emitted_at);
CREATE INDEX lineage_events_run_id_idx ON governance.lineage_events (run_id);
CREATE INDEX lineage_events_job_namespace_job_name_emitted_at_idx
  ON governance.lineage_events (job_namespace, job_name, emitted_at DESC);
COMMENT ON TABLE governance.lineage_events IS 'OpenLineage run events as they were emitted or accepted; edges are kept apart, without repetition.';
COMMENT ON COLUMN governance.lineage_events.emitted_at IS 'When it was emitted.';
COMMENT ON COLUMN governance.lineage_events.lineage_event_id IS 'The event.';
COMMENT ON COLUMN governance.lineage_events.run_id IS 'The run.';
COMMENT ON COLUMN governance.lineage_events.job_namespace IS 'The job''s namespace.';
COMMENT ON COLUMN governance.lineage_events.job_name IS 'The job.';
COMMENT ON COLUMN governance.lineage_events.event_type IS 'What the run did.';
COMMENT ON COLUMN governance.lineage_events.event IS 'The whole event with its facets.';

CREATE TABLE governance.lineage_edges (
  from_dataset  text NOT NULL CHECK (from_dataset <> ''),
  from_column   text NOT NULL DEFAULT '',
  to_dataset    text NOT NULL CHECK (to_dataset <> ''),
  to_column     text NOT NULL DEFAULT '',
  job           text NOT NULL CHECK (job <> ''),
  kind          text NOT NULL
    CHECK (kind IN ('identity', 'transformation', 'aggregation', 'filter', 'declared')),
  first_seen_at timestamptz NOT NULL,
  last_seen_at  timestamptz NOT NULL,
  PRIMARY KEY (from_dataset, from_column, to_dataset, to_column, job),
  CONSTRAINT lineage_edges_seen_check CHECK (last_seen_at >= first_seen_at)
);
CREATE INDEX lineage_edges_to_dataset_to_column_idx
  ON governance.lineage_edges (to_dataset, to_column);
COMMENT ON TABLE governance.lineage_edges IS 'Which column feeds which, each edge once.';
COMMENT ON COLUMN governance.lineage_edges.from_dataset IS 'The dataset that is read.';
COMMENT ON COLUMN governance.lineage_edges.from_column IS 'Its column; empty for the whole dataset.';
COMMENT ON COLUMN governance.lineage_edges.to_dataset IS 'The dataset that is written.';
COMMENT ON COLUMN governance.lineage_edges.to_column IS 'Its column; empty for the whole dataset.';
COMMENT ON COLUMN governance.lineage_edges.job IS 'The job that does it.';
COMMENT ON COLUMN governance.lineage_edges.kind IS 'How.';
COMMENT ON COLUMN governance.lineage_edges.first_seen_at IS 'When the edge was first seen.';
COMMENT ON COLUMN governance.lineage_edges.last_seen_at IS 'When it was last seen.';
