-- wavehouse: non-transactional
-- Only compaction asks by the time of receipt, for the oldest actions. They are stored in this order,
-- so a BRIN index finds them, and an upload has one B-tree less to write to.

CREATE INDEX CONCURRENTLY playback_actions_received_at_brin
  ON listeners.playback_actions USING brin (received_at);
DROP INDEX CONCURRENTLY listeners.playback_actions_received_at_idx;
