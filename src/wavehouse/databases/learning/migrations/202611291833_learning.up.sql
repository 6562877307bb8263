-- Content, sessions, behaviour and the learner model. Keys are made by clients, so they are texts.

CREATE TABLE learning.learners (
  learner_id      uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL,
  kind            text NOT NULL DEFAULT 'anonymous' CHECK (kind IN ('account', 'anonymous')),
  account_id      varchar(255),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT learners_account_check CHECK ((kind = 'account') = (account_id IS NOT NULL)),
  CONSTRAINT learners_organization_id_learner_id_key UNIQUE (organization_id, learner_id)
);
CREATE UNIQUE INDEX learners_organization_id_account_id_key
  ON learning.learners (organization_id, account_id) WHERE account_id IS NOT NULL;
CREATE INDEX learners_organization_id_idx ON learning.learners (organization_id);
CREATE TRIGGER learners_touch BEFORE UPDATE ON learning.learners
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.learners ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.learners TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.learners TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON learning.learners
  TO wavehouse_learning_app;
COMMENT ON TABLE learning.learners IS 'A learner: counters belong to the learner, so that archiving a session forgets nothing.';
COMMENT ON COLUMN learning.learners.learner_id IS 'The learner.';
COMMENT ON COLUMN learning.learners.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.learners.kind IS 'account or anonymous.';
COMMENT ON COLUMN learning.learners.account_id IS 'Id of the account; opaque in this database.';
COMMENT ON COLUMN learning.learners.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.learners.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.content (
  id                            varchar(255) PRIMARY KEY,
  organization_id               uuid NOT NULL,
  title                         varchar(500) NOT NULL,
  description                   text,
  text_content                  text NOT NULL,
  audio_url                     varchar(1000) NOT NULL,
  audio_format                  varchar(10) DEFAULT 'mp3',
  audio_bitrate                 integer CHECK (audio_bitrate > 0),
  audio_size                    bigint CHECK (audio_size >= 0),
  format                        varchar(50) NOT NULL
    CHECK (format IN ('narrative', 'podcast', 'educational')),
  genre                         varchar(100),
  sub_genre                     varchar(100),
  topic                         varchar(200),
  template_id                   varchar(255) NOT NULL,
  template_version              varchar(50),
  difficulty                    varchar(50) NOT NULL
    CHECK (difficulty IN ('lexical-heavy', 'discourse-heavy')),
  difficulty_score              numeric(3, 2) CHECK (difficulty_score >= 0),
  estimated_comprehension_level varchar(50),
  duration                      integer NOT NULL CHECK (duration >= 0),
  word_count                    integer CHECK (word_count >= 0),
  model_parameters              jsonb NOT NULL CHECK (jsonb_typeof(model_parameters) = 'object'),
  generated_at                  timestamptz NOT NULL,
  generated_by                  varchar(255),
  session_id                    varchar(255) NOT NULL,
  episode_number                integer CHECK (episode_number > 0),
  series_id                     varchar(255),
  continuity_context            text,
  related_content_ids           text[],
  language                      varchar(10) DEFAULT 'it',
  locale                        varchar(10),
  quality_score                 numeric(3, 2) CHECK (quality_score >= 0),
  engagement_metrics            jsonb CHECK (jsonb_typeof(engagement_metrics) = 'object'),
  metadata                      jsonb CHECK (jsonb_typeof(metadata) = 'object'),
  created_at                    timestamptz NOT NULL DEFAULT now(),
  updated_at                    timestamptz NOT NULL DEFAULT now(),
  lexical_difficulty            numeric(5, 2) CHECK (lexical_difficulty >= 0),
  discourse_difficulty          numeric(5, 2) CHECK (discourse_difficulty >= 0),
  difficulty_method             varchar(50),
  CONSTRAINT content_difficulty_method_check
    CHECK (difficulty_method IS NOT NULL OR (lexical_difficulty IS NULL AND discourse_difficulty IS NULL)),
  CONSTRAINT content_organization_id_id_key UNIQUE (organization_id, id)
);
CREATE INDEX content_organization_id_idx ON learning.content (organization_id);
CREATE INDEX content_session_id_idx ON learning.content (session_id);
CREATE INDEX content_format_idx ON learning.content (format);
CREATE INDEX content_genre_idx ON learning.content (genre);
CREATE INDEX content_difficulty_idx ON learning.content (difficulty);
CREATE INDEX content_generated_at_idx ON learning.content (generated_at);
CREATE INDEX content_series_id_idx ON learning.content (series_id) WHERE series_id IS NOT NULL;
CREATE TRIGGER content_touch BEFORE UPDATE ON learning.content
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.content ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.content TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.content TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON learning.content
  TO wavehouse_learning_app;
