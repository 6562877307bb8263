-- The tables as they were, empty: their rows are in the database learning, if anywhere.

CREATE SCHEMA learning;
GRANT USAGE ON SCHEMA learning TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA learning TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA learning GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_operational_worker;

CREATE TABLE learning.behavioral_events (
  id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  content_id character varying(255) NOT NULL,
  event_type character varying(50) NOT NULL,
  "timestamp" timestamp with time zone DEFAULT now() NOT NULL,
  playback_position numeric(10,2) NOT NULL,
  playback_position_percent numeric(5,2),
  duration numeric(10,2),
  session_id character varying(255) NOT NULL,
  content_characteristics jsonb NOT NULL,
  device_info jsonb,
  network_type character varying(50),
  context jsonb,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT behavioral_events_pkey PRIMARY KEY (id),
  CONSTRAINT behavioral_events_content_characteristics_check CHECK ((jsonb_typeof(content_characteristics) = 'object'::text)),
  CONSTRAINT behavioral_events_context_check CHECK ((jsonb_typeof(context) = 'object'::text)),
  CONSTRAINT behavioral_events_device_info_check CHECK ((jsonb_typeof(device_info) = 'object'::text)),
  CONSTRAINT behavioral_events_duration_check CHECK ((duration >= (0)::numeric)),
  CONSTRAINT behavioral_events_event_type_check CHECK ((event_type IN ('play', 'pause', 'resume', 'seek', 'replay', 'skip', 'complete', 'speed_change', 'progress', 'like', 'unlike'))),
  CONSTRAINT behavioral_events_playback_position_check CHECK ((playback_position >= (0)::numeric)),
  CONSTRAINT behavioral_events_playback_position_percent_check CHECK (((playback_position_percent >= (0)::numeric) AND (playback_position_percent <= (100)::numeric)))
);
CREATE INDEX behavioral_events_content_characteristics_idx ON learning.behavioral_events USING gin (content_characteristics);
CREATE INDEX behavioral_events_content_id_idx ON learning.behavioral_events USING btree (content_id);
CREATE INDEX behavioral_events_event_type_idx ON learning.behavioral_events USING btree (event_type);
CREATE INDEX behavioral_events_organization_id_idx ON learning.behavioral_events USING btree (organization_id);
CREATE INDEX behavioral_events_session_id_idx ON learning.behavioral_events USING btree (session_id);
CREATE INDEX behavioral_events_timestamp_idx ON learning.behavioral_events USING btree ("timestamp");
ALTER TABLE learning.behavioral_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.behavioral_events TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON learning.behavioral_events TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON learning.behavioral_events FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON learning.behavioral_events TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.behavioral_events TO wavehouse_operational_worker;
COMMENT ON TABLE learning.behavioral_events IS 'What a learner did with a piece, under the client''s own id. Archived once aggregated.';
COMMENT ON COLUMN learning.behavioral_events.id IS 'The client''s id of the event.';
COMMENT ON COLUMN learning.behavioral_events.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.behavioral_events.content_id IS 'The piece.';
COMMENT ON COLUMN learning.behavioral_events.event_type IS 'What was done.';
COMMENT ON COLUMN learning.behavioral_events."timestamp" IS 'When.';
COMMENT ON COLUMN learning.behavioral_events.playback_position IS 'Where, in seconds.';
COMMENT ON COLUMN learning.behavioral_events.playback_position_percent IS 'Where, in per cent.';
COMMENT ON COLUMN learning.behavioral_events.duration IS 'How long, in seconds.';
COMMENT ON COLUMN learning.behavioral_events.session_id IS 'In which session.';
COMMENT ON COLUMN learning.behavioral_events.content_characteristics IS 'What the piece was like then.';
COMMENT ON COLUMN learning.behavioral_events.device_info IS 'On what.';
COMMENT ON COLUMN learning.behavioral_events.network_type IS 'Over what.';
COMMENT ON COLUMN learning.behavioral_events.context IS 'What else was known.';
COMMENT ON COLUMN learning.behavioral_events.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE learning.content (
  id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  title character varying(500) NOT NULL,
  description text,
  text_content text NOT NULL,
  audio_url character varying(1000) NOT NULL,
  audio_format character varying(10) DEFAULT 'mp3'::character varying,
  audio_bitrate integer,
  audio_size bigint,
  format character varying(50) NOT NULL,
  genre character varying(100),
  sub_genre character varying(100),
  topic character varying(200),
  template_id character varying(255) NOT NULL,
  template_version character varying(50),
  difficulty character varying(50) NOT NULL,
  difficulty_score numeric(3,2),
  estimated_comprehension_level character varying(50),
  duration integer NOT NULL,
  word_count integer,
  model_parameters jsonb NOT NULL,
  generated_at timestamp with time zone NOT NULL,
  generated_by character varying(255),
  session_id character varying(255) NOT NULL,
  episode_number integer,
  series_id character varying(255),
  continuity_context text,
  related_content_ids text[] DEFAULT '{}'::text[] NOT NULL,
  language character varying(10) DEFAULT 'it'::character varying,
  locale character varying(10),
  quality_score numeric(3,2),
  engagement_metrics jsonb,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  lexical_difficulty numeric(5,2),
  discourse_difficulty numeric(5,2),
  difficulty_method character varying(50),
  CONSTRAINT content_pkey PRIMARY KEY (id),
  CONSTRAINT content_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT content_audio_bitrate_check CHECK ((audio_bitrate > 0)),
  CONSTRAINT content_audio_size_check CHECK ((audio_size >= 0)),
  CONSTRAINT content_difficulty_check CHECK ((difficulty IN ('lexical-heavy', 'discourse-heavy'))),
  CONSTRAINT content_difficulty_method_check CHECK (((difficulty_method IS NOT NULL) OR ((lexical_difficulty IS NULL) AND (discourse_difficulty IS NULL)))),
  CONSTRAINT content_difficulty_score_check CHECK ((difficulty_score >= (0)::numeric)),
  CONSTRAINT content_discourse_difficulty_check CHECK ((discourse_difficulty >= (0)::numeric)),
  CONSTRAINT content_duration_check CHECK ((duration >= 0)),
  CONSTRAINT content_engagement_metrics_check CHECK ((jsonb_typeof(engagement_metrics) = 'object'::text)),
  CONSTRAINT content_episode_number_check CHECK ((episode_number > 0)),
  CONSTRAINT content_format_check CHECK ((format IN ('narrative', 'podcast', 'educational'))),
  CONSTRAINT content_lexical_difficulty_check CHECK ((lexical_difficulty >= (0)::numeric)),
  CONSTRAINT content_model_parameters_check CHECK ((jsonb_typeof(model_parameters) = 'object'::text)),
  CONSTRAINT content_quality_score_check CHECK ((quality_score >= (0)::numeric)),
  CONSTRAINT content_word_count_check CHECK ((word_count >= 0))
);
CREATE INDEX content_difficulty_idx ON learning.content USING btree (difficulty);
CREATE INDEX content_format_idx ON learning.content USING btree (format);
CREATE INDEX content_generated_at_idx ON learning.content USING btree (generated_at);
CREATE INDEX content_genre_idx ON learning.content USING btree (genre);
CREATE INDEX content_organization_id_idx ON learning.content USING btree (organization_id);
CREATE INDEX content_series_id_idx ON learning.content USING btree (series_id) WHERE (series_id IS NOT NULL);
CREATE INDEX content_session_id_idx ON learning.content USING btree (session_id);
CREATE TRIGGER content_touch BEFORE UPDATE ON learning.content FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE learning.content ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.content TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON learning.content TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON learning.content FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.content TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.content TO wavehouse_operational_worker;
COMMENT ON TABLE learning.content IS 'Texts with their audio, kept for ever.';
COMMENT ON COLUMN learning.content.id IS 'The content.';
COMMENT ON COLUMN learning.content.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.content.title IS 'Its title.';
COMMENT ON COLUMN learning.content.description IS 'What it is about.';
COMMENT ON COLUMN learning.content.text_content IS 'The text that is spoken.';
COMMENT ON COLUMN learning.content.audio_url IS 'Where the audio is.';
COMMENT ON COLUMN learning.content.audio_format IS 'Its format.';
COMMENT ON COLUMN learning.content.audio_bitrate IS 'Its bit rate in kbit/s.';
COMMENT ON COLUMN learning.content.audio_size IS 'Its size in bytes.';
COMMENT ON COLUMN learning.content.format IS 'What kind of piece.';
COMMENT ON COLUMN learning.content.genre IS 'Its genre.';
COMMENT ON COLUMN learning.content.sub_genre IS 'Its narrower genre.';
COMMENT ON COLUMN learning.content.topic IS 'Its topic.';
COMMENT ON COLUMN learning.content.template_id IS 'The template it was made from.';
COMMENT ON COLUMN learning.content.template_version IS 'Version of that.';
COMMENT ON COLUMN learning.content.difficulty IS 'What makes it hard.';
COMMENT ON COLUMN learning.content.difficulty_score IS 'How hard, by its method.';
COMMENT ON COLUMN learning.content.estimated_comprehension_level IS 'An estimate, never from fewer than 80 words.';
COMMENT ON COLUMN learning.content.duration IS 'Length in seconds.';
COMMENT ON COLUMN learning.content.word_count IS 'Words.';
COMMENT ON COLUMN learning.content.model_parameters IS 'With what it was generated.';
COMMENT ON COLUMN learning.content.generated_at IS 'When it was generated.';
COMMENT ON COLUMN learning.content.generated_by IS 'By whom or what.';
COMMENT ON COLUMN learning.content.session_id IS 'The session it was made for. Deliberately no foreign key: content outlives sessions.';
COMMENT ON COLUMN learning.content.episode_number IS 'Its place in a series.';
COMMENT ON COLUMN learning.content.series_id IS 'The series.';
COMMENT ON COLUMN learning.content.continuity_context IS 'What came before in the series.';
COMMENT ON COLUMN learning.content.related_content_ids IS 'Pieces that go with it.';
COMMENT ON COLUMN learning.content.language IS 'Its language.';
COMMENT ON COLUMN learning.content.locale IS 'Its regional form.';
COMMENT ON COLUMN learning.content.quality_score IS 'How good it was judged.';
COMMENT ON COLUMN learning.content.engagement_metrics IS 'Counters of its use, derived.';
COMMENT ON COLUMN learning.content.metadata IS 'Further facts that need no column of their own yet.';
COMMENT ON COLUMN learning.content.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.content.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN learning.content.lexical_difficulty IS 'Index of its words.';
COMMENT ON COLUMN learning.content.discourse_difficulty IS 'Index of its sentences.';
COMMENT ON COLUMN learning.content.difficulty_method IS 'Method and version of the two indices.';

