-- Schemas, who may use them, and the one trigger that keeps updated_at.
-- The runner makes schema_ops and applies every file as wavehouse_operational_owner.

CREATE SCHEMA accounts;
CREATE SCHEMA audit;
CREATE SCHEMA catalog;
CREATE SCHEMA measurement;
CREATE SCHEMA sponsorship;

GRANT USAGE ON SCHEMA accounts, audit, catalog, measurement, sponsorship
  TO wavehouse_operational_app, wavehouse_operational_worker;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_operational_app, wavehouse_operational_worker;

-- The worker serves all organizations; what the app may do is granted table by table, because
-- it depends on row security standing on that table.
ALTER DEFAULT PRIVILEGES IN SCHEMA accounts, catalog, measurement, sponsorship
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA accounts, audit, catalog, measurement, sponsorship
  GRANT USAGE ON SEQUENCES TO wavehouse_operational_app, wavehouse_operational_worker;

CREATE FUNCTION accounts.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  NEW.updated_at := pg_catalog.now();
  RETURN NEW;
END
$$;

COMMENT ON FUNCTION accounts.touch_updated_at() IS 'Keeps updated_at; bookkeeping, so it reads the real clock.';

-- The organization that the transaction acts for; NULL outside one, which then sees no row.
CREATE FUNCTION accounts.current_organization() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('wavehouse.organization_id', true), '')::uuid;

COMMENT ON FUNCTION accounts.current_organization() IS 'The organization of this transaction, for row security.';
