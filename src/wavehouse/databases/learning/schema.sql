-- Generated from the database: wavehouse schema docs generate

CREATE SCHEMA asked;
GRANT USAGE ON SCHEMA asked TO wavehouse_learning_app;
GRANT USAGE ON SCHEMA asked TO wavehouse_learning_worker;
CREATE SCHEMA audit;
GRANT USAGE ON SCHEMA audit TO wavehouse_learning_app;
GRANT USAGE ON SCHEMA audit TO wavehouse_learning_worker;
CREATE SCHEMA governance;
GRANT USAGE ON SCHEMA governance TO wavehouse_learning_app;
GRANT USAGE ON SCHEMA governance TO wavehouse_learning_worker;
CREATE SCHEMA learning;
GRANT USAGE ON SCHEMA learning TO wavehouse_learning_app;
GRANT USAGE ON SCHEMA learning TO wavehouse_learning_worker;
CREATE SCHEMA queue;
GRANT USAGE ON SCHEMA queue TO wavehouse_learning_app;
GRANT USAGE ON SCHEMA queue TO wavehouse_learning_worker;
CREATE SCHEMA schema_ops;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_learning_app;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_learning_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA governance GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_learning_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA learning GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_learning_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA queue GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_learning_worker;

CREATE OR REPLACE FUNCTION learning.current_organization()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('wavehouse.organization_id'::text, true), ''::text))::uuid;
COMMENT ON FUNCTION learning.current_organization() IS 'The organization of this transaction, for row security.';
REVOKE ALL ON FUNCTION learning.current_organization() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION learning.current_organization() TO PUBLIC;

CREATE OR REPLACE FUNCTION schema_ops.drop_leftovers(space text, base text)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
DECLARE
  part text;
  dropped integer := 0;
BEGIN
  FOR part IN
    SELECT c.relname FROM pg_catalog.pg_class c
    WHERE c.relnamespace = pg_catalog.to_regnamespace(space) AND c.relkind = 'r'
      AND NOT c.relispartition AND c.relname ~ ('^' || base || '_[0-9]{4,8}$')
  LOOP
    EXECUTE pg_catalog.format('DROP TABLE %I.%I', space, part);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$function$;
COMMENT ON FUNCTION schema_ops.drop_leftovers(space text, base text) IS 'Drops the detached partitions of a table; how many there were.';
REVOKE ALL ON FUNCTION schema_ops.drop_leftovers(space text, base text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION schema_ops.ensure_partition(parent regclass, day date, span text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
DECLARE
  space text;
  base  text;
  part  text;
  first date := pg_catalog.date_trunc(span, day::timestamp)::date;
  next  date := (pg_catalog.date_trunc(span, day::timestamp) + ('1 ' || span)::interval)::date;
BEGIN
  SELECT n.nspname, c.relname INTO space, base
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = parent AND c.relkind = 'p';
  IF base IS NULL THEN
    RAISE EXCEPTION '% is not a partitioned table', parent USING ERRCODE = 'wrong_object_type';
  END IF;
  part := base || '_' || pg_catalog.to_char(first,
    CASE span WHEN 'year' THEN 'YYYY' WHEN 'month' THEN 'YYYYMM' ELSE 'YYYYMMDD' END);
  IF pg_catalog.to_regclass(pg_catalog.format('%I.%I', space, part)) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_catalog.pg_advisory_xact_lock(
    pg_catalog.hashtextextended('schema_ops.ensure_partition', parent::oid::bigint));
  IF pg_catalog.to_regclass(pg_catalog.format('%I.%I', space, part)) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE pg_catalog.format('CREATE TABLE %I.%I (LIKE %s INCLUDING ALL)', space, part, parent);
  EXECUTE pg_catalog.format('ALTER TABLE %s ATTACH PARTITION %I.%I FOR VALUES FROM (%L) TO (%L)',
    parent, space, part, first, next);
  RETURN true;
END
$function$;
COMMENT ON FUNCTION schema_ops.ensure_partition(parent regclass, day date, span text) IS 'Makes the partition of a table that holds a UTC day; false when it was there.';
REVOKE ALL ON FUNCTION schema_ops.ensure_partition(parent regclass, day date, span text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION schema_ops.ensure_partition(parent regclass, day date, span text) TO wavehouse_learning_worker;

CREATE OR REPLACE FUNCTION schema_ops.partitions_before(parent regclass, day date)
 RETURNS TABLE(part regclass, holds_until timestamp with time zone)
 LANGUAGE sql
 STABLE
 SET search_path TO ''
 SET "TimeZone" TO 'UTC'
AS $function$
  SELECT bounds.part, bounds.holds_until
  FROM (
    SELECT i.inhrelid::regclass AS part,
           pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid),
             'TO \(''([^'']+)''\)')::timestamptz AS holds_until
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = parent
  ) AS bounds
  WHERE bounds.holds_until <= day::timestamp AT TIME ZONE 'UTC'
  ORDER BY bounds.holds_until
$function$;
COMMENT ON FUNCTION schema_ops.partitions_before(parent regclass, day date) IS 'The attached partitions of a table that hold nothing from a UTC day on, oldest first.';
REVOKE ALL ON FUNCTION schema_ops.partitions_before(parent regclass, day date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION schema_ops.partitions_before(parent regclass, day date) TO PUBLIC;

CREATE OR REPLACE FUNCTION audit.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only: % is refused', TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$function$;
COMMENT ON FUNCTION audit.refuse_change() IS 'Keeps the audit log append-only.';
REVOKE ALL ON FUNCTION audit.refuse_change() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.refuse_change() TO PUBLIC;

CREATE OR REPLACE FUNCTION learning.require_content()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
BEGIN
  RAISE EXCEPTION 'generation % cannot be completed without content', NEW.generation_id
    USING ERRCODE = 'check_violation', CONSTRAINT = 'generation_status_content_check';
END
$function$;
COMMENT ON FUNCTION learning.require_content() IS 'Refuses a generation that becomes completed without content.';
REVOKE ALL ON FUNCTION learning.require_content() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION learning.require_content() TO PUBLIC;

CREATE OR REPLACE FUNCTION learning.touch_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
BEGIN
  NEW.updated_at := pg_catalog.now();
  RETURN NEW;
END
$function$;
COMMENT ON FUNCTION learning.touch_updated_at() IS 'Keeps updated_at; bookkeeping, so it reads the real clock.';
REVOKE ALL ON FUNCTION learning.touch_updated_at() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION learning.touch_updated_at() TO PUBLIC;

CREATE TABLE audit.audit_checkpoints (
  tree_size bigint NOT NULL,
  root_hash bytea NOT NULL,
  origin text NOT NULL,
  key_id text NOT NULL,
  signed_note text NOT NULL,
  sealed_at timestamp with time zone NOT NULL,
  published_to text[] DEFAULT '{}'::text[] NOT NULL,
  CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (tree_size),
  CONSTRAINT audit_checkpoints_origin_check CHECK ((origin <> ''::text)),
  CONSTRAINT audit_checkpoints_root_hash_check CHECK ((length(root_hash) = 32)),
  CONSTRAINT audit_checkpoints_signed_note_check CHECK ((signed_note <> ''::text)),
  CONSTRAINT audit_checkpoints_tree_size_check CHECK ((tree_size > 0))
);
CREATE TRIGGER audit_checkpoints_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
ALTER TABLE audit.audit_checkpoints ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON audit.audit_checkpoints TO wavehouse_learning_worker USING (true);
REVOKE ALL ON audit.audit_checkpoints FROM wavehouse_learning_worker;
GRANT INSERT, SELECT ON audit.audit_checkpoints TO wavehouse_learning_worker;
COMMENT ON TABLE audit.audit_checkpoints IS 'Signed heads of the tree, also written outside the database.';
COMMENT ON COLUMN audit.audit_checkpoints.tree_size IS 'How many leaves the head covers.';
COMMENT ON COLUMN audit.audit_checkpoints.root_hash IS 'Root of the tree.';
COMMENT ON COLUMN audit.audit_checkpoints.origin IS 'The name of this log.';
COMMENT ON COLUMN audit.audit_checkpoints.key_id IS 'The key that signed; it lives outside the database.';
COMMENT ON COLUMN audit.audit_checkpoints.signed_note IS 'The checkpoint as a signed note, byte for byte.';
COMMENT ON COLUMN audit.audit_checkpoints.sealed_at IS 'When it was signed.';
COMMENT ON COLUMN audit.audit_checkpoints.published_to IS 'Where it was written outside.';

CREATE TABLE audit.audit_commitments (
  audit_id uuid NOT NULL,
  field text NOT NULL,
  commitment bytea NOT NULL,
  salt bytea,
  value text,
  erased_at timestamp with time zone,
  CONSTRAINT audit_commitments_pkey PRIMARY KEY (audit_id, field),
  CONSTRAINT audit_commitments_commitment_check CHECK ((length(commitment) = 32)),
  CONSTRAINT audit_commitments_erased_check CHECK ((((salt IS NULL) = (erased_at IS NOT NULL)) AND ((value IS NULL) = (erased_at IS NOT NULL)))),
  CONSTRAINT audit_commitments_field_check CHECK ((field <> ''::text)),
  CONSTRAINT audit_commitments_salt_check CHECK ((length(salt) >= 16))
);
ALTER TABLE audit.audit_commitments ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON audit.audit_commitments TO wavehouse_learning_worker USING (true);
REVOKE ALL ON audit.audit_commitments FROM wavehouse_learning_worker;
GRANT INSERT, SELECT, UPDATE ON audit.audit_commitments TO wavehouse_learning_worker;
COMMENT ON TABLE audit.audit_commitments IS 'Personal values of audit rows apart from them: the leaf holds only the salted commitment, so erasing salt and value leaves the tree verifiable.';
COMMENT ON COLUMN audit.audit_commitments.audit_id IS 'The row.';
COMMENT ON COLUMN audit.audit_commitments.field IS 'The field of the row.';
COMMENT ON COLUMN audit.audit_commitments.commitment IS 'SHA-256 over salt and value; stays for ever.';
COMMENT ON COLUMN audit.audit_commitments.salt IS 'Random; emptied by erasure.';
COMMENT ON COLUMN audit.audit_commitments.value IS 'The value; emptied by erasure.';
COMMENT ON COLUMN audit.audit_commitments.erased_at IS 'When salt and value were emptied.';

CREATE TABLE audit.audit_leaves (
  leaf_index bigint NOT NULL,
  audit_id uuid NOT NULL,
  leaf_hash bytea NOT NULL,
  sealed_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_leaves_pkey PRIMARY KEY (leaf_index),
  CONSTRAINT audit_leaves_audit_id_key UNIQUE (audit_id),
  CONSTRAINT audit_leaves_leaf_hash_check CHECK ((length(leaf_hash) = 32)),
  CONSTRAINT audit_leaves_leaf_index_check CHECK ((leaf_index >= 0))
);
CREATE TRIGGER audit_leaves_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.audit_leaves FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
ALTER TABLE audit.audit_leaves ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON audit.audit_leaves TO wavehouse_learning_worker USING (true);
REVOKE ALL ON audit.audit_leaves FROM wavehouse_learning_worker;
GRANT INSERT, SELECT ON audit.audit_leaves TO wavehouse_learning_worker;
COMMENT ON TABLE audit.audit_leaves IS 'The order in which sealed rows stand in the tree (RFC 6962); a row is sealed once.';
COMMENT ON COLUMN audit.audit_leaves.leaf_index IS 'Its place in the tree, from 0 without gaps.';
COMMENT ON COLUMN audit.audit_leaves.audit_id IS 'The row.';
COMMENT ON COLUMN audit.audit_leaves.leaf_hash IS 'Hash of the row''s canonical encoding.';
COMMENT ON COLUMN audit.audit_leaves.sealed_at IS 'When it was sealed.';

CREATE TABLE audit.audit_log (
  audit_id uuid DEFAULT uuidv7() NOT NULL,
  xact_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
  at timestamp with time zone NOT NULL,
  organization_id uuid,
  actor text NOT NULL,
  action text NOT NULL,
  resource_type text NOT NULL,
  resource_id text NOT NULL,
  subject_pseudonym uuid,
  request_id text,
  trace_id text,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  content_hash bytea NOT NULL,
  CONSTRAINT audit_log_pkey PRIMARY KEY (audit_id),
  CONSTRAINT audit_log_action_check CHECK ((action ~ '^[a-z_]+[.][a-z_]+$'::text)),
  CONSTRAINT audit_log_actor_check CHECK ((actor <> ''::text)),
  CONSTRAINT audit_log_content_hash_check CHECK ((length(content_hash) = 32)),
  CONSTRAINT audit_log_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text)),
  CONSTRAINT audit_log_resource_type_check CHECK ((resource_type <> ''::text))
);
CREATE INDEX audit_log_at_idx ON audit.audit_log USING btree (at);
CREATE INDEX audit_log_organization_id_at_idx ON audit.audit_log USING btree (organization_id, at DESC);
CREATE INDEX audit_log_resource_type_resource_id_idx ON audit.audit_log USING btree (resource_type, resource_id);
CREATE INDEX audit_log_subject_pseudonym_idx ON audit.audit_log USING btree (subject_pseudonym) WHERE (subject_pseudonym IS NOT NULL);
CREATE TRIGGER audit_log_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
ALTER TABLE audit.audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON audit.audit_log TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant_reads ON audit.audit_log FOR SELECT TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
CREATE POLICY tenant_writes ON audit.audit_log FOR INSERT TO wavehouse_learning_app WITH CHECK ((organization_id = learning.current_organization()));
REVOKE ALL ON audit.audit_log FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT INSERT, SELECT ON audit.audit_log TO wavehouse_learning_app;
GRANT INSERT, SELECT ON audit.audit_log TO wavehouse_learning_worker;
COMMENT ON TABLE audit.audit_log IS 'What was done, by whom, to what. Rows are added and never changed.';
COMMENT ON COLUMN audit.audit_log.audit_id IS 'The entry.';
COMMENT ON COLUMN audit.audit_log.xact_id IS 'Its transaction; sealing waits until all older ones have ended.';
COMMENT ON COLUMN audit.audit_log.at IS 'When.';
COMMENT ON COLUMN audit.audit_log.organization_id IS 'The organization it happened in; NULL for the installation''s own actions.';
COMMENT ON COLUMN audit.audit_log.actor IS 'Who.';
COMMENT ON COLUMN audit.audit_log.action IS 'What.';
COMMENT ON COLUMN audit.audit_log.resource_type IS 'To what kind of thing.';
COMMENT ON COLUMN audit.audit_log.resource_id IS 'To which one.';
COMMENT ON COLUMN audit.audit_log.subject_pseudonym IS 'The person it is about, under a pseudonym that erasure cuts loose.';
COMMENT ON COLUMN audit.audit_log.request_id IS 'In which request.';
COMMENT ON COLUMN audit.audit_log.trace_id IS 'In which trace.';
COMMENT ON COLUMN audit.audit_log.metadata IS 'Further facts that are nobody''s personal data.';
COMMENT ON COLUMN audit.audit_log.content_hash IS 'Hash of the entry''s canonical encoding.';

