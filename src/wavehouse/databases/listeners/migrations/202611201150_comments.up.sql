-- What the tables of the first migrations hold, said where every tool shows it: in the database.

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
