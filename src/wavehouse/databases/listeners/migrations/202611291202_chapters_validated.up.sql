-- The rows of before, too, belong to chapters of their listener.

ALTER TABLE listeners.playback_actions VALIDATE CONSTRAINT playback_actions_listener_id_chapter_id_fkey;
ALTER TABLE listeners.playback_positions VALIDATE CONSTRAINT playback_positions_listener_id_chapter_id_fkey;
ALTER TABLE listeners.playback_device_positions VALIDATE CONSTRAINT playback_device_positions_listener_id_chapter_id_fkey;