CREATE TABLE governance.erasure_ledger (
  identifier_hash bytea NOT NULL,
  erasure_request_id uuid NOT NULL,
  kind text NOT NULL,
  key_version integer NOT NULL,
  status text NOT NULL,
  late_arrivals bigint DEFAULT 0 NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  CONSTRAINT erasure_ledger_pkey PRIMARY KEY (identifier_hash),
  CONSTRAINT erasure_ledger_identifier_hash_check CHECK ((length(identifier_hash) = 32)),
  CONSTRAINT erasure_ledger_key_version_check CHECK ((key_version > 0)),
  CONSTRAINT erasure_ledger_kind_check CHECK ((kind IN ('email', 'subject_id', 'session', 'device', 'external'))),
  CONSTRAINT erasure_ledger_late_arrivals_check CHECK ((late_arrivals >= 0)),
  CONSTRAINT erasure_ledger_status_check CHECK ((status IN ('pending', 'erased', 'held')))
);
CREATE INDEX erasure_ledger_erasure_request_id_idx ON governance.erasure_ledger USING btree (erasure_request_id);
CREATE INDEX erasure_ledger_recorded_at_idx ON governance.erasure_ledger USING btree (recorded_at);
ALTER TABLE governance.erasure_ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.erasure_ledger TO wavehouse_learning_worker USING (true);
REVOKE ALL ON governance.erasure_ledger FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.erasure_ledger TO wavehouse_learning_worker;
COMMENT ON TABLE governance.erasure_ledger IS 'Keyed hashes of what was erased, written before the first destructive step: drops late arrivals and is replayed after a restore. No free text.';
COMMENT ON COLUMN governance.erasure_ledger.identifier_hash IS 'HMAC of a normalised identifier under a key outside the database.';
COMMENT ON COLUMN governance.erasure_ledger.erasure_request_id IS 'The request. No foreign key: the ledger outlives it.';
COMMENT ON COLUMN governance.erasure_ledger.kind IS 'What was hashed.';
COMMENT ON COLUMN governance.erasure_ledger.key_version IS 'Which key hashed it.';
COMMENT ON COLUMN governance.erasure_ledger.status IS 'What became of it.';
COMMENT ON COLUMN governance.erasure_ledger.late_arrivals IS 'How many later rows were dropped because of it.';
COMMENT ON COLUMN governance.erasure_ledger.recorded_at IS 'When it was written.';

CREATE TABLE governance.erasure_requests (
  erasure_request_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid,
  subject_kind text NOT NULL,
  subject_id text,
  requested_by text NOT NULL,
  channel text NOT NULL,
  status text DEFAULT 'received'::text NOT NULL,
  plan_digest bytea,
  rejected_reason text,
  received_at timestamp with time zone NOT NULL,
  verified_at timestamp with time zone,
  grace_until timestamp with time zone,
  due_gdpr_at timestamp with time zone NOT NULL,
  due_ccpa_at timestamp with time zone NOT NULL,
  completed_at timestamp with time zone,
  certificate jsonb,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT erasure_requests_pkey PRIMARY KEY (erasure_request_id),
  CONSTRAINT erasure_requests_certificate_check CHECK ((jsonb_typeof(certificate) = 'object'::text)),
  CONSTRAINT erasure_requests_channel_check CHECK ((channel IN ('session', 'signed_link', 'administrator', 'api'))),
  CONSTRAINT erasure_requests_completed_check CHECK (((status IN ('completed', 'partially_held')) = (completed_at IS NOT NULL))),
  CONSTRAINT erasure_requests_due_check CHECK (((due_gdpr_at > received_at) AND (due_ccpa_at > received_at))),
  CONSTRAINT erasure_requests_plan_digest_check CHECK ((length(plan_digest) = 32)),
  CONSTRAINT erasure_requests_rejected_check CHECK (((status <> 'rejected'::text) OR (rejected_reason IS NOT NULL))),
  CONSTRAINT erasure_requests_requested_by_check CHECK ((requested_by IN ('subject', 'administrator', 'processor'))),
  CONSTRAINT erasure_requests_status_check CHECK ((status IN ('received', 'identity_pending', 'verified', 'soft_deleted', 'executing', 'verifying', 'completed', 'partially_held', 'rejected', 'failed'))),
  CONSTRAINT erasure_requests_subject_kind_check CHECK ((subject_kind IN ('learner', 'creator', 'contact')))
);
CREATE INDEX erasure_requests_open_idx ON governance.erasure_requests USING btree (due_gdpr_at) WHERE (completed_at IS NULL);
CREATE INDEX erasure_requests_organization_id_idx ON governance.erasure_requests USING btree (organization_id);
CREATE TRIGGER erasure_requests_touch BEFORE UPDATE ON governance.erasure_requests FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE governance.erasure_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.erasure_requests TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON governance.erasure_requests TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON governance.erasure_requests FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT INSERT, SELECT ON governance.erasure_requests TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.erasure_requests TO wavehouse_learning_worker;
COMMENT ON TABLE governance.erasure_requests IS 'Requests to be forgotten, from receipt to certificate. Holds no address: identifiers are in the ledger, hashed.';
COMMENT ON COLUMN governance.erasure_requests.erasure_request_id IS 'The request.';
COMMENT ON COLUMN governance.erasure_requests.organization_id IS 'The organization of the subject; NULL when it has none.';
COMMENT ON COLUMN governance.erasure_requests.subject_kind IS 'What the person is to us.';
COMMENT ON COLUMN governance.erasure_requests.subject_id IS 'The subject''s id while it exists; emptied at completion.';
COMMENT ON COLUMN governance.erasure_requests.requested_by IS 'Who asked.';
COMMENT ON COLUMN governance.erasure_requests.channel IS 'How identity was shown.';
COMMENT ON COLUMN governance.erasure_requests.status IS 'Where it stands.';
COMMENT ON COLUMN governance.erasure_requests.plan_digest IS 'Digest of the plan that was shown.';
COMMENT ON COLUMN governance.erasure_requests.rejected_reason IS 'Why it was refused, from a fixed list.';
COMMENT ON COLUMN governance.erasure_requests.received_at IS 'When it came.';
COMMENT ON COLUMN governance.erasure_requests.verified_at IS 'When identity was certain.';
COMMENT ON COLUMN governance.erasure_requests.grace_until IS 'Until when it can be undone.';
COMMENT ON COLUMN governance.erasure_requests.due_gdpr_at IS 'One calendar month after receipt.';
COMMENT ON COLUMN governance.erasure_requests.due_ccpa_at IS '45 days after receipt.';
COMMENT ON COLUMN governance.erasure_requests.completed_at IS 'When it was done.';
COMMENT ON COLUMN governance.erasure_requests.certificate IS 'What was scanned at which level, and what was found.';
COMMENT ON COLUMN governance.erasure_requests.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN governance.erasure_requests.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE governance.erasure_steps (
  erasure_request_id uuid NOT NULL,
  store text NOT NULL,
  table_name text NOT NULL,
  batch integer DEFAULT 0 NOT NULL,
  "position" integer NOT NULL,
  action text NOT NULL,
  status text DEFAULT 'pending'::text NOT NULL,
  rows_touched bigint,
  basis text,
  done_at timestamp with time zone,
  CONSTRAINT erasure_steps_pkey PRIMARY KEY (erasure_request_id, store, table_name, batch),
  CONSTRAINT erasure_steps_action_check CHECK ((action IN ('delete', 'anonymise', 'pseudonymise', 'null', 'keep', 'redact'))),
  CONSTRAINT erasure_steps_basis_check CHECK (((action <> 'keep'::text) OR (basis IS NOT NULL))),
  CONSTRAINT erasure_steps_batch_check CHECK ((batch >= 0)),
  CONSTRAINT erasure_steps_done_check CHECK (((status = 'done'::text) = (done_at IS NOT NULL))),
  CONSTRAINT erasure_steps_position_check CHECK (("position" >= 0)),
  CONSTRAINT erasure_steps_rows_touched_check CHECK ((rows_touched >= 0)),
  CONSTRAINT erasure_steps_status_check CHECK ((status IN ('pending', 'done', 'failed', 'pending_processor', 'held'))),
  CONSTRAINT erasure_steps_store_check CHECK ((store IN ('operational', 'learning', 'listeners', 'analytics', 'files', 'processor'))),
  CONSTRAINT erasure_steps_table_name_check CHECK ((table_name <> ''::text))
);
ALTER TABLE governance.erasure_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.erasure_steps TO wavehouse_learning_worker USING (true);
REVOKE ALL ON governance.erasure_steps FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.erasure_steps TO wavehouse_learning_worker;
COMMENT ON TABLE governance.erasure_steps IS 'One row per step and batch of an erasure, committed together with the change itself.';
COMMENT ON COLUMN governance.erasure_steps.erasure_request_id IS 'The request.';
COMMENT ON COLUMN governance.erasure_steps.store IS 'Where the step works.';
COMMENT ON COLUMN governance.erasure_steps.table_name IS 'The table, or the place outside.';
COMMENT ON COLUMN governance.erasure_steps.batch IS 'Its batch, from 0.';
COMMENT ON COLUMN governance.erasure_steps."position" IS 'Its order in the plan.';
COMMENT ON COLUMN governance.erasure_steps.action IS 'What it does.';
COMMENT ON COLUMN governance.erasure_steps.status IS 'Where it stands.';
COMMENT ON COLUMN governance.erasure_steps.rows_touched IS 'How many rows it changed.';
COMMENT ON COLUMN governance.erasure_steps.basis IS 'The legal basis of a keep.';
COMMENT ON COLUMN governance.erasure_steps.done_at IS 'When it was done.';

