-- The references of the file before are checked for the rows that were there: all NULL.

ALTER TABLE studio.planning_notes
  VALIDATE CONSTRAINT planning_notes_considered_by_episode_id_fkey;
ALTER TABLE studio.blocks VALIDATE CONSTRAINT blocks_written_by_fkey;
ALTER TABLE studio.block_revisions VALIDATE CONSTRAINT block_revisions_written_by_fkey;
ALTER TABLE studio.agent_memory VALIDATE CONSTRAINT agent_memory_origin_id_fkey;
ALTER TABLE studio.chat_sessions VALIDATE CONSTRAINT chat_sessions_episode_id_fkey;
