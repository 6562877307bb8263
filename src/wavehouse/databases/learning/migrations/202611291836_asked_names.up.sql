-- The tables that were asked for, under the names and columns that were asked for (decision 1102).
-- Read-only: only SELECT is granted, and row security is that of the caller.

CREATE SCHEMA asked;
GRANT USAGE ON SCHEMA asked TO wavehouse_learning_app, wavehouse_learning_worker;

CREATE VIEW asked.content WITH (security_invoker = true) AS
  SELECT c.id, c.title, c.description, c.text_content, c.audio_url, c.audio_format,
         c.audio_bitrate, c.audio_size, c.format, c.genre, c.sub_genre, c.topic, c.template_id,
         c.template_version, c.difficulty, c.difficulty_score, c.estimated_comprehension_level,
         c.duration, c.word_count, c.model_parameters, c.generated_at, c.generated_by,
         c.session_id, c.episode_number, c.series_id, c.continuity_context,
         c.related_content_ids, c.language, c.locale, c.quality_score, c.engagement_metrics,
         c.metadata, c.created_at, c.updated_at
  FROM learning.content c;
REVOKE ALL ON asked.content FROM PUBLIC;
GRANT SELECT ON asked.content TO wavehouse_learning_app, wavehouse_learning_worker;
COMMENT ON VIEW asked.content IS 'The table content as it was asked for; read-only, the rows are those of learning.content.';
COMMENT ON COLUMN asked.content.id IS 'The content.';
COMMENT ON COLUMN asked.content.title IS 'Title.';
COMMENT ON COLUMN asked.content.description IS 'Description.';
COMMENT ON COLUMN asked.content.text_content IS 'The text that is spoken.';
COMMENT ON COLUMN asked.content.audio_url IS 'URL of the audio.';
COMMENT ON COLUMN asked.content.audio_format IS 'Format of the audio.';
COMMENT ON COLUMN asked.content.audio_bitrate IS 'Its bit rate in kbit/s.';
COMMENT ON COLUMN asked.content.audio_size IS 'Its size in bytes.';
COMMENT ON COLUMN asked.content.format IS 'Kind of piece.';
COMMENT ON COLUMN asked.content.genre IS 'Genre.';
COMMENT ON COLUMN asked.content.sub_genre IS 'Narrower genre.';
COMMENT ON COLUMN asked.content.topic IS 'Topic.';
COMMENT ON COLUMN asked.content.template_id IS 'The template it was made from.';
COMMENT ON COLUMN asked.content.template_version IS 'Version of the template.';
COMMENT ON COLUMN asked.content.difficulty IS 'What makes it difficult: its words or its discourse.';
COMMENT ON COLUMN asked.content.difficulty_score IS 'Difficulty score, by its method.';
COMMENT ON COLUMN asked.content.estimated_comprehension_level IS 'An estimate, never from fewer than 80 words.';
COMMENT ON COLUMN asked.content.duration IS 'Length in seconds.';
COMMENT ON COLUMN asked.content.word_count IS 'Number of words.';
COMMENT ON COLUMN asked.content.model_parameters IS 'Parameters of the model that generated it.';
COMMENT ON COLUMN asked.content.generated_at IS 'When it was generated.';
COMMENT ON COLUMN asked.content.generated_by IS 'The person or model that generated it.';
COMMENT ON COLUMN asked.content.session_id IS 'The session it was made for. Deliberately no foreign key: content outlives sessions.';
COMMENT ON COLUMN asked.content.episode_number IS 'Number within its series.';
COMMENT ON COLUMN asked.content.series_id IS 'The series.';
COMMENT ON COLUMN asked.content.continuity_context IS 'Summary of the earlier episodes of the series.';
COMMENT ON COLUMN asked.content.related_content_ids IS 'Ids of related pieces.';
COMMENT ON COLUMN asked.content.language IS 'Language code.';
COMMENT ON COLUMN asked.content.locale IS 'Regional variant of the language.';
COMMENT ON COLUMN asked.content.quality_score IS 'Quality score.';
COMMENT ON COLUMN asked.content.engagement_metrics IS 'Counters of its use; derived.';
COMMENT ON COLUMN asked.content.metadata IS 'Further facts that need no column of their own yet.';
COMMENT ON COLUMN asked.content.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.content.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE VIEW asked.sessions WITH (security_invoker = true) AS
  SELECT c.id, c.started_at, c.last_activity_at, c.content_ids, c.current_content_id,
         c.total_listening_time, c.created_at, c.updated_at
  FROM learning.sessions c;
