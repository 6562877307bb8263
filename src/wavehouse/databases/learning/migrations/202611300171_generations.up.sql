-- What was asked of the studio, the estimate that was given, and the reason of a wait.

ALTER TABLE learning.generation_status
  ADD COLUMN project_id uuid,
  ADD COLUMN slot_id uuid,
  ADD COLUMN language varchar(10),
  ADD COLUMN asked_difficulty numeric(4, 2),
  ADD COLUMN reason text,
  ADD COLUMN estimate_low integer,
  ADD COLUMN estimate_high integer,
  ADD COLUMN estimate_runs integer;
COMMENT ON COLUMN learning.generation_status.project_id IS 'The studio''s project, on its own database.';
COMMENT ON COLUMN learning.generation_status.slot_id IS 'The studio''s slot, on its own database; empty until the studio was asked.';
COMMENT ON COLUMN learning.generation_status.language IS 'Language of the piece.';
COMMENT ON COLUMN learning.generation_status.asked_difficulty IS 'Difficulty that was asked for, from -3 to 3.';
COMMENT ON COLUMN learning.generation_status.reason IS 'Why it waits, or how the piece differs from what was asked.';
COMMENT ON COLUMN learning.generation_status.estimate_low IS 'Seconds that a tenth of the past runs stayed below.';
COMMENT ON COLUMN learning.generation_status.estimate_high IS 'Seconds that nine tenths of the past runs stayed below.';
COMMENT ON COLUMN learning.generation_status.estimate_runs IS 'Number of past runs that the estimate is from.';
CREATE INDEX generation_status_live_idx ON learning.generation_status (organization_id)
  WHERE status::text = ANY (ARRAY['generating'::text, 'processing'::text]);
