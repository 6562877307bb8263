-- Chapters belong to a listener (decision 0903). The shared table told one listener another's private
-- address; here a row is what this listener's apps sent, and goes with the listener.

CREATE TABLE listeners.chapters (
  listener_id  uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  chapter_id   varchar(255) NOT NULL CHECK (chapter_id <> ''),
  podcast_url  varchar(4096),
  episode_url  varchar(4096),
  guid         varchar(500),
  title        varchar(500),
  link         varchar(4096),
  published_at timestamptz,
  moved_at     timestamptz,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (listener_id, chapter_id),
  CONSTRAINT chapters_address_check CHECK ((podcast_url IS NULL) = (episode_url IS NULL))
) WITH (fillfactor = 90);
ALTER TABLE listeners.chapters ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.chapters TO wavehouse_listeners_app
  USING (listener_id = ANY (listeners.current_listeners()));
CREATE POLICY everyone ON listeners.chapters TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.chapters IS 'An episode as one listener''s apps describe it (P29); never shared between listeners.';
COMMENT ON COLUMN listeners.chapters.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.chapters.chapter_id IS 'The chapter''s id; opaque.';
COMMENT ON COLUMN listeners.chapters.podcast_url IS 'Address of the feed; NULL for a chapter that an app names by its id only.';
COMMENT ON COLUMN listeners.chapters.episode_url IS 'Newest address of the media file.';
COMMENT ON COLUMN listeners.chapters.guid IS 'The episode''s guid in the feed.';
COMMENT ON COLUMN listeners.chapters.title IS 'Title of the episode.';
COMMENT ON COLUMN listeners.chapters.link IS 'Web page of the episode.';
COMMENT ON COLUMN listeners.chapters.published_at IS 'Publication date of the episode.';
COMMENT ON COLUMN listeners.chapters.moved_at IS 'Time of the newest action that named episode_url, once a second address is known.';
COMMENT ON COLUMN listeners.chapters.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.chapter_keys (
  listener_id uuid NOT NULL,
  key_hash    bytea NOT NULL CHECK (length(key_hash) = 32),
  chapter_id  varchar(255) NOT NULL CHECK (chapter_id <> ''),
  kind        text NOT NULL CHECK (kind IN ('file', 'guid', 'alias')),
  value       varchar(4096),
  PRIMARY KEY (listener_id, key_hash),
  FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters ON DELETE CASCADE
);
CREATE INDEX chapter_keys_listener_id_chapter_id_idx
  ON listeners.chapter_keys (listener_id, chapter_id);
ALTER TABLE listeners.chapter_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.chapter_keys TO wavehouse_listeners_app
  USING (listener_id = ANY (listeners.current_listeners()));
CREATE POLICY everyone ON listeners.chapter_keys TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.chapter_keys IS 'Files, guids and former ids by which a listener''s apps name a chapter; each names one chapter (P29).';
COMMENT ON COLUMN listeners.chapter_keys.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.chapter_keys.key_hash IS 'SHA-256 of kind, feed and value, one a line; addresses are too long for an index.';
COMMENT ON COLUMN listeners.chapter_keys.chapter_id IS 'The chapter that the key names.';
COMMENT ON COLUMN listeners.chapter_keys.kind IS 'file and guid name an episode of a feed; alias is the id of a chapter that was merged.';
COMMENT ON COLUMN listeners.chapter_keys.value IS 'The file''s address, the guid or the former id; NULL where it is not known whose address it was.';
