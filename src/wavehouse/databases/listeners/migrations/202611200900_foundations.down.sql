ALTER DEFAULT PRIVILEGES IN SCHEMA listeners
  REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM wavehouse_listeners_app, wavehouse_listeners_worker;
REVOKE USAGE ON SCHEMA schema_ops FROM wavehouse_listeners_app, wavehouse_listeners_worker;
DROP SCHEMA listeners;
