-- How a project is produced, what was published, and the rights that planning and generating need.

CREATE TABLE studio.productions (
  project_id      uuid NOT NULL CONSTRAINT productions_pkey PRIMARY KEY,
  organization_id uuid NOT NULL,
  level           text NOT NULL DEFAULT 'intermediate'
    CONSTRAINT productions_level_check CHECK (level IN ('beginner', 'intermediate', 'advanced')),
  voices          jsonb NOT NULL DEFAULT '[]'
    CONSTRAINT productions_voices_check CHECK (jsonb_typeof(voices) = 'array'),
  review          boolean NOT NULL DEFAULT false,
  text_provider   text NOT NULL DEFAULT 'local'
    CONSTRAINT productions_text_provider_check CHECK (text_provider IN ('local', 'openai_compatible')),
  text_model      varchar(255) NOT NULL DEFAULT 'studio-writer',
  speech_provider text NOT NULL DEFAULT 'local'
    CONSTRAINT productions_speech_provider_check CHECK (speech_provider IN ('local', 'openai_compatible')),
  speech_model    varchar(255) NOT NULL DEFAULT 'studio-voice',
  visibility      text NOT NULL DEFAULT 'public'
    CONSTRAINT productions_visibility_check CHECK (visibility IN ('public', 'private')),
  feed_token_hash bytea
    CONSTRAINT productions_feed_token_hash_check CHECK (length(feed_token_hash) = 32),
  author          varchar(255) NOT NULL DEFAULT '',
  owner_email     varchar(320) NOT NULL DEFAULT '',
  explicit        boolean NOT NULL DEFAULT false,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT productions_private_check CHECK (visibility = 'public' OR feed_token_hash IS NOT NULL),
  CONSTRAINT productions_project_id_fkey FOREIGN KEY (organization_id, project_id)
    REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE
);
CREATE INDEX productions_organization_id_project_id_idx
  ON studio.productions (organization_id, project_id);
CREATE TRIGGER productions_touch BEFORE UPDATE ON studio.productions
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.productions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.productions TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.productions TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.productions TO wavehouse_operational_app;
COMMENT ON TABLE studio.productions IS 'How a project is produced; a project without a row has the defaults.';
COMMENT ON COLUMN studio.productions.project_id IS 'The project.';
COMMENT ON COLUMN studio.productions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.productions.level IS 'Level of language of its scripts; also sets the pace.';
COMMENT ON COLUMN studio.productions.voices IS 'Voices of its speakers: speaker, name, variant, speed, pitch.';
COMMENT ON COLUMN studio.productions.review IS 'Whether a person approves each script before it is spoken.';
COMMENT ON COLUMN studio.productions.text_provider IS 'Writer of its scripts.';
COMMENT ON COLUMN studio.productions.text_model IS 'Model of the registry that writes, by name.';
COMMENT ON COLUMN studio.productions.speech_provider IS 'Speaker of its scripts.';
COMMENT ON COLUMN studio.productions.speech_model IS 'Model of the registry that speaks, by name.';
COMMENT ON COLUMN studio.productions.visibility IS 'public, or private: the feed and its files need the token.';
COMMENT ON COLUMN studio.productions.feed_token_hash IS 'SHA-256 of the token of a private feed; the token is shown once.';
COMMENT ON COLUMN studio.productions.author IS 'Author that the feed names; empty for the title of the organization.';
COMMENT ON COLUMN studio.productions.owner_email IS 'Address that the feed publishes for moves to another host; empty to publish none.';
COMMENT ON COLUMN studio.productions.explicit IS 'Whether the feed is marked as explicit.';
COMMENT ON COLUMN studio.productions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.productions.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.publications (
  episode_id      uuid NOT NULL CONSTRAINT publications_pkey PRIMARY KEY,
  organization_id uuid NOT NULL,
  project_id      uuid NOT NULL,
  generation_id   uuid NOT NULL,
  season          integer NOT NULL DEFAULT 1 CONSTRAINT publications_season_check CHECK (season > 0),
  number          integer NOT NULL CONSTRAINT publications_number_check CHECK (number > 0),
  title           varchar(500) NOT NULL CONSTRAINT publications_title_check CHECK (title <> ''),
  description     text NOT NULL,
  language        varchar(10) NOT NULL,
  speakers        text[] NOT NULL DEFAULT '{}',
  audio_ref       text NOT NULL,
  audio_bytes     bigint NOT NULL CONSTRAINT publications_audio_bytes_check CHECK (audio_bytes > 0),
  duration_ms     integer NOT NULL CONSTRAINT publications_duration_ms_check CHECK (duration_ms > 0),
  timeline_ref    text NOT NULL,
  published_at    timestamptz NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT publications_number_key UNIQUE (project_id, season, number),
  CONSTRAINT publications_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
    REFERENCES studio.episodes (organization_id, episode_id) ON DELETE CASCADE,
  CONSTRAINT publications_project_id_fkey FOREIGN KEY (organization_id, project_id)
    REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE
);
CREATE INDEX publications_organization_id_episode_id_idx
  ON studio.publications (organization_id, episode_id);
CREATE INDEX publications_organization_id_project_id_idx
  ON studio.publications (organization_id, project_id, published_at DESC);
CREATE TRIGGER publications_touch BEFORE UPDATE ON studio.publications
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.publications ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.publications TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.publications TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.publications TO wavehouse_operational_app;
COMMENT ON TABLE studio.publications IS 'An item of a project''s feed: the published audio of an episode.';
COMMENT ON COLUMN studio.publications.episode_id IS 'The episode; its id is the guid of the item, so that publishing again changes the item.';
COMMENT ON COLUMN studio.publications.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.publications.project_id IS 'Its project.';
COMMENT ON COLUMN studio.publications.generation_id IS 'The generation that made the audio.';
COMMENT ON COLUMN studio.publications.season IS 'Season in the feed.';
COMMENT ON COLUMN studio.publications.number IS 'Number in the season.';
COMMENT ON COLUMN studio.publications.title IS 'Title in the feed.';
COMMENT ON COLUMN studio.publications.description IS 'Description in the feed.';
COMMENT ON COLUMN studio.publications.language IS 'Language that is spoken.';
COMMENT ON COLUMN studio.publications.speakers IS 'Speakers, as the feed names them.';
COMMENT ON COLUMN studio.publications.audio_ref IS 'The MP3 in the studio''s store.';
COMMENT ON COLUMN studio.publications.audio_bytes IS 'Length of the MP3 in bytes.';
COMMENT ON COLUMN studio.publications.duration_ms IS 'Length of the MP3 in milliseconds.';
COMMENT ON COLUMN studio.publications.timeline_ref IS 'Chapters and transcript with times, in the studio''s store.';
COMMENT ON COLUMN studio.publications.published_at IS 'When it was first published.';
COMMENT ON COLUMN studio.publications.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.publications.updated_at IS 'When the row last changed; kept by a trigger.';

-- The planner and the pipeline act for an organization, under row security.
GRANT INSERT, DELETE ON queue.slot_ledger TO wavehouse_operational_app;
GRANT INSERT, UPDATE ON studio.generation_steps TO wavehouse_operational_app;
CREATE INDEX episode_schedule_done_organization_id_project_id_idx
  ON studio.episode_schedule_done (organization_id, project_id, slot_at DESC);
