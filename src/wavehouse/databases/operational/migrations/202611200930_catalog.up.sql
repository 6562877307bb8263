-- Podcasts, their episodes, and every version of every media file an episode is served as.

CREATE TABLE catalog.podcasts (
  podcast_id         uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id    uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  user_id            uuid NOT NULL REFERENCES accounts.users ON DELETE RESTRICT,
  title              varchar(500) NOT NULL CHECK (title <> ''),
  description        text,
  author             varchar(255),
  image_url          varchar(1000),
  feed_url           varchar(1000) NOT NULL,
  website_url        varchar(1000),
  language           varchar(10) DEFAULT 'en',
  category           varchar(100),
  explicit           boolean NOT NULL DEFAULT false,
  platform_configs   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(platform_configs) = 'object'),
  ingestion_status   varchar(50) NOT NULL DEFAULT 'active'
    CHECK (ingestion_status IN ('active', 'paused', 'error')),
  last_ingested_at   timestamptz,
  podcast_guid       text,
  feed_etag          text,
  feed_last_modified text,
  next_poll_at       timestamptz,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  metadata           jsonb NOT NULL DEFAULT '{}',
  UNIQUE (organization_id, feed_url)
);
-- R03: a show is its podcast:guid; a feed that moves keeps it.
CREATE UNIQUE INDEX podcasts_podcast_guid_key ON catalog.podcasts (organization_id, podcast_guid)
  WHERE podcast_guid IS NOT NULL;
CREATE INDEX podcasts_user_id_idx ON catalog.podcasts (user_id);
CREATE INDEX podcasts_feed_url_idx ON catalog.podcasts (feed_url);
CREATE INDEX podcasts_ingestion_status_idx ON catalog.podcasts (ingestion_status);
CREATE INDEX podcasts_created_at_idx ON catalog.podcasts (created_at);

CREATE TABLE catalog.episodes (
  episode_id        uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id   uuid NOT NULL,
  podcast_id        uuid NOT NULL REFERENCES catalog.podcasts ON DELETE CASCADE,
  guid              varchar(500) NOT NULL CHECK (guid <> ''),
  title             varchar(500) NOT NULL CHECK (title <> ''),
  description       text,
  audio_url         varchar(1000) NOT NULL,
  duration_seconds  integer CHECK (duration_seconds >= 0),
  publish_date      timestamptz NOT NULL,
  link              varchar(1000),
  author            varchar(255),
  categories        text[] NOT NULL DEFAULT '{}',
  explicit          boolean NOT NULL DEFAULT false,
  transcript_url    varchar(1000),
  transcript_status varchar(50) NOT NULL DEFAULT 'pending'
    CHECK (transcript_status IN ('pending', 'processing', 'completed', 'failed')),
  ad_slots          jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(ad_slots) = 'array'),
  season            integer,
  number            numeric(10, 2),
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  metadata          jsonb NOT NULL DEFAULT '{}',
  UNIQUE (podcast_id, guid)
);
CREATE INDEX episodes_podcast_id_idx ON catalog.episodes (podcast_id);
CREATE INDEX episodes_organization_id_idx ON catalog.episodes (organization_id);
CREATE INDEX episodes_publish_date_idx ON catalog.episodes (publish_date);
CREATE INDEX episodes_guid_idx ON catalog.episodes (guid);
CREATE INDEX episodes_transcript_status_idx ON catalog.episodes (transcript_status)
  WHERE transcript_status <> 'completed';

-- R26: the threshold is computed per version of a file. A version holds from valid_from until the
-- next one of the same place (host and path, prefixes stripped) starts.
CREATE TABLE catalog.enclosures (
  enclosure_id    uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL,
  podcast_id      uuid NOT NULL REFERENCES catalog.podcasts ON DELETE CASCADE,
  episode_id      uuid NOT NULL REFERENCES catalog.episodes ON DELETE CASCADE,
  kind            text NOT NULL CHECK (kind IN ('enclosure', 'alternate')),
  url             varchar(2000) NOT NULL,
  media_host      text NOT NULL,
  media_path      text NOT NULL,
  mime_type       text,
  bytes           bigint CHECK (bytes > 0),
  header_bytes    bigint CHECK (header_bytes >= 0),
  duration_ms     bigint CHECK (duration_ms > 0),
  facts_source    text NOT NULL CHECK (facts_source IN ('probe', 'media_file', 'feed', 'none')),
  valid_from      timestamptz NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (episode_id, media_host, media_path, valid_from),
  CHECK (header_bytes < bytes)
);
CREATE INDEX enclosures_podcast_id_idx ON catalog.enclosures (podcast_id);
CREATE INDEX enclosures_media_path_idx ON catalog.enclosures (media_path);

CREATE TRIGGER podcasts_touch BEFORE UPDATE ON catalog.podcasts
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
CREATE TRIGGER episodes_touch BEFORE UPDATE ON catalog.episodes
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();

ALTER TABLE catalog.podcasts ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.episodes ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.enclosures ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON catalog.podcasts TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON catalog.episodes TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON catalog.enclosures TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON catalog.podcasts TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON catalog.episodes TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON catalog.enclosures TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.podcasts, catalog.episodes, catalog.enclosures
  TO wavehouse_operational_app;
