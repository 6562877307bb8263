-- wavehouse: non-transactional
-- What a device did is asked for when the device goes, and by nothing else. An index that begins with
-- the listener was taken for other questions too, while a table had no statistics yet, and read
-- everything that the listener ever did. And a position has no index on its cursor, which every write
-- changes: rows of one listener are sorted soon enough, and a write touches no index now.

CREATE INDEX CONCURRENTLY playback_actions_device_id_listener_id_idx
  ON listeners.playback_actions (device_id, listener_id);
DROP INDEX CONCURRENTLY listeners.playback_actions_listener_id_device_id_idx;
CREATE INDEX CONCURRENTLY playback_positions_device_id_listener_id_idx
  ON listeners.playback_positions (device_id, listener_id);
DROP INDEX CONCURRENTLY listeners.playback_positions_listener_id_device_id_idx;
CREATE INDEX CONCURRENTLY playback_device_positions_device_id_listener_id_idx
  ON listeners.playback_device_positions (device_id, listener_id);
DROP INDEX CONCURRENTLY listeners.playback_device_positions_listener_id_device_id_idx;
DROP INDEX CONCURRENTLY listeners.playback_positions_listener_id_seq_idx;
