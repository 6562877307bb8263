-- Requests for files that were registered later; last lines that were still being written; keys
-- that cannot be made because the month before was destroyed.

ALTER TABLE measurement.requests ADD COLUMN next_reason text;
COMMENT ON COLUMN measurement.requests.next_reason IS 'Of an unknown path: the reason that will hold when an episode is registered there; NULL = candidate.';
CREATE INDEX requests_path_idx ON measurement.requests (path) WHERE path IS NOT NULL;

CREATE TABLE measurement.adoptions (
  organization_id uuid PRIMARY KEY REFERENCES accounts.organizations ON DELETE CASCADE,
  media           text NOT NULL,
  adopted_at      timestamptz NOT NULL
);
COMMENT ON TABLE measurement.adoptions IS 'The state of the catalog''s media files (number, newest) at which unknown paths were last looked through.';
ALTER TABLE measurement.adoptions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.adoptions TO wavehouse_operational_worker USING (true);

ALTER TABLE measurement.source_files ADD COLUMN tail_at timestamptz, ADD COLUMN tail_id uuid;
COMMENT ON COLUMN measurement.source_files.tail_id IS 'The request of a last line without its end; replaced when the line is read whole.';

ALTER TABLE measurement.downloads ALTER COLUMN listener_key_prev DROP NOT NULL;
COMMENT ON COLUMN measurement.downloads.listener_key_prev IS 'The key under the month before; NULL when that month''s secret was destroyed (R44).';
