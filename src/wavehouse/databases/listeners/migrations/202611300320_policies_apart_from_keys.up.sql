-- A lookup by key has one plan. The listeners of a transaction were a condition that every index of
-- the listener's column served, beside the query's own on the same column: the planner took a
-- listener for one row, every index for equally good, and read all of a listener's actions for each
-- action of an upload. Compared with IS TRUE, no index serves it; the query's own condition stays.

ALTER POLICY own ON listeners.chapter_keys
  USING ((listener_id = ANY ((SELECT listeners.current_listeners())::uuid[])) IS TRUE);
ALTER POLICY own ON listeners.chapters
  USING ((listener_id = ANY ((SELECT listeners.current_listeners())::uuid[])) IS TRUE);
ALTER POLICY own ON listeners.playback_actions
  USING ((listener_id = ANY ((SELECT listeners.current_listeners())::uuid[])) IS TRUE);
ALTER POLICY own ON listeners.playback_checkpoints
  USING ((listener_id = ANY ((SELECT listeners.current_listeners())::uuid[])) IS TRUE);
ALTER POLICY own ON listeners.playback_device_positions
  USING ((listener_id = ANY ((SELECT listeners.current_listeners())::uuid[])) IS TRUE);
ALTER POLICY own ON listeners.playback_positions
  USING ((listener_id = ANY ((SELECT listeners.current_listeners())::uuid[])) IS TRUE);
