-- wavehouse: non-transactional

CREATE INDEX CONCURRENTLY playback_actions_received_at_idx
  ON listeners.playback_actions (received_at);
DROP INDEX CONCURRENTLY listeners.playback_actions_received_at_brin;