COMMENT ON TABLE learning.content IS 'Texts with their audio, kept for ever.';
COMMENT ON COLUMN learning.content.id IS 'The content.';
COMMENT ON COLUMN learning.content.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.content.title IS 'Title.';
COMMENT ON COLUMN learning.content.description IS 'Description.';
COMMENT ON COLUMN learning.content.text_content IS 'The text that is spoken.';
COMMENT ON COLUMN learning.content.audio_url IS 'URL of the audio.';
COMMENT ON COLUMN learning.content.audio_format IS 'Format of the audio.';
COMMENT ON COLUMN learning.content.audio_bitrate IS 'Its bit rate in kbit/s.';
COMMENT ON COLUMN learning.content.audio_size IS 'Its size in bytes.';
COMMENT ON COLUMN learning.content.format IS 'Kind of piece.';
COMMENT ON COLUMN learning.content.genre IS 'Genre.';
COMMENT ON COLUMN learning.content.sub_genre IS 'Narrower genre.';
COMMENT ON COLUMN learning.content.topic IS 'Topic.';
COMMENT ON COLUMN learning.content.template_id IS 'The template it was made from.';
COMMENT ON COLUMN learning.content.template_version IS 'Version of the template.';
COMMENT ON COLUMN learning.content.difficulty IS 'What makes it difficult: its words or its discourse.';
COMMENT ON COLUMN learning.content.difficulty_score IS 'Difficulty score, by its method.';
COMMENT ON COLUMN learning.content.estimated_comprehension_level IS 'An estimate, never from fewer than 80 words.';
COMMENT ON COLUMN learning.content.duration IS 'Length in seconds.';
COMMENT ON COLUMN learning.content.word_count IS 'Number of words.';
COMMENT ON COLUMN learning.content.model_parameters IS 'Parameters of the model that generated it.';
COMMENT ON COLUMN learning.content.generated_at IS 'When it was generated.';
COMMENT ON COLUMN learning.content.generated_by IS 'The person or model that generated it.';
COMMENT ON COLUMN learning.content.session_id IS 'The session it was made for. Deliberately no foreign key: content outlives sessions.';
COMMENT ON COLUMN learning.content.episode_number IS 'Number within its series.';
COMMENT ON COLUMN learning.content.series_id IS 'The series.';
COMMENT ON COLUMN learning.content.continuity_context IS 'Summary of the earlier episodes of the series.';
COMMENT ON COLUMN learning.content.related_content_ids IS 'Ids of related pieces.';
COMMENT ON COLUMN learning.content.language IS 'Language code.';
COMMENT ON COLUMN learning.content.locale IS 'Regional variant of the language.';
COMMENT ON COLUMN learning.content.quality_score IS 'Quality score.';
COMMENT ON COLUMN learning.content.engagement_metrics IS 'Counters of its use; derived.';
COMMENT ON COLUMN learning.content.metadata IS 'Further facts that need no column of their own yet.';
COMMENT ON COLUMN learning.content.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.content.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN learning.content.lexical_difficulty IS 'Index of its words.';
COMMENT ON COLUMN learning.content.discourse_difficulty IS 'Index of its sentences.';
COMMENT ON COLUMN learning.content.difficulty_method IS 'Method and version of the two indices.';

