-- The separate database of people who listen: its schema and who may use it. The tables come with
-- the listeners system; nothing in this database refers to another one.

CREATE SCHEMA listeners;

GRANT USAGE ON SCHEMA listeners TO wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_listeners_app, wavehouse_listeners_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA listeners
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wavehouse_listeners_app, wavehouse_listeners_worker;
