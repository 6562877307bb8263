-- From log lines to counted downloads. Raw tables are partitioned by UTC day, without a default
-- partition (nothing can be detached concurrently beside one): the loader asks for its days first.

CREATE TABLE measurement.key_epochs (
  month        date PRIMARY KEY CHECK (month = date_trunc('month', month)::date),
  secret       bytea CHECK (length(secret) = 32),
  created_at   timestamptz NOT NULL DEFAULT now(),
  destroyed_at timestamptz,
  CHECK ((secret IS NULL) = (destroyed_at IS NOT NULL))
);
COMMENT ON TABLE measurement.key_epochs IS 'The secret under which a month''s listeners are hashed; destroyed after retention.';

CREATE TABLE measurement.source_files (
  source_file_id  uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  format          text NOT NULL CHECK (format IN ('cloudfront', 'combined', 'conversions')),
  head_hash       bytea NOT NULL CHECK (length(head_hash) = 32),
  head_length     bigint NOT NULL CHECK (head_length > 0),
  name            text NOT NULL,
  bytes_read      bigint NOT NULL DEFAULT 0,
  lines_read      bigint NOT NULL DEFAULT 0,
  first_read_at   timestamptz NOT NULL,
  last_read_at    timestamptz NOT NULL,
  UNIQUE (organization_id, head_hash, head_length)
);
COMMENT ON TABLE measurement.source_files IS 'Files that were read, known by content: a renamed or appended log is not read twice.';

CREATE TABLE measurement.ingest_batches (
  batch_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id uuid NOT NULL,
  source_file_id  uuid NOT NULL REFERENCES measurement.source_files ON DELETE CASCADE,
  first_line      bigint NOT NULL,
  lines           bigint NOT NULL,
  ingested_at     timestamptz NOT NULL
);
CREATE INDEX ingest_batches_source_file_id_idx ON measurement.ingest_batches (source_file_id);

CREATE TABLE measurement.quarantine (
  quarantine_id   uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL,
  source_file_id  uuid NOT NULL REFERENCES measurement.source_files ON DELETE CASCADE,
  line_number     bigint NOT NULL,
  byte_offset     bigint NOT NULL,
  byte_length     bigint NOT NULL,
  reason          text NOT NULL,
  excerpt         text NOT NULL,
  status          text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'replayed', 'discarded')),
  quarantined_at  timestamptz NOT NULL,
  resolved_at     timestamptz,
  UNIQUE (source_file_id, byte_offset, reason)
);
CREATE INDEX quarantine_open_idx ON measurement.quarantine (organization_id, quarantined_at)
  WHERE status = 'open';

CREATE TABLE measurement.user_agents (
  agent_id      bigint PRIMARY KEY,
  user_agent    text NOT NULL,
  app           text NOT NULL,
  kind          text NOT NULL,
  device_type   text,
  os            text,
  reason        text,
  list_version  text NOT NULL,
  first_seen_at timestamptz NOT NULL
);
COMMENT ON TABLE measurement.user_agents IS 'Every distinct user agent once, with what the list says of it; agent_id is a hash of the string.';

CREATE TABLE measurement.requests (
  requested_at      timestamptz NOT NULL,
  request_id        uuid NOT NULL,
  organization_id   uuid NOT NULL,
  batch_id          bigint NOT NULL,
  line_number       bigint NOT NULL,
  podcast_id        uuid,
  episode_id        uuid,
  enclosure_id      uuid,
  method            text NOT NULL,
  status            smallint NOT NULL,
  range_start       bigint NOT NULL,
  range_end         bigint NOT NULL,
  other_ranges      int8multirange,
  is_prefix         boolean NOT NULL,
  network           cidr,
  country_code      varchar(2),
  listener_key      bigint,
  listener_key_prev bigint,
  network_key       bigint,
  agent_id          bigint NOT NULL,
  reason            text,
  path              text,
  PRIMARY KEY (requested_at, request_id),
  CHECK (range_end >= range_start),
  CHECK ((reason IS DISTINCT FROM 'unknown_path') = (path IS NULL)),
  CHECK (reason IS NOT NULL OR (episode_id IS NOT NULL AND listener_key IS NOT NULL))
) PARTITION BY RANGE (requested_at);
COMMENT ON COLUMN measurement.requests.range_end IS 'First byte position after what was actually sent (R28).';
COMMENT ON COLUMN measurement.requests.path IS 'Kept only while the path belongs to no registered enclosure.';

