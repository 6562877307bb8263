CREATE TABLE listeners.media_items (
  chapter_id   varchar(255) PRIMARY KEY,
  podcast_url  varchar(1000) NOT NULL,
  episode_url  varchar(1000) NOT NULL,
  guid         varchar(500),
  title        varchar(500),
  link         varchar(1000),
  published_at timestamptz,
  created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX media_items_podcast_url_guid_key
  ON listeners.media_items (podcast_url, guid) WHERE guid IS NOT NULL;
CREATE INDEX media_items_episode_url_idx ON listeners.media_items (episode_url);
ALTER TABLE listeners.media_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone_reads ON listeners.media_items FOR SELECT TO wavehouse_listeners_app USING (true);
CREATE POLICY everyone ON listeners.media_items TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.media_items IS 'What clients call an episode; nothing about a person (P29).';
COMMENT ON COLUMN listeners.media_items.chapter_id IS 'The chapter here; opaque.';
COMMENT ON COLUMN listeners.media_items.podcast_url IS 'Its feed.';
COMMENT ON COLUMN listeners.media_items.episode_url IS 'Its media file.';
COMMENT ON COLUMN listeners.media_items.guid IS 'Its id in the feed.';
COMMENT ON COLUMN listeners.media_items.title IS 'Its title.';
COMMENT ON COLUMN listeners.media_items.link IS 'Its page.';
COMMENT ON COLUMN listeners.media_items.published_at IS 'When it appeared.';
COMMENT ON COLUMN listeners.media_items.created_at IS 'When the row was made; bookkeeping.';

-- One row for each chapter; a guid that two of them have goes to the first.
INSERT INTO listeners.media_items
  (chapter_id, podcast_url, episode_url, guid, title, link, published_at)
SELECT chapter_id, podcast_url, episode_url,
       CASE WHEN row_number() OVER (PARTITION BY podcast_url, guid ORDER BY chapter_id) = 1 THEN guid END,
       title, link, published_at
FROM (
  SELECT DISTINCT ON (chapter_id) chapter_id, podcast_url, episode_url, guid, title,
         CASE WHEN length(link) <= 1000 THEN link END AS link, published_at
  FROM listeners.chapters
  WHERE podcast_url IS NOT NULL AND length(podcast_url) <= 1000 AND length(episode_url) <= 1000
  ORDER BY chapter_id, created_at
) AS one;

ALTER TABLE listeners.playback_actions DROP CONSTRAINT playback_actions_listener_id_chapter_id_fkey;
ALTER TABLE listeners.playback_positions DROP CONSTRAINT playback_positions_listener_id_chapter_id_fkey;
ALTER TABLE listeners.playback_device_positions DROP CONSTRAINT playback_device_positions_listener_id_chapter_id_fkey;
DELETE FROM listeners.chapter_keys;
DELETE FROM listeners.chapters;
