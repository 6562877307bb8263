DROP TABLE listeners.playback_device_positions;
DROP TABLE listeners.playback_positions;
DROP TABLE listeners.playback_actions;
DROP TABLE listeners.listener_sync;
DROP TABLE listeners.media_items;