CREATE TABLE learning.generation_status (
  generation_id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  session_id character varying(255) NOT NULL,
  status character varying(50) NOT NULL,
  content_id character varying(255),
  webhook_url character varying(1000),
  webhook_sent boolean DEFAULT false NOT NULL,
  error_message text,
  estimated_completion_time integer,
  started_at timestamp with time zone NOT NULL,
  completed_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT generation_status_pkey PRIMARY KEY (generation_id),
  CONSTRAINT generation_status_completed_check CHECK ((((status)::text <> 'completed'::text) OR ((content_id IS NOT NULL) AND (completed_at IS NOT NULL)))),
  CONSTRAINT generation_status_estimated_completion_time_check CHECK ((estimated_completion_time >= 0)),
  CONSTRAINT generation_status_failed_check CHECK ((((status)::text <> 'failed'::text) OR (error_message IS NOT NULL))),
  CONSTRAINT generation_status_status_check CHECK ((status IN ('generating', 'processing', 'completed', 'failed')))
);
CREATE INDEX generation_status_content_id_idx ON learning.generation_status USING btree (content_id);
CREATE INDEX generation_status_organization_id_idx ON learning.generation_status USING btree (organization_id);
CREATE INDEX generation_status_session_id_idx ON learning.generation_status USING btree (session_id);
CREATE INDEX generation_status_started_at_idx ON learning.generation_status USING btree (started_at);
CREATE INDEX generation_status_status_idx ON learning.generation_status USING btree (status);
CREATE TRIGGER generation_status_touch BEFORE UPDATE ON learning.generation_status FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE learning.generation_status ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.generation_status TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON learning.generation_status TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON learning.generation_status FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT, UPDATE ON learning.generation_status TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.generation_status TO wavehouse_operational_worker;
COMMENT ON TABLE learning.generation_status IS 'A request for a new piece, in the four states that the outside sees.';
COMMENT ON COLUMN learning.generation_status.generation_id IS 'The request.';
COMMENT ON COLUMN learning.generation_status.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.generation_status.session_id IS 'For which session.';
COMMENT ON COLUMN learning.generation_status.status IS 'Where it stands.';
COMMENT ON COLUMN learning.generation_status.content_id IS 'What came of it.';
COMMENT ON COLUMN learning.generation_status.webhook_url IS 'Whom to tell.';
COMMENT ON COLUMN learning.generation_status.webhook_sent IS 'Whether they were told.';
COMMENT ON COLUMN learning.generation_status.error_message IS 'Why it failed.';
COMMENT ON COLUMN learning.generation_status.estimated_completion_time IS 'Seconds it will take.';
COMMENT ON COLUMN learning.generation_status.started_at IS 'When it began.';
COMMENT ON COLUMN learning.generation_status.completed_at IS 'When it ended.';
COMMENT ON COLUMN learning.generation_status.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.generation_status.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.learner_counters (
  learner_id uuid NOT NULL,
  bucket date NOT NULL,
  organization_id uuid NOT NULL,
  outcomes integer[] NOT NULL,
  preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT learner_counters_pkey PRIMARY KEY (learner_id, bucket),
  CONSTRAINT learner_counters_bucket_check CHECK ((bucket = (date_trunc('month'::text, (bucket)::timestamp without time zone))::date)),
  CONSTRAINT learner_counters_outcomes_check CHECK (((cardinality(outcomes) = 60) AND (0 <= ALL (outcomes)))),
  CONSTRAINT learner_counters_preferences_check CHECK ((jsonb_typeof(preferences) = 'object'::text))
);
CREATE INDEX learner_counters_organization_id_idx ON learning.learner_counters USING btree (organization_id);
CREATE TRIGGER learner_counters_touch BEFORE UPDATE ON learning.learner_counters FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE learning.learner_counters ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.learner_counters TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON learning.learner_counters TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON learning.learner_counters FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT, UPDATE ON learning.learner_counters TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.learner_counters TO wavehouse_operational_worker;
COMMENT ON TABLE learning.learner_counters IS 'The learner''s state: integers only, so that any order of events gives the same (L1).';
COMMENT ON COLUMN learning.learner_counters.learner_id IS 'The learner.';
COMMENT ON COLUMN learning.learner_counters.bucket IS 'The month the outcomes are of.';
COMMENT ON COLUMN learning.learner_counters.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.learner_counters.outcomes IS '12 bins of difficulty by 5 classes of outcome.';
COMMENT ON COLUMN learning.learner_counters.preferences IS 'Likes and dislikes counted per feature value.';
COMMENT ON COLUMN learning.learner_counters.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.learner_counters.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.learner_model_state (
  session_id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  preference_weights jsonb NOT NULL,
  comprehension_level numeric(3,2) NOT NULL,
  comprehension_sd numeric(4,3),
  content_type_preferences jsonb NOT NULL,
  difficulty_adjustment numeric(5,2) DEFAULT 0 NOT NULL,
  last_updated timestamp with time zone NOT NULL,
  data_points integer DEFAULT 0 NOT NULL,
  model_version character varying(50),
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT learner_model_state_pkey PRIMARY KEY (session_id),
  CONSTRAINT learner_model_state_comprehension_level_check CHECK (((comprehension_level >= (0)::numeric) AND (comprehension_level <= (1)::numeric))),
  CONSTRAINT learner_model_state_comprehension_sd_check CHECK ((comprehension_sd >= (0)::numeric)),
  CONSTRAINT learner_model_state_content_type_preferences_check CHECK ((jsonb_typeof(content_type_preferences) = 'object'::text)),
  CONSTRAINT learner_model_state_data_points_check CHECK ((data_points >= 0)),
  CONSTRAINT learner_model_state_preference_weights_check CHECK ((jsonb_typeof(preference_weights) = 'object'::text))
);
CREATE INDEX learner_model_state_last_updated_idx ON learning.learner_model_state USING btree (last_updated);
CREATE INDEX learner_model_state_organization_id_idx ON learning.learner_model_state USING btree (organization_id);
CREATE TRIGGER learner_model_state_touch BEFORE UPDATE ON learning.learner_model_state FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE learning.learner_model_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.learner_model_state TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON learning.learner_model_state TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON learning.learner_model_state FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT, UPDATE ON learning.learner_model_state TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.learner_model_state TO wavehouse_operational_worker;
COMMENT ON TABLE learning.learner_model_state IS 'What the model says of a session''s learner: a projection of the learner''s counters.';
COMMENT ON COLUMN learning.learner_model_state.session_id IS 'The session.';
COMMENT ON COLUMN learning.learner_model_state.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.learner_model_state.preference_weights IS 'Shrunk log-odds per feature.';
COMMENT ON COLUMN learning.learner_model_state.comprehension_level IS 'How well the learner understands.';
COMMENT ON COLUMN learning.learner_model_state.comprehension_sd IS 'How uncertain that is.';
COMMENT ON COLUMN learning.learner_model_state.content_type_preferences IS 'Shares of narrative, podcast and educational.';
COMMENT ON COLUMN learning.learner_model_state.difficulty_adjustment IS 'Difficulty points times 100 towards 85 % understood.';
COMMENT ON COLUMN learning.learner_model_state.last_updated IS 'When it was last projected.';
COMMENT ON COLUMN learning.learner_model_state.data_points IS 'Outcomes that went into it.';
COMMENT ON COLUMN learning.learner_model_state.model_version IS 'Which table of parameters.';
COMMENT ON COLUMN learning.learner_model_state.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.learner_model_state.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.learners (
  learner_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  kind text DEFAULT 'anonymous'::text NOT NULL,
  account_id character varying(255),
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT learners_pkey PRIMARY KEY (learner_id),
  CONSTRAINT learners_organization_id_learner_id_key UNIQUE (organization_id, learner_id),
  CONSTRAINT learners_account_check CHECK (((kind = 'account'::text) = (account_id IS NOT NULL))),
  CONSTRAINT learners_kind_check CHECK ((kind IN ('account', 'anonymous')))
);
CREATE UNIQUE INDEX learners_organization_id_account_id_key ON learning.learners USING btree (organization_id, account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX learners_organization_id_idx ON learning.learners USING btree (organization_id);
CREATE TRIGGER learners_touch BEFORE UPDATE ON learning.learners FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE learning.learners ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.learners TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON learning.learners TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON learning.learners FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.learners TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.learners TO wavehouse_operational_worker;
COMMENT ON TABLE learning.learners IS 'Who learns: counters belong here, so that archiving a session forgets nothing.';
COMMENT ON COLUMN learning.learners.learner_id IS 'The learner.';
COMMENT ON COLUMN learning.learners.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.learners.kind IS 'Known or not.';
COMMENT ON COLUMN learning.learners.account_id IS 'The account; opaque here.';
COMMENT ON COLUMN learning.learners.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.learners.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.like_engagement (
  content_id character varying(255) NOT NULL,
  session_id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  liked boolean DEFAULT false NOT NULL,
  liked_at timestamp with time zone,
  unliked_at timestamp with time zone,
  reaction_type character varying(50),
  content_characteristics jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT like_engagement_pkey PRIMARY KEY (content_id, session_id),
  CONSTRAINT like_engagement_content_characteristics_check CHECK ((jsonb_typeof(content_characteristics) = 'object'::text)),
  CONSTRAINT like_engagement_liked_at_check CHECK (((NOT liked) OR (liked_at IS NOT NULL))),
  CONSTRAINT like_engagement_reaction_type_check CHECK ((reaction_type IN ('like', 'love', 'favorite')))
);
CREATE INDEX like_engagement_content_characteristics_idx ON learning.like_engagement USING gin (content_characteristics);
CREATE INDEX like_engagement_liked_idx ON learning.like_engagement USING btree (liked) WHERE liked;
CREATE INDEX like_engagement_organization_id_idx ON learning.like_engagement USING btree (organization_id);
CREATE INDEX like_engagement_session_id_idx ON learning.like_engagement USING btree (session_id);
CREATE TRIGGER like_engagement_touch BEFORE UPDATE ON learning.like_engagement FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE learning.like_engagement ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.like_engagement TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON learning.like_engagement TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON learning.like_engagement FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.like_engagement TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.like_engagement TO wavehouse_operational_worker;
COMMENT ON TABLE learning.like_engagement IS 'Whether a piece is liked in a session.';
COMMENT ON COLUMN learning.like_engagement.content_id IS 'The piece.';
COMMENT ON COLUMN learning.like_engagement.session_id IS 'The session.';
COMMENT ON COLUMN learning.like_engagement.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.like_engagement.liked IS 'Whether it is liked now.';
COMMENT ON COLUMN learning.like_engagement.liked_at IS 'When it was last liked.';
COMMENT ON COLUMN learning.like_engagement.unliked_at IS 'When that was last taken back.';
COMMENT ON COLUMN learning.like_engagement.reaction_type IS 'How.';
COMMENT ON COLUMN learning.like_engagement.content_characteristics IS 'What the piece was like then.';
COMMENT ON COLUMN learning.like_engagement.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.like_engagement.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.recommendations (
  recommendation_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  learner_id uuid NOT NULL,
  slot integer NOT NULL,
  content_id character varying(255) NOT NULL,
  candidates jsonb NOT NULL,
  propensity numeric(9,8) NOT NULL,
  reasons jsonb NOT NULL,
  model_version character varying(50) NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  CONSTRAINT recommendations_pkey PRIMARY KEY (recommendation_id),
  CONSTRAINT recommendations_learner_id_slot_model_version_key UNIQUE (learner_id, slot, model_version),
  CONSTRAINT recommendations_candidates_check CHECK ((jsonb_typeof(candidates) = 'array'::text)),
  CONSTRAINT recommendations_propensity_check CHECK (((propensity > (0)::numeric) AND (propensity <= (1)::numeric))),
  CONSTRAINT recommendations_reasons_check CHECK (((jsonb_typeof(reasons) = 'array'::text) AND (jsonb_array_length(reasons) > 0))),
  CONSTRAINT recommendations_slot_check CHECK ((slot >= 0))
);
CREATE INDEX recommendations_content_id_idx ON learning.recommendations USING btree (content_id);
CREATE INDEX recommendations_organization_id_idx ON learning.recommendations USING btree (organization_id);
ALTER TABLE learning.recommendations ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.recommendations TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON learning.recommendations TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON learning.recommendations FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON learning.recommendations TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.recommendations TO wavehouse_operational_worker;
COMMENT ON TABLE learning.recommendations IS 'What was chosen, out of what, with which chance and why: every decision can be replayed (L15).';
COMMENT ON COLUMN learning.recommendations.recommendation_id IS 'The decision.';
COMMENT ON COLUMN learning.recommendations.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.recommendations.learner_id IS 'For whom.';
COMMENT ON COLUMN learning.recommendations.slot IS 'The learner''s how-manieth decision.';
COMMENT ON COLUMN learning.recommendations.content_id IS 'What was chosen.';
COMMENT ON COLUMN learning.recommendations.candidates IS 'Out of what, with scores.';
COMMENT ON COLUMN learning.recommendations.propensity IS 'The chance that it was chosen.';
COMMENT ON COLUMN learning.recommendations.reasons IS 'Why.';
COMMENT ON COLUMN learning.recommendations.model_version IS 'By which table of parameters.';
COMMENT ON COLUMN learning.recommendations.decided_at IS 'When.';

CREATE TABLE learning.sessions (
  id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  learner_id uuid,
  started_at timestamp with time zone NOT NULL,
  last_activity_at timestamp with time zone NOT NULL,
  content_ids text[] DEFAULT '{}'::text[] NOT NULL,
  current_content_id character varying(255),
  total_listening_time integer DEFAULT 0 NOT NULL,
  archived_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT sessions_activity_check CHECK ((last_activity_at >= started_at)),
  CONSTRAINT sessions_total_listening_time_check CHECK ((total_listening_time >= 0))
);
CREATE INDEX sessions_last_activity_at_idx ON learning.sessions USING btree (last_activity_at);
CREATE INDEX sessions_learner_id_idx ON learning.sessions USING btree (learner_id);
CREATE INDEX sessions_organization_id_idx ON learning.sessions USING btree (organization_id);
CREATE INDEX sessions_started_at_idx ON learning.sessions USING btree (started_at);
CREATE TRIGGER sessions_touch BEFORE UPDATE ON learning.sessions FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE learning.sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.sessions TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON learning.sessions TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON learning.sessions FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.sessions TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.sessions TO wavehouse_operational_worker;
COMMENT ON TABLE learning.sessions IS 'A stretch of listening; archived after inactivity.';
COMMENT ON COLUMN learning.sessions.id IS 'The session.';
COMMENT ON COLUMN learning.sessions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.sessions.learner_id IS 'Who listens.';
COMMENT ON COLUMN learning.sessions.started_at IS 'When it began.';
COMMENT ON COLUMN learning.sessions.last_activity_at IS 'When anything last happened.';
COMMENT ON COLUMN learning.sessions.content_ids IS 'What was heard, in order.';
COMMENT ON COLUMN learning.sessions.current_content_id IS 'What is being heard.';
COMMENT ON COLUMN learning.sessions.total_listening_time IS 'Seconds heard.';
COMMENT ON COLUMN learning.sessions.archived_at IS 'When its raw events were aggregated and left.';
COMMENT ON COLUMN learning.sessions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.sessions.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.user_preferences (
  id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  session_id character varying(255),
  difficulty_preference character varying(50) NOT NULL,
  preferred_formats text[] DEFAULT '{}'::text[] NOT NULL,
  preferred_genres text[] DEFAULT '{}'::text[] NOT NULL,
  playback_speed numeric(3,2) DEFAULT 1.0 NOT NULL,
  auto_play boolean DEFAULT true NOT NULL,
  last_updated timestamp with time zone,
  version integer DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT user_preferences_pkey PRIMARY KEY (id),
  CONSTRAINT user_preferences_difficulty_preference_check CHECK ((difficulty_preference IN ('beginner', 'intermediate', 'advanced'))),
  CONSTRAINT user_preferences_playback_speed_check CHECK ((playback_speed > (0)::numeric)),
  CONSTRAINT user_preferences_version_check CHECK ((version > 0))
);
CREATE INDEX user_preferences_organization_id_idx ON learning.user_preferences USING btree (organization_id);
CREATE INDEX user_preferences_session_id_idx ON learning.user_preferences USING btree (session_id) WHERE (session_id IS NOT NULL);
CREATE TRIGGER user_preferences_touch BEFORE UPDATE ON learning.user_preferences FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE learning.user_preferences ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.user_preferences TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON learning.user_preferences TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON learning.user_preferences FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.user_preferences TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.user_preferences TO wavehouse_operational_worker;
COMMENT ON TABLE learning.user_preferences IS 'What a listener set; by session now, by user later.';
COMMENT ON COLUMN learning.user_preferences.id IS 'The session''s id now, the user''s later.';
COMMENT ON COLUMN learning.user_preferences.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.user_preferences.session_id IS 'The session it was set in.';
COMMENT ON COLUMN learning.user_preferences.difficulty_preference IS 'What they say they are.';
COMMENT ON COLUMN learning.user_preferences.preferred_formats IS 'Formats they like.';
COMMENT ON COLUMN learning.user_preferences.preferred_genres IS 'Genres they like.';
COMMENT ON COLUMN learning.user_preferences.playback_speed IS 'How fast.';
COMMENT ON COLUMN learning.user_preferences.auto_play IS 'Whether the next piece starts by itself.';
COMMENT ON COLUMN learning.user_preferences.last_updated IS 'When they last set anything.';
COMMENT ON COLUMN learning.user_preferences.version IS 'Grows with every change.';
COMMENT ON COLUMN learning.user_preferences.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.user_preferences.updated_at IS 'When the row last changed; kept by a trigger.';

ALTER TABLE learning.behavioral_events ADD CONSTRAINT behavioral_events_content_id_fkey FOREIGN KEY (organization_id, content_id) REFERENCES learning.content(organization_id, id) ON DELETE CASCADE;
ALTER TABLE learning.behavioral_events ADD CONSTRAINT behavioral_events_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE learning.behavioral_events ADD CONSTRAINT behavioral_events_session_id_fkey FOREIGN KEY (organization_id, session_id) REFERENCES learning.sessions(organization_id, id) ON DELETE CASCADE;
ALTER TABLE learning.content ADD CONSTRAINT content_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE learning.generation_status ADD CONSTRAINT generation_status_content_id_fkey FOREIGN KEY (organization_id, content_id) REFERENCES learning.content(organization_id, id) ON DELETE SET NULL (content_id);
ALTER TABLE learning.generation_status ADD CONSTRAINT generation_status_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE learning.generation_status ADD CONSTRAINT generation_status_session_id_fkey FOREIGN KEY (organization_id, session_id) REFERENCES learning.sessions(organization_id, id) ON DELETE CASCADE;
ALTER TABLE learning.learner_counters ADD CONSTRAINT learner_counters_learner_id_fkey FOREIGN KEY (organization_id, learner_id) REFERENCES learning.learners(organization_id, learner_id) ON DELETE CASCADE;
ALTER TABLE learning.learner_counters ADD CONSTRAINT learner_counters_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE learning.learner_model_state ADD CONSTRAINT learner_model_state_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE learning.learner_model_state ADD CONSTRAINT learner_model_state_session_id_fkey FOREIGN KEY (organization_id, session_id) REFERENCES learning.sessions(organization_id, id) ON DELETE CASCADE;
ALTER TABLE learning.learners ADD CONSTRAINT learners_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE learning.like_engagement ADD CONSTRAINT like_engagement_content_id_fkey FOREIGN KEY (organization_id, content_id) REFERENCES learning.content(organization_id, id) ON DELETE CASCADE;
ALTER TABLE learning.like_engagement ADD CONSTRAINT like_engagement_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE learning.like_engagement ADD CONSTRAINT like_engagement_session_id_fkey FOREIGN KEY (organization_id, session_id) REFERENCES learning.sessions(organization_id, id) ON DELETE CASCADE;
ALTER TABLE learning.recommendations ADD CONSTRAINT recommendations_content_id_fkey FOREIGN KEY (organization_id, content_id) REFERENCES learning.content(organization_id, id) ON DELETE CASCADE;
ALTER TABLE learning.recommendations ADD CONSTRAINT recommendations_learner_id_fkey FOREIGN KEY (organization_id, learner_id) REFERENCES learning.learners(organization_id, learner_id) ON DELETE CASCADE;
ALTER TABLE learning.recommendations ADD CONSTRAINT recommendations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE learning.sessions ADD CONSTRAINT sessions_learner_id_fkey FOREIGN KEY (organization_id, learner_id) REFERENCES learning.learners(organization_id, learner_id) ON DELETE CASCADE;
ALTER TABLE learning.sessions ADD CONSTRAINT sessions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE learning.user_preferences ADD CONSTRAINT user_preferences_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
