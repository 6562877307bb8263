-- What was done, by whom, to what. Rows are added and never changed; sealing reads xact_id later.

CREATE TABLE audit.audit_log (
  audit_id        uuid PRIMARY KEY DEFAULT uuidv7(),
  xact_id         xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at              timestamptz NOT NULL,
  organization_id uuid,
  actor           text NOT NULL CHECK (actor <> ''),
  action          text NOT NULL CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
  resource_type   text NOT NULL,
  resource_id     text NOT NULL,
  request_id      text,
  trace_id        text,
  metadata        jsonb NOT NULL DEFAULT '{}',
  content_hash    bytea NOT NULL CHECK (length(content_hash) = 32)
);
CREATE INDEX audit_log_organization_id_at_idx ON audit.audit_log (organization_id, at DESC);
CREATE INDEX audit_log_resource_idx ON audit.audit_log (resource_type, resource_id);

CREATE FUNCTION audit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only: % is refused', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

ALTER TABLE audit.audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_reads ON audit.audit_log FOR SELECT TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant_writes ON audit.audit_log FOR INSERT TO wavehouse_operational_app
  WITH CHECK (organization_id = accounts.current_organization());
CREATE POLICY everyone ON audit.audit_log TO wavehouse_operational_worker USING (true);

GRANT SELECT, INSERT ON audit.audit_log
  TO wavehouse_operational_app, wavehouse_operational_worker;
