DROP TRIGGER entitlement_ledger_append_only ON listeners.entitlement_ledger;
DROP FUNCTION listeners.refuse_change();
DROP TABLE listeners.entitlement_ledger;
DROP TABLE listeners.entitlements;
DROP TABLE listeners.external_events;