CREATE TABLE governance.legal_holds (
  legal_hold_id uuid DEFAULT uuidv7() NOT NULL,
  subject_hash bytea,
  table_name text,
  reason text NOT NULL,
  ordered_by text NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  released_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT legal_holds_pkey PRIMARY KEY (legal_hold_id),
  CONSTRAINT legal_holds_expiry_check CHECK ((expires_at > starts_at)),
  CONSTRAINT legal_holds_ordered_by_check CHECK ((ordered_by <> ''::text)),
  CONSTRAINT legal_holds_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT legal_holds_scope_check CHECK ((num_nonnulls(subject_hash, table_name) = 1)),
  CONSTRAINT legal_holds_subject_hash_check CHECK ((length(subject_hash) = 32))
);
CREATE INDEX legal_holds_subject_hash_idx ON governance.legal_holds USING btree (subject_hash);
ALTER TABLE governance.legal_holds ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.legal_holds TO wavehouse_learning_worker USING (true);
REVOKE ALL ON governance.legal_holds FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.legal_holds TO wavehouse_learning_worker;
COMMENT ON TABLE governance.legal_holds IS 'What retention and erasure must leave alone, and until when (RT5).';
COMMENT ON COLUMN governance.legal_holds.legal_hold_id IS 'The hold.';
COMMENT ON COLUMN governance.legal_holds.subject_hash IS 'The subject, by the ledger''s hash.';
COMMENT ON COLUMN governance.legal_holds.table_name IS 'Or a whole table.';
COMMENT ON COLUMN governance.legal_holds.reason IS 'Why, without personal data.';
COMMENT ON COLUMN governance.legal_holds.ordered_by IS 'Who ordered it.';
COMMENT ON COLUMN governance.legal_holds.starts_at IS 'From when.';
COMMENT ON COLUMN governance.legal_holds.expires_at IS 'A hold always ends, and can be renewed.';
COMMENT ON COLUMN governance.legal_holds.released_at IS 'When it was lifted early.';
COMMENT ON COLUMN governance.legal_holds.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE governance.lineage_edges (
  from_dataset text NOT NULL,
  from_column text DEFAULT ''::text NOT NULL,
  to_dataset text NOT NULL,
  to_column text DEFAULT ''::text NOT NULL,
  job text NOT NULL,
  kind text NOT NULL,
  first_seen_at timestamp with time zone NOT NULL,
  last_seen_at timestamp with time zone NOT NULL,
  CONSTRAINT lineage_edges_pkey PRIMARY KEY (from_dataset, from_column, to_dataset, to_column, job),
  CONSTRAINT lineage_edges_from_dataset_check CHECK ((from_dataset <> ''::text)),
  CONSTRAINT lineage_edges_job_check CHECK ((job <> ''::text)),
  CONSTRAINT lineage_edges_kind_check CHECK ((kind IN ('identity', 'transformation', 'aggregation', 'filter', 'declared'))),
  CONSTRAINT lineage_edges_seen_check CHECK ((last_seen_at >= first_seen_at)),
  CONSTRAINT lineage_edges_to_dataset_check CHECK ((to_dataset <> ''::text))
);
CREATE INDEX lineage_edges_to_dataset_to_column_idx ON governance.lineage_edges USING btree (to_dataset, to_column);
ALTER TABLE governance.lineage_edges ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.lineage_edges TO wavehouse_learning_worker USING (true);
REVOKE ALL ON governance.lineage_edges FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.lineage_edges TO wavehouse_learning_worker;
COMMENT ON TABLE governance.lineage_edges IS 'Which column feeds which, each edge once.';
COMMENT ON COLUMN governance.lineage_edges.from_dataset IS 'The dataset that is read.';
COMMENT ON COLUMN governance.lineage_edges.from_column IS 'Its column; empty for the whole dataset.';
COMMENT ON COLUMN governance.lineage_edges.to_dataset IS 'The dataset that is written.';
COMMENT ON COLUMN governance.lineage_edges.to_column IS 'Its column; empty for the whole dataset.';
COMMENT ON COLUMN governance.lineage_edges.job IS 'The job that does it.';
COMMENT ON COLUMN governance.lineage_edges.kind IS 'How.';
COMMENT ON COLUMN governance.lineage_edges.first_seen_at IS 'When the edge was first seen.';
COMMENT ON COLUMN governance.lineage_edges.last_seen_at IS 'When it was last seen.';

CREATE TABLE governance.lineage_events (
  emitted_at timestamp with time zone NOT NULL,
  lineage_event_id uuid DEFAULT uuidv7() NOT NULL,
  run_id uuid NOT NULL,
  job_namespace text NOT NULL,
  job_name text NOT NULL,
  event_type text NOT NULL,
  event jsonb NOT NULL,
  CONSTRAINT lineage_events_pkey PRIMARY KEY (emitted_at, lineage_event_id),
  CONSTRAINT lineage_events_event_check CHECK ((jsonb_typeof(event) = 'object'::text)),
  CONSTRAINT lineage_events_event_type_check CHECK ((event_type IN ('START', 'RUNNING', 'COMPLETE', 'FAIL', 'ABORT', 'OTHER'))),
  CONSTRAINT lineage_events_job_name_check CHECK ((job_name <> ''::text))
) PARTITION BY RANGE (emitted_at);
CREATE INDEX lineage_events_job_namespace_job_name_emitted_at_idx ON governance.lineage_events USING btree (job_namespace, job_name, emitted_at DESC);
CREATE INDEX lineage_events_run_id_idx ON governance.lineage_events USING btree (run_id);
ALTER TABLE governance.lineage_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.lineage_events TO wavehouse_learning_worker USING (true);
REVOKE ALL ON governance.lineage_events FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.lineage_events TO wavehouse_learning_worker;
COMMENT ON TABLE governance.lineage_events IS 'OpenLineage run events as they were emitted or accepted; edges are kept apart, without repetition.';
COMMENT ON COLUMN governance.lineage_events.emitted_at IS 'When it was emitted.';
COMMENT ON COLUMN governance.lineage_events.lineage_event_id IS 'The event.';
COMMENT ON COLUMN governance.lineage_events.run_id IS 'The run.';
COMMENT ON COLUMN governance.lineage_events.job_namespace IS 'The job''s namespace.';
COMMENT ON COLUMN governance.lineage_events.job_name IS 'The job.';
COMMENT ON COLUMN governance.lineage_events.event_type IS 'What the run did.';
COMMENT ON COLUMN governance.lineage_events.event IS 'The whole event with its facets.';

CREATE TABLE governance.quality_results (
  quality_result_id uuid DEFAULT uuidv7() NOT NULL,
  run_id uuid NOT NULL,
  rule text NOT NULL,
  rule_version text NOT NULL,
  dimension text NOT NULL,
  table_name text NOT NULL,
  as_of timestamp with time zone NOT NULL,
  numerator numeric,
  denominator numeric,
  threshold numeric NOT NULL,
  interval_low numeric,
  interval_high numeric,
  status text NOT NULL,
  duration_ms integer NOT NULL,
  CONSTRAINT quality_results_pkey PRIMARY KEY (quality_result_id),
  CONSTRAINT quality_results_denominator_check CHECK ((denominator >= (0)::numeric)),
  CONSTRAINT quality_results_dimension_check CHECK ((dimension IN ('completeness', 'validity', 'accuracy', 'uniqueness', 'freshness', 'availability', 'reconciliation'))),
  CONSTRAINT quality_results_duration_ms_check CHECK ((duration_ms >= 0)),
  CONSTRAINT quality_results_evaluated_check CHECK (((status <> ALL (ARRAY['pass'::text, 'warn'::text, 'fail'::text])) OR (numerator IS NOT NULL))),
  CONSTRAINT quality_results_interval_check CHECK ((interval_high >= interval_low)),
  CONSTRAINT quality_results_rule_check CHECK ((rule <> ''::text)),
  CONSTRAINT quality_results_status_check CHECK ((status IN ('pass', 'warn', 'fail', 'error', 'not_evaluated'))),
  CONSTRAINT quality_results_table_name_check CHECK ((table_name <> ''::text))
);
CREATE INDEX quality_results_rule_as_of_idx ON governance.quality_results USING btree (rule, as_of DESC);
CREATE INDEX quality_results_run_id_idx ON governance.quality_results USING btree (run_id);
CREATE INDEX quality_results_table_name_as_of_idx ON governance.quality_results USING btree (table_name, as_of DESC);
ALTER TABLE governance.quality_results ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.quality_results TO wavehouse_learning_worker USING (true);
REVOKE ALL ON governance.quality_results FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.quality_results TO wavehouse_learning_worker;
COMMENT ON TABLE governance.quality_results IS 'Results of data-quality rules, appended; "error" and "not evaluated" are results too.';
COMMENT ON COLUMN governance.quality_results.quality_result_id IS 'The result.';
COMMENT ON COLUMN governance.quality_results.run_id IS 'Results of one run belong together.';
COMMENT ON COLUMN governance.quality_results.rule IS 'The rule''s name in its file.';
COMMENT ON COLUMN governance.quality_results.rule_version IS 'Its version.';
COMMENT ON COLUMN governance.quality_results.dimension IS 'What it measures.';
COMMENT ON COLUMN governance.quality_results.table_name IS 'What was measured.';
COMMENT ON COLUMN governance.quality_results.as_of IS 'The instant the data was read at.';
COMMENT ON COLUMN governance.quality_results.numerator IS 'Rows that pass, or the measured value.';
COMMENT ON COLUMN governance.quality_results.denominator IS 'Rows looked at.';
COMMENT ON COLUMN governance.quality_results.threshold IS 'What it must reach.';
COMMENT ON COLUMN governance.quality_results.interval_low IS 'Lower end of the interval of an accuracy.';
COMMENT ON COLUMN governance.quality_results.interval_high IS 'Upper end of it.';
COMMENT ON COLUMN governance.quality_results.status IS 'The verdict.';
COMMENT ON COLUMN governance.quality_results.duration_ms IS 'How long it took.';

CREATE TABLE governance.retention_runs (
  retention_run_id uuid DEFAULT uuidv7() NOT NULL,
  policy text NOT NULL,
  table_name text NOT NULL,
  action text NOT NULL,
  plan_digest bytea NOT NULL,
  keep_from timestamp with time zone NOT NULL,
  rows_removed bigint,
  bytes_freed bigint,
  status text NOT NULL,
  reason text,
  started_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  next_due_at timestamp with time zone,
  CONSTRAINT retention_runs_pkey PRIMARY KEY (retention_run_id),
  CONSTRAINT retention_runs_action_check CHECK ((action IN ('drop_partition', 'delete', 'anonymise', 'compact', 'archive'))),
  CONSTRAINT retention_runs_bytes_freed_check CHECK ((bytes_freed >= 0)),
  CONSTRAINT retention_runs_finished_check CHECK ((finished_at >= started_at)),
  CONSTRAINT retention_runs_plan_digest_check CHECK ((length(plan_digest) = 32)),
  CONSTRAINT retention_runs_policy_check CHECK ((policy <> ''::text)),
  CONSTRAINT retention_runs_reason_check CHECK (((status <> ALL (ARRAY['skipped'::text, 'refused'::text, 'failed'::text])) OR (reason IS NOT NULL))),
  CONSTRAINT retention_runs_rows_removed_check CHECK ((rows_removed >= 0)),
  CONSTRAINT retention_runs_status_check CHECK ((status IN ('planned', 'running', 'done', 'skipped', 'refused', 'failed'))),
  CONSTRAINT retention_runs_table_name_check CHECK ((table_name <> ''::text))
);
CREATE INDEX retention_runs_policy_started_at_idx ON governance.retention_runs USING btree (policy, started_at DESC);
CREATE INDEX retention_runs_table_name_started_at_idx ON governance.retention_runs USING btree (table_name, started_at DESC);
ALTER TABLE governance.retention_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.retention_runs TO wavehouse_learning_worker USING (true);
REVOKE ALL ON governance.retention_runs FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.retention_runs TO wavehouse_learning_worker;
COMMENT ON TABLE governance.retention_runs IS 'What each policy removed, from what, and what stopped it.';
COMMENT ON COLUMN governance.retention_runs.retention_run_id IS 'The run.';
COMMENT ON COLUMN governance.retention_runs.policy IS 'The policy''s name in its file.';
COMMENT ON COLUMN governance.retention_runs.table_name IS 'The table.';
COMMENT ON COLUMN governance.retention_runs.action IS 'How it removes.';
COMMENT ON COLUMN governance.retention_runs.plan_digest IS 'The plan that was agreed to; another plan is refused.';
COMMENT ON COLUMN governance.retention_runs.keep_from IS 'Rows older than this were due.';
COMMENT ON COLUMN governance.retention_runs.rows_removed IS 'Rows removed or changed.';
COMMENT ON COLUMN governance.retention_runs.bytes_freed IS 'Bytes given back.';
COMMENT ON COLUMN governance.retention_runs.status IS 'How it ended.';
COMMENT ON COLUMN governance.retention_runs.reason IS 'Why it was skipped, refused or failed.';
COMMENT ON COLUMN governance.retention_runs.started_at IS 'When it began.';
COMMENT ON COLUMN governance.retention_runs.finished_at IS 'When it ended.';
COMMENT ON COLUMN governance.retention_runs.next_due_at IS 'When the policy is due again.';

