-- Adaptive learning has a database of its own (decision 1101). No code has written these tables; if
-- somebody else did, the migration stops instead of dropping their rows.

DO $$
DECLARE
  name text;
  filled boolean;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'learners', 'content', 'sessions', 'behavioral_events', 'like_engagement', 'learner_model_state',
    'learner_counters', 'recommendations', 'user_preferences', 'generation_status'
  ] LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM learning.%I)', name) INTO filled;
    IF filled THEN
      RAISE EXCEPTION 'learning.% has rows; copy them to the database learning and empty the table first', name
        USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
  END LOOP;
END
$$;

DROP TABLE learning.generation_status;
DROP TABLE learning.user_preferences;
DROP TABLE learning.recommendations;
DROP TABLE learning.learner_counters;
DROP TABLE learning.learner_model_state;
DROP TABLE learning.like_engagement;
DROP TABLE learning.behavioral_events;
DROP TABLE learning.sessions;
DROP TABLE learning.content;
DROP TABLE learning.learners;

ALTER DEFAULT PRIVILEGES IN SCHEMA learning
  REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM wavehouse_operational_worker;
DROP SCHEMA learning;
