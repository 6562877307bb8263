-- Every listener gets the chapters that they have actions or positions of; the shared table goes.

-- An address that several listeners shared may be another's private one: of such rows only the part
-- before the query is kept, without a name or password in it, and the key by its hash.
INSERT INTO listeners.chapters
  (listener_id, chapter_id, podcast_url, episode_url, guid, title, link, published_at)
WITH heard AS (
  SELECT listener_id, chapter_id FROM listeners.playback_actions
  UNION SELECT listener_id, chapter_id FROM listeners.playback_positions
  UNION SELECT listener_id, chapter_id FROM listeners.playback_device_positions
)
SELECT h.listener_id, h.chapter_id, m.podcast_url,
       CASE WHEN s.is_shared THEN regexp_replace(regexp_replace(m.episode_url, '[?#].*$', ''), '//[^/@]*@', '//')
            ELSE m.episode_url END,
       m.guid, CASE WHEN NOT s.is_shared THEN m.title END, CASE WHEN NOT s.is_shared THEN m.link END,
       m.published_at
FROM heard h
LEFT JOIN listeners.media_items m ON m.chapter_id = h.chapter_id
LEFT JOIN (SELECT chapter_id, count(*) > 1 AS is_shared FROM heard GROUP BY chapter_id) s
  ON s.chapter_id = h.chapter_id;

INSERT INTO listeners.chapter_keys (listener_id, key_hash, chapter_id, kind, value)
SELECT c.listener_id, sha256(convert_to('file' || chr(10) || m.podcast_url || chr(10) || m.episode_url, 'UTF8')),
       c.chapter_id, 'file', CASE WHEN c.episode_url = m.episode_url THEN m.episode_url END
FROM listeners.chapters c JOIN listeners.media_items m ON m.chapter_id = c.chapter_id
ORDER BY c.created_at, c.chapter_id
ON CONFLICT DO NOTHING;

INSERT INTO listeners.chapter_keys (listener_id, key_hash, chapter_id, kind, value)
SELECT listener_id, sha256(convert_to('guid' || chr(10) || podcast_url || chr(10) || guid, 'UTF8')),
       chapter_id, 'guid', guid
FROM listeners.chapters WHERE guid IS NOT NULL AND podcast_url IS NOT NULL
ON CONFLICT DO NOTHING;

DROP TABLE listeners.media_items;
ALTER TABLE listeners.playback_actions ADD CONSTRAINT playback_actions_listener_id_chapter_id_fkey
  FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters ON DELETE CASCADE NOT VALID;
ALTER TABLE listeners.playback_positions ADD CONSTRAINT playback_positions_listener_id_chapter_id_fkey
  FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters ON DELETE CASCADE NOT VALID;
ALTER TABLE listeners.playback_device_positions ADD CONSTRAINT playback_device_positions_listener_id_chapter_id_fkey
  FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters ON DELETE CASCADE NOT VALID;
