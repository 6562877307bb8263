-- Amounts with more than three decimals would lose them: then a check names the table, and nothing changes.

ALTER TABLE listeners.entitlement_payments
  ADD CONSTRAINT entitlement_payments_fits_three_decimals CHECK (amount = round(amount, 3));
ALTER TABLE listeners.entitlement_payments
  DROP CONSTRAINT entitlement_payments_fits_three_decimals,
  DROP CONSTRAINT entitlement_payments_decimals_check,
  ALTER COLUMN amount TYPE numeric(20, 3);
