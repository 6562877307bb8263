-- Who may hear what, folded from a payment provider's events, and the ledger of every change.

CREATE TABLE listeners.external_events (
  external_event_id uuid PRIMARY KEY DEFAULT uuidv7(),
  source            text NOT NULL CHECK (source <> ''),
  event_id          varchar(255) NOT NULL CHECK (event_id <> ''),
  type              text NOT NULL CHECK (type <> ''),
  object_ids        text[] NOT NULL DEFAULT '{}',
  livemode          boolean NOT NULL,
  created           timestamptz NOT NULL,
  received_at       timestamptz NOT NULL,
  payload           jsonb CHECK (jsonb_typeof(payload) = 'object'),
  payload_hash      bytea NOT NULL CHECK (length(payload_hash) = 32),
  status            text NOT NULL DEFAULT 'received'
    CHECK (status IN ('received', 'pending_parent', 'applied', 'ignored', 'anomaly')),
  parent_ref        varchar(255),
  processed_at      timestamptz,
  reduced_at        timestamptz,
  UNIQUE (source, event_id),
  CONSTRAINT external_events_waits_check
    CHECK (status <> 'pending_parent' OR parent_ref IS NOT NULL),
  CONSTRAINT external_events_reduced_check CHECK ((payload IS NULL) = (reduced_at IS NOT NULL))
);
CREATE INDEX external_events_object_ids_idx ON listeners.external_events USING gin (object_ids);
CREATE INDEX external_events_open_idx
  ON listeners.external_events (received_at) WHERE status IN ('received', 'pending_parent');
CREATE INDEX external_events_parent_ref_idx
  ON listeners.external_events (parent_ref) WHERE status = 'pending_parent';
ALTER TABLE listeners.external_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.external_events TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.external_events IS 'A provider''s events as they came, each once, before they have any effect (E3).';
COMMENT ON COLUMN listeners.external_events.external_event_id IS 'The event here.';
COMMENT ON COLUMN listeners.external_events.source IS 'The provider and account.';
COMMENT ON COLUMN listeners.external_events.event_id IS 'The event there.';
COMMENT ON COLUMN listeners.external_events.type IS 'What it tells.';
COMMENT ON COLUMN listeners.external_events.object_ids IS 'What it tells of: customer, subscription, charge.';
COMMENT ON COLUMN listeners.external_events.livemode IS 'Real or a test (E5).';
COMMENT ON COLUMN listeners.external_events.created IS 'When it happened there, in whole seconds.';
COMMENT ON COLUMN listeners.external_events.received_at IS 'When it came.';
COMMENT ON COLUMN listeners.external_events.payload IS 'The event itself; kept 90 days (E26).';
COMMENT ON COLUMN listeners.external_events.payload_hash IS 'SHA-256 of its bytes.';
COMMENT ON COLUMN listeners.external_events.status IS 'What became of it.';
COMMENT ON COLUMN listeners.external_events.parent_ref IS 'What it waits for (E10).';
COMMENT ON COLUMN listeners.external_events.processed_at IS 'When it was folded.';
COMMENT ON COLUMN listeners.external_events.reduced_at IS 'When the payload left.';

