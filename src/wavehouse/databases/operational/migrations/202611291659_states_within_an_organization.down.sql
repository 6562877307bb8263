ALTER TABLE sponsorship.campaign_states
  DROP CONSTRAINT campaign_states_campaign_id_fkey,
  ADD CONSTRAINT campaign_states_campaign_id_fkey FOREIGN KEY (campaign_id)
  REFERENCES sponsorship.campaigns (campaign_id) ON DELETE CASCADE;