CREATE TABLE learning.behavioral_events (
  id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  content_id character varying(255) NOT NULL,
  event_type character varying(50) NOT NULL,
  "timestamp" timestamp with time zone DEFAULT now() NOT NULL,
  playback_position numeric(10,2) NOT NULL,
  playback_position_percent numeric(5,2),
  duration numeric(10,2),
  session_id character varying(255) NOT NULL,
  content_characteristics jsonb NOT NULL,
  device_info jsonb,
  network_type character varying(50),
  context jsonb,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT behavioral_events_pkey PRIMARY KEY (id),
  CONSTRAINT behavioral_events_content_characteristics_check CHECK ((jsonb_typeof(content_characteristics) = 'object'::text)),
  CONSTRAINT behavioral_events_context_check CHECK ((jsonb_typeof(context) = 'object'::text)),
  CONSTRAINT behavioral_events_device_info_check CHECK ((jsonb_typeof(device_info) = 'object'::text)),
  CONSTRAINT behavioral_events_duration_check CHECK ((duration >= (0)::numeric)),
  CONSTRAINT behavioral_events_event_type_check CHECK ((event_type IN ('play', 'pause', 'resume', 'seek', 'replay', 'skip', 'complete', 'speed_change', 'progress', 'like', 'unlike'))),
  CONSTRAINT behavioral_events_playback_position_check CHECK ((playback_position >= (0)::numeric)),
  CONSTRAINT behavioral_events_playback_position_percent_check CHECK (((playback_position_percent >= (0)::numeric) AND (playback_position_percent <= (100)::numeric)))
);
CREATE INDEX behavioral_events_content_characteristics_idx ON learning.behavioral_events USING gin (content_characteristics);
CREATE INDEX behavioral_events_content_id_idx ON learning.behavioral_events USING btree (content_id);
CREATE INDEX behavioral_events_event_type_idx ON learning.behavioral_events USING btree (event_type);
CREATE INDEX behavioral_events_organization_id_idx ON learning.behavioral_events USING btree (organization_id);
CREATE INDEX behavioral_events_session_id_idx ON learning.behavioral_events USING btree (session_id);
CREATE INDEX behavioral_events_timestamp_idx ON learning.behavioral_events USING btree ("timestamp");
ALTER TABLE learning.behavioral_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.behavioral_events TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON learning.behavioral_events TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON learning.behavioral_events FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT INSERT, SELECT ON learning.behavioral_events TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.behavioral_events TO wavehouse_learning_worker;
COMMENT ON TABLE learning.behavioral_events IS 'An event of a learner with a piece, under the client''s own id. Archived once aggregated.';
COMMENT ON COLUMN learning.behavioral_events.id IS 'The client''s id of the event.';
COMMENT ON COLUMN learning.behavioral_events.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.behavioral_events.content_id IS 'The piece.';
COMMENT ON COLUMN learning.behavioral_events.event_type IS 'Kind of event.';
COMMENT ON COLUMN learning.behavioral_events."timestamp" IS 'When it happened.';
COMMENT ON COLUMN learning.behavioral_events.playback_position IS 'Position in seconds.';
COMMENT ON COLUMN learning.behavioral_events.playback_position_percent IS 'Position in per cent of the piece.';
COMMENT ON COLUMN learning.behavioral_events.duration IS 'Duration in seconds.';
COMMENT ON COLUMN learning.behavioral_events.session_id IS 'The session.';
COMMENT ON COLUMN learning.behavioral_events.content_characteristics IS 'Characteristics of the piece at that time.';
COMMENT ON COLUMN learning.behavioral_events.device_info IS 'The device.';
COMMENT ON COLUMN learning.behavioral_events.network_type IS 'Kind of network.';
COMMENT ON COLUMN learning.behavioral_events.context IS 'Further context.';
COMMENT ON COLUMN learning.behavioral_events.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE learning.content (
  id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  title character varying(500) NOT NULL,
  description text,
  text_content text NOT NULL,
  audio_url character varying(1000) NOT NULL,
  audio_format character varying(10) DEFAULT 'mp3'::character varying,
  audio_bitrate integer,
  audio_size bigint,
  format character varying(50) NOT NULL,
  genre character varying(100),
  sub_genre character varying(100),
  topic character varying(200),
  template_id character varying(255) NOT NULL,
  template_version character varying(50),
  difficulty character varying(50) NOT NULL,
  difficulty_score numeric(3,2),
  estimated_comprehension_level character varying(50),
  duration integer NOT NULL,
  word_count integer,
  model_parameters jsonb NOT NULL,
  generated_at timestamp with time zone NOT NULL,
  generated_by character varying(255),
  session_id character varying(255) NOT NULL,
  episode_number integer,
  series_id character varying(255),
  continuity_context text,
  related_content_ids text[],
  language character varying(10) DEFAULT 'it'::character varying,
  locale character varying(10),
  quality_score numeric(3,2),
  engagement_metrics jsonb,
  metadata jsonb,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  lexical_difficulty numeric(5,2),
  discourse_difficulty numeric(5,2),
  difficulty_method character varying(50),
  CONSTRAINT content_pkey PRIMARY KEY (id),
  CONSTRAINT content_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT content_audio_bitrate_check CHECK ((audio_bitrate > 0)),
  CONSTRAINT content_audio_size_check CHECK ((audio_size >= 0)),
  CONSTRAINT content_difficulty_check CHECK ((difficulty IN ('lexical-heavy', 'discourse-heavy'))),
  CONSTRAINT content_difficulty_method_check CHECK (((difficulty_method IS NOT NULL) OR ((lexical_difficulty IS NULL) AND (discourse_difficulty IS NULL)))),
  CONSTRAINT content_difficulty_score_check CHECK ((difficulty_score >= (0)::numeric)),
  CONSTRAINT content_discourse_difficulty_check CHECK ((discourse_difficulty >= (0)::numeric)),
  CONSTRAINT content_duration_check CHECK ((duration >= 0)),
  CONSTRAINT content_engagement_metrics_check CHECK ((jsonb_typeof(engagement_metrics) = 'object'::text)),
  CONSTRAINT content_episode_number_check CHECK ((episode_number > 0)),
  CONSTRAINT content_format_check CHECK ((format IN ('narrative', 'podcast', 'educational'))),
  CONSTRAINT content_lexical_difficulty_check CHECK ((lexical_difficulty >= (0)::numeric)),
  CONSTRAINT content_metadata_check CHECK ((jsonb_typeof(metadata) = 'object'::text)),
  CONSTRAINT content_model_parameters_check CHECK ((jsonb_typeof(model_parameters) = 'object'::text)),
  CONSTRAINT content_quality_score_check CHECK ((quality_score >= (0)::numeric)),
  CONSTRAINT content_word_count_check CHECK ((word_count >= 0))
);
CREATE INDEX content_difficulty_idx ON learning.content USING btree (difficulty);
CREATE INDEX content_format_idx ON learning.content USING btree (format);
CREATE INDEX content_generated_at_idx ON learning.content USING btree (generated_at);
CREATE INDEX content_genre_idx ON learning.content USING btree (genre);
CREATE INDEX content_organization_id_idx ON learning.content USING btree (organization_id);
CREATE INDEX content_series_id_idx ON learning.content USING btree (series_id) WHERE (series_id IS NOT NULL);
CREATE INDEX content_session_id_idx ON learning.content USING btree (session_id);
CREATE TRIGGER content_touch BEFORE UPDATE ON learning.content FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.content ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.content TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON learning.content TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON learning.content FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.content TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.content TO wavehouse_learning_worker;
COMMENT ON TABLE learning.content IS 'Texts with their audio, kept for ever.';
COMMENT ON COLUMN learning.content.id IS 'The content.';
COMMENT ON COLUMN learning.content.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.content.title IS 'Title.';
COMMENT ON COLUMN learning.content.description IS 'Description.';
COMMENT ON COLUMN learning.content.text_content IS 'The text that is spoken.';
COMMENT ON COLUMN learning.content.audio_url IS 'URL of the audio.';
COMMENT ON COLUMN learning.content.audio_format IS 'Format of the audio.';
COMMENT ON COLUMN learning.content.audio_bitrate IS 'Its bit rate in kbit/s.';
COMMENT ON COLUMN learning.content.audio_size IS 'Its size in bytes.';
COMMENT ON COLUMN learning.content.format IS 'Kind of piece.';
COMMENT ON COLUMN learning.content.genre IS 'Genre.';
COMMENT ON COLUMN learning.content.sub_genre IS 'Narrower genre.';
COMMENT ON COLUMN learning.content.topic IS 'Topic.';
COMMENT ON COLUMN learning.content.template_id IS 'The template it was made from.';
COMMENT ON COLUMN learning.content.template_version IS 'Version of the template.';
COMMENT ON COLUMN learning.content.difficulty IS 'What makes it difficult: its words or its discourse.';
COMMENT ON COLUMN learning.content.difficulty_score IS 'Difficulty score, by its method.';
COMMENT ON COLUMN learning.content.estimated_comprehension_level IS 'An estimate, never from fewer than 80 words.';
COMMENT ON COLUMN learning.content.duration IS 'Length in seconds.';
COMMENT ON COLUMN learning.content.word_count IS 'Number of words.';
COMMENT ON COLUMN learning.content.model_parameters IS 'Parameters of the model that generated it.';
COMMENT ON COLUMN learning.content.generated_at IS 'When it was generated.';
COMMENT ON COLUMN learning.content.generated_by IS 'The person or model that generated it.';
COMMENT ON COLUMN learning.content.session_id IS 'The session it was made for. Deliberately no foreign key: content outlives sessions.';
COMMENT ON COLUMN learning.content.episode_number IS 'Number within its series.';
COMMENT ON COLUMN learning.content.series_id IS 'The series.';
COMMENT ON COLUMN learning.content.continuity_context IS 'Summary of the earlier episodes of the series.';
COMMENT ON COLUMN learning.content.related_content_ids IS 'Ids of related pieces.';
COMMENT ON COLUMN learning.content.language IS 'Language code.';
COMMENT ON COLUMN learning.content.locale IS 'Regional variant of the language.';
COMMENT ON COLUMN learning.content.quality_score IS 'Quality score.';
COMMENT ON COLUMN learning.content.engagement_metrics IS 'Counters of its use; derived.';
COMMENT ON COLUMN learning.content.metadata IS 'Further facts that need no column of their own yet.';
COMMENT ON COLUMN learning.content.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.content.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN learning.content.lexical_difficulty IS 'Index of its words.';
COMMENT ON COLUMN learning.content.discourse_difficulty IS 'Index of its sentences.';
COMMENT ON COLUMN learning.content.difficulty_method IS 'Method and version of the two indices.';

