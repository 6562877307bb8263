DROP VIEW asked.generation_status;
DROP VIEW asked.user_preferences;
DROP VIEW asked.learner_model_state;
DROP VIEW asked.like_engagement;
DROP VIEW asked.behavioral_events;
DROP VIEW asked.sessions;
DROP VIEW asked.content;
DROP SCHEMA asked;
