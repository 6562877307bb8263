DROP TABLE listeners.entitlement_notices;
DROP TABLE listeners.entitlement_payments;
DROP FUNCTION listeners.refuse_change_of_payments();
ALTER TABLE listeners.entitlement_ledger
  DROP CONSTRAINT entitlement_ledger_generation_check,
  DROP COLUMN effective_at,
  DROP COLUMN generation;
DROP TABLE listeners.entitlement_policies;
DROP TABLE listeners.entitlement_offers;
-- The constraint as it was: for new rows, unchecked for those that were there before.
ALTER TABLE listeners.external_events
  DROP CONSTRAINT external_events_facts_check,
  ADD CONSTRAINT external_events_facts_check CHECK (jsonb_typeof(facts) = 'object') NOT VALID;
