-- Where everybody is in everything they hear. No table here has an address, a user agent or a
-- network (P40).

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

CREATE TABLE listeners.listener_sync (
  listener_id uuid PRIMARY KEY REFERENCES listeners.listeners ON DELETE CASCADE,
  seq         bigint NOT NULL CHECK (seq > 0)
) WITH (fillfactor = 50);
ALTER TABLE listeners.listener_sync ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.listener_sync TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.listener_sync TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.listener_sync IS 'A listener''s cursor: taken in the transaction of a write, so in the order of commits (P17).';
COMMENT ON COLUMN listeners.listener_sync.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.listener_sync.seq IS 'The last cursor given out; starts at the Unix second (P20).';

CREATE TABLE listeners.playback_actions (
  listener_id    uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  action_id      uuid NOT NULL,
  chapter_id     varchar(255) NOT NULL CHECK (chapter_id <> ''),
  device_id      varchar(255),
  kind           text NOT NULL
    CHECK (kind IN ('progress', 'seek', 'finish', 'unfinish', 'reset', 'restore', 'play', 'download', 'delete', 'new', 'flattr')),
  position_ms    bigint CHECK (position_ms >= 0),
  started_ms     bigint CHECK (started_ms >= 0),
  duration_ms    bigint CHECK (duration_ms > 0),
  occurred_at    timestamptz NOT NULL,
  sent_at        timestamptz,
  received_at    timestamptz NOT NULL,
  effective_at   timestamptz NOT NULL,
  clock_skewed   boolean NOT NULL DEFAULT false,
  seen_action_id uuid,
  status         text NOT NULL CHECK (status IN ('applied', 'superseded', 'guarded')),
  body_hash      bytea NOT NULL CHECK (length(body_hash) = 32),
  seq            bigint NOT NULL CHECK (seq > 0),
  PRIMARY KEY (listener_id, action_id),
  FOREIGN KEY (listener_id, device_id) REFERENCES listeners.devices ON DELETE SET NULL (device_id),
  CONSTRAINT playback_actions_within_check CHECK (position_ms <= duration_ms + 2000),
  CONSTRAINT playback_actions_not_future_check
    CHECK (effective_at <= received_at + interval '300 seconds'),
  CONSTRAINT playback_actions_position_known_check
    CHECK (kind NOT IN ('progress', 'seek', 'play') OR position_ms IS NOT NULL)
);
CREATE INDEX playback_actions_winner_idx
  ON listeners.playback_actions (listener_id, chapter_id, effective_at DESC, action_id DESC);
CREATE UNIQUE INDEX playback_actions_listener_id_seq_key
  ON listeners.playback_actions (listener_id, seq);
CREATE INDEX playback_actions_listener_id_device_id_idx
  ON listeners.playback_actions (listener_id, device_id);
CREATE INDEX playback_actions_received_at_idx ON listeners.playback_actions (received_at);
ALTER TABLE listeners.playback_actions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.playback_actions TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.playback_actions TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.playback_actions IS 'Everything a client said, append-only; kept 400 days, then compacted.';
COMMENT ON COLUMN listeners.playback_actions.listener_id IS 'Who.';
COMMENT ON COLUMN listeners.playback_actions.action_id IS 'The client''s id, or one derived from what it said (P14).';
COMMENT ON COLUMN listeners.playback_actions.chapter_id IS 'What was heard.';
COMMENT ON COLUMN listeners.playback_actions.device_id IS 'On what.';
COMMENT ON COLUMN listeners.playback_actions.kind IS 'What was done; the last four never touch a position (P27).';
COMMENT ON COLUMN listeners.playback_actions.position_ms IS 'Where it was, or stopped.';
COMMENT ON COLUMN listeners.playback_actions.started_ms IS 'Where it began.';
COMMENT ON COLUMN listeners.playback_actions.duration_ms IS 'How long the chapter is, as the client knows it.';
COMMENT ON COLUMN listeners.playback_actions.occurred_at IS 'When the client says it was.';
COMMENT ON COLUMN listeners.playback_actions.sent_at IS 'The client''s clock when it sent this (P4).';
COMMENT ON COLUMN listeners.playback_actions.received_at IS 'When it came.';
COMMENT ON COLUMN listeners.playback_actions.effective_at IS 'When it counts as of (P3).';
COMMENT ON COLUMN listeners.playback_actions.clock_skewed IS 'Whether the client''s clock was not believed.';
COMMENT ON COLUMN listeners.playback_actions.seen_action_id IS 'The action whose outcome the device had seen (P9).';
COMMENT ON COLUMN listeners.playback_actions.status IS 'Whether it won.';
COMMENT ON COLUMN listeners.playback_actions.body_hash IS 'Tells a repetition from a contradiction (P13).';
COMMENT ON COLUMN listeners.playback_actions.seq IS 'The cursor it was given.';

