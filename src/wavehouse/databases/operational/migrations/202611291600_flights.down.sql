DROP TABLE sponsorship.campaign_states;

-- Flights of one day end on the next: the older rule knows no other.
UPDATE sponsorship.campaigns SET end_date = end_date + 1 WHERE end_date = start_date;
ALTER TABLE sponsorship.campaigns
  ADD CONSTRAINT campaigns_check CHECK (end_date > start_date) NOT VALID;
ALTER TABLE sponsorship.campaigns VALIDATE CONSTRAINT campaigns_check;
ALTER TABLE sponsorship.campaigns DROP CONSTRAINT campaigns_flight_check;
