-- Entitlements are a fold of stored events: what the fold reads stays when a payload is reduced.

ALTER TABLE listeners.external_events
  ADD COLUMN facts jsonb,
  ADD COLUMN note text,
  ADD CONSTRAINT external_events_facts_check CHECK (jsonb_typeof(facts) = 'object') NOT VALID;
CREATE INDEX external_events_unreduced_idx
  ON listeners.external_events (received_at) WHERE reduced_at IS NULL;
CREATE INDEX external_events_listener_idx
  ON listeners.external_events ((facts ->> 'listener_id')) WHERE facts ->> 'listener_id' IS NOT NULL;
COMMENT ON COLUMN listeners.external_events.payload_hash IS 'SHA-256 of the content as canonical JSON, without pending_webhooks, which changes between deliveries.';
COMMENT ON COLUMN listeners.external_events.facts IS 'The fields that the fold reads: states, periods, prices, amounts; no name, no address. They stay when the payload is reduced.';
COMMENT ON COLUMN listeners.external_events.note IS 'Why it was ignored, waits or is an anomaly.';

CREATE TABLE listeners.external_event_conflicts (
  external_event_id uuid NOT NULL REFERENCES listeners.external_events ON DELETE CASCADE,
  payload_hash      bytea NOT NULL CHECK (length(payload_hash) = 32),
  deliveries        integer NOT NULL DEFAULT 1 CHECK (deliveries > 0),
  received_at       timestamptz NOT NULL,
  PRIMARY KEY (external_event_id, payload_hash)
);
ALTER TABLE listeners.external_event_conflicts ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.external_event_conflicts TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.external_event_conflicts IS 'Deliveries with a known event id and another content: never applied, audited (E4).';
COMMENT ON COLUMN listeners.external_event_conflicts.external_event_id IS 'The event that came first.';
COMMENT ON COLUMN listeners.external_event_conflicts.payload_hash IS 'SHA-256 of the other content.';
COMMENT ON COLUMN listeners.external_event_conflicts.deliveries IS 'How often it came.';
COMMENT ON COLUMN listeners.external_event_conflicts.received_at IS 'When it first came.';

CREATE TABLE listeners.erased_payers (
  reference_hash bytea PRIMARY KEY CHECK (length(reference_hash) = 32),
  erased_at      timestamptz NOT NULL
);
CREATE INDEX erased_payers_erased_at_idx ON listeners.erased_payers (erased_at);
ALTER TABLE listeners.erased_payers ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.erased_payers TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.erased_payers IS 'References at the provider that belonged to erased listeners: late events about them keep no content and grant nothing (E27).';
COMMENT ON COLUMN listeners.erased_payers.reference_hash IS 'HMAC-SHA256 of the reference; the key is not in the database.';
COMMENT ON COLUMN listeners.erased_payers.erased_at IS 'When the listener was erased.';
