ALTER TABLE catalog.enclosures DROP COLUMN from_episode_id;
ALTER TABLE catalog.enclosures DROP COLUMN moved_at;
DROP TABLE catalog.media_revisions;
DROP TABLE catalog.merges;
DROP TABLE catalog.former_guids;
DROP TABLE catalog.path_rules;
DROP TABLE catalog.hops;
