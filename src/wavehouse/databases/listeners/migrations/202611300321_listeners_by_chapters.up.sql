-- Actions, positions and the positions of devices belong to a chapter, and a chapter to its listener.
-- Their own references to the listener say nothing more; each was looked up again for every action of
-- an upload.

ALTER TABLE listeners.playback_actions DROP CONSTRAINT playback_actions_listener_id_fkey;
ALTER TABLE listeners.playback_positions DROP CONSTRAINT playback_positions_listener_id_fkey;
ALTER TABLE listeners.playback_device_positions DROP CONSTRAINT playback_device_positions_listener_id_fkey;
