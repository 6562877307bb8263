-- Bases are the only trace of deleted actions: without the column they become checkpoints.

DROP FUNCTION listeners.actions_to_compact(timestamptz, uuid[]);
ALTER TABLE listeners.listener_sync DROP COLUMN compacted_seq;
ALTER TABLE listeners.playback_checkpoints DROP COLUMN is_base;