REVOKE ALL ON asked.sessions FROM PUBLIC;
GRANT SELECT ON asked.sessions TO wavehouse_learning_app, wavehouse_learning_worker;
COMMENT ON VIEW asked.sessions IS 'The table sessions as it was asked for; read-only, the rows are those of learning.sessions.';
COMMENT ON COLUMN asked.sessions.id IS 'The session.';
COMMENT ON COLUMN asked.sessions.started_at IS 'Start.';
COMMENT ON COLUMN asked.sessions.last_activity_at IS 'Last activity.';
COMMENT ON COLUMN asked.sessions.content_ids IS 'Ids of the pieces that were played, in order.';
COMMENT ON COLUMN asked.sessions.current_content_id IS 'The piece that is playing.';
COMMENT ON COLUMN asked.sessions.total_listening_time IS 'Seconds listened.';
COMMENT ON COLUMN asked.sessions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.sessions.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE VIEW asked.behavioral_events WITH (security_invoker = true) AS
  SELECT c.id, c.content_id, c.event_type, c."timestamp", c.playback_position,
         c.playback_position_percent, c.duration, c.session_id, c.content_characteristics,
         c.device_info, c.network_type, c.context, c.created_at
  FROM learning.behavioral_events c;
REVOKE ALL ON asked.behavioral_events FROM PUBLIC;
GRANT SELECT ON asked.behavioral_events TO wavehouse_learning_app, wavehouse_learning_worker;
COMMENT ON VIEW asked.behavioral_events IS 'The table behavioral_events as it was asked for; read-only, the rows are those of learning.behavioral_events.';
COMMENT ON COLUMN asked.behavioral_events.id IS 'The client''s id of the event.';
COMMENT ON COLUMN asked.behavioral_events.content_id IS 'The piece.';
COMMENT ON COLUMN asked.behavioral_events.event_type IS 'Kind of event.';
COMMENT ON COLUMN asked.behavioral_events."timestamp" IS 'When it happened.';
COMMENT ON COLUMN asked.behavioral_events.playback_position IS 'Position in seconds.';
COMMENT ON COLUMN asked.behavioral_events.playback_position_percent IS 'Position in per cent of the piece.';
COMMENT ON COLUMN asked.behavioral_events.duration IS 'Duration in seconds.';
COMMENT ON COLUMN asked.behavioral_events.session_id IS 'The session.';
COMMENT ON COLUMN asked.behavioral_events.content_characteristics IS 'Characteristics of the piece at that time.';
COMMENT ON COLUMN asked.behavioral_events.device_info IS 'The device.';
COMMENT ON COLUMN asked.behavioral_events.network_type IS 'Kind of network.';
COMMENT ON COLUMN asked.behavioral_events.context IS 'Further context.';
COMMENT ON COLUMN asked.behavioral_events.created_at IS 'When the row was made; bookkeeping.';

CREATE VIEW asked.like_engagement WITH (security_invoker = true) AS
  SELECT c.content_id, c.session_id, c.liked, c.liked_at, c.unliked_at, c.reaction_type,
         c.content_characteristics, c.created_at, c.updated_at
  FROM learning.like_engagement c;
REVOKE ALL ON asked.like_engagement FROM PUBLIC;
GRANT SELECT ON asked.like_engagement TO wavehouse_learning_app, wavehouse_learning_worker;
COMMENT ON VIEW asked.like_engagement IS 'The table like_engagement as it was asked for; read-only, the rows are those of learning.like_engagement.';
COMMENT ON COLUMN asked.like_engagement.content_id IS 'The piece.';
COMMENT ON COLUMN asked.like_engagement.session_id IS 'The session.';
COMMENT ON COLUMN asked.like_engagement.liked IS 'Whether it is liked now.';
COMMENT ON COLUMN asked.like_engagement.liked_at IS 'When it was last liked.';
COMMENT ON COLUMN asked.like_engagement.unliked_at IS 'When the like was last withdrawn.';
COMMENT ON COLUMN asked.like_engagement.reaction_type IS 'Kind of reaction.';
COMMENT ON COLUMN asked.like_engagement.content_characteristics IS 'Characteristics of the piece at that time.';
COMMENT ON COLUMN asked.like_engagement.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.like_engagement.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE VIEW asked.learner_model_state WITH (security_invoker = true) AS
  SELECT c.session_id, c.preference_weights, c.comprehension_level, c.content_type_preferences,
         c.difficulty_adjustment, c.last_updated, c.data_points, c.created_at, c.updated_at
  FROM learning.learner_model_state c;
