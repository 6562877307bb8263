-- Requests to be forgotten, what was removed, and how good the data is.

CREATE TABLE governance.erasure_requests (
  erasure_request_id uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id    uuid,
  subject_kind       text NOT NULL CHECK (subject_kind IN ('learner', 'creator', 'contact')),
  subject_id         text,
  requested_by       text NOT NULL
    CHECK (requested_by IN ('subject', 'administrator', 'processor')),
  channel            text NOT NULL
    CHECK (channel IN ('session', 'signed_link', 'administrator', 'api')),
  status             text NOT NULL DEFAULT 'received'
    CHECK (status IN ('received', 'identity_pending', 'verified', 'soft_deleted', 'executing', 'verifying', 'completed', 'partially_held', 'rejected', 'failed')),
  plan_digest        bytea CHECK (length(plan_digest) = 32),
  rejected_reason    text,
  received_at        timestamptz NOT NULL,
  verified_at        timestamptz,
  grace_until        timestamptz,
  due_gdpr_at        timestamptz NOT NULL,
  due_ccpa_at        timestamptz NOT NULL,
  completed_at       timestamptz,
  certificate        jsonb CHECK (jsonb_typeof(certificate) = 'object'),
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT erasure_requests_due_check
    CHECK (due_gdpr_at > received_at AND due_ccpa_at > received_at),
  CONSTRAINT erasure_requests_completed_check
    CHECK ((status IN ('completed', 'partially_held')) = (completed_at IS NOT NULL)),
  CONSTRAINT erasure_requests_rejected_check
    CHECK (status <> 'rejected' OR rejected_reason IS NOT NULL)
);
CREATE INDEX erasure_requests_open_idx
  ON governance.erasure_requests (due_gdpr_at) WHERE completed_at IS NULL;
CREATE INDEX erasure_requests_organization_id_idx ON governance.erasure_requests (organization_id);
CREATE TRIGGER erasure_requests_touch BEFORE UPDATE ON governance.erasure_requests
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE governance.erasure_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON governance.erasure_requests TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON governance.erasure_requests TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT ON governance.erasure_requests TO wavehouse_learning_app;
COMMENT ON TABLE governance.erasure_requests IS 'Requests to be forgotten, from receipt to certificate. Holds no address: identifiers are in the ledger, hashed.';
COMMENT ON COLUMN governance.erasure_requests.erasure_request_id IS 'The request.';
COMMENT ON COLUMN governance.erasure_requests.organization_id IS 'The organization of the subject; NULL when it has none.';
COMMENT ON COLUMN governance.erasure_requests.subject_kind IS 'What the person is to us.';
COMMENT ON COLUMN governance.erasure_requests.subject_id IS 'The subject''s id while it exists; emptied at completion.';
COMMENT ON COLUMN governance.erasure_requests.requested_by IS 'Who asked.';
COMMENT ON COLUMN governance.erasure_requests.channel IS 'How identity was shown.';
COMMENT ON COLUMN governance.erasure_requests.status IS 'Where it stands.';
COMMENT ON COLUMN governance.erasure_requests.plan_digest IS 'Digest of the plan that was shown.';
COMMENT ON COLUMN governance.erasure_requests.rejected_reason IS 'Why it was refused, from a fixed list.';
COMMENT ON COLUMN governance.erasure_requests.received_at IS 'When it came.';
COMMENT ON COLUMN governance.erasure_requests.verified_at IS 'When identity was certain.';
COMMENT ON COLUMN governance.erasure_requests.grace_until IS 'Until when it can be undone.';
COMMENT ON COLUMN governance.erasure_requests.due_gdpr_at IS 'One calendar month after receipt.';
COMMENT ON COLUMN governance.erasure_requests.due_ccpa_at IS '45 days after receipt.';
COMMENT ON COLUMN governance.erasure_requests.completed_at IS 'When it was done.';
COMMENT ON COLUMN governance.erasure_requests.certificate IS 'What was scanned at which level, and what was found.';
COMMENT ON COLUMN governance.erasure_requests.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN governance.erasure_requests.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE governance.erasure_steps (
  erasure_request_id uuid NOT NULL REFERENCES governance.erasure_requests ON DELETE CASCADE,
  store              text NOT NULL
    CHECK (store IN ('operational', 'learning', 'listeners', 'analytics', 'files', 'processor')),
  table_name         text NOT NULL CHECK (table_name <> ''),
  batch              integer NOT NULL DEFAULT 0 CHECK (batch >= 0),
  position           integer NOT NULL CHECK (position >= 0),
  action             text NOT NULL
    CHECK (action IN ('delete', 'anonymise', 'pseudonymise', 'null', 'keep', 'redact')),
  status             text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'done', 'failed', 'pending_processor', 'held')),
  rows_touched       bigint CHECK (rows_touched >= 0),
  basis              text,
  done_at            timestamptz,
  PRIMARY KEY (erasure_request_id, store, table_name, batch),
  CONSTRAINT erasure_steps_done_check CHECK ((status = 'done') = (done_at IS NOT NULL)),
  CONSTRAINT erasure_steps_basis_check CHECK (action <> 'keep' OR basis IS NOT NULL)
);
ALTER TABLE governance.erasure_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.erasure_steps TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE governance.erasure_steps IS 'One row per step and batch of an erasure, committed together with the change itself.';
COMMENT ON COLUMN governance.erasure_steps.erasure_request_id IS 'The request.';
COMMENT ON COLUMN governance.erasure_steps.store IS 'Where the step works.';
COMMENT ON COLUMN governance.erasure_steps.table_name IS 'The table, or the place outside.';
COMMENT ON COLUMN governance.erasure_steps.batch IS 'Its batch, from 0.';
COMMENT ON COLUMN governance.erasure_steps.position IS 'Its order in the plan.';
COMMENT ON COLUMN governance.erasure_steps.action IS 'What it does.';
COMMENT ON COLUMN governance.erasure_steps.status IS 'Where it stands.';
COMMENT ON COLUMN governance.erasure_steps.rows_touched IS 'How many rows it changed.';
COMMENT ON COLUMN governance.erasure_steps.basis IS 'The legal basis of a keep.';
COMMENT ON COLUMN governance.erasure_steps.done_at IS 'When it was done.';