CREATE TABLE learning.generation_status (
  generation_id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  session_id character varying(255) NOT NULL,
  status character varying(50) NOT NULL,
  content_id character varying(255),
  webhook_url character varying(1000),
  webhook_sent boolean DEFAULT false NOT NULL,
  error_message text,
  estimated_completion_time integer,
  started_at timestamp with time zone NOT NULL,
  completed_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT generation_status_pkey PRIMARY KEY (generation_id),
  CONSTRAINT generation_status_completed_check CHECK ((((status)::text <> 'completed'::text) OR (completed_at IS NOT NULL))),
  CONSTRAINT generation_status_estimated_completion_time_check CHECK ((estimated_completion_time >= 0)),
  CONSTRAINT generation_status_failed_check CHECK ((((status)::text <> 'failed'::text) OR (error_message IS NOT NULL))),
  CONSTRAINT generation_status_status_check CHECK ((status IN ('generating', 'processing', 'completed', 'failed')))
);
CREATE INDEX generation_status_content_id_idx ON learning.generation_status USING btree (content_id);
CREATE INDEX generation_status_organization_id_idx ON learning.generation_status USING btree (organization_id);
CREATE INDEX generation_status_session_id_idx ON learning.generation_status USING btree (session_id);
CREATE INDEX generation_status_started_at_idx ON learning.generation_status USING btree (started_at);
CREATE INDEX generation_status_status_idx ON learning.generation_status USING btree (status);
CREATE TRIGGER generation_status_content_insert BEFORE INSERT ON learning.generation_status FOR EACH ROW WHEN ((((new.status)::text = 'completed'::text) AND (new.content_id IS NULL))) EXECUTE FUNCTION learning.require_content();
CREATE TRIGGER generation_status_content_update BEFORE UPDATE ON learning.generation_status FOR EACH ROW WHEN ((((new.status)::text = 'completed'::text) AND ((old.status)::text <> 'completed'::text) AND (new.content_id IS NULL))) EXECUTE FUNCTION learning.require_content();
CREATE TRIGGER generation_status_touch BEFORE UPDATE ON learning.generation_status FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.generation_status ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.generation_status TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON learning.generation_status TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON learning.generation_status FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT INSERT, SELECT, UPDATE ON learning.generation_status TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.generation_status TO wavehouse_learning_worker;
COMMENT ON TABLE learning.generation_status IS 'A request for a new piece, in the four states that clients see.';
COMMENT ON COLUMN learning.generation_status.generation_id IS 'The request.';
COMMENT ON COLUMN learning.generation_status.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.generation_status.session_id IS 'The session.';
COMMENT ON COLUMN learning.generation_status.status IS 'Status.';
COMMENT ON COLUMN learning.generation_status.content_id IS 'The generated piece.';
COMMENT ON COLUMN learning.generation_status.webhook_url IS 'URL to notify.';
COMMENT ON COLUMN learning.generation_status.webhook_sent IS 'Whether the webhook was sent.';
COMMENT ON COLUMN learning.generation_status.error_message IS 'Error message of a failure.';
COMMENT ON COLUMN learning.generation_status.estimated_completion_time IS 'Estimated seconds to completion.';
COMMENT ON COLUMN learning.generation_status.started_at IS 'Start.';
COMMENT ON COLUMN learning.generation_status.completed_at IS 'End.';
COMMENT ON COLUMN learning.generation_status.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.generation_status.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.learner_counters (
  learner_id uuid NOT NULL,
  bucket date NOT NULL,
  organization_id uuid NOT NULL,
  outcomes integer[] NOT NULL,
  preferences jsonb DEFAULT '{}'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT learner_counters_pkey PRIMARY KEY (learner_id, bucket),
  CONSTRAINT learner_counters_bucket_check CHECK ((bucket = (date_trunc('month'::text, (bucket)::timestamp without time zone))::date)),
  CONSTRAINT learner_counters_outcomes_check CHECK (((cardinality(outcomes) = 60) AND (0 <= ALL (outcomes)))),
  CONSTRAINT learner_counters_preferences_check CHECK ((jsonb_typeof(preferences) = 'object'::text))
);
CREATE INDEX learner_counters_organization_id_idx ON learning.learner_counters USING btree (organization_id);
CREATE TRIGGER learner_counters_touch BEFORE UPDATE ON learning.learner_counters FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.learner_counters ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.learner_counters TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON learning.learner_counters TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON learning.learner_counters FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT INSERT, SELECT, UPDATE ON learning.learner_counters TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.learner_counters TO wavehouse_learning_worker;
COMMENT ON TABLE learning.learner_counters IS 'The learner''s state: integers only, so that any order of events gives the same (L1).';
COMMENT ON COLUMN learning.learner_counters.learner_id IS 'The learner.';
COMMENT ON COLUMN learning.learner_counters.bucket IS 'The month the outcomes are of.';
COMMENT ON COLUMN learning.learner_counters.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.learner_counters.outcomes IS '12 bins of difficulty by 5 classes of outcome.';
COMMENT ON COLUMN learning.learner_counters.preferences IS 'Likes and dislikes counted per feature value.';
COMMENT ON COLUMN learning.learner_counters.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.learner_counters.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.learner_model_state (
  session_id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  preference_weights jsonb NOT NULL,
  comprehension_level numeric(3,2) NOT NULL,
  comprehension_sd numeric(4,3),
  content_type_preferences jsonb NOT NULL,
  difficulty_adjustment numeric(5,2) DEFAULT 0 NOT NULL,
  last_updated timestamp with time zone NOT NULL,
  data_points integer DEFAULT 0 NOT NULL,
  model_version character varying(50),
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT learner_model_state_pkey PRIMARY KEY (session_id),
  CONSTRAINT learner_model_state_comprehension_level_check CHECK (((comprehension_level >= (0)::numeric) AND (comprehension_level <= (1)::numeric))),
  CONSTRAINT learner_model_state_comprehension_sd_check CHECK ((comprehension_sd >= (0)::numeric)),
  CONSTRAINT learner_model_state_content_type_preferences_check CHECK ((jsonb_typeof(content_type_preferences) = 'object'::text)),
  CONSTRAINT learner_model_state_data_points_check CHECK ((data_points >= 0)),
  CONSTRAINT learner_model_state_preference_weights_check CHECK ((jsonb_typeof(preference_weights) = 'object'::text))
);
CREATE INDEX learner_model_state_last_updated_idx ON learning.learner_model_state USING btree (last_updated);
CREATE INDEX learner_model_state_organization_id_idx ON learning.learner_model_state USING btree (organization_id);
CREATE TRIGGER learner_model_state_touch BEFORE UPDATE ON learning.learner_model_state FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.learner_model_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.learner_model_state TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON learning.learner_model_state TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON learning.learner_model_state FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT INSERT, SELECT, UPDATE ON learning.learner_model_state TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.learner_model_state TO wavehouse_learning_worker;
COMMENT ON TABLE learning.learner_model_state IS 'The model''s state for a session: a projection of the learner''s counters.';
COMMENT ON COLUMN learning.learner_model_state.session_id IS 'The session.';
COMMENT ON COLUMN learning.learner_model_state.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.learner_model_state.preference_weights IS 'Shrunk log-odds per feature.';
COMMENT ON COLUMN learning.learner_model_state.comprehension_level IS 'Estimated comprehension, 0 to 1.';
COMMENT ON COLUMN learning.learner_model_state.comprehension_sd IS 'Standard deviation of that estimate.';
COMMENT ON COLUMN learning.learner_model_state.content_type_preferences IS 'Shares of narrative, podcast and educational.';
COMMENT ON COLUMN learning.learner_model_state.difficulty_adjustment IS 'Difficulty points times 100 towards 85 % understood.';
COMMENT ON COLUMN learning.learner_model_state.last_updated IS 'When it was last projected.';
COMMENT ON COLUMN learning.learner_model_state.data_points IS 'Outcomes that went into it.';
COMMENT ON COLUMN learning.learner_model_state.model_version IS 'Version of the model''s parameters.';
COMMENT ON COLUMN learning.learner_model_state.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.learner_model_state.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.learners (
  learner_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  kind text DEFAULT 'anonymous'::text NOT NULL,
  account_id character varying(255),
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT learners_pkey PRIMARY KEY (learner_id),
  CONSTRAINT learners_organization_id_learner_id_key UNIQUE (organization_id, learner_id),
  CONSTRAINT learners_account_check CHECK (((kind = 'account'::text) = (account_id IS NOT NULL))),
  CONSTRAINT learners_kind_check CHECK ((kind IN ('account', 'anonymous')))
);
CREATE UNIQUE INDEX learners_organization_id_account_id_key ON learning.learners USING btree (organization_id, account_id) WHERE (account_id IS NOT NULL);
CREATE INDEX learners_organization_id_idx ON learning.learners USING btree (organization_id);
CREATE TRIGGER learners_touch BEFORE UPDATE ON learning.learners FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.learners ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.learners TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON learning.learners TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON learning.learners FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.learners TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.learners TO wavehouse_learning_worker;
COMMENT ON TABLE learning.learners IS 'A learner: counters belong to the learner, so that archiving a session forgets nothing.';
COMMENT ON COLUMN learning.learners.learner_id IS 'The learner.';
COMMENT ON COLUMN learning.learners.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.learners.kind IS 'account or anonymous.';
COMMENT ON COLUMN learning.learners.account_id IS 'Id of the account; opaque in this database.';
COMMENT ON COLUMN learning.learners.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.learners.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.like_engagement (
  content_id character varying(255) NOT NULL,
  session_id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  liked boolean DEFAULT false NOT NULL,
  liked_at timestamp with time zone,
  unliked_at timestamp with time zone,
  reaction_type character varying(50),
  content_characteristics jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT like_engagement_pkey PRIMARY KEY (content_id, session_id),
  CONSTRAINT like_engagement_content_characteristics_check CHECK ((jsonb_typeof(content_characteristics) = 'object'::text)),
  CONSTRAINT like_engagement_liked_at_check CHECK (((NOT liked) OR (liked_at IS NOT NULL))),
  CONSTRAINT like_engagement_reaction_type_check CHECK ((reaction_type IN ('like', 'love', 'favorite')))
);
CREATE INDEX like_engagement_content_characteristics_idx ON learning.like_engagement USING gin (content_characteristics);
CREATE INDEX like_engagement_liked_idx ON learning.like_engagement USING btree (liked) WHERE liked;
CREATE INDEX like_engagement_organization_id_idx ON learning.like_engagement USING btree (organization_id);
CREATE INDEX like_engagement_session_id_idx ON learning.like_engagement USING btree (session_id);
CREATE TRIGGER like_engagement_touch BEFORE UPDATE ON learning.like_engagement FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.like_engagement ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.like_engagement TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON learning.like_engagement TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON learning.like_engagement FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.like_engagement TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.like_engagement TO wavehouse_learning_worker;
COMMENT ON TABLE learning.like_engagement IS 'Whether a piece is liked in a session.';
COMMENT ON COLUMN learning.like_engagement.content_id IS 'The piece.';
COMMENT ON COLUMN learning.like_engagement.session_id IS 'The session.';
COMMENT ON COLUMN learning.like_engagement.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.like_engagement.liked IS 'Whether it is liked now.';
COMMENT ON COLUMN learning.like_engagement.liked_at IS 'When it was last liked.';
COMMENT ON COLUMN learning.like_engagement.unliked_at IS 'When the like was last withdrawn.';
COMMENT ON COLUMN learning.like_engagement.reaction_type IS 'Kind of reaction.';
COMMENT ON COLUMN learning.like_engagement.content_characteristics IS 'Characteristics of the piece at that time.';
COMMENT ON COLUMN learning.like_engagement.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.like_engagement.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.recommendations (
  recommendation_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  learner_id uuid NOT NULL,
  slot integer NOT NULL,
  content_id character varying(255) NOT NULL,
  candidates jsonb NOT NULL,
  propensity numeric(9,8) NOT NULL,
  reasons jsonb NOT NULL,
  model_version character varying(50) NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  CONSTRAINT recommendations_pkey PRIMARY KEY (recommendation_id),
  CONSTRAINT recommendations_learner_id_slot_model_version_key UNIQUE (learner_id, slot, model_version),
  CONSTRAINT recommendations_candidates_check CHECK ((jsonb_typeof(candidates) = 'array'::text)),
  CONSTRAINT recommendations_propensity_check CHECK (((propensity > (0)::numeric) AND (propensity <= (1)::numeric))),
  CONSTRAINT recommendations_reasons_check CHECK (((jsonb_typeof(reasons) = 'array'::text) AND (jsonb_array_length(reasons) > 0))),
  CONSTRAINT recommendations_slot_check CHECK ((slot >= 0))
);
CREATE INDEX recommendations_content_id_idx ON learning.recommendations USING btree (content_id);
CREATE INDEX recommendations_organization_id_idx ON learning.recommendations USING btree (organization_id);
ALTER TABLE learning.recommendations ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.recommendations TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON learning.recommendations TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON learning.recommendations FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT INSERT, SELECT ON learning.recommendations TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.recommendations TO wavehouse_learning_worker;
COMMENT ON TABLE learning.recommendations IS 'A recommendation with its candidates, propensity and reasons, so that it can be replayed (L15).';
COMMENT ON COLUMN learning.recommendations.recommendation_id IS 'The decision.';
COMMENT ON COLUMN learning.recommendations.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.recommendations.learner_id IS 'The learner.';
COMMENT ON COLUMN learning.recommendations.slot IS 'Number of the decision, counted per learner.';
COMMENT ON COLUMN learning.recommendations.content_id IS 'The recommended piece.';
COMMENT ON COLUMN learning.recommendations.candidates IS 'Candidates with their scores.';
COMMENT ON COLUMN learning.recommendations.propensity IS 'The chance that it was chosen.';
COMMENT ON COLUMN learning.recommendations.reasons IS 'Reasons of the recommendation.';
COMMENT ON COLUMN learning.recommendations.model_version IS 'Version of the model''s parameters.';
COMMENT ON COLUMN learning.recommendations.decided_at IS 'When it happened.';