CREATE TABLE listeners.entitlements (
  entitlement_id           uuid PRIMARY KEY DEFAULT uuidv7(),
  listener_id              uuid REFERENCES listeners.listeners ON DELETE RESTRICT,
  subject_pseudonym        uuid,
  type                     text NOT NULL CHECK (type <> ''),
  resource                 varchar(255) NOT NULL CHECK (resource <> ''),
  scope_kind               text NOT NULL
    CHECK (scope_kind IN ('subscription', 'order', 'gift', 'manual', 'promo', 'import')),
  scope                    varchar(255) NOT NULL,
  status                   text NOT NULL
    CHECK (status IN ('active', 'grace', 'suspended', 'cancelled', 'expired', 'revoked')),
  stripe_customer_id       varchar(255),
  stripe_subscription_id   varchar(255),
  stripe_payment_intent_id varchar(255),
  stripe_price_id          varchar(255),
  granted_at               timestamptz NOT NULL,
  starts_at                timestamptz NOT NULL,
  expires_at               timestamptz,
  is_permanent             boolean NOT NULL DEFAULT false,
  revoked_at               timestamptz,
  revoke_reason            text,
  created_by               text NOT NULL CHECK (created_by <> ''),
  grant_reason             text,
  source_event             uuid REFERENCES listeners.external_events ON DELETE SET NULL,
  created_at               timestamptz NOT NULL DEFAULT now(),
  updated_at               timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT entitlements_holder_check CHECK (num_nonnulls(listener_id, subject_pseudonym) = 1),
  UNIQUE NULLS NOT DISTINCT (listener_id, subject_pseudonym, type, resource, scope_kind, scope),
  CONSTRAINT entitlements_interval_check CHECK (expires_at > starts_at),
  CONSTRAINT entitlements_revoked_check CHECK ((status = 'revoked') = (revoked_at IS NOT NULL)),
  CONSTRAINT entitlements_revoke_reason_check
    CHECK (revoked_at IS NULL OR revoke_reason IS NOT NULL),
  CONSTRAINT entitlements_permanent_check CHECK (NOT is_permanent OR expires_at IS NULL),
  CONSTRAINT entitlements_by_hand_check
    CHECK (scope_kind NOT IN ('manual', 'promo') OR (grant_reason IS NOT NULL AND (expires_at IS NOT NULL OR is_permanent)))
);
CREATE INDEX entitlements_listener_id_type_resource_expires_at_idx
  ON listeners.entitlements (listener_id, type, resource, expires_at);
CREATE INDEX entitlements_resource_idx ON listeners.entitlements (resource);
CREATE INDEX entitlements_stripe_customer_id_idx
  ON listeners.entitlements (stripe_customer_id) WHERE stripe_customer_id IS NOT NULL;
CREATE INDEX entitlements_stripe_subscription_id_idx
  ON listeners.entitlements (stripe_subscription_id) WHERE stripe_subscription_id IS NOT NULL;
CREATE INDEX entitlements_source_event_idx ON listeners.entitlements (source_event);
CREATE INDEX entitlements_expires_at_idx
  ON listeners.entitlements (expires_at) WHERE status IN ('active', 'grace', 'cancelled');
CREATE TRIGGER entitlements_touch BEFORE UPDATE ON listeners.entitlements
  FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE listeners.entitlements ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.entitlements TO wavehouse_listeners_app
  USING (listener_id = listeners.current_listener());