-- R34: one row per key, episode and UTC day. What proves it are the requests of the same key,
-- episode and day that no filter stopped.
CREATE TABLE measurement.downloads (
  downloaded_at     timestamptz NOT NULL,
  download_id       uuid NOT NULL,
  organization_id   uuid NOT NULL,
  podcast_id        uuid NOT NULL,
  episode_id        uuid NOT NULL,
  count_window      text NOT NULL CHECK (count_window IN ('calendar', 'first_touch', 'last_touch')),
  method            text NOT NULL CHECK (method IN ('bytes', 'prefix_estimate')),
  listener_key      bigint NOT NULL,
  listener_key_prev bigint NOT NULL,
  network_key       bigint NOT NULL,
  network           cidr NOT NULL,
  country_code      varchar(2),
  agent_id          bigint NOT NULL,
  bytes             bigint NOT NULL,
  threshold_bytes   bigint,
  requests          integer NOT NULL CHECK (requests > 0),
  rule_version      text NOT NULL,
  list_version      text NOT NULL,
  PRIMARY KEY (downloaded_at, download_id)
) PARTITION BY RANGE (downloaded_at);

CREATE TABLE measurement.listener_events (
  podcast_id              uuid NOT NULL,
  "timestamp"             timestamptz NOT NULL,
  event_id                uuid NOT NULL,
  organization_id         uuid NOT NULL,
  episode_id              uuid,
  campaign_id             uuid,
  event_type              varchar(50) NOT NULL CHECK (event_type IN ('download', 'stream',
    'listen_start', 'listen_complete', 'skip', 'ad_start', 'ad_complete', 'ad_skip')),
  platform                varchar(100),
  country_code            varchar(2),
  device_type             varchar(50),
  device_os               varchar(50),
  listen_duration_seconds integer CHECK (listen_duration_seconds >= 0),
  completion_rate         numeric(5, 4) CHECK (completion_rate BETWEEN 0 AND 1),
  user_agent              text,
  ip_address              inet,
  session_id              varchar(255),
  metadata                jsonb,
  listener_key            bigint,
  listener_key_prev       bigint,
  ingest_batch            bigint,
  PRIMARY KEY (podcast_id, "timestamp", event_id)
) PARTITION BY RANGE ("timestamp");
CREATE INDEX listener_events_episode_id_idx ON measurement.listener_events (episode_id, "timestamp" DESC);
CREATE INDEX listener_events_campaign_id_idx ON measurement.listener_events (campaign_id, "timestamp" DESC)
  WHERE campaign_id IS NOT NULL;
COMMENT ON COLUMN measurement.listener_events.ip_address IS 'The network only (/24 or /48), never a full address.';

-- Append-only marks, written in the transaction of what they mark and deleted by who has worked
-- them off: a writer that commits later leaves its own mark for the next pass.
CREATE TABLE measurement.count_log (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  batch_id bigint NOT NULL,
  day      date NOT NULL
);
CREATE TABLE measurement.dirty_log (
  id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hour timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC'))
);

-- Makes a UTC day's partitions of the raw tables; SECURITY DEFINER, so that the worker needs no
-- right to make tables. ATTACH takes a lighter lock than CREATE … PARTITION OF.
CREATE FUNCTION measurement.ensure_day(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  kind text;
  part text;
  made boolean := false;
  first timestamptz := day::timestamp AT TIME ZONE 'UTC';
  next  timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
  FOREACH kind IN ARRAY ARRAY['requests', 'downloads', 'listener_events'] LOOP
    part := pg_catalog.format('%s_%s', kind, pg_catalog.to_char(day, 'YYYYMMDD'));
    IF pg_catalog.to_regclass('measurement.' || part) IS NULL THEN
      PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('measurement.ensure_day', 0));
      IF pg_catalog.to_regclass('measurement.' || part) IS NULL THEN
        EXECUTE pg_catalog.format(
          'CREATE TABLE measurement.%I (LIKE measurement.%I INCLUDING ALL)', part, kind);
        EXECUTE pg_catalog.format(
          'ALTER TABLE measurement.%I ATTACH PARTITION measurement.%I FOR VALUES FROM (%L) TO (%L)',
          kind, part, first, next);
        made := true;
      END IF;
    END IF;
  END LOOP;
  RETURN made;
END
$$;
REVOKE ALL ON FUNCTION measurement.ensure_day(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.ensure_day(date) TO wavehouse_operational_worker;

ALTER TABLE measurement.source_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE measurement.ingest_batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE measurement.quarantine ENABLE ROW LEVEL SECURITY;
ALTER TABLE measurement.requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE measurement.downloads ENABLE ROW LEVEL SECURITY;
ALTER TABLE measurement.listener_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON measurement.source_files TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON measurement.ingest_batches TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON measurement.quarantine TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON measurement.requests TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON measurement.downloads TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON measurement.listener_events TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON measurement.source_files TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON measurement.ingest_batches TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON measurement.quarantine TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON measurement.requests TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON measurement.downloads TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON measurement.listener_events TO wavehouse_operational_worker USING (true);
GRANT SELECT ON measurement.source_files, measurement.ingest_batches, measurement.quarantine,
  measurement.requests, measurement.downloads, measurement.listener_events, measurement.user_agents
  TO wavehouse_operational_app;