CREATE TABLE learning.sessions (
  id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  learner_id uuid,
  started_at timestamp with time zone NOT NULL,
  last_activity_at timestamp with time zone NOT NULL,
  content_ids text[] DEFAULT '{}'::text[] NOT NULL,
  current_content_id character varying(255),
  total_listening_time integer DEFAULT 0 NOT NULL,
  archived_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_organization_id_id_key UNIQUE (organization_id, id),
  CONSTRAINT sessions_activity_check CHECK ((last_activity_at >= started_at)),
  CONSTRAINT sessions_total_listening_time_check CHECK ((total_listening_time >= 0))
);
CREATE INDEX sessions_last_activity_at_idx ON learning.sessions USING btree (last_activity_at);
CREATE INDEX sessions_learner_id_idx ON learning.sessions USING btree (learner_id);
CREATE INDEX sessions_organization_id_idx ON learning.sessions USING btree (organization_id);
CREATE INDEX sessions_started_at_idx ON learning.sessions USING btree (started_at);
CREATE TRIGGER sessions_touch BEFORE UPDATE ON learning.sessions FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.sessions TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON learning.sessions TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON learning.sessions FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.sessions TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.sessions TO wavehouse_learning_worker;
COMMENT ON TABLE learning.sessions IS 'A stretch of listening; archived after inactivity.';
COMMENT ON COLUMN learning.sessions.id IS 'The session.';
COMMENT ON COLUMN learning.sessions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.sessions.learner_id IS 'The learner.';
COMMENT ON COLUMN learning.sessions.started_at IS 'Start.';
COMMENT ON COLUMN learning.sessions.last_activity_at IS 'Last activity.';
COMMENT ON COLUMN learning.sessions.content_ids IS 'Ids of the pieces that were played, in order.';
COMMENT ON COLUMN learning.sessions.current_content_id IS 'The piece that is playing.';
COMMENT ON COLUMN learning.sessions.total_listening_time IS 'Seconds listened.';
COMMENT ON COLUMN learning.sessions.archived_at IS 'When its raw events were aggregated and removed.';
COMMENT ON COLUMN learning.sessions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.sessions.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE learning.user_preferences (
  id character varying(255) NOT NULL,
  organization_id uuid NOT NULL,
  session_id character varying(255),
  difficulty_preference character varying(50) NOT NULL,
  preferred_formats text[] DEFAULT '{}'::text[] NOT NULL,
  preferred_genres text[] DEFAULT '{}'::text[] NOT NULL,
  playback_speed numeric(3,2) DEFAULT 1.0 NOT NULL,
  auto_play boolean DEFAULT true NOT NULL,
  last_updated timestamp with time zone NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT user_preferences_pkey PRIMARY KEY (id),
  CONSTRAINT user_preferences_difficulty_preference_check CHECK ((difficulty_preference IN ('beginner', 'intermediate', 'advanced'))),
  CONSTRAINT user_preferences_playback_speed_check CHECK ((playback_speed > (0)::numeric)),
  CONSTRAINT user_preferences_version_check CHECK ((version > 0))
);
CREATE INDEX user_preferences_organization_id_idx ON learning.user_preferences USING btree (organization_id);
CREATE INDEX user_preferences_session_id_idx ON learning.user_preferences USING btree (session_id) WHERE (session_id IS NOT NULL);
CREATE TRIGGER user_preferences_touch BEFORE UPDATE ON learning.user_preferences FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.user_preferences ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON learning.user_preferences TO wavehouse_learning_worker USING (true);
CREATE POLICY tenant ON learning.user_preferences TO wavehouse_learning_app USING ((organization_id = learning.current_organization()));
REVOKE ALL ON learning.user_preferences FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.user_preferences TO wavehouse_learning_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON learning.user_preferences TO wavehouse_learning_worker;
COMMENT ON TABLE learning.user_preferences IS 'Settings of a learner; by session now, by user later.';
COMMENT ON COLUMN learning.user_preferences.id IS 'The session''s id now, the user''s later.';
COMMENT ON COLUMN learning.user_preferences.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.user_preferences.session_id IS 'The session it was set in.';
COMMENT ON COLUMN learning.user_preferences.difficulty_preference IS 'Level that the learner chose.';
COMMENT ON COLUMN learning.user_preferences.preferred_formats IS 'Preferred formats.';
COMMENT ON COLUMN learning.user_preferences.preferred_genres IS 'Preferred genres.';
COMMENT ON COLUMN learning.user_preferences.playback_speed IS 'Playback speed.';
COMMENT ON COLUMN learning.user_preferences.auto_play IS 'Whether the next piece starts by itself.';
COMMENT ON COLUMN learning.user_preferences.last_updated IS 'When a setting last changed.';
COMMENT ON COLUMN learning.user_preferences.version IS 'Grows with every change.';
COMMENT ON COLUMN learning.user_preferences.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.user_preferences.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE queue.jobs (
  job_id uuid DEFAULT uuidv7() NOT NULL,
  kind text NOT NULL,
  unique_key text,
  lane smallint DEFAULT 1 NOT NULL,
  status text DEFAULT 'pending'::text NOT NULL,
  run_at timestamp with time zone NOT NULL,
  payload jsonb DEFAULT '{}'::jsonb NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  max_attempts integer DEFAULT 5 NOT NULL,
  errors jsonb DEFAULT '[]'::jsonb NOT NULL,
  lease_token uuid,
  worker_id uuid,
  claimed_at timestamp with time zone,
  deadline_at timestamp with time zone,
  cancel_requested_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT jobs_pkey PRIMARY KEY (job_id),
  CONSTRAINT jobs_attempts_check CHECK ((attempts >= 0)),
  CONSTRAINT jobs_claim_check CHECK ((((lease_token IS NULL) = (worker_id IS NULL)) AND ((lease_token IS NULL) = (claimed_at IS NULL)))),
  CONSTRAINT jobs_errors_check CHECK ((jsonb_typeof(errors) = 'array'::text)),
  CONSTRAINT jobs_kind_check CHECK ((kind ~ '^[a-z_]+[.][a-z_]+$'::text)),
  CONSTRAINT jobs_lane_check CHECK ((lane IN (0, 1, 2))),
  CONSTRAINT jobs_lease_check CHECK (((status = 'running'::text) = (lease_token IS NOT NULL))),
  CONSTRAINT jobs_max_attempts_check CHECK ((max_attempts > 0)),
  CONSTRAINT jobs_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text)),
  CONSTRAINT jobs_status_check CHECK ((status IN ('pending', 'running', 'blocked_budget')))
) WITH (fillfactor=80, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);
CREATE INDEX jobs_claim_idx ON queue.jobs USING btree (lane, run_at, job_id) WHERE (status = 'pending'::text);
CREATE UNIQUE INDEX jobs_live_key ON queue.jobs USING btree (kind, unique_key) WHERE (unique_key IS NOT NULL);
CREATE INDEX jobs_worker_id_idx ON queue.jobs USING btree (worker_id) WHERE (status = 'running'::text);
CREATE TRIGGER jobs_touch BEFORE UPDATE ON queue.jobs FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE queue.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.jobs TO wavehouse_learning_worker USING (true);
REVOKE ALL ON queue.jobs FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.jobs TO wavehouse_learning_worker;
COMMENT ON TABLE queue.jobs IS 'Live jobs only; finished ones move to jobs_done in the statement that finishes them.';
COMMENT ON COLUMN queue.jobs.job_id IS 'The job.';
COMMENT ON COLUMN queue.jobs.kind IS 'What to do: context and use case.';
COMMENT ON COLUMN queue.jobs.unique_key IS 'While live, only one job of its kind has this key.';
COMMENT ON COLUMN queue.jobs.lane IS '0 interactive, 1 scheduled, 2 backfill (Q10).';
COMMENT ON COLUMN queue.jobs.status IS 'Live states; every other is an end.';
COMMENT ON COLUMN queue.jobs.run_at IS 'From when it may be claimed; never before it was inserted (Q12).';
COMMENT ON COLUMN queue.jobs.payload IS 'What the handler needs; identifiers, not personal data.';
COMMENT ON COLUMN queue.jobs.attempts IS 'Counted at claim, so a job that kills its process ends too (Q17).';
COMMENT ON COLUMN queue.jobs.max_attempts IS 'Then it is dead.';
COMMENT ON COLUMN queue.jobs.errors IS 'One entry per failed attempt.';
COMMENT ON COLUMN queue.jobs.lease_token IS 'Random; every write after the claim must carry it (Q15).';
COMMENT ON COLUMN queue.jobs.worker_id IS 'Who runs it. No foreign key: a worker''s row leaves while its lease is judged.';
COMMENT ON COLUMN queue.jobs.claimed_at IS 'When the running attempt was claimed.';
COMMENT ON COLUMN queue.jobs.deadline_at IS 'When the running attempt is cut off.';
COMMENT ON COLUMN queue.jobs.cancel_requested_at IS 'Seen by the worker at its next heartbeat (Q22).';
COMMENT ON COLUMN queue.jobs.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN queue.jobs.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE queue.jobs_done (
  finished_at timestamp with time zone NOT NULL,
  job_id uuid NOT NULL,
  kind text NOT NULL,
  lane smallint NOT NULL,
  status text NOT NULL,
  run_at timestamp with time zone NOT NULL,
  claimed_at timestamp with time zone,
  attempts integer NOT NULL,
  payload jsonb DEFAULT '{}'::jsonb NOT NULL,
  errors jsonb DEFAULT '[]'::jsonb NOT NULL,
  worker_id uuid,
  CONSTRAINT jobs_done_pkey PRIMARY KEY (finished_at, job_id),
  CONSTRAINT jobs_done_attempts_check CHECK ((attempts >= 0)),
  CONSTRAINT jobs_done_lane_check CHECK ((lane IN (0, 1, 2))),
  CONSTRAINT jobs_done_status_check CHECK ((status IN ('done', 'failed', 'dead', 'cancelled')))
) PARTITION BY RANGE (finished_at);
CREATE INDEX jobs_done_dead_idx ON queue.jobs_done USING btree (finished_at) WHERE (status = 'dead'::text);
CREATE INDEX jobs_done_job_id_idx ON queue.jobs_done USING btree (job_id);
ALTER TABLE queue.jobs_done ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.jobs_done TO wavehouse_learning_worker USING (true);
REVOKE ALL ON queue.jobs_done FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.jobs_done TO wavehouse_learning_worker;
COMMENT ON TABLE queue.jobs_done IS 'Finished jobs, kept 90 days; retention drops a month at a time.';
COMMENT ON COLUMN queue.jobs_done.finished_at IS 'When it ended; the month it lies in.';
COMMENT ON COLUMN queue.jobs_done.job_id IS 'The job.';
COMMENT ON COLUMN queue.jobs_done.kind IS 'What was done.';
COMMENT ON COLUMN queue.jobs_done.lane IS '0 interactive, 1 scheduled, 2 backfill.';
COMMENT ON COLUMN queue.jobs_done.status IS 'How it ended.';
COMMENT ON COLUMN queue.jobs_done.run_at IS 'When it was due.';
COMMENT ON COLUMN queue.jobs_done.claimed_at IS 'When its last attempt was claimed.';
COMMENT ON COLUMN queue.jobs_done.attempts IS 'How many attempts there were.';
COMMENT ON COLUMN queue.jobs_done.payload IS 'Kept for requeueing a dead job.';
COMMENT ON COLUMN queue.jobs_done.errors IS 'One entry per failed attempt.';
COMMENT ON COLUMN queue.jobs_done.worker_id IS 'Who ran the last attempt.';

CREATE TABLE queue.leader (
  "single" boolean DEFAULT true NOT NULL,
  term bigint NOT NULL,
  holder uuid NOT NULL,
  acquired_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT leader_pkey PRIMARY KEY (single),
  CONSTRAINT leader_expiry_check CHECK ((expires_at > acquired_at)),
  CONSTRAINT leader_single_check CHECK (single),
  CONSTRAINT leader_term_check CHECK ((term > 0))
);
ALTER TABLE queue.leader ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.leader TO wavehouse_learning_worker USING (true);
REVOKE ALL ON queue.leader FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.leader TO wavehouse_learning_worker;
COMMENT ON TABLE queue.leader IS 'At most one row: who plans, rescues and sweeps. Every write of a leader carries its term (Q26).';
COMMENT ON COLUMN queue.leader."single" IS 'Always true, so that there is one row.';
COMMENT ON COLUMN queue.leader.term IS 'Grows by one with every leader.';
COMMENT ON COLUMN queue.leader.holder IS 'The worker that leads.';
COMMENT ON COLUMN queue.leader.acquired_at IS 'Since when.';
COMMENT ON COLUMN queue.leader.expires_at IS 'Until when, unless renewed.';

CREATE TABLE queue.outbox (
  outbox_id uuid DEFAULT uuidv7() NOT NULL,
  event_type text NOT NULL,
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  payload jsonb DEFAULT '{}'::jsonb NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  dispatched_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (outbox_id),
  CONSTRAINT outbox_event_type_check CHECK ((event_type ~ '^[a-z_]+([.][a-z_]+)+$'::text)),
  CONSTRAINT outbox_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text))
);
CREATE INDEX outbox_open_idx ON queue.outbox USING btree (outbox_id) WHERE (dispatched_at IS NULL);
ALTER TABLE queue.outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.outbox TO wavehouse_learning_worker USING (true);
REVOKE ALL ON queue.outbox FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.outbox TO wavehouse_learning_worker;
COMMENT ON TABLE queue.outbox IS 'Events written in the transaction of what they tell of, and dispatched afterwards.';
COMMENT ON COLUMN queue.outbox.outbox_id IS 'The event; a webhook''s id, the same over retries.';
COMMENT ON COLUMN queue.outbox.event_type IS 'What happened.';
COMMENT ON COLUMN queue.outbox.subject_type IS 'The kind of thing it happened to.';
COMMENT ON COLUMN queue.outbox.subject_id IS 'Which one.';
COMMENT ON COLUMN queue.outbox.payload IS 'Thin: identifiers, to be looked up.';
COMMENT ON COLUMN queue.outbox.occurred_at IS 'When it happened.';
COMMENT ON COLUMN queue.outbox.dispatched_at IS 'When it was handed on.';
COMMENT ON COLUMN queue.outbox.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE queue.schedules (
  schedule_id uuid DEFAULT uuidv7() NOT NULL,
  name text NOT NULL,
  cron text NOT NULL,
  kind text NOT NULL,
  payload jsonb DEFAULT '{}'::jsonb NOT NULL,
  is_active boolean DEFAULT true NOT NULL,
  last_run_at timestamp with time zone,
  next_run_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT schedules_pkey PRIMARY KEY (schedule_id),
  CONSTRAINT schedules_name_key UNIQUE (name),
  CONSTRAINT schedules_cron_check CHECK ((cron ~ '^([^ ]+ ){4}[^ ]+$'::text)),
  CONSTRAINT schedules_kind_check CHECK ((kind ~ '^[a-z_]+[.][a-z_]+$'::text)),
  CONSTRAINT schedules_name_check CHECK ((name <> ''::text)),
  CONSTRAINT schedules_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text))
);
CREATE INDEX schedules_next_run_at_idx ON queue.schedules USING btree (next_run_at) WHERE is_active;
CREATE TRIGGER schedules_touch BEFORE UPDATE ON queue.schedules FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE queue.schedules ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.schedules TO wavehouse_learning_worker USING (true);
REVOKE ALL ON queue.schedules FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.schedules TO wavehouse_learning_worker;
COMMENT ON TABLE queue.schedules IS 'Internal work by cron expression in UTC (Q8); creators'' cadences are studio''s.';
COMMENT ON COLUMN queue.schedules.schedule_id IS 'The schedule.';
COMMENT ON COLUMN queue.schedules.name IS 'What operators call it.';
COMMENT ON COLUMN queue.schedules.cron IS 'Five fields, in UTC.';
COMMENT ON COLUMN queue.schedules.kind IS 'The job it makes.';
COMMENT ON COLUMN queue.schedules.payload IS 'What the job gets.';
COMMENT ON COLUMN queue.schedules.is_active IS 'Whether it makes jobs.';
COMMENT ON COLUMN queue.schedules.last_run_at IS 'When it last made one.';
COMMENT ON COLUMN queue.schedules.next_run_at IS 'When it makes the next.';
COMMENT ON COLUMN queue.schedules.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN queue.schedules.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE queue.workers (
  worker_id uuid NOT NULL,
  name text NOT NULL,
  pid integer NOT NULL,
  lanes smallint[] NOT NULL,
  release text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  heartbeat_at timestamp with time zone NOT NULL,
  draining boolean DEFAULT false NOT NULL,
  CONSTRAINT workers_pkey PRIMARY KEY (worker_id),
  CONSTRAINT workers_heartbeat_check CHECK ((heartbeat_at >= started_at)),
  CONSTRAINT workers_lanes_check CHECK ((cardinality(lanes) > 0)),
  CONSTRAINT workers_name_check CHECK ((name <> ''::text)),
  CONSTRAINT workers_pid_check CHECK ((pid > 0))
) WITH (fillfactor=50);
ALTER TABLE queue.workers ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.workers TO wavehouse_learning_worker USING (true);
REVOKE ALL ON queue.workers FROM wavehouse_learning_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.workers TO wavehouse_learning_worker;
COMMENT ON TABLE queue.workers IS 'One heartbeat row per worker process; no index on the heartbeat, so that its update stays in place (Q14).';
COMMENT ON COLUMN queue.workers.worker_id IS 'The worker process.';
COMMENT ON COLUMN queue.workers.name IS 'What operators call it.';
COMMENT ON COLUMN queue.workers.pid IS 'Its process id on its machine.';
COMMENT ON COLUMN queue.workers.lanes IS 'The lanes it claims from.';
COMMENT ON COLUMN queue.workers.release IS 'The release it runs.';
COMMENT ON COLUMN queue.workers.started_at IS 'When it began.';
COMMENT ON COLUMN queue.workers.heartbeat_at IS 'Written every 10 s; dead after 45 s.';
COMMENT ON COLUMN queue.workers.draining IS 'It finishes what it has and claims no more (Q24).';

