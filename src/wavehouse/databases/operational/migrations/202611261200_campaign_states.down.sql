-- The placements stay: the array that they stand for is kept by its own trigger.
DROP TRIGGER campaigns_state ON sponsorship.campaigns;
DROP FUNCTION sponsorship.check_campaign_state();
