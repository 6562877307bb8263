DROP TABLE listeners.rate_limit_keys;
DROP TABLE listeners.rate_limits;
DROP TABLE listeners.playback_checkpoints;
DROP TABLE listeners.feed_moves;
DROP TABLE listeners.client_settings;
ALTER TABLE listeners.listeners DROP COLUMN suspended_at;
