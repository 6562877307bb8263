-- References of a campaign's states and of media files stay within their organization, as all others.

ALTER TABLE sponsorship.campaign_states
  DROP CONSTRAINT campaign_states_campaign_id_fkey,
  ADD CONSTRAINT campaign_states_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id)
  REFERENCES sponsorship.campaigns (organization_id, campaign_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE sponsorship.campaign_states VALIDATE CONSTRAINT campaign_states_campaign_id_fkey;
ALTER TABLE catalog.hops
  DROP CONSTRAINT hops_enclosure_id_fkey,
  ADD CONSTRAINT hops_enclosure_id_fkey FOREIGN KEY (organization_id, enclosure_id)
  REFERENCES catalog.enclosures (organization_id, enclosure_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.hops VALIDATE CONSTRAINT hops_enclosure_id_fkey;
ALTER TABLE catalog.path_rules
  DROP CONSTRAINT path_rules_created_by_fkey,
  ADD CONSTRAINT path_rules_created_by_fkey FOREIGN KEY (organization_id, created_by)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE catalog.path_rules VALIDATE CONSTRAINT path_rules_created_by_fkey;
ALTER TABLE catalog.former_guids
  DROP CONSTRAINT former_guids_podcast_id_fkey,
  ADD CONSTRAINT former_guids_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id)
  REFERENCES catalog.podcasts (organization_id, podcast_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.former_guids VALIDATE CONSTRAINT former_guids_podcast_id_fkey;
ALTER TABLE catalog.former_guids
  DROP CONSTRAINT former_guids_episode_id_fkey,
  ADD CONSTRAINT former_guids_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES catalog.episodes (organization_id, episode_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.former_guids VALIDATE CONSTRAINT former_guids_episode_id_fkey;
ALTER TABLE catalog.merges
  DROP CONSTRAINT merges_episode_id_fkey,
  ADD CONSTRAINT merges_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES catalog.episodes (organization_id, episode_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.merges VALIDATE CONSTRAINT merges_episode_id_fkey;
ALTER TABLE catalog.merges
  DROP CONSTRAINT merges_into_episode_id_fkey,
  ADD CONSTRAINT merges_into_episode_id_fkey FOREIGN KEY (organization_id, into_episode_id)
  REFERENCES catalog.episodes (organization_id, episode_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.merges VALIDATE CONSTRAINT merges_into_episode_id_fkey;
ALTER TABLE catalog.merges
  DROP CONSTRAINT merges_changed_by_fkey,
  ADD CONSTRAINT merges_changed_by_fkey FOREIGN KEY (organization_id, changed_by)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE catalog.merges VALIDATE CONSTRAINT merges_changed_by_fkey;
ALTER TABLE catalog.enclosures
  DROP CONSTRAINT enclosures_from_episode_id_fkey,
  ADD CONSTRAINT enclosures_from_episode_id_fkey FOREIGN KEY (organization_id, from_episode_id)
  REFERENCES catalog.episodes (organization_id, episode_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.enclosures VALIDATE CONSTRAINT enclosures_from_episode_id_fkey;
