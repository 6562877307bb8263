-- A constraint cannot be made unvalidated; it is made again.

ALTER TABLE listeners.playback_actions DROP CONSTRAINT playback_actions_listener_id_chapter_id_fkey;
ALTER TABLE listeners.playback_actions ADD CONSTRAINT playback_actions_listener_id_chapter_id_fkey
  FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters ON DELETE CASCADE NOT VALID;
ALTER TABLE listeners.playback_positions DROP CONSTRAINT playback_positions_listener_id_chapter_id_fkey;
ALTER TABLE listeners.playback_positions ADD CONSTRAINT playback_positions_listener_id_chapter_id_fkey
  FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters ON DELETE CASCADE NOT VALID;
ALTER TABLE listeners.playback_device_positions DROP CONSTRAINT playback_device_positions_listener_id_chapter_id_fkey;
ALTER TABLE listeners.playback_device_positions ADD CONSTRAINT playback_device_positions_listener_id_chapter_id_fkey
  FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters ON DELETE CASCADE NOT VALID;