CREATE TABLE schema_ops.approvals (
  approval_id uuid DEFAULT uuidv7() NOT NULL,
  change_set_root bytea NOT NULL,
  plan_hash bytea NOT NULL,
  target text NOT NULL,
  approver text NOT NULL,
  key_id text NOT NULL,
  decision text NOT NULL,
  reason text NOT NULL,
  statement jsonb NOT NULL,
  signature bytea NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  CONSTRAINT approvals_pkey PRIMARY KEY (approval_id),
  CONSTRAINT approvals_change_set_root_plan_hash_target_key_id_key UNIQUE (change_set_root, plan_hash, target, key_id),
  CONSTRAINT approvals_approver_check CHECK ((approver <> ''::text)),
  CONSTRAINT approvals_change_set_root_check CHECK ((length(change_set_root) = 32)),
  CONSTRAINT approvals_decision_check CHECK ((decision IN ('approved', 'rejected'))),
  CONSTRAINT approvals_expiry_check CHECK ((expires_at > decided_at)),
  CONSTRAINT approvals_key_id_check CHECK ((key_id <> ''::text)),
  CONSTRAINT approvals_plan_hash_check CHECK ((length(plan_hash) = 32)),
  CONSTRAINT approvals_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT approvals_signature_check CHECK (((length(signature) >= 32) AND (length(signature) <= 16384))),
  CONSTRAINT approvals_statement_check CHECK ((jsonb_typeof(statement) = 'object'::text)),
  CONSTRAINT approvals_target_check CHECK ((target <> ''::text))
);
CREATE INDEX approvals_target_decided_at_idx ON schema_ops.approvals USING btree (target, decided_at DESC);
ALTER TABLE schema_ops.approvals ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON schema_ops.approvals TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE schema_ops.approvals IS 'Signed decisions on a change set; an approval holds for one plan on one target.';
COMMENT ON COLUMN schema_ops.approvals.approval_id IS 'The approval.';
COMMENT ON COLUMN schema_ops.approvals.change_set_root IS 'Merkle root over the files that are approved.';
COMMENT ON COLUMN schema_ops.approvals.plan_hash IS 'Hash of the plan with its measured locks and lint result.';
COMMENT ON COLUMN schema_ops.approvals.target IS 'The environment the approval is for.';
COMMENT ON COLUMN schema_ops.approvals.approver IS 'Who decided, by the name in the list of approvers.';
COMMENT ON COLUMN schema_ops.approvals.key_id IS 'Fingerprint of the key that signed.';
COMMENT ON COLUMN schema_ops.approvals.decision IS 'What was decided.';
COMMENT ON COLUMN schema_ops.approvals.reason IS 'Why, in the approver''s words.';
COMMENT ON COLUMN schema_ops.approvals.statement IS 'The canonical statement that was signed.';
COMMENT ON COLUMN schema_ops.approvals.signature IS 'Signature over the statement, in the form of the key''s type (Ed25519, ECDSA, RSA, SSH).';
COMMENT ON COLUMN schema_ops.approvals.decided_at IS 'When it was decided.';
COMMENT ON COLUMN schema_ops.approvals.expires_at IS 'From when on it no longer counts.';
COMMENT ON COLUMN schema_ops.approvals.used_at IS 'When an apply relied on it.';

CREATE TABLE schema_ops.backfills (
  backfill_id uuid DEFAULT uuidv7() NOT NULL,
  version text NOT NULL,
  name text NOT NULL,
  status text DEFAULT 'pending'::text NOT NULL,
  upper_bound text,
  last_key text,
  rows_done bigint DEFAULT 0 NOT NULL,
  batch_size integer NOT NULL,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  error text,
  CONSTRAINT backfills_pkey PRIMARY KEY (backfill_id),
  CONSTRAINT backfills_version_name_key UNIQUE (version, name),
  CONSTRAINT backfills_batch_size_check CHECK ((batch_size > 0)),
  CONSTRAINT backfills_done_check CHECK (((status = 'done'::text) = (finished_at IS NOT NULL))),
  CONSTRAINT backfills_name_check CHECK ((name <> ''::text)),
  CONSTRAINT backfills_rows_done_check CHECK ((rows_done >= 0)),
  CONSTRAINT backfills_status_check CHECK ((status IN ('pending', 'running', 'paused', 'done', 'failed')))
);
ALTER TABLE schema_ops.backfills ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON schema_ops.backfills TO wavehouse_learning_worker USING (true);
COMMENT ON TABLE schema_ops.backfills IS 'Progress of backfills in batches, written in the transaction of each batch: a killed one resumes.';
COMMENT ON COLUMN schema_ops.backfills.backfill_id IS 'The backfill.';
COMMENT ON COLUMN schema_ops.backfills.version IS 'The migration it belongs to.';
COMMENT ON COLUMN schema_ops.backfills.name IS 'Its name within the migration.';
COMMENT ON COLUMN schema_ops.backfills.status IS 'Where it stands.';
COMMENT ON COLUMN schema_ops.backfills.upper_bound IS 'The last key to do, frozen when it began.';
COMMENT ON COLUMN schema_ops.backfills.last_key IS 'The last key that is done.';
COMMENT ON COLUMN schema_ops.backfills.rows_done IS 'Rows done so far.';
COMMENT ON COLUMN schema_ops.backfills.batch_size IS 'Rows in the next batch; adapts to how long writers wait.';
COMMENT ON COLUMN schema_ops.backfills.started_at IS 'When the first batch began.';
COMMENT ON COLUMN schema_ops.backfills.finished_at IS 'When the last batch was committed.';
COMMENT ON COLUMN schema_ops.backfills.error IS 'What stopped it, without data of rows.';

