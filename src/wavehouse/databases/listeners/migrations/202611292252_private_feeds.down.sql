DROP TABLE listeners.private_feeds;
-- The constraint as it was: for new rows, unchecked for those that were there before.
ALTER TABLE listeners.entitlement_ledger
  DROP CONSTRAINT entitlement_ledger_generation_check,
  ADD CONSTRAINT entitlement_ledger_generation_check CHECK (generation > 0) NOT VALID;