REVOKE ALL ON asked.learner_model_state FROM PUBLIC;
GRANT SELECT ON asked.learner_model_state TO wavehouse_learning_app, wavehouse_learning_worker;
COMMENT ON VIEW asked.learner_model_state IS 'The table learner_model_state as it was asked for; read-only, the rows are those of learning.learner_model_state.';
COMMENT ON COLUMN asked.learner_model_state.session_id IS 'The session.';
COMMENT ON COLUMN asked.learner_model_state.preference_weights IS 'Shrunk log-odds per feature.';
COMMENT ON COLUMN asked.learner_model_state.comprehension_level IS 'Estimated comprehension, 0 to 1.';
COMMENT ON COLUMN asked.learner_model_state.content_type_preferences IS 'Shares of narrative, podcast and educational.';
COMMENT ON COLUMN asked.learner_model_state.difficulty_adjustment IS 'Difficulty points times 100 towards 85 % understood.';
COMMENT ON COLUMN asked.learner_model_state.last_updated IS 'When it was last projected.';
COMMENT ON COLUMN asked.learner_model_state.data_points IS 'Outcomes that went into it.';
COMMENT ON COLUMN asked.learner_model_state.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.learner_model_state.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE VIEW asked.user_preferences WITH (security_invoker = true) AS
  SELECT c.id, c.session_id, c.difficulty_preference, c.preferred_formats, c.preferred_genres,
         c.playback_speed, c.auto_play, c.last_updated, c.version, c.created_at, c.updated_at
  FROM learning.user_preferences c;
REVOKE ALL ON asked.user_preferences FROM PUBLIC;
GRANT SELECT ON asked.user_preferences TO wavehouse_learning_app, wavehouse_learning_worker;
COMMENT ON VIEW asked.user_preferences IS 'The table user_preferences as it was asked for; read-only, the rows are those of learning.user_preferences.';
COMMENT ON COLUMN asked.user_preferences.id IS 'The session''s id now, the user''s later.';
COMMENT ON COLUMN asked.user_preferences.session_id IS 'The session it was set in.';
COMMENT ON COLUMN asked.user_preferences.difficulty_preference IS 'Level that the learner chose.';
COMMENT ON COLUMN asked.user_preferences.preferred_formats IS 'Preferred formats.';
COMMENT ON COLUMN asked.user_preferences.preferred_genres IS 'Preferred genres.';
COMMENT ON COLUMN asked.user_preferences.playback_speed IS 'Playback speed.';
COMMENT ON COLUMN asked.user_preferences.auto_play IS 'Whether the next piece starts by itself.';
COMMENT ON COLUMN asked.user_preferences.last_updated IS 'When a setting last changed.';
COMMENT ON COLUMN asked.user_preferences.version IS 'Grows with every change.';
COMMENT ON COLUMN asked.user_preferences.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.user_preferences.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE VIEW asked.generation_status WITH (security_invoker = true) AS
  SELECT c.generation_id, c.session_id, c.status, c.content_id, c.webhook_url, c.webhook_sent,
         c.error_message, c.estimated_completion_time, c.started_at, c.completed_at,
         c.created_at, c.updated_at
  FROM learning.generation_status c;
REVOKE ALL ON asked.generation_status FROM PUBLIC;
GRANT SELECT ON asked.generation_status TO wavehouse_learning_app, wavehouse_learning_worker;
COMMENT ON VIEW asked.generation_status IS 'The table generation_status as it was asked for; read-only, the rows are those of learning.generation_status.';
COMMENT ON COLUMN asked.generation_status.generation_id IS 'The request.';
COMMENT ON COLUMN asked.generation_status.session_id IS 'The session.';
COMMENT ON COLUMN asked.generation_status.status IS 'Status.';
COMMENT ON COLUMN asked.generation_status.content_id IS 'The generated piece.';
COMMENT ON COLUMN asked.generation_status.webhook_url IS 'URL to notify.';
COMMENT ON COLUMN asked.generation_status.webhook_sent IS 'Whether the webhook was sent.';
COMMENT ON COLUMN asked.generation_status.error_message IS 'Error message of a failure.';
COMMENT ON COLUMN asked.generation_status.estimated_completion_time IS 'Estimated seconds to completion.';
COMMENT ON COLUMN asked.generation_status.started_at IS 'Start.';
COMMENT ON COLUMN asked.generation_status.completed_at IS 'End.';
COMMENT ON COLUMN asked.generation_status.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.generation_status.updated_at IS 'When the row last changed; kept by a trigger.';
