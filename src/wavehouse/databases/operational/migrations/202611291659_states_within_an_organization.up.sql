-- A campaign's states belong to its own organization, as every reference between tenants' tables.

ALTER TABLE sponsorship.campaign_states
  DROP CONSTRAINT campaign_states_campaign_id_fkey,
  ADD CONSTRAINT campaign_states_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id)
  REFERENCES sponsorship.campaigns (organization_id, campaign_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE sponsorship.campaign_states VALIDATE CONSTRAINT campaign_states_campaign_id_fkey;
