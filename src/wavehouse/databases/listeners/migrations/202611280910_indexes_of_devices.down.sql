-- wavehouse: non-transactional

CREATE INDEX CONCURRENTLY playback_positions_listener_id_seq_idx
  ON listeners.playback_positions (listener_id, seq);
CREATE INDEX CONCURRENTLY playback_actions_listener_id_device_id_idx
  ON listeners.playback_actions (listener_id, device_id);
DROP INDEX CONCURRENTLY listeners.playback_actions_device_id_listener_id_idx;
CREATE INDEX CONCURRENTLY playback_positions_listener_id_device_id_idx
  ON listeners.playback_positions (listener_id, device_id);
DROP INDEX CONCURRENTLY listeners.playback_positions_device_id_listener_id_idx;
CREATE INDEX CONCURRENTLY playback_device_positions_listener_id_device_id_idx
  ON listeners.playback_device_positions (listener_id, device_id);
DROP INDEX CONCURRENTLY listeners.playback_device_positions_device_id_listener_id_idx;
