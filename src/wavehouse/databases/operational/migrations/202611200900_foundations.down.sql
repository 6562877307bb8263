ALTER DEFAULT PRIVILEGES IN SCHEMA accounts, audit, catalog, measurement, sponsorship
  REVOKE USAGE ON SEQUENCES FROM wavehouse_operational_app, wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA accounts, catalog, measurement, sponsorship
  REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM wavehouse_operational_worker;
DROP FUNCTION accounts.current_organization();
DROP FUNCTION accounts.touch_updated_at();
REVOKE USAGE ON SCHEMA schema_ops FROM wavehouse_operational_app, wavehouse_operational_worker;
DROP SCHEMA sponsorship;
DROP SCHEMA measurement;
DROP SCHEMA catalog;
DROP SCHEMA audit;
DROP SCHEMA accounts;
