-- What a page reported of an order that the shop reported otherwise stays as evidence.

CREATE TABLE sponsorship.displaced_conversions (
  displaced_id     uuid NOT NULL DEFAULT uuidv7()
    CONSTRAINT displaced_conversions_pkey PRIMARY KEY,
  organization_id  uuid NOT NULL
    CONSTRAINT displaced_conversions_organization_id_fkey
    REFERENCES accounts.organizations ON DELETE RESTRICT,
  conversion_id    uuid NOT NULL,
  source           text NOT NULL,
  source_name      text NOT NULL,
  occurred_at      timestamptz NOT NULL,
  conversion_value numeric(12,2) NOT NULL,
  currency         character(3) NOT NULL,
  promo_code       text NOT NULL,
  reason           text NOT NULL
    CONSTRAINT displaced_conversions_reason_check
    CHECK (reason IN ('outranked', 'over_limit')),
  displaced_at     timestamptz NOT NULL,
  CONSTRAINT displaced_conversions_conversion_id_fkey
    FOREIGN KEY (organization_id, conversion_id)
    REFERENCES sponsorship.conversions (organization_id, conversion_id) ON DELETE CASCADE
);
CREATE INDEX displaced_conversions_conversion_id_idx
  ON sponsorship.displaced_conversions (organization_id, conversion_id);

ALTER TABLE sponsorship.displaced_conversions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sponsorship.displaced_conversions TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON sponsorship.displaced_conversions
  TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, DELETE ON sponsorship.displaced_conversions
  TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.displaced_conversions IS 'Reports of an order that a more trusted report outranked, and values above the limit of pixels; evidence, never counted.';
COMMENT ON COLUMN sponsorship.displaced_conversions.displaced_id IS 'The report.';
COMMENT ON COLUMN sponsorship.displaced_conversions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.displaced_conversions.conversion_id IS 'The order as it counts.';
COMMENT ON COLUMN sponsorship.displaced_conversions.source IS 'The way the report came: pixel, api, file or landing.';
COMMENT ON COLUMN sponsorship.displaced_conversions.source_name IS 'The pixel, program or file that reported it.';
COMMENT ON COLUMN sponsorship.displaced_conversions.occurred_at IS 'When the order happened, by this report.';
COMMENT ON COLUMN sponsorship.displaced_conversions.conversion_value IS 'The value that was reported.';
COMMENT ON COLUMN sponsorship.displaced_conversions.currency IS 'Its currency, ISO 4217.';
COMMENT ON COLUMN sponsorship.displaced_conversions.promo_code IS 'The promo code that was reported; empty for none.';
COMMENT ON COLUMN sponsorship.displaced_conversions.reason IS 'Why it does not count.';
COMMENT ON COLUMN sponsorship.displaced_conversions.displaced_at IS 'When it was set aside.';