CREATE POLICY everyone ON listeners.entitlements TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.entitlements IS 'Grants: one per holder, type, resource and scope (E11). Erasure replaces the listener by a pseudonym and keeps the row.';
COMMENT ON COLUMN listeners.entitlements.entitlement_id IS 'The grant.';
COMMENT ON COLUMN listeners.entitlements.listener_id IS 'Who holds it; erasure pseudonymises first.';
COMMENT ON COLUMN listeners.entitlements.subject_pseudonym IS 'Who held it, after erasure; the mapping is never stored.';
COMMENT ON COLUMN listeners.entitlements.type IS 'What kind of access.';
COMMENT ON COLUMN listeners.entitlements.resource IS 'To what; opaque here.';
COMMENT ON COLUMN listeners.entitlements.scope_kind IS 'Why: by what kind of thing.';
COMMENT ON COLUMN listeners.entitlements.scope IS 'Why: by which one.';
COMMENT ON COLUMN listeners.entitlements.status IS 'Where it stands; cancelled still holds until its end.';
COMMENT ON COLUMN listeners.entitlements.stripe_customer_id IS 'The provider''s customer.';
COMMENT ON COLUMN listeners.entitlements.stripe_subscription_id IS 'The provider''s subscription.';
COMMENT ON COLUMN listeners.entitlements.stripe_payment_intent_id IS 'The provider''s payment.';
COMMENT ON COLUMN listeners.entitlements.stripe_price_id IS 'The provider''s price.';
COMMENT ON COLUMN listeners.entitlements.granted_at IS 'When it was granted.';
COMMENT ON COLUMN listeners.entitlements.starts_at IS 'From when it holds.';
COMMENT ON COLUMN listeners.entitlements.expires_at IS 'Until when, not included (E13).';
COMMENT ON COLUMN listeners.entitlements.is_permanent IS 'Meant to have no end.';
COMMENT ON COLUMN listeners.entitlements.revoked_at IS 'When it was taken away.';
COMMENT ON COLUMN listeners.entitlements.revoke_reason IS 'Why.';
COMMENT ON COLUMN listeners.entitlements.created_by IS 'Who granted it.';
COMMENT ON COLUMN listeners.entitlements.grant_reason IS 'Why, for grants by hand (E23).';
COMMENT ON COLUMN listeners.entitlements.source_event IS 'The event that last changed it.';
COMMENT ON COLUMN listeners.entitlements.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN listeners.entitlements.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE listeners.entitlement_ledger (
  ledger_id         uuid PRIMARY KEY DEFAULT uuidv7(),
  entitlement_id    uuid NOT NULL REFERENCES listeners.entitlements ON DELETE RESTRICT,
  seq               integer NOT NULL CHECK (seq > 0),
  external_event_id uuid REFERENCES listeners.external_events ON DELETE SET NULL,
  actor             text NOT NULL CHECK (actor <> ''),
  reason            text NOT NULL CHECK (reason <> ''),
  state_before      jsonb CHECK (jsonb_typeof(state_before) = 'object'),
  state_after       jsonb NOT NULL CHECK (jsonb_typeof(state_after) = 'object'),
  amount            numeric(12, 2),
  currency          char(3) CHECK (currency ~ '^[A-Z]{3}$'),
  recorded_at       timestamptz NOT NULL,
  UNIQUE (entitlement_id, seq),
  CONSTRAINT entitlement_ledger_first_check CHECK ((seq = 1) = (state_before IS NULL)),
  CONSTRAINT entitlement_ledger_money_check CHECK ((amount IS NULL) = (currency IS NULL))
);
CREATE INDEX entitlement_ledger_external_event_id_idx
  ON listeners.entitlement_ledger (external_event_id);
ALTER TABLE listeners.entitlement_ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.entitlement_ledger TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.entitlement_ledger IS 'Every transition of a grant, append-only; replaying it gives the table (E25). Kept 10 years.';
COMMENT ON COLUMN listeners.entitlement_ledger.ledger_id IS 'The entry.';
COMMENT ON COLUMN listeners.entitlement_ledger.entitlement_id IS 'The grant.';
COMMENT ON COLUMN listeners.entitlement_ledger.seq IS 'Its place in the grant''s history, from 1.';
COMMENT ON COLUMN listeners.entitlement_ledger.external_event_id IS 'The event that caused it.';
COMMENT ON COLUMN listeners.entitlement_ledger.actor IS 'Who did it.';
COMMENT ON COLUMN listeners.entitlement_ledger.reason IS 'Why.';
COMMENT ON COLUMN listeners.entitlement_ledger.state_before IS 'What it was; NULL for the first entry.';
COMMENT ON COLUMN listeners.entitlement_ledger.state_after IS 'What it became; names no person.';
COMMENT ON COLUMN listeners.entitlement_ledger.amount IS 'Money that moved.';
COMMENT ON COLUMN listeners.entitlement_ledger.currency IS 'Its currency.';
COMMENT ON COLUMN listeners.entitlement_ledger.recorded_at IS 'When.';

CREATE FUNCTION listeners.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  -- The reference to the provider's event is emptied when that event leaves.
  IF TG_OP = 'UPDATE' AND NEW.external_event_id IS NULL
     AND pg_catalog.to_jsonb(NEW) - 'external_event_id' = pg_catalog.to_jsonb(OLD) - 'external_event_id'
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the entitlement ledger is append-only: % is refused', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION listeners.refuse_change() IS 'Keeps the entitlement ledger append-only.';
CREATE TRIGGER entitlement_ledger_append_only BEFORE UPDATE OR DELETE ON listeners.entitlement_ledger
  FOR EACH ROW EXECUTE FUNCTION listeners.refuse_change();