CREATE TABLE listeners.playback_positions (
  listener_id      uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  chapter_id       varchar(255) NOT NULL CHECK (chapter_id <> ''),
  position_ms      bigint NOT NULL CHECK (position_ms >= 0),
  duration_ms      bigint CHECK (duration_ms > 0),
  duration_changed boolean NOT NULL DEFAULT false,
  furthest_ms      bigint NOT NULL CHECK (furthest_ms >= 0),
  state            text NOT NULL DEFAULT 'in_progress'
    CHECK (state IN ('none', 'in_progress', 'finished')),
  finished_at      timestamptz,
  finished_count   integer NOT NULL DEFAULT 0 CHECK (finished_count >= 0),
  version          bigint NOT NULL DEFAULT 1 CHECK (version > 0),
  seq              bigint NOT NULL CHECK (seq > 0),
  effective_at     timestamptz NOT NULL,
  action_id        uuid NOT NULL,
  device_id        varchar(255),
  deleted_at       timestamptz,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (listener_id, chapter_id),
  FOREIGN KEY (listener_id, device_id) REFERENCES listeners.devices ON DELETE SET NULL (device_id),
  CONSTRAINT playback_positions_within_check CHECK (position_ms <= duration_ms + 2000),
  CONSTRAINT playback_positions_furthest_check
    CHECK (furthest_ms >= position_ms OR deleted_at IS NOT NULL),
  CONSTRAINT playback_positions_finished_check
    CHECK (state <> 'finished' OR (finished_at IS NOT NULL AND finished_count > 0))
) WITH (fillfactor = 80);
CREATE INDEX playback_positions_listener_id_seq_idx
  ON listeners.playback_positions (listener_id, seq);
CREATE INDEX playback_positions_listener_id_device_id_idx
  ON listeners.playback_positions (listener_id, device_id);
CREATE INDEX playback_positions_chapter_id_idx ON listeners.playback_positions (chapter_id);
CREATE TRIGGER playback_positions_touch BEFORE UPDATE ON listeners.playback_positions
  FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE listeners.playback_positions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.playback_positions TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.playback_positions TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.playback_positions IS 'Exactly one current row per listener and chapter (P1).';
COMMENT ON COLUMN listeners.playback_positions.listener_id IS 'Who.';
COMMENT ON COLUMN listeners.playback_positions.chapter_id IS 'What.';
COMMENT ON COLUMN listeners.playback_positions.position_ms IS 'Where they are.';
COMMENT ON COLUMN listeners.playback_positions.duration_ms IS 'How long the chapter is.';
COMMENT ON COLUMN listeners.playback_positions.duration_changed IS 'Whether that changed by more than 2 % (P28).';
COMMENT ON COLUMN listeners.playback_positions.furthest_ms IS 'The furthest they got; only a reset lowers it (P7).';
COMMENT ON COLUMN listeners.playback_positions.state IS 'How far they are.';
COMMENT ON COLUMN listeners.playback_positions.finished_at IS 'When they first finished.';
COMMENT ON COLUMN listeners.playback_positions.finished_count IS 'How often they finished.';
COMMENT ON COLUMN listeners.playback_positions.version IS 'The entity tag (P12).';
COMMENT ON COLUMN listeners.playback_positions.seq IS 'The cursor of the last change.';
COMMENT ON COLUMN listeners.playback_positions.effective_at IS 'When the winning action counts as of.';
COMMENT ON COLUMN listeners.playback_positions.action_id IS 'The action that won (P2).';
COMMENT ON COLUMN listeners.playback_positions.device_id IS 'Where it was done.';
COMMENT ON COLUMN listeners.playback_positions.deleted_at IS 'The tombstone of a position that was taken away (P38).';
COMMENT ON COLUMN listeners.playback_positions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN listeners.playback_positions.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE listeners.playback_device_positions (
  listener_id  uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  chapter_id   varchar(255) NOT NULL CHECK (chapter_id <> ''),
  device_id    varchar(255) NOT NULL,
  position_ms  bigint NOT NULL CHECK (position_ms >= 0),
  seen_version bigint NOT NULL DEFAULT 0 CHECK (seen_version >= 0),
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (listener_id, chapter_id, device_id),
  FOREIGN KEY (listener_id, device_id) REFERENCES listeners.devices ON DELETE CASCADE
);
CREATE INDEX playback_device_positions_listener_id_device_id_idx
  ON listeners.playback_device_positions (listener_id, device_id);
ALTER TABLE listeners.playback_device_positions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.playback_device_positions TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.playback_device_positions TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.playback_device_positions IS 'Where each device last was, and which version it had seen (P10).';
COMMENT ON COLUMN listeners.playback_device_positions.listener_id IS 'Who.';
COMMENT ON COLUMN listeners.playback_device_positions.chapter_id IS 'What.';
COMMENT ON COLUMN listeners.playback_device_positions.device_id IS 'On what.';
COMMENT ON COLUMN listeners.playback_device_positions.position_ms IS 'Where that device was.';
COMMENT ON COLUMN listeners.playback_device_positions.seen_version IS 'The version it had seen.';
COMMENT ON COLUMN listeners.playback_device_positions.updated_at IS 'When it said so.';
