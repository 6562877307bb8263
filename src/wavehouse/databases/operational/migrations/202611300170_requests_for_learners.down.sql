DROP TABLE studio.episode_requests;
ALTER TABLE studio.productions DROP COLUMN for_learners;
