-- What is said in an episode, searchable in its language.

CREATE TABLE catalog.transcripts (
  transcript_id           uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id         uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  episode_id              uuid NOT NULL REFERENCES catalog.episodes ON DELETE CASCADE,
  status                  varchar(50) NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
  source                  varchar(50) NOT NULL DEFAULT 'automated'
    CHECK (source IN ('automated', 'manual', 'uploaded')),
  language                varchar(10) DEFAULT 'en',
  transcript_text         text,
  transcript_json         jsonb CHECK (jsonb_typeof(transcript_json) = 'object'),
  word_count              integer CHECK (word_count >= 0),
  duration_seconds        integer CHECK (duration_seconds >= 0),
  processing_started_at   timestamptz,
  processing_completed_at timestamptz,
  error_message           text,
  search_config           regconfig NOT NULL DEFAULT 'pg_catalog.simple',
  search_vector           tsvector GENERATED ALWAYS AS (to_tsvector(search_config, coalesce(transcript_text, ''))) STORED,
  created_at              timestamptz NOT NULL DEFAULT now(),
  updated_at              timestamptz NOT NULL DEFAULT now(),
  metadata                jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT transcripts_completed_check
    CHECK (status <> 'completed' OR transcript_text IS NOT NULL),
  CONSTRAINT transcripts_failed_check CHECK (status <> 'failed' OR error_message IS NOT NULL),
  CONSTRAINT transcripts_segments_check
    CHECK (jsonb_typeof(transcript_json -> 'segments') = 'array')
);
CREATE INDEX transcripts_organization_id_idx ON catalog.transcripts (organization_id);
CREATE INDEX transcripts_episode_id_idx ON catalog.transcripts (episode_id);
CREATE INDEX transcripts_status_idx ON catalog.transcripts (status) WHERE status <> 'completed';
CREATE INDEX transcripts_language_idx ON catalog.transcripts (language);
CREATE INDEX transcripts_search_vector_idx ON catalog.transcripts USING gin (search_vector);
CREATE TRIGGER transcripts_touch BEFORE UPDATE ON catalog.transcripts
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE catalog.transcripts ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON catalog.transcripts TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON catalog.transcripts TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.transcripts
  TO wavehouse_operational_app;
COMMENT ON TABLE catalog.transcripts IS 'What is said in an episode, by whom and when.';
COMMENT ON COLUMN catalog.transcripts.transcript_id IS 'The transcript.';
COMMENT ON COLUMN catalog.transcripts.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.transcripts.episode_id IS 'The episode.';
COMMENT ON COLUMN catalog.transcripts.status IS 'Where it stands.';
COMMENT ON COLUMN catalog.transcripts.source IS 'Where it is from.';
COMMENT ON COLUMN catalog.transcripts.language IS 'Its language.';
COMMENT ON COLUMN catalog.transcripts.transcript_text IS 'The words.';
COMMENT ON COLUMN catalog.transcripts.transcript_json IS 'Segments, speakers and advertisements.';
COMMENT ON COLUMN catalog.transcripts.word_count IS 'Words.';
COMMENT ON COLUMN catalog.transcripts.duration_seconds IS 'Length of what it covers.';
COMMENT ON COLUMN catalog.transcripts.processing_started_at IS 'When the work began.';
COMMENT ON COLUMN catalog.transcripts.processing_completed_at IS 'When it ended.';
COMMENT ON COLUMN catalog.transcripts.error_message IS 'Why it failed.';
COMMENT ON COLUMN catalog.transcripts.search_config IS 'The language''s rules for searching.';
COMMENT ON COLUMN catalog.transcripts.search_vector IS 'The words as the search compares them.';
COMMENT ON COLUMN catalog.transcripts.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN catalog.transcripts.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN catalog.transcripts.metadata IS 'Further facts that need no column of their own yet.';
