-- What common clients ask for, limits that all processes share, checkpoints of long histories, and
-- accounts that an operator suspends.

ALTER TABLE listeners.listeners ADD COLUMN suspended_at timestamptz;
COMMENT ON COLUMN listeners.listeners.suspended_at IS 'Since when an operator has suspended the account: nobody signs in to it, nothing is deleted.';

CREATE TABLE listeners.client_settings (
  listener_id uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  key_hash    bytea NOT NULL CHECK (length(key_hash) = 32),
  scope       text NOT NULL CHECK (scope IN ('account', 'device', 'podcast', 'episode')),
  device_id   varchar(255),
  podcast_url varchar(4096),
  episode_url varchar(4096),
  settings    jsonb NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
  updated_at  timestamptz NOT NULL,
  PRIMARY KEY (listener_id, key_hash)
);
ALTER TABLE listeners.client_settings ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.client_settings TO wavehouse_listeners_app
  USING (listener_id = ANY (listeners.current_listeners()));
CREATE POLICY everyone ON listeners.client_settings TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.client_settings IS 'Settings that gpodder clients store, favourites among them (is_favorite of an episode).';
COMMENT ON COLUMN listeners.client_settings.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.client_settings.key_hash IS 'SHA-256 of scope, device, podcast and episode, one a line.';
COMMENT ON COLUMN listeners.client_settings.scope IS 'What the settings are of.';
COMMENT ON COLUMN listeners.client_settings.device_id IS 'The device, for its scope.';
COMMENT ON COLUMN listeners.client_settings.podcast_url IS 'The feed, for podcasts and episodes.';
COMMENT ON COLUMN listeners.client_settings.episode_url IS 'The media file, for episodes.';
COMMENT ON COLUMN listeners.client_settings.settings IS 'Names and values, as clients set them.';
COMMENT ON COLUMN listeners.client_settings.updated_at IS 'Time of the last change.';

CREATE TABLE listeners.feed_moves (
  listener_id uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  key_hash    bytea NOT NULL CHECK (length(key_hash) = 32),
  old_url     varchar(4096) NOT NULL CHECK (old_url <> ''),
  new_url     varchar(4096) NOT NULL CHECK (new_url <> ''),
  moved_at    timestamptz NOT NULL,
  PRIMARY KEY (listener_id, key_hash),
  CONSTRAINT feed_moves_away_check CHECK (new_url <> old_url)
);
ALTER TABLE listeners.feed_moves ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.feed_moves TO wavehouse_listeners_app
  USING (listener_id = ANY (listeners.current_listeners()));
CREATE POLICY everyone ON listeners.feed_moves TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.feed_moves IS 'Feeds of a listener that have another address now; uploads with the old one count for the new one.';
COMMENT ON COLUMN listeners.feed_moves.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.feed_moves.key_hash IS 'SHA-256 of the old address.';
COMMENT ON COLUMN listeners.feed_moves.old_url IS 'The old address.';
COMMENT ON COLUMN listeners.feed_moves.new_url IS 'The new address.';
COMMENT ON COLUMN listeners.feed_moves.moved_at IS 'Time of the move here.';

CREATE TABLE listeners.playback_checkpoints (
  listener_id  uuid NOT NULL,
  chapter_id   varchar(255) NOT NULL,
  effective_at timestamptz NOT NULL,
  action_id    uuid NOT NULL,
  position     jsonb CHECK (jsonb_typeof(position) = 'object'),
  PRIMARY KEY (listener_id, chapter_id, effective_at, action_id),
  FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters ON DELETE CASCADE
);
ALTER TABLE listeners.playback_checkpoints ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.playback_checkpoints TO wavehouse_listeners_app
  USING (listener_id = ANY (listeners.current_listeners()));
CREATE POLICY everyone ON listeners.playback_checkpoints TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.playback_checkpoints IS 'Results of folding a long history up to an action: a late action is folded from the last one before it.';
COMMENT ON COLUMN listeners.playback_checkpoints.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.playback_checkpoints.chapter_id IS 'The chapter.';
COMMENT ON COLUMN listeners.playback_checkpoints.effective_at IS 'Time of the last action that is included.';
COMMENT ON COLUMN listeners.playback_checkpoints.action_id IS 'The last action that is included.';
COMMENT ON COLUMN listeners.playback_checkpoints.position IS 'The position after it; NULL for none.';

CREATE TABLE listeners.rate_limits (
  key_hash   bytea PRIMARY KEY CHECK (length(key_hash) = 32),
  tries_left double precision NOT NULL,
  at         timestamptz NOT NULL
);
CREATE INDEX rate_limits_at_idx ON listeners.rate_limits (at);
ALTER TABLE listeners.rate_limits ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.rate_limits TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.rate_limits IS 'Token buckets of sign-ins, shared by all processes (AC8); deleted after a day.';
COMMENT ON COLUMN listeners.rate_limits.key_hash IS 'Keyed hash of the limit and of who tries; the key changes daily and is not stored with it.';
COMMENT ON COLUMN listeners.rate_limits.tries_left IS 'Tries left at that time.';
COMMENT ON COLUMN listeners.rate_limits.at IS 'Time of the last try.';
CREATE TABLE listeners.rate_limit_keys (
  day date PRIMARY KEY,
  key bytea NOT NULL CHECK (length(key) = 32)
);
ALTER TABLE listeners.rate_limit_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.rate_limit_keys TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.rate_limit_keys IS 'The key of a day''s hashes in rate_limits; deleted after a day, then nothing leads back to an address.';
COMMENT ON COLUMN listeners.rate_limit_keys.day IS 'The day in UTC.';
COMMENT ON COLUMN listeners.rate_limit_keys.key IS 'Random.';
