-- An amount keeps the decimals of its currency: CLF and UYW have 4 (ISO 4217), which numeric(20, 3) rounded silently.
-- A column without a fixed scale stores what it is given; turning numeric(20, 3) into numeric rewrites no row.

ALTER TABLE listeners.entitlement_payments
  ALTER COLUMN amount TYPE numeric,
  ADD CONSTRAINT entitlement_payments_decimals_check CHECK (scale(amount) <= 4 AND abs(amount) < 100000000000000000);
