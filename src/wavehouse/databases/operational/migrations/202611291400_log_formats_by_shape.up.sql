-- A log format is a file of the program, not of the database: the check is of the name's shape.

ALTER TABLE measurement.source_files DROP CONSTRAINT source_files_format_check;
ALTER TABLE measurement.source_files ADD CONSTRAINT source_files_format_check
  CHECK (format ~ '^[a-z][a-z0-9_]{0,39}$');
ALTER TABLE measurement.source_files ADD COLUMN template text
  CHECK (template IS NULL OR length(template) BETWEEN 1 AND 4000);
COMMENT ON COLUMN measurement.source_files.template IS 'Of a log that was read with --fields: its template.';