CREATE TABLE learning.sessions (
  id                   varchar(255) PRIMARY KEY,
  organization_id      uuid NOT NULL,
  learner_id           uuid,
  started_at           timestamptz NOT NULL,
  last_activity_at     timestamptz NOT NULL,
  content_ids          text[] NOT NULL DEFAULT '{}',
  current_content_id   varchar(255),
  total_listening_time integer NOT NULL DEFAULT 0 CHECK (total_listening_time >= 0),
  archived_at          timestamptz,
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT sessions_activity_check CHECK (last_activity_at >= started_at),
  CONSTRAINT sessions_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT sessions_learner_id_fkey FOREIGN KEY (organization_id, learner_id)
    REFERENCES learning.learners (organization_id, learner_id) ON DELETE CASCADE
);
CREATE INDEX sessions_organization_id_idx ON learning.sessions (organization_id);
CREATE INDEX sessions_learner_id_idx ON learning.sessions (learner_id);
CREATE INDEX sessions_started_at_idx ON learning.sessions (started_at);
CREATE INDEX sessions_last_activity_at_idx ON learning.sessions (last_activity_at);
CREATE TRIGGER sessions_touch BEFORE UPDATE ON learning.sessions
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.sessions TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.sessions TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON learning.sessions
  TO wavehouse_learning_app;
