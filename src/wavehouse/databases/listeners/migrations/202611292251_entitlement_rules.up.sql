-- What prices grant, what refunds and failed payments do, the history in its order, and money.

ALTER TABLE listeners.external_events VALIDATE CONSTRAINT external_events_facts_check;

CREATE TABLE listeners.entitlement_offers (
  organization_id uuid NOT NULL,
  provider_ref    varchar(255) NOT NULL CHECK (provider_ref <> ''),
  type            text NOT NULL CHECK (type <> ''),
  resource        varchar(255) NOT NULL CHECK (resource <> ''),
  days            integer CHECK (days > 0),
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (organization_id, provider_ref, type, resource)
);
ALTER TABLE listeners.entitlement_offers ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.entitlement_offers TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.entitlement_offers IS 'What a price, product or lookup key of the provider grants.';
COMMENT ON COLUMN listeners.entitlement_offers.organization_id IS 'The organization that sells it; no reference, organizations are in another database.';
COMMENT ON COLUMN listeners.entitlement_offers.provider_ref IS 'Price, product or lookup key at the provider, or the value of metadata.offer.';
COMMENT ON COLUMN listeners.entitlement_offers.type IS 'Kind of access that it grants.';
COMMENT ON COLUMN listeners.entitlement_offers.resource IS 'Resource that it grants access to.';
COMMENT ON COLUMN listeners.entitlement_offers.days IS 'Length of access that is bought once, in days; NULL for access without an end.';
COMMENT ON COLUMN listeners.entitlement_offers.created_at IS 'When it was set.';

CREATE TABLE listeners.entitlement_policies (
  organization_id  uuid PRIMARY KEY,
  grace_days       integer NOT NULL DEFAULT 7 CHECK (grace_days BETWEEN 0 AND 365),
  unpaid           text NOT NULL DEFAULT 'suspend' CHECK (unpaid IN ('suspend', 'keep')),
  order_refund     text NOT NULL DEFAULT 'revoke'
    CHECK (order_refund IN ('keep', 'revoke', 'keep_until')),
  refund_keep_days integer NOT NULL DEFAULT 14 CHECK (refund_keep_days BETWEEN 0 AND 3650),
  dispute          text NOT NULL DEFAULT 'suspend' CHECK (dispute IN ('suspend', 'keep')),
  payload_days     integer NOT NULL DEFAULT 90 CHECK (payload_days BETWEEN 1 AND 3650),
  updated_at       timestamptz NOT NULL
);
ALTER TABLE listeners.entitlement_policies ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.entitlement_policies TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.entitlement_policies IS 'What failed payments, refunds and disputes do, by organization; without a row the defaults.';
COMMENT ON COLUMN listeners.entitlement_policies.organization_id IS 'The organization; no reference, organizations are in another database.';
COMMENT ON COLUMN listeners.entitlement_policies.grace_days IS 'Days of access after a payment failed (E16).';
COMMENT ON COLUMN listeners.entitlement_policies.unpaid IS 'Access to a subscription that is unpaid (E18).';
COMMENT ON COLUMN listeners.entitlement_policies.order_refund IS 'Access after the full refund of something bought once (E19).';
COMMENT ON COLUMN listeners.entitlement_policies.refund_keep_days IS 'Days of access after a refund, for keep_until.';
COMMENT ON COLUMN listeners.entitlement_policies.dispute IS 'Access while a dispute is open (E21).';
COMMENT ON COLUMN listeners.entitlement_policies.payload_days IS 'Days that the content of events is kept (E26).';
COMMENT ON COLUMN listeners.entitlement_policies.updated_at IS 'When it was last set.';

ALTER TABLE listeners.entitlement_ledger
  ADD COLUMN generation integer NOT NULL DEFAULT 1,
  ADD COLUMN effective_at timestamptz,
  ADD CONSTRAINT entitlement_ledger_generation_check CHECK (generation > 0) NOT VALID;
COMMENT ON COLUMN listeners.entitlement_ledger.generation IS 'A late event rewrites the history as a new generation; the highest one is the history in the order in which things happened (E8).';
COMMENT ON COLUMN listeners.entitlement_ledger.effective_at IS 'When it happened at the provider or by an operator.';

