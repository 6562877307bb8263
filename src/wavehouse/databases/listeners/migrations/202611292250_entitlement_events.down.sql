DROP TABLE listeners.erased_payers;
DROP TABLE listeners.external_event_conflicts;
COMMENT ON COLUMN listeners.external_events.payload_hash IS 'SHA-256 of its bytes.';
DROP INDEX listeners.external_events_listener_idx;
DROP INDEX listeners.external_events_unreduced_idx;
ALTER TABLE listeners.external_events
  DROP CONSTRAINT external_events_facts_check,
  DROP COLUMN note,
  DROP COLUMN facts;