COMMENT ON TABLE learning.sessions IS 'A stretch of listening; archived after inactivity.';
COMMENT ON COLUMN learning.sessions.id IS 'The session.';
COMMENT ON COLUMN learning.sessions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.sessions.learner_id IS 'The learner.';
COMMENT ON COLUMN learning.sessions.started_at IS 'Start.';
COMMENT ON COLUMN learning.sessions.last_activity_at IS 'Last activity.';
COMMENT ON COLUMN learning.sessions.content_ids IS 'Ids of the pieces that were played, in order.';
COMMENT ON COLUMN learning.sessions.current_content_id IS 'The piece that is playing.';
COMMENT ON COLUMN learning.sessions.total_listening_time IS 'Seconds listened.';
COMMENT ON COLUMN learning.sessions.archived_at IS 'When its raw events were aggregated and removed.';
COMMENT ON COLUMN learning.sessions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.sessions.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.behavioral_events (
  id                        varchar(255) PRIMARY KEY,
  organization_id           uuid NOT NULL,
  content_id                varchar(255) NOT NULL,
  event_type                varchar(50) NOT NULL
    CHECK (event_type IN ('play', 'pause', 'resume', 'seek', 'replay', 'skip', 'complete', 'speed_change', 'progress', 'like', 'unlike')),
  timestamp                 timestamptz NOT NULL DEFAULT now(),
  playback_position         numeric(10, 2) NOT NULL CHECK (playback_position >= 0),
  playback_position_percent numeric(5, 2) CHECK (playback_position_percent BETWEEN 0 AND 100),
  duration                  numeric(10, 2) CHECK (duration >= 0),
  session_id                varchar(255) NOT NULL,
  content_characteristics   jsonb NOT NULL CHECK (jsonb_typeof(content_characteristics) = 'object'),
  device_info               jsonb CHECK (jsonb_typeof(device_info) = 'object'),
  network_type              varchar(50),
  context                   jsonb CHECK (jsonb_typeof(context) = 'object'),
  created_at                timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT behavioral_events_content_id_fkey FOREIGN KEY (organization_id, content_id)
    REFERENCES learning.content (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT behavioral_events_session_id_fkey FOREIGN KEY (organization_id, session_id)
    REFERENCES learning.sessions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX behavioral_events_organization_id_idx ON learning.behavioral_events (organization_id);
CREATE INDEX behavioral_events_content_id_idx ON learning.behavioral_events (content_id);
CREATE INDEX behavioral_events_session_id_idx ON learning.behavioral_events (session_id);
CREATE INDEX behavioral_events_event_type_idx ON learning.behavioral_events (event_type);
CREATE INDEX behavioral_events_timestamp_idx ON learning.behavioral_events (timestamp);
CREATE INDEX behavioral_events_content_characteristics_idx
  ON learning.behavioral_events USING gin (content_characteristics);
ALTER TABLE learning.behavioral_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.behavioral_events TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.behavioral_events TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT ON learning.behavioral_events
  TO wavehouse_learning_app;
COMMENT ON TABLE learning.behavioral_events IS 'An event of a learner with a piece, under the client''s own id. Archived once aggregated.';
COMMENT ON COLUMN learning.behavioral_events.id IS 'The client''s id of the event.';
COMMENT ON COLUMN learning.behavioral_events.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.behavioral_events.content_id IS 'The piece.';
COMMENT ON COLUMN learning.behavioral_events.event_type IS 'Kind of event.';
COMMENT ON COLUMN learning.behavioral_events."timestamp" IS 'When it happened.';
COMMENT ON COLUMN learning.behavioral_events.playback_position IS 'Position in seconds.';
COMMENT ON COLUMN learning.behavioral_events.playback_position_percent IS 'Position in per cent of the piece.';
COMMENT ON COLUMN learning.behavioral_events.duration IS 'Duration in seconds.';
COMMENT ON COLUMN learning.behavioral_events.session_id IS 'The session.';
COMMENT ON COLUMN learning.behavioral_events.content_characteristics IS 'Characteristics of the piece at that time.';
COMMENT ON COLUMN learning.behavioral_events.device_info IS 'The device.';
COMMENT ON COLUMN learning.behavioral_events.network_type IS 'Kind of network.';
COMMENT ON COLUMN learning.behavioral_events.context IS 'Further context.';
COMMENT ON COLUMN learning.behavioral_events.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE learning.like_engagement (
  content_id              varchar(255) NOT NULL,
  session_id              varchar(255) NOT NULL,
  organization_id         uuid NOT NULL,
  liked                   boolean NOT NULL DEFAULT false,
  liked_at                timestamptz,
  unliked_at              timestamptz,
  reaction_type           varchar(50) CHECK (reaction_type IN ('like', 'love', 'favorite')),
  content_characteristics jsonb NOT NULL CHECK (jsonb_typeof(content_characteristics) = 'object'),
  created_at              timestamptz NOT NULL DEFAULT now(),
  updated_at              timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (content_id, session_id),
  CONSTRAINT like_engagement_liked_at_check CHECK (NOT liked OR liked_at IS NOT NULL),
  CONSTRAINT like_engagement_content_id_fkey FOREIGN KEY (organization_id, content_id)
    REFERENCES learning.content (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT like_engagement_session_id_fkey FOREIGN KEY (organization_id, session_id)
    REFERENCES learning.sessions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX like_engagement_organization_id_idx ON learning.like_engagement (organization_id);
CREATE INDEX like_engagement_session_id_idx ON learning.like_engagement (session_id);
CREATE INDEX like_engagement_liked_idx ON learning.like_engagement (liked) WHERE liked;
CREATE INDEX like_engagement_content_characteristics_idx
  ON learning.like_engagement USING gin (content_characteristics);
CREATE TRIGGER like_engagement_touch BEFORE UPDATE ON learning.like_engagement
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.like_engagement ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.like_engagement TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.like_engagement TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON learning.like_engagement
  TO wavehouse_learning_app;
COMMENT ON TABLE learning.like_engagement IS 'Whether a piece is liked in a session.';
COMMENT ON COLUMN learning.like_engagement.content_id IS 'The piece.';
COMMENT ON COLUMN learning.like_engagement.session_id IS 'The session.';
COMMENT ON COLUMN learning.like_engagement.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.like_engagement.liked IS 'Whether it is liked now.';
COMMENT ON COLUMN learning.like_engagement.liked_at IS 'When it was last liked.';
COMMENT ON COLUMN learning.like_engagement.unliked_at IS 'When the like was last withdrawn.';
COMMENT ON COLUMN learning.like_engagement.reaction_type IS 'Kind of reaction.';
COMMENT ON COLUMN learning.like_engagement.content_characteristics IS 'Characteristics of the piece at that time.';
COMMENT ON COLUMN learning.like_engagement.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.like_engagement.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.learner_model_state (
  session_id               varchar(255) PRIMARY KEY,
  organization_id          uuid NOT NULL,
  preference_weights       jsonb NOT NULL CHECK (jsonb_typeof(preference_weights) = 'object'),
  comprehension_level      numeric(3, 2) NOT NULL CHECK (comprehension_level BETWEEN 0 AND 1),
  comprehension_sd         numeric(4, 3) CHECK (comprehension_sd >= 0),
  content_type_preferences jsonb NOT NULL CHECK (jsonb_typeof(content_type_preferences) = 'object'),
  difficulty_adjustment    numeric(5, 2) NOT NULL DEFAULT 0,
  last_updated             timestamptz NOT NULL,
  data_points              integer NOT NULL DEFAULT 0 CHECK (data_points >= 0),
  model_version            varchar(50),
  created_at               timestamptz NOT NULL DEFAULT now(),
  updated_at               timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT learner_model_state_session_id_fkey FOREIGN KEY (organization_id, session_id)
    REFERENCES learning.sessions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX learner_model_state_organization_id_idx
  ON learning.learner_model_state (organization_id);
CREATE INDEX learner_model_state_last_updated_idx ON learning.learner_model_state (last_updated);
CREATE TRIGGER learner_model_state_touch BEFORE UPDATE ON learning.learner_model_state
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.learner_model_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.learner_model_state TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.learner_model_state TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON learning.learner_model_state
  TO wavehouse_learning_app;
COMMENT ON TABLE learning.learner_model_state IS 'The model''s state for a session: a projection of the learner''s counters.';
COMMENT ON COLUMN learning.learner_model_state.session_id IS 'The session.';
COMMENT ON COLUMN learning.learner_model_state.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.learner_model_state.preference_weights IS 'Shrunk log-odds per feature.';
COMMENT ON COLUMN learning.learner_model_state.comprehension_level IS 'Estimated comprehension, 0 to 1.';
COMMENT ON COLUMN learning.learner_model_state.comprehension_sd IS 'Standard deviation of that estimate.';
COMMENT ON COLUMN learning.learner_model_state.content_type_preferences IS 'Shares of narrative, podcast and educational.';
COMMENT ON COLUMN learning.learner_model_state.difficulty_adjustment IS 'Difficulty points times 100 towards 85 % understood.';
COMMENT ON COLUMN learning.learner_model_state.last_updated IS 'When it was last projected.';
COMMENT ON COLUMN learning.learner_model_state.data_points IS 'Outcomes that went into it.';
COMMENT ON COLUMN learning.learner_model_state.model_version IS 'Version of the model''s parameters.';
COMMENT ON COLUMN learning.learner_model_state.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.learner_model_state.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.learner_counters (
  learner_id      uuid NOT NULL,
  bucket          date NOT NULL CHECK (bucket = date_trunc('month', bucket::timestamp)::date),
  organization_id uuid NOT NULL,
  outcomes        integer[] NOT NULL CHECK (cardinality(outcomes) = 60 AND 0 <= ALL (outcomes)),
  preferences     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(preferences) = 'object'),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (learner_id, bucket),
  CONSTRAINT learner_counters_learner_id_fkey FOREIGN KEY (organization_id, learner_id)
    REFERENCES learning.learners (organization_id, learner_id) ON DELETE CASCADE
);
CREATE INDEX learner_counters_organization_id_idx ON learning.learner_counters (organization_id);
CREATE TRIGGER learner_counters_touch BEFORE UPDATE ON learning.learner_counters
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.learner_counters ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.learner_counters TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.learner_counters TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON learning.learner_counters
  TO wavehouse_learning_app;
COMMENT ON TABLE learning.learner_counters IS 'The learner''s state: integers only, so that any order of events gives the same (L1).';
COMMENT ON COLUMN learning.learner_counters.learner_id IS 'The learner.';
COMMENT ON COLUMN learning.learner_counters.bucket IS 'The month the outcomes are of.';
COMMENT ON COLUMN learning.learner_counters.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.learner_counters.outcomes IS '12 bins of difficulty by 5 classes of outcome.';
COMMENT ON COLUMN learning.learner_counters.preferences IS 'Likes and dislikes counted per feature value.';
COMMENT ON COLUMN learning.learner_counters.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.learner_counters.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.recommendations (
  recommendation_id uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id   uuid NOT NULL,
  learner_id        uuid NOT NULL,
  slot              integer NOT NULL CHECK (slot >= 0),
  content_id        varchar(255) NOT NULL,
  candidates        jsonb NOT NULL CHECK (jsonb_typeof(candidates) = 'array'),
  propensity        numeric(9, 8) NOT NULL CHECK (propensity > 0 AND propensity <= 1),
  reasons           jsonb NOT NULL
    CHECK (jsonb_typeof(reasons) = 'array' AND jsonb_array_length(reasons) > 0),
  model_version     varchar(50) NOT NULL,
  decided_at        timestamptz NOT NULL,
  UNIQUE (learner_id, slot, model_version),
  CONSTRAINT recommendations_learner_id_fkey FOREIGN KEY (organization_id, learner_id)
    REFERENCES learning.learners (organization_id, learner_id) ON DELETE CASCADE,
  CONSTRAINT recommendations_content_id_fkey FOREIGN KEY (organization_id, content_id)
    REFERENCES learning.content (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX recommendations_organization_id_idx ON learning.recommendations (organization_id);
CREATE INDEX recommendations_content_id_idx ON learning.recommendations (content_id);
ALTER TABLE learning.recommendations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.recommendations TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.recommendations TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT ON learning.recommendations
  TO wavehouse_learning_app;
COMMENT ON TABLE learning.recommendations IS 'A recommendation with its candidates, propensity and reasons, so that it can be replayed (L15).';
COMMENT ON COLUMN learning.recommendations.recommendation_id IS 'The decision.';
COMMENT ON COLUMN learning.recommendations.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.recommendations.learner_id IS 'The learner.';
COMMENT ON COLUMN learning.recommendations.slot IS 'Number of the decision, counted per learner.';
COMMENT ON COLUMN learning.recommendations.content_id IS 'The recommended piece.';
COMMENT ON COLUMN learning.recommendations.candidates IS 'Candidates with their scores.';
COMMENT ON COLUMN learning.recommendations.propensity IS 'The chance that it was chosen.';
COMMENT ON COLUMN learning.recommendations.reasons IS 'Reasons of the recommendation.';
COMMENT ON COLUMN learning.recommendations.model_version IS 'Version of the model''s parameters.';
COMMENT ON COLUMN learning.recommendations.decided_at IS 'When it happened.';

CREATE TABLE learning.user_preferences (
  id                    varchar(255) PRIMARY KEY,
  organization_id       uuid NOT NULL,
  session_id            varchar(255),
  difficulty_preference varchar(50) NOT NULL
    CHECK (difficulty_preference IN ('beginner', 'intermediate', 'advanced')),
  preferred_formats     text[] NOT NULL DEFAULT '{}',
  preferred_genres      text[] NOT NULL DEFAULT '{}',
  playback_speed        numeric(3, 2) NOT NULL DEFAULT 1.0 CHECK (playback_speed > 0),
  auto_play             boolean NOT NULL DEFAULT true,
  last_updated          timestamptz NOT NULL,
  version               integer NOT NULL DEFAULT 1 CHECK (version > 0),
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX user_preferences_organization_id_idx ON learning.user_preferences (organization_id);
CREATE INDEX user_preferences_session_id_idx
  ON learning.user_preferences (session_id) WHERE session_id IS NOT NULL;
CREATE TRIGGER user_preferences_touch BEFORE UPDATE ON learning.user_preferences
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.user_preferences ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.user_preferences TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.user_preferences TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON learning.user_preferences
  TO wavehouse_learning_app;
COMMENT ON TABLE learning.user_preferences IS 'Settings of a learner; by session now, by user later.';
COMMENT ON COLUMN learning.user_preferences.id IS 'The session''s id now, the user''s later.';
COMMENT ON COLUMN learning.user_preferences.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.user_preferences.session_id IS 'The session it was set in.';
COMMENT ON COLUMN learning.user_preferences.difficulty_preference IS 'Level that the learner chose.';
COMMENT ON COLUMN learning.user_preferences.preferred_formats IS 'Preferred formats.';
COMMENT ON COLUMN learning.user_preferences.preferred_genres IS 'Preferred genres.';
COMMENT ON COLUMN learning.user_preferences.playback_speed IS 'Playback speed.';
COMMENT ON COLUMN learning.user_preferences.auto_play IS 'Whether the next piece starts by itself.';
COMMENT ON COLUMN learning.user_preferences.last_updated IS 'When a setting last changed.';
COMMENT ON COLUMN learning.user_preferences.version IS 'Grows with every change.';
COMMENT ON COLUMN learning.user_preferences.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.user_preferences.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.generation_status (
  generation_id             varchar(255) PRIMARY KEY,
  organization_id           uuid NOT NULL,
  session_id                varchar(255) NOT NULL,
  status                    varchar(50) NOT NULL
    CHECK (status IN ('generating', 'processing', 'completed', 'failed')),
  content_id                varchar(255),
  webhook_url               varchar(1000),
  webhook_sent              boolean NOT NULL DEFAULT false,
  error_message             text,
  estimated_completion_time integer CHECK (estimated_completion_time >= 0),
  started_at                timestamptz NOT NULL,
  completed_at              timestamptz,
  created_at                timestamptz NOT NULL DEFAULT now(),
  updated_at                timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT generation_status_completed_check
    CHECK (status <> 'completed' OR completed_at IS NOT NULL),
  CONSTRAINT generation_status_failed_check CHECK (status <> 'failed' OR error_message IS NOT NULL),
  CONSTRAINT generation_status_session_id_fkey FOREIGN KEY (organization_id, session_id)
    REFERENCES learning.sessions (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT generation_status_content_id_fkey FOREIGN KEY (organization_id, content_id)
    REFERENCES learning.content (organization_id, id) ON DELETE SET NULL (content_id)
);
CREATE INDEX generation_status_organization_id_idx ON learning.generation_status (organization_id);
CREATE INDEX generation_status_session_id_idx ON learning.generation_status (session_id);
CREATE INDEX generation_status_status_idx ON learning.generation_status (status);
CREATE INDEX generation_status_started_at_idx ON learning.generation_status (started_at);
CREATE INDEX generation_status_content_id_idx ON learning.generation_status (content_id);
CREATE TRIGGER generation_status_touch BEFORE UPDATE ON learning.generation_status
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.generation_status ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.generation_status TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.generation_status TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON learning.generation_status
  TO wavehouse_learning_app;
COMMENT ON TABLE learning.generation_status IS 'A request for a new piece, in the four states that clients see.';
COMMENT ON COLUMN learning.generation_status.generation_id IS 'The request.';
COMMENT ON COLUMN learning.generation_status.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.generation_status.session_id IS 'The session.';
COMMENT ON COLUMN learning.generation_status.status IS 'Status.';
COMMENT ON COLUMN learning.generation_status.content_id IS 'The generated piece.';
COMMENT ON COLUMN learning.generation_status.webhook_url IS 'URL to notify.';
COMMENT ON COLUMN learning.generation_status.webhook_sent IS 'Whether the webhook was sent.';
COMMENT ON COLUMN learning.generation_status.error_message IS 'Error message of a failure.';
COMMENT ON COLUMN learning.generation_status.estimated_completion_time IS 'Estimated seconds to completion.';
COMMENT ON COLUMN learning.generation_status.started_at IS 'Start.';
COMMENT ON COLUMN learning.generation_status.completed_at IS 'End.';
COMMENT ON COLUMN learning.generation_status.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.generation_status.updated_at IS 'When the row last changed; kept by a trigger.';

-- A row becomes completed with its content. Afterwards the content may be deleted (ON DELETE SET NULL),
-- so this cannot be a CHECK: a CHECK would refuse the deletion.
CREATE FUNCTION learning.require_content() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION 'generation % cannot be completed without content', NEW.generation_id
    USING ERRCODE = 'check_violation', CONSTRAINT = 'generation_status_content_check';
END
$$;
COMMENT ON FUNCTION learning.require_content() IS 'Refuses a generation that becomes completed without content.';
CREATE TRIGGER generation_status_content_insert BEFORE INSERT ON learning.generation_status
  FOR EACH ROW WHEN (NEW.status = 'completed' AND NEW.content_id IS NULL)
  EXECUTE FUNCTION learning.require_content();
CREATE TRIGGER generation_status_content_update BEFORE UPDATE ON learning.generation_status
  FOR EACH ROW
  WHEN (NEW.status = 'completed' AND OLD.status <> 'completed' AND NEW.content_id IS NULL)
  EXECUTE FUNCTION learning.require_content();
