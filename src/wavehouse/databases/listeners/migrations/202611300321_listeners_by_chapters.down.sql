ALTER TABLE listeners.playback_actions ADD CONSTRAINT playback_actions_listener_id_fkey
  FOREIGN KEY (listener_id) REFERENCES listeners.listeners ON DELETE CASCADE;
ALTER TABLE listeners.playback_positions ADD CONSTRAINT playback_positions_listener_id_fkey
  FOREIGN KEY (listener_id) REFERENCES listeners.listeners ON DELETE CASCADE;
ALTER TABLE listeners.playback_device_positions ADD CONSTRAINT playback_device_positions_listener_id_fkey
  FOREIGN KEY (listener_id) REFERENCES listeners.listeners ON DELETE CASCADE;
