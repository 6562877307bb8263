-- Who agreed to a change of the schema, how far a backfill has come, and what the runner's own history
-- and journal hold.

CREATE TABLE schema_ops.approvals (
  approval_id     uuid PRIMARY KEY DEFAULT uuidv7(),
  change_set_root bytea NOT NULL CHECK (length(change_set_root) = 32),
  plan_hash       bytea NOT NULL CHECK (length(plan_hash) = 32),
  target          text NOT NULL CHECK (target <> ''),
  approver        text NOT NULL CHECK (approver <> ''),
  key_id          text NOT NULL CHECK (key_id <> ''),
  decision        text NOT NULL CHECK (decision IN ('approved', 'rejected')),
  reason          text NOT NULL CHECK (reason <> ''),
  statement       jsonb NOT NULL CHECK (jsonb_typeof(statement) = 'object'),
  signature       bytea NOT NULL CHECK (length(signature) BETWEEN 32 AND 16384),
  decided_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  used_at         timestamptz,
  UNIQUE (change_set_root, plan_hash, target, key_id),
  CONSTRAINT approvals_expiry_check CHECK (expires_at > decided_at)
);
CREATE INDEX approvals_target_decided_at_idx ON schema_ops.approvals (target, decided_at DESC);
ALTER TABLE schema_ops.approvals ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON schema_ops.approvals TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE schema_ops.approvals IS 'Signed decisions on a change set; an approval holds for one plan on one target.';
COMMENT ON COLUMN schema_ops.approvals.approval_id IS 'The approval.';
COMMENT ON COLUMN schema_ops.approvals.change_set_root IS 'Merkle root over the files that are approved.';
COMMENT ON COLUMN schema_ops.approvals.plan_hash IS 'Hash of the plan with its measured locks and lint result.';
COMMENT ON COLUMN schema_ops.approvals.target IS 'The environment the approval is for.';
COMMENT ON COLUMN schema_ops.approvals.approver IS 'Who decided, by the name in the list of approvers.';
COMMENT ON COLUMN schema_ops.approvals.key_id IS 'Fingerprint of the key that signed.';
COMMENT ON COLUMN schema_ops.approvals.decision IS 'What was decided.';
COMMENT ON COLUMN schema_ops.approvals.reason IS 'Why, in the approver''s words.';
COMMENT ON COLUMN schema_ops.approvals.statement IS 'The canonical statement that was signed.';
COMMENT ON COLUMN schema_ops.approvals.signature IS 'Signature over the statement, in the form of the key''s type (Ed25519, ECDSA, RSA, SSH).';
COMMENT ON COLUMN schema_ops.approvals.decided_at IS 'When it was decided.';
COMMENT ON COLUMN schema_ops.approvals.expires_at IS 'From when on it no longer counts.';
COMMENT ON COLUMN schema_ops.approvals.used_at IS 'When an apply relied on it.';

CREATE TABLE schema_ops.backfills (
  backfill_id uuid PRIMARY KEY DEFAULT uuidv7(),
  version     text NOT NULL,
  name        text NOT NULL CHECK (name <> ''),
  status      text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'running', 'paused', 'done', 'failed')),
  upper_bound text,
  last_key    text,
  rows_done   bigint NOT NULL DEFAULT 0 CHECK (rows_done >= 0),
  batch_size  integer NOT NULL CHECK (batch_size > 0),
  started_at  timestamptz,
  finished_at timestamptz,
  error       text,
  UNIQUE (version, name),
  CONSTRAINT backfills_done_check CHECK ((status = 'done') = (finished_at IS NOT NULL))
);
ALTER TABLE schema_ops.backfills ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON schema_ops.backfills TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE schema_ops.backfills IS 'Progress of backfills in batches, written in the transaction of each batch: a killed one resumes.';
COMMENT ON COLUMN schema_ops.backfills.backfill_id IS 'The backfill.';
COMMENT ON COLUMN schema_ops.backfills.version IS 'The migration it belongs to.';
COMMENT ON COLUMN schema_ops.backfills.name IS 'Its name within the migration.';
COMMENT ON COLUMN schema_ops.backfills.status IS 'Where it stands.';
COMMENT ON COLUMN schema_ops.backfills.upper_bound IS 'The last key to do, frozen when it began.';
COMMENT ON COLUMN schema_ops.backfills.last_key IS 'The last key that is done.';
COMMENT ON COLUMN schema_ops.backfills.rows_done IS 'Rows done so far.';
COMMENT ON COLUMN schema_ops.backfills.batch_size IS 'Rows in the next batch; adapts to how long writers wait.';
COMMENT ON COLUMN schema_ops.backfills.started_at IS 'When the first batch began.';
COMMENT ON COLUMN schema_ops.backfills.finished_at IS 'When the last batch was committed.';
COMMENT ON COLUMN schema_ops.backfills.error IS 'What stopped it, without data of rows.';

COMMENT ON COLUMN schema_ops.history.version IS 'The migration''s version: the digits of its file name.';
COMMENT ON COLUMN schema_ops.history.slug IS 'The words of its file name.';
COMMENT ON COLUMN schema_ops.history.state IS 'Whether it is applied or half-way.';
COMMENT ON COLUMN schema_ops.history.checksum IS 'SHA-256 of the file''s text.';
COMMENT ON COLUMN schema_ops.history.down_checksum IS 'SHA-256 of its file down.';
COMMENT ON COLUMN schema_ops.history.applied_at IS 'When.';
COMMENT ON COLUMN schema_ops.history.applied_by IS 'By which login.';
COMMENT ON COLUMN schema_ops.history.duration_ms IS 'How long it took.';
COMMENT ON COLUMN schema_ops.history.runner_id IS 'The run of a command that did it.';
COMMENT ON COLUMN schema_ops.history.backend_pid IS 'The server''s process that did it.';

COMMENT ON COLUMN schema_ops.journal.journal_id IS 'The event.';
COMMENT ON COLUMN schema_ops.journal.version IS 'The migration''s version: the digits of its file name.';
COMMENT ON COLUMN schema_ops.journal.slug IS 'The words of its file name.';
COMMENT ON COLUMN schema_ops.journal.direction IS 'Up or down.';
COMMENT ON COLUMN schema_ops.journal.event IS 'Begun or done.';
COMMENT ON COLUMN schema_ops.journal.checksum IS 'SHA-256 of the file''s text.';
COMMENT ON COLUMN schema_ops.journal.happened_at IS 'When.';
COMMENT ON COLUMN schema_ops.journal.done_by IS 'By which login.';
COMMENT ON COLUMN schema_ops.journal.duration_ms IS 'How long it took.';
COMMENT ON COLUMN schema_ops.journal.runner_id IS 'The run of a command that did it.';