CREATE TABLE governance.erasure_ledger (
  identifier_hash    bytea PRIMARY KEY CHECK (length(identifier_hash) = 32),
  erasure_request_id uuid NOT NULL,
  kind               text NOT NULL
    CHECK (kind IN ('email', 'subject_id', 'session', 'device', 'external')),
  key_version        integer NOT NULL CHECK (key_version > 0),
  status             text NOT NULL CHECK (status IN ('pending', 'erased', 'held')),
  late_arrivals      bigint NOT NULL DEFAULT 0 CHECK (late_arrivals >= 0),
  recorded_at        timestamptz NOT NULL
);
CREATE INDEX erasure_ledger_erasure_request_id_idx
  ON governance.erasure_ledger (erasure_request_id);
CREATE INDEX erasure_ledger_recorded_at_idx ON governance.erasure_ledger (recorded_at);
ALTER TABLE governance.erasure_ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.erasure_ledger TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE governance.erasure_ledger IS 'Keyed hashes of what was erased, written before the first destructive step: drops late arrivals and is replayed after a restore. No free text.';
COMMENT ON COLUMN governance.erasure_ledger.identifier_hash IS 'HMAC of a normalised identifier under a key outside the database.';
COMMENT ON COLUMN governance.erasure_ledger.erasure_request_id IS 'The request. No foreign key: the ledger outlives it.';
COMMENT ON COLUMN governance.erasure_ledger.kind IS 'What was hashed.';
COMMENT ON COLUMN governance.erasure_ledger.key_version IS 'Which key hashed it.';
COMMENT ON COLUMN governance.erasure_ledger.status IS 'What became of it.';
COMMENT ON COLUMN governance.erasure_ledger.late_arrivals IS 'How many later rows were dropped because of it.';
COMMENT ON COLUMN governance.erasure_ledger.recorded_at IS 'When it was written.';

CREATE TABLE governance.legal_holds (
  legal_hold_id uuid PRIMARY KEY DEFAULT uuidv7(),
  subject_hash  bytea CHECK (length(subject_hash) = 32),
  table_name    text,
  reason        text NOT NULL CHECK (reason <> ''),
  ordered_by    text NOT NULL CHECK (ordered_by <> ''),
  starts_at     timestamptz NOT NULL,
  expires_at    timestamptz NOT NULL,
  released_at   timestamptz,
  created_at    timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT legal_holds_scope_check CHECK (num_nonnulls(subject_hash, table_name) = 1),
  CONSTRAINT legal_holds_expiry_check CHECK (expires_at > starts_at)
);
CREATE INDEX legal_holds_subject_hash_idx ON governance.legal_holds (subject_hash);
ALTER TABLE governance.legal_holds ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.legal_holds TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE governance.legal_holds IS 'What retention and erasure must leave alone, and until when (RT5).';
COMMENT ON COLUMN governance.legal_holds.legal_hold_id IS 'The hold.';
COMMENT ON COLUMN governance.legal_holds.subject_hash IS 'The subject, by the ledger''s hash.';
COMMENT ON COLUMN governance.legal_holds.table_name IS 'Or a whole table.';
COMMENT ON COLUMN governance.legal_holds.reason IS 'Why, without personal data.';
COMMENT ON COLUMN governance.legal_holds.ordered_by IS 'Who ordered it.';
COMMENT ON COLUMN governance.legal_holds.starts_at IS 'From when.';
COMMENT ON COLUMN governance.legal_holds.expires_at IS 'A hold always ends, and can be renewed.';
COMMENT ON COLUMN governance.legal_holds.released_at IS 'When it was lifted early.';
COMMENT ON COLUMN governance.legal_holds.created_at IS 'When the row was made; bookkeeping.';

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
ALTER TABLE governance.retention_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.retention_runs TO wavehouse_learning_worker USING (true);
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
ALTER TABLE governance.quality_results ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.quality_results TO wavehouse_learning_worker USING (true);
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
ALTER TABLE governance.lineage_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.lineage_events TO wavehouse_learning_worker USING (true);
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
ALTER TABLE governance.lineage_edges ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.lineage_edges TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE governance.lineage_edges IS 'Which column feeds which, each edge once.';
COMMENT ON COLUMN governance.lineage_edges.from_dataset IS 'The dataset that is read.';
COMMENT ON COLUMN governance.lineage_edges.from_column IS 'Its column; empty for the whole dataset.';
COMMENT ON COLUMN governance.lineage_edges.to_dataset IS 'The dataset that is written.';
COMMENT ON COLUMN governance.lineage_edges.to_column IS 'Its column; empty for the whole dataset.';
COMMENT ON COLUMN governance.lineage_edges.job IS 'The job that does it.';
COMMENT ON COLUMN governance.lineage_edges.kind IS 'How.';
COMMENT ON COLUMN governance.lineage_edges.first_seen_at IS 'When the edge was first seen.';
COMMENT ON COLUMN governance.lineage_edges.last_seen_at IS 'When it was last seen.';
