UPDATE measurement.downloads SET listener_key_prev = 0 WHERE listener_key_prev IS NULL;
ALTER TABLE measurement.downloads ALTER COLUMN listener_key_prev SET NOT NULL;
COMMENT ON COLUMN measurement.downloads.listener_key_prev IS NULL;
ALTER TABLE measurement.source_files DROP COLUMN tail_at, DROP COLUMN tail_id;
DROP TABLE measurement.adoptions;
DROP INDEX measurement.requests_path_idx;
ALTER TABLE measurement.requests DROP COLUMN next_reason;