CREATE TABLE schema_ops.history (
  version text NOT NULL,
  slug text NOT NULL,
  state text NOT NULL,
  checksum text NOT NULL,
  down_checksum text,
  applied_at timestamp with time zone NOT NULL,
  applied_by text NOT NULL,
  duration_ms bigint,
  runner_id uuid NOT NULL,
  backend_pid integer,
  logical_hash text,
  CONSTRAINT history_pkey PRIMARY KEY (version),
  CONSTRAINT history_logical_hash_check CHECK ((logical_hash ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT history_state_check CHECK ((state IN ('running', 'applied', 'rolling_back'))),
  CONSTRAINT history_version_check CHECK ((version ~ '^([0-9]+([.][0-9]+)*|R__.+)$'::text))
);
COMMENT ON TABLE schema_ops.history IS 'The migrations this database holds now: one row per applied version.';
COMMENT ON COLUMN schema_ops.history.version IS 'The migration''s version: the digits of its file name.';
COMMENT ON COLUMN schema_ops.history.slug IS 'The words of its file name.';
COMMENT ON COLUMN schema_ops.history.state IS 'Whether it is applied or half-way.';
COMMENT ON COLUMN schema_ops.history.checksum IS 'SHA-256 of the file''s text.';
COMMENT ON COLUMN schema_ops.history.down_checksum IS 'SHA-256 of its file down.';
COMMENT ON COLUMN schema_ops.history.applied_at IS 'When.';
COMMENT ON COLUMN schema_ops.history.applied_by IS 'By which login.';
COMMENT ON COLUMN schema_ops.history.duration_ms IS 'How long it took.';
COMMENT ON COLUMN schema_ops.history.runner_id IS 'The run of a command that did it.';
COMMENT ON COLUMN schema_ops.history.backend_pid IS 'The server''s process that did it.';
COMMENT ON COLUMN schema_ops.history.logical_hash IS 'SHA-256 of the schema as this version left it, without partitions.';

CREATE TABLE schema_ops.journal (
  journal_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  version text NOT NULL,
  slug text NOT NULL,
  direction text NOT NULL,
  event text NOT NULL,
  checksum text NOT NULL,
  happened_at timestamp with time zone NOT NULL,
  done_by text NOT NULL,
  duration_ms bigint,
  runner_id uuid NOT NULL,
  statement integer,
  actor text,
  change_set text,
  trace_id text,
  facts jsonb,
  CONSTRAINT journal_pkey PRIMARY KEY (journal_id),
  CONSTRAINT journal_change_set_check CHECK ((change_set ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT journal_direction_check CHECK ((direction IN ('up', 'down'))),
  CONSTRAINT journal_event_check CHECK ((event IN ('started', 'intent', 'statement', 'done'))),
  CONSTRAINT journal_trace_id_check CHECK ((trace_id ~ '^[0-9a-f]{32}$'::text))
);
COMMENT ON TABLE schema_ops.journal IS 'What runners did, in order and append-only: applied, rolled back, begun.';
COMMENT ON COLUMN schema_ops.journal.journal_id IS 'The event.';
COMMENT ON COLUMN schema_ops.journal.version IS 'The migration''s version: the digits of its file name.';
COMMENT ON COLUMN schema_ops.journal.slug IS 'The words of its file name.';
COMMENT ON COLUMN schema_ops.journal.direction IS 'Up or down.';
COMMENT ON COLUMN schema_ops.journal.event IS 'Begun or done.';
COMMENT ON COLUMN schema_ops.journal.checksum IS 'SHA-256 of the file''s text.';
COMMENT ON COLUMN schema_ops.journal.happened_at IS 'When.';
COMMENT ON COLUMN schema_ops.journal.done_by IS 'By which login.';
COMMENT ON COLUMN schema_ops.journal.duration_ms IS 'How long it took.';
COMMENT ON COLUMN schema_ops.journal.runner_id IS 'The run of a command that did it.';
COMMENT ON COLUMN schema_ops.journal.statement IS 'Which statement of a non-transactional file, counted from 1.';
COMMENT ON COLUMN schema_ops.journal.actor IS 'Who ran it, as the runner was told; done_by is the login of the database.';
COMMENT ON COLUMN schema_ops.journal.change_set IS 'Merkle root of all files of that run.';
COMMENT ON COLUMN schema_ops.journal.trace_id IS 'The trace of that run in the telemetry, or the runner''s own id.';
COMMENT ON COLUMN schema_ops.journal.facts IS 'What recover needs: settings of the session, objects by OID before a statement.';

ALTER TABLE audit.audit_commitments ADD CONSTRAINT audit_commitments_audit_id_fkey FOREIGN KEY (audit_id) REFERENCES audit.audit_log(audit_id) ON DELETE RESTRICT;

ALTER TABLE audit.audit_leaves ADD CONSTRAINT audit_leaves_audit_id_fkey FOREIGN KEY (audit_id) REFERENCES audit.audit_log(audit_id) ON DELETE RESTRICT;

ALTER TABLE governance.erasure_steps ADD CONSTRAINT erasure_steps_erasure_request_id_fkey FOREIGN KEY (erasure_request_id) REFERENCES governance.erasure_requests(erasure_request_id) ON DELETE CASCADE;

ALTER TABLE learning.behavioral_events ADD CONSTRAINT behavioral_events_content_id_fkey FOREIGN KEY (organization_id, content_id) REFERENCES learning.content(organization_id, id) ON DELETE CASCADE;
ALTER TABLE learning.behavioral_events ADD CONSTRAINT behavioral_events_session_id_fkey FOREIGN KEY (organization_id, session_id) REFERENCES learning.sessions(organization_id, id) ON DELETE CASCADE;

ALTER TABLE learning.generation_status ADD CONSTRAINT generation_status_content_id_fkey FOREIGN KEY (organization_id, content_id) REFERENCES learning.content(organization_id, id) ON DELETE SET NULL (content_id);
ALTER TABLE learning.generation_status ADD CONSTRAINT generation_status_session_id_fkey FOREIGN KEY (organization_id, session_id) REFERENCES learning.sessions(organization_id, id) ON DELETE CASCADE;

ALTER TABLE learning.learner_counters ADD CONSTRAINT learner_counters_learner_id_fkey FOREIGN KEY (organization_id, learner_id) REFERENCES learning.learners(organization_id, learner_id) ON DELETE CASCADE;

ALTER TABLE learning.learner_model_state ADD CONSTRAINT learner_model_state_session_id_fkey FOREIGN KEY (organization_id, session_id) REFERENCES learning.sessions(organization_id, id) ON DELETE CASCADE;

ALTER TABLE learning.like_engagement ADD CONSTRAINT like_engagement_content_id_fkey FOREIGN KEY (organization_id, content_id) REFERENCES learning.content(organization_id, id) ON DELETE CASCADE;
ALTER TABLE learning.like_engagement ADD CONSTRAINT like_engagement_session_id_fkey FOREIGN KEY (organization_id, session_id) REFERENCES learning.sessions(organization_id, id) ON DELETE CASCADE;

ALTER TABLE learning.recommendations ADD CONSTRAINT recommendations_content_id_fkey FOREIGN KEY (organization_id, content_id) REFERENCES learning.content(organization_id, id) ON DELETE CASCADE;
ALTER TABLE learning.recommendations ADD CONSTRAINT recommendations_learner_id_fkey FOREIGN KEY (organization_id, learner_id) REFERENCES learning.learners(organization_id, learner_id) ON DELETE CASCADE;

ALTER TABLE learning.sessions ADD CONSTRAINT sessions_learner_id_fkey FOREIGN KEY (organization_id, learner_id) REFERENCES learning.learners(organization_id, learner_id) ON DELETE CASCADE;

CREATE VIEW asked.behavioral_events WITH (security_invoker=true) AS
 SELECT id,
    content_id,
    event_type,
    "timestamp",
    playback_position,
    playback_position_percent,
    duration,
    session_id,
    content_characteristics,
    device_info,
    network_type,
    context,
    created_at
   FROM learning.behavioral_events c;
REVOKE ALL ON asked.behavioral_events FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT SELECT ON asked.behavioral_events TO wavehouse_learning_app;
GRANT SELECT ON asked.behavioral_events TO wavehouse_learning_worker;
COMMENT ON VIEW asked.behavioral_events IS 'The table behavioral_events as it was asked for; read-only, the rows are those of learning.behavioral_events.';
COMMENT ON COLUMN asked.behavioral_events.id IS 'The client''s id of the event.';
COMMENT ON COLUMN asked.behavioral_events.content_id IS 'The piece.';
COMMENT ON COLUMN asked.behavioral_events.event_type IS 'Kind of event.';
COMMENT ON COLUMN asked.behavioral_events."timestamp" IS 'When it happened.';
COMMENT ON COLUMN asked.behavioral_events.playback_position IS 'Position in seconds.';
COMMENT ON COLUMN asked.behavioral_events.playback_position_percent IS 'Position in per cent of the piece.';
COMMENT ON COLUMN asked.behavioral_events.duration IS 'Duration in seconds.';
COMMENT ON COLUMN asked.behavioral_events.session_id IS 'The session.';
COMMENT ON COLUMN asked.behavioral_events.content_characteristics IS 'Characteristics of the piece at that time.';
COMMENT ON COLUMN asked.behavioral_events.device_info IS 'The device.';
COMMENT ON COLUMN asked.behavioral_events.network_type IS 'Kind of network.';
COMMENT ON COLUMN asked.behavioral_events.context IS 'Further context.';
COMMENT ON COLUMN asked.behavioral_events.created_at IS 'When the row was made; bookkeeping.';

CREATE VIEW asked.content WITH (security_invoker=true) AS
 SELECT id,
    title,
    description,
    text_content,
    audio_url,
    audio_format,
    audio_bitrate,
    audio_size,
    format,
    genre,
    sub_genre,
    topic,
    template_id,
    template_version,
    difficulty,
    difficulty_score,
    estimated_comprehension_level,
    duration,
    word_count,
    model_parameters,
    generated_at,
    generated_by,
    session_id,
    episode_number,
    series_id,
    continuity_context,
    related_content_ids,
    language,
    locale,
    quality_score,
    engagement_metrics,
    metadata,
    created_at,
    updated_at
   FROM learning.content c;
REVOKE ALL ON asked.content FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT SELECT ON asked.content TO wavehouse_learning_app;
GRANT SELECT ON asked.content TO wavehouse_learning_worker;
COMMENT ON VIEW asked.content IS 'The table content as it was asked for; read-only, the rows are those of learning.content.';
COMMENT ON COLUMN asked.content.id IS 'The content.';
COMMENT ON COLUMN asked.content.title IS 'Title.';
COMMENT ON COLUMN asked.content.description IS 'Description.';
COMMENT ON COLUMN asked.content.text_content IS 'The text that is spoken.';
COMMENT ON COLUMN asked.content.audio_url IS 'URL of the audio.';
COMMENT ON COLUMN asked.content.audio_format IS 'Format of the audio.';
COMMENT ON COLUMN asked.content.audio_bitrate IS 'Its bit rate in kbit/s.';
COMMENT ON COLUMN asked.content.audio_size IS 'Its size in bytes.';
COMMENT ON COLUMN asked.content.format IS 'Kind of piece.';
COMMENT ON COLUMN asked.content.genre IS 'Genre.';
COMMENT ON COLUMN asked.content.sub_genre IS 'Narrower genre.';
COMMENT ON COLUMN asked.content.topic IS 'Topic.';
COMMENT ON COLUMN asked.content.template_id IS 'The template it was made from.';
COMMENT ON COLUMN asked.content.template_version IS 'Version of the template.';
COMMENT ON COLUMN asked.content.difficulty IS 'What makes it difficult: its words or its discourse.';
COMMENT ON COLUMN asked.content.difficulty_score IS 'Difficulty score, by its method.';
COMMENT ON COLUMN asked.content.estimated_comprehension_level IS 'An estimate, never from fewer than 80 words.';
COMMENT ON COLUMN asked.content.duration IS 'Length in seconds.';
COMMENT ON COLUMN asked.content.word_count IS 'Number of words.';
COMMENT ON COLUMN asked.content.model_parameters IS 'Parameters of the model that generated it.';
COMMENT ON COLUMN asked.content.generated_at IS 'When it was generated.';
COMMENT ON COLUMN asked.content.generated_by IS 'The person or model that generated it.';
COMMENT ON COLUMN asked.content.session_id IS 'The session it was made for. Deliberately no foreign key: content outlives sessions.';
COMMENT ON COLUMN asked.content.episode_number IS 'Number within its series.';
COMMENT ON COLUMN asked.content.series_id IS 'The series.';
COMMENT ON COLUMN asked.content.continuity_context IS 'Summary of the earlier episodes of the series.';
COMMENT ON COLUMN asked.content.related_content_ids IS 'Ids of related pieces.';
COMMENT ON COLUMN asked.content.language IS 'Language code.';
COMMENT ON COLUMN asked.content.locale IS 'Regional variant of the language.';
COMMENT ON COLUMN asked.content.quality_score IS 'Quality score.';
COMMENT ON COLUMN asked.content.engagement_metrics IS 'Counters of its use; derived.';
COMMENT ON COLUMN asked.content.metadata IS 'Further facts that need no column of their own yet.';
COMMENT ON COLUMN asked.content.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.content.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE VIEW asked.generation_status WITH (security_invoker=true) AS
 SELECT generation_id,
    session_id,
    status,
    content_id,
    webhook_url,
    webhook_sent,
    error_message,
    estimated_completion_time,
    started_at,
    completed_at,
    created_at,
    updated_at
   FROM learning.generation_status c;
REVOKE ALL ON asked.generation_status FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT SELECT ON asked.generation_status TO wavehouse_learning_app;
GRANT SELECT ON asked.generation_status TO wavehouse_learning_worker;
COMMENT ON VIEW asked.generation_status IS 'The table generation_status as it was asked for; read-only, the rows are those of learning.generation_status.';
COMMENT ON COLUMN asked.generation_status.generation_id IS 'The request.';
COMMENT ON COLUMN asked.generation_status.session_id IS 'The session.';
COMMENT ON COLUMN asked.generation_status.status IS 'Status.';
COMMENT ON COLUMN asked.generation_status.content_id IS 'The generated piece.';
COMMENT ON COLUMN asked.generation_status.webhook_url IS 'URL to notify.';
COMMENT ON COLUMN asked.generation_status.webhook_sent IS 'Whether the webhook was sent.';
COMMENT ON COLUMN asked.generation_status.error_message IS 'Error message of a failure.';
COMMENT ON COLUMN asked.generation_status.estimated_completion_time IS 'Estimated seconds to completion.';
COMMENT ON COLUMN asked.generation_status.started_at IS 'Start.';
COMMENT ON COLUMN asked.generation_status.completed_at IS 'End.';
COMMENT ON COLUMN asked.generation_status.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.generation_status.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE VIEW asked.learner_model_state WITH (security_invoker=true) AS
 SELECT session_id,
    preference_weights,
    comprehension_level,
    content_type_preferences,
    difficulty_adjustment,
    last_updated,
    data_points,
    created_at,
    updated_at
   FROM learning.learner_model_state c;
REVOKE ALL ON asked.learner_model_state FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT SELECT ON asked.learner_model_state TO wavehouse_learning_app;
GRANT SELECT ON asked.learner_model_state TO wavehouse_learning_worker;
COMMENT ON VIEW asked.learner_model_state IS 'The table learner_model_state as it was asked for; read-only, the rows are those of learning.learner_model_state.';
COMMENT ON COLUMN asked.learner_model_state.session_id IS 'The session.';
COMMENT ON COLUMN asked.learner_model_state.preference_weights IS 'Shrunk log-odds per feature.';
COMMENT ON COLUMN asked.learner_model_state.comprehension_level IS 'Estimated comprehension, 0 to 1.';
COMMENT ON COLUMN asked.learner_model_state.content_type_preferences IS 'Shares of narrative, podcast and educational.';
COMMENT ON COLUMN asked.learner_model_state.difficulty_adjustment IS 'Difficulty points times 100 towards 85 % understood.';
COMMENT ON COLUMN asked.learner_model_state.last_updated IS 'When it was last projected.';
COMMENT ON COLUMN asked.learner_model_state.data_points IS 'Outcomes that went into it.';
COMMENT ON COLUMN asked.learner_model_state.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.learner_model_state.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE VIEW asked.like_engagement WITH (security_invoker=true) AS
 SELECT content_id,
    session_id,
    liked,
    liked_at,
    unliked_at,
    reaction_type,
    content_characteristics,
    created_at,
    updated_at
   FROM learning.like_engagement c;
REVOKE ALL ON asked.like_engagement FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT SELECT ON asked.like_engagement TO wavehouse_learning_app;
GRANT SELECT ON asked.like_engagement TO wavehouse_learning_worker;
COMMENT ON VIEW asked.like_engagement IS 'The table like_engagement as it was asked for; read-only, the rows are those of learning.like_engagement.';
COMMENT ON COLUMN asked.like_engagement.content_id IS 'The piece.';
COMMENT ON COLUMN asked.like_engagement.session_id IS 'The session.';
COMMENT ON COLUMN asked.like_engagement.liked IS 'Whether it is liked now.';
COMMENT ON COLUMN asked.like_engagement.liked_at IS 'When it was last liked.';
COMMENT ON COLUMN asked.like_engagement.unliked_at IS 'When the like was last withdrawn.';
COMMENT ON COLUMN asked.like_engagement.reaction_type IS 'Kind of reaction.';
COMMENT ON COLUMN asked.like_engagement.content_characteristics IS 'Characteristics of the piece at that time.';
COMMENT ON COLUMN asked.like_engagement.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.like_engagement.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE VIEW asked.sessions WITH (security_invoker=true) AS
 SELECT id,
    started_at,
    last_activity_at,
    content_ids,
    current_content_id,
    total_listening_time,
    created_at,
    updated_at
   FROM learning.sessions c;
REVOKE ALL ON asked.sessions FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT SELECT ON asked.sessions TO wavehouse_learning_app;
GRANT SELECT ON asked.sessions TO wavehouse_learning_worker;
COMMENT ON VIEW asked.sessions IS 'The table sessions as it was asked for; read-only, the rows are those of learning.sessions.';
COMMENT ON COLUMN asked.sessions.id IS 'The session.';
COMMENT ON COLUMN asked.sessions.started_at IS 'Start.';
COMMENT ON COLUMN asked.sessions.last_activity_at IS 'Last activity.';
COMMENT ON COLUMN asked.sessions.content_ids IS 'Ids of the pieces that were played, in order.';
COMMENT ON COLUMN asked.sessions.current_content_id IS 'The piece that is playing.';
COMMENT ON COLUMN asked.sessions.total_listening_time IS 'Seconds listened.';
COMMENT ON COLUMN asked.sessions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.sessions.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE VIEW asked.user_preferences WITH (security_invoker=true) AS
 SELECT id,
    session_id,
    difficulty_preference,
    preferred_formats,
    preferred_genres,
    playback_speed,
    auto_play,
    last_updated,
    version,
    created_at,
    updated_at
   FROM learning.user_preferences c;
REVOKE ALL ON asked.user_preferences FROM wavehouse_learning_app, wavehouse_learning_worker;
GRANT SELECT ON asked.user_preferences TO wavehouse_learning_app;
GRANT SELECT ON asked.user_preferences TO wavehouse_learning_worker;
COMMENT ON VIEW asked.user_preferences IS 'The table user_preferences as it was asked for; read-only, the rows are those of learning.user_preferences.';
COMMENT ON COLUMN asked.user_preferences.id IS 'The session''s id now, the user''s later.';
COMMENT ON COLUMN asked.user_preferences.session_id IS 'The session it was set in.';
COMMENT ON COLUMN asked.user_preferences.difficulty_preference IS 'Level that the learner chose.';
COMMENT ON COLUMN asked.user_preferences.preferred_formats IS 'Preferred formats.';
COMMENT ON COLUMN asked.user_preferences.preferred_genres IS 'Preferred genres.';
COMMENT ON COLUMN asked.user_preferences.playback_speed IS 'Playback speed.';
COMMENT ON COLUMN asked.user_preferences.auto_play IS 'Whether the next piece starts by itself.';
COMMENT ON COLUMN asked.user_preferences.last_updated IS 'When a setting last changed.';
COMMENT ON COLUMN asked.user_preferences.version IS 'Grows with every change.';
COMMENT ON COLUMN asked.user_preferences.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.user_preferences.updated_at IS 'When the row last changed; kept by a trigger.';
