ALTER TABLE catalog.enclosures
  DROP CONSTRAINT enclosures_from_episode_id_fkey,
  ADD CONSTRAINT enclosures_from_episode_id_fkey FOREIGN KEY (from_episode_id)
  REFERENCES catalog.episodes (episode_id) ON DELETE CASCADE;
ALTER TABLE catalog.merges
  DROP CONSTRAINT merges_changed_by_fkey,
  ADD CONSTRAINT merges_changed_by_fkey FOREIGN KEY (changed_by)
  REFERENCES accounts.users (user_id) ON DELETE RESTRICT;
ALTER TABLE catalog.merges
  DROP CONSTRAINT merges_into_episode_id_fkey,
  ADD CONSTRAINT merges_into_episode_id_fkey FOREIGN KEY (into_episode_id)
  REFERENCES catalog.episodes (episode_id) ON DELETE CASCADE;
ALTER TABLE catalog.merges
  DROP CONSTRAINT merges_episode_id_fkey,
  ADD CONSTRAINT merges_episode_id_fkey FOREIGN KEY (episode_id)
  REFERENCES catalog.episodes (episode_id) ON DELETE CASCADE;
ALTER TABLE catalog.former_guids
  DROP CONSTRAINT former_guids_episode_id_fkey,
  ADD CONSTRAINT former_guids_episode_id_fkey FOREIGN KEY (episode_id)
  REFERENCES catalog.episodes (episode_id) ON DELETE CASCADE;
ALTER TABLE catalog.former_guids
  DROP CONSTRAINT former_guids_podcast_id_fkey,
  ADD CONSTRAINT former_guids_podcast_id_fkey FOREIGN KEY (podcast_id)
  REFERENCES catalog.podcasts (podcast_id) ON DELETE CASCADE;
ALTER TABLE catalog.path_rules
  DROP CONSTRAINT path_rules_created_by_fkey,
  ADD CONSTRAINT path_rules_created_by_fkey FOREIGN KEY (created_by)
  REFERENCES accounts.users (user_id) ON DELETE RESTRICT;
ALTER TABLE catalog.hops
  DROP CONSTRAINT hops_enclosure_id_fkey,
  ADD CONSTRAINT hops_enclosure_id_fkey FOREIGN KEY (enclosure_id)
  REFERENCES catalog.enclosures (enclosure_id) ON DELETE CASCADE;
ALTER TABLE sponsorship.campaign_states
  DROP CONSTRAINT campaign_states_campaign_id_fkey,
  ADD CONSTRAINT campaign_states_campaign_id_fkey FOREIGN KEY (campaign_id)
  REFERENCES sponsorship.campaigns (campaign_id) ON DELETE CASCADE;