CREATE TABLE listeners.entitlement_payments (
  payment_id        uuid PRIMARY KEY DEFAULT uuidv7(),
  source            text NOT NULL CHECK (source <> ''),
  reference         varchar(255) NOT NULL CHECK (reference <> ''),
  seq               integer NOT NULL CHECK (seq > 0),
  kind              text NOT NULL CHECK (kind IN ('payment', 'refund', 'dispute')),
  amount            numeric(20, 3) NOT NULL,
  currency          char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  occurred_at       timestamptz NOT NULL,
  recorded_at       timestamptz NOT NULL,
  external_event_id uuid REFERENCES listeners.external_events ON DELETE SET NULL,
  UNIQUE (source, reference, seq)
);
CREATE INDEX entitlement_payments_external_event_id_idx
  ON listeners.entitlement_payments (external_event_id);
CREATE INDEX entitlement_payments_occurred_at_idx ON listeners.entitlement_payments (occurred_at);
ALTER TABLE listeners.entitlement_payments ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.entitlement_payments TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.entitlement_payments IS 'Money that moved, append-only: the sum of a reference''s rows is its amount; a correction is another row. Kept 10 years.';
COMMENT ON COLUMN listeners.entitlement_payments.payment_id IS 'The entry.';
COMMENT ON COLUMN listeners.entitlement_payments.source IS 'The provider and account.';
COMMENT ON COLUMN listeners.entitlement_payments.reference IS 'Payment, refund or dispute at the provider; erasure replaces it.';
COMMENT ON COLUMN listeners.entitlement_payments.seq IS 'Its place among the rows of its reference, from 1.';
COMMENT ON COLUMN listeners.entitlement_payments.kind IS 'Payment, refund or dispute.';
COMMENT ON COLUMN listeners.entitlement_payments.amount IS 'In units of the currency; refunds and open or lost disputes are negative.';
COMMENT ON COLUMN listeners.entitlement_payments.currency IS 'ISO 4217.';
COMMENT ON COLUMN listeners.entitlement_payments.occurred_at IS 'When it happened at the provider.';
COMMENT ON COLUMN listeners.entitlement_payments.recorded_at IS 'When it was recorded here.';
COMMENT ON COLUMN listeners.entitlement_payments.external_event_id IS 'The event that reported it.';

CREATE FUNCTION listeners.refuse_change_of_payments() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  -- Erasure replaces the reference; the reference to an event is emptied when that event leaves.
  IF TG_OP = 'UPDATE'
     AND (NEW.reference = OLD.reference OR pg_catalog.starts_with(NEW.reference, 'erased:'))
     AND (NEW.external_event_id IS NULL OR NEW.external_event_id = OLD.external_event_id)
     AND pg_catalog.to_jsonb(NEW) - '{reference,external_event_id}'::text[]
       = pg_catalog.to_jsonb(OLD) - '{reference,external_event_id}'::text[]
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the ledger of payments is append-only: % is refused', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION listeners.refuse_change_of_payments() IS 'Keeps the ledger of payments append-only.';
CREATE TRIGGER entitlement_payments_append_only
  BEFORE UPDATE OR DELETE ON listeners.entitlement_payments
  FOR EACH ROW EXECUTE FUNCTION listeners.refuse_change_of_payments();

CREATE TABLE listeners.entitlement_notices (
  listener_id uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  scope       varchar(255) NOT NULL,
  episode_at  timestamptz NOT NULL,
  noticed_at  timestamptz,
  PRIMARY KEY (listener_id, scope, episode_at)
);
CREATE INDEX entitlement_notices_unsent_idx
  ON listeners.entitlement_notices (episode_at) WHERE noticed_at IS NULL;
ALTER TABLE listeners.entitlement_notices ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.entitlement_notices TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.entitlement_notices IS 'Emails about failed payments: one per episode of a subscription (E16).';
COMMENT ON COLUMN listeners.entitlement_notices.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.entitlement_notices.scope IS 'The subscription.';
COMMENT ON COLUMN listeners.entitlement_notices.episode_at IS 'When the payment first failed.';
COMMENT ON COLUMN listeners.entitlement_notices.noticed_at IS 'When the email was written; NULL while it waits.';
