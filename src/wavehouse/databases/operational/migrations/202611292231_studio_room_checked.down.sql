-- The constraints as they were: for new rows, unchecked for those that were there before.

ALTER TABLE studio.planning_notes
  DROP CONSTRAINT planning_notes_considered_by_episode_id_fkey,
  ADD CONSTRAINT planning_notes_considered_by_episode_id_fkey
  FOREIGN KEY (organization_id, considered_by_episode_id)
  REFERENCES studio.episodes (organization_id, episode_id)
  ON DELETE SET NULL (considered_by_episode_id) NOT VALID;
ALTER TABLE studio.blocks
  DROP CONSTRAINT blocks_written_by_fkey,
  ADD CONSTRAINT blocks_written_by_fkey FOREIGN KEY (organization_id, written_by)
  REFERENCES accounts.memberships (organization_id, user_id)
  ON DELETE SET NULL (written_by) NOT VALID;
ALTER TABLE studio.block_revisions
  DROP CONSTRAINT block_revisions_written_by_fkey,
  ADD CONSTRAINT block_revisions_written_by_fkey FOREIGN KEY (organization_id, written_by)
  REFERENCES accounts.memberships (organization_id, user_id)
  ON DELETE SET NULL (written_by) NOT VALID;
ALTER TABLE studio.agent_memory
  DROP CONSTRAINT agent_memory_origin_id_fkey,
  ADD CONSTRAINT agent_memory_origin_id_fkey FOREIGN KEY (organization_id, origin_id)
  REFERENCES studio.agent_memory (organization_id, memory_id)
  ON DELETE SET NULL (origin_id) NOT VALID;
ALTER TABLE studio.chat_sessions
  DROP CONSTRAINT chat_sessions_episode_id_fkey,
  ADD CONSTRAINT chat_sessions_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES studio.episodes (organization_id, episode_id)
  ON DELETE SET NULL (episode_id) NOT VALID;
