-- R18: excess per address is decided in counting. R19: networks of people that look like machines.
-- R23, R25: flags, which are counted and told.

ALTER TABLE measurement.requests ADD COLUMN flags text[];
COMMENT ON COLUMN measurement.requests.flags IS 'What is odd or settled about it and does not filter it: implausible_referrer (R23), pre_release (R25), included (R19); NULL = nothing.';

CREATE TABLE measurement.inclusions (
  inclusion_id    uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE CASCADE,
  network         cidr NOT NULL,
  reason          text NOT NULL CHECK (reason <> ''),
  created_at      timestamptz NOT NULL,
  UNIQUE (organization_id, network)
);
COMMENT ON TABLE measurement.inclusions IS 'Networks of many people (dorms, offices) that R17 and R18 would filter (R19).';
COMMENT ON COLUMN measurement.inclusions.inclusion_id IS 'The entry.';
COMMENT ON COLUMN measurement.inclusions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.inclusions.network IS 'The network; IPv6 no narrower than /64.';
COMMENT ON COLUMN measurement.inclusions.reason IS 'Who listens there, and how that is known.';
COMMENT ON COLUMN measurement.inclusions.created_at IS 'When it was added.';

-- Append-only: the log of re-validations that an auditor asks for. An entry holds until the latest.
CREATE TABLE measurement.inclusion_validations (
  validation_id   uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL,
  inclusion_id    uuid NOT NULL REFERENCES measurement.inclusions ON DELETE CASCADE,
  validated_at    timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  validated_by    text NOT NULL,
  note            text NOT NULL,
  CHECK (expires_at > validated_at AND expires_at <= validated_at + interval '90 days')
);
CREATE INDEX inclusion_validations_inclusion_id_idx
  ON measurement.inclusion_validations (inclusion_id, expires_at);
COMMENT ON TABLE measurement.inclusion_validations IS 'Every validation of an inclusion, the first one too; none lasts longer than 90 days (R19).';
COMMENT ON COLUMN measurement.inclusion_validations.validation_id IS 'The validation.';
COMMENT ON COLUMN measurement.inclusion_validations.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.inclusion_validations.inclusion_id IS 'The entry that was validated.';
COMMENT ON COLUMN measurement.inclusion_validations.validated_at IS 'When.';
COMMENT ON COLUMN measurement.inclusion_validations.expires_at IS 'Until when the entry holds by it.';
COMMENT ON COLUMN measurement.inclusion_validations.validated_by IS 'Who validated it.';
COMMENT ON COLUMN measurement.inclusion_validations.note IS 'How; may be empty.';

ALTER TABLE measurement.inclusions ENABLE ROW LEVEL SECURITY;
ALTER TABLE measurement.inclusion_validations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON measurement.inclusions TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON measurement.inclusion_validations TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON measurement.inclusions TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON measurement.inclusion_validations
  TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT ON measurement.inclusions, measurement.inclusion_validations
  TO wavehouse_operational_app;
