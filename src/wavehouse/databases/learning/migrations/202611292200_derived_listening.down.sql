DROP INDEX learning.content_candidates_idx;
DROP INDEX learning.behavioral_events_item_idx;
REVOKE UPDATE (learner_id, slot) ON learning.recommendations FROM wavehouse_learning_app;
ALTER TABLE learning.recommendations DROP COLUMN policy;
ALTER TABLE learning.sessions DROP COLUMN ended_at;
ALTER TABLE learning.learners DROP COLUMN desired_understanding;
DROP TABLE learning.models;
DROP TABLE learning.session_items;
