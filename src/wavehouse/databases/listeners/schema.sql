-- Generated from the database: wavehouse schema docs generate

CREATE SCHEMA audit;
GRANT USAGE ON SCHEMA audit TO wavehouse_listeners_app;
GRANT USAGE ON SCHEMA audit TO wavehouse_listeners_worker;
CREATE SCHEMA governance;
GRANT USAGE ON SCHEMA governance TO wavehouse_listeners_app;
GRANT USAGE ON SCHEMA governance TO wavehouse_listeners_worker;
CREATE SCHEMA listeners;
GRANT USAGE ON SCHEMA listeners TO wavehouse_listeners_app;
GRANT USAGE ON SCHEMA listeners TO wavehouse_listeners_worker;
CREATE SCHEMA queue;
GRANT USAGE ON SCHEMA queue TO wavehouse_listeners_app;
GRANT USAGE ON SCHEMA queue TO wavehouse_listeners_worker;
CREATE SCHEMA schema_ops;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_listeners_app;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_listeners_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA governance GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_listeners_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA listeners GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_listeners_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA listeners GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_listeners_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA queue GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_listeners_worker;

CREATE OR REPLACE FUNCTION listeners.current_listeners()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (string_to_array(NULLIF(current_setting('wavehouse.listener_ids'::text, true), ''::text), ','::text))::uuid[];
COMMENT ON FUNCTION listeners.current_listeners() IS 'The listeners of this transaction, for row security; NULL outside one.';
REVOKE ALL ON FUNCTION listeners.current_listeners() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION listeners.current_listeners() TO PUBLIC;

CREATE OR REPLACE FUNCTION listeners.next_given(given bigint[], consumed bigint, reply bigint)
 RETURNS bigint[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (SELECT ((one.kept || next_given.reply))[GREATEST((cardinality(one.kept) - 14), 1):] FROM (SELECT CASE WHEN (array_position(next_given.given, next_given.consumed) IS NULL) THEN next_given.given ELSE ((next_given.given)[:(array_position(next_given.given, next_given.consumed) - 1)] || (next_given.given)[(array_position(next_given.given, next_given.consumed) + 1):]) END AS "case") one(kept));
COMMENT ON FUNCTION listeners.next_given(given bigint[], consumed bigint, reply bigint) IS 'The cursors after a client that had one of them was given another; the last 16.';
REVOKE ALL ON FUNCTION listeners.next_given(given bigint[], consumed bigint, reply bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION listeners.next_given(given bigint[], consumed bigint, reply bigint) TO PUBLIC;

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
GRANT EXECUTE ON FUNCTION schema_ops.ensure_partition(parent regclass, day date, span text) TO wavehouse_listeners_worker;

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

CREATE OR REPLACE FUNCTION listeners.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
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
$function$;
COMMENT ON FUNCTION listeners.refuse_change() IS 'Keeps the entitlement ledger append-only.';
REVOKE ALL ON FUNCTION listeners.refuse_change() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION listeners.refuse_change() TO PUBLIC;

CREATE OR REPLACE FUNCTION listeners.touch_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
BEGIN
  NEW.updated_at := pg_catalog.now();
  RETURN NEW;
END
$function$;
COMMENT ON FUNCTION listeners.touch_updated_at() IS 'Keeps updated_at; bookkeeping, so it reads the real clock.';
REVOKE ALL ON FUNCTION listeners.touch_updated_at() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION listeners.touch_updated_at() TO PUBLIC;

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
CREATE POLICY everyone ON audit.audit_checkpoints TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON audit.audit_checkpoints FROM wavehouse_listeners_worker;
GRANT INSERT, SELECT ON audit.audit_checkpoints TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON audit.audit_commitments TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON audit.audit_commitments FROM wavehouse_listeners_worker;
GRANT INSERT, SELECT, UPDATE ON audit.audit_commitments TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON audit.audit_leaves TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON audit.audit_leaves FROM wavehouse_listeners_worker;
GRANT INSERT, SELECT ON audit.audit_leaves TO wavehouse_listeners_worker;
COMMENT ON TABLE audit.audit_leaves IS 'The order in which sealed rows stand in the tree (RFC 6962); a row is sealed once.';
COMMENT ON COLUMN audit.audit_leaves.leaf_index IS 'Its place in the tree, from 0 without gaps.';
COMMENT ON COLUMN audit.audit_leaves.audit_id IS 'The row.';
COMMENT ON COLUMN audit.audit_leaves.leaf_hash IS 'Hash of the row''s canonical encoding.';
COMMENT ON COLUMN audit.audit_leaves.sealed_at IS 'When it was sealed.';

CREATE TABLE audit.audit_log (
  audit_id uuid DEFAULT uuidv7() NOT NULL,
  xact_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
  at timestamp with time zone NOT NULL,
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
CREATE INDEX audit_log_resource_type_resource_id_idx ON audit.audit_log USING btree (resource_type, resource_id);
CREATE INDEX audit_log_subject_pseudonym_idx ON audit.audit_log USING btree (subject_pseudonym) WHERE (subject_pseudonym IS NOT NULL);
CREATE TRIGGER audit_log_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
ALTER TABLE audit.audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY app_writes ON audit.audit_log FOR INSERT TO wavehouse_listeners_app WITH CHECK (true);
CREATE POLICY everyone ON audit.audit_log TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON audit.audit_log FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT INSERT ON audit.audit_log TO wavehouse_listeners_app;
GRANT INSERT, SELECT ON audit.audit_log TO wavehouse_listeners_worker;
COMMENT ON TABLE audit.audit_log IS 'What was done, by whom, to what. Rows are added and never changed.';
COMMENT ON COLUMN audit.audit_log.audit_id IS 'The entry.';
COMMENT ON COLUMN audit.audit_log.xact_id IS 'Its transaction; sealing waits until all older ones have ended.';
COMMENT ON COLUMN audit.audit_log.at IS 'When.';
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
CREATE POLICY everyone ON governance.erasure_ledger TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON governance.erasure_ledger FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.erasure_ledger TO wavehouse_listeners_worker;
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
  CONSTRAINT erasure_requests_subject_kind_check CHECK ((subject_kind IN ('listener', 'creator', 'contact')))
);
CREATE INDEX erasure_requests_open_idx ON governance.erasure_requests USING btree (due_gdpr_at) WHERE (completed_at IS NULL);
CREATE TRIGGER erasure_requests_touch BEFORE UPDATE ON governance.erasure_requests FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE governance.erasure_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.erasure_requests TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON governance.erasure_requests FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.erasure_requests TO wavehouse_listeners_worker;
COMMENT ON TABLE governance.erasure_requests IS 'Requests to be forgotten, from receipt to certificate. Holds no address: identifiers are in the ledger, hashed.';
COMMENT ON COLUMN governance.erasure_requests.erasure_request_id IS 'The request.';
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
  CONSTRAINT erasure_steps_store_check CHECK ((store IN ('operational', 'listeners', 'analytics', 'files', 'processor'))),
  CONSTRAINT erasure_steps_table_name_check CHECK ((table_name <> ''::text))
);
ALTER TABLE governance.erasure_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.erasure_steps TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON governance.erasure_steps FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.erasure_steps TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON governance.legal_holds TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON governance.legal_holds FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.legal_holds TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON governance.lineage_edges TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON governance.lineage_edges FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.lineage_edges TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON governance.lineage_events TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON governance.lineage_events FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.lineage_events TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON governance.quality_results TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON governance.quality_results FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.quality_results TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON governance.retention_runs TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON governance.retention_runs FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.retention_runs TO wavehouse_listeners_worker;
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

CREATE TABLE listeners.app_passwords (
  app_password_id uuid DEFAULT uuidv7() NOT NULL,
  listener_id uuid NOT NULL,
  secret_hash bytea NOT NULL,
  name character varying(255) NOT NULL,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  given_actions bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  given_subscriptions bigint[] DEFAULT '{}'::bigint[] NOT NULL,
  CONSTRAINT app_passwords_pkey PRIMARY KEY (app_password_id),
  CONSTRAINT app_passwords_secret_hash_key UNIQUE (secret_hash),
  CONSTRAINT app_passwords_name_check CHECK (((name)::text <> ''::text)),
  CONSTRAINT app_passwords_secret_hash_check CHECK ((length(secret_hash) = 32))
);
CREATE INDEX app_passwords_listener_id_idx ON listeners.app_passwords USING btree (listener_id);
ALTER TABLE listeners.app_passwords ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.app_passwords TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.app_passwords TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.app_passwords FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.app_passwords TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.app_passwords TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.app_passwords IS 'Passwords of single apps that know no other way; high entropy, so SHA-256 does (AC6).';
COMMENT ON COLUMN listeners.app_passwords.app_password_id IS 'The password.';
COMMENT ON COLUMN listeners.app_passwords.listener_id IS 'Whose it is.';
COMMENT ON COLUMN listeners.app_passwords.secret_hash IS 'SHA-256 of it.';
COMMENT ON COLUMN listeners.app_passwords.name IS 'What it is for.';
COMMENT ON COLUMN listeners.app_passwords.last_used_at IS 'When it was last used, to the minute.';
COMMENT ON COLUMN listeners.app_passwords.revoked_at IS 'When it was ended.';
COMMENT ON COLUMN listeners.app_passwords.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN listeners.app_passwords.given_actions IS 'Cursors of episode actions that its clients were given and may still ask with (P19).';
COMMENT ON COLUMN listeners.app_passwords.given_subscriptions IS 'Cursors of subscriptions that its clients were given and may still ask with (P19b).';

CREATE TABLE listeners.chapter_keys (
  listener_id uuid NOT NULL,
  key_hash bytea NOT NULL,
  chapter_id character varying(255) NOT NULL,
  kind text NOT NULL,
  value character varying(4096),
  CONSTRAINT chapter_keys_pkey PRIMARY KEY (listener_id, key_hash),
  CONSTRAINT chapter_keys_chapter_id_check CHECK (((chapter_id)::text <> ''::text)),
  CONSTRAINT chapter_keys_key_hash_check CHECK ((length(key_hash) = 32)),
  CONSTRAINT chapter_keys_kind_check CHECK ((kind IN ('file', 'guid', 'alias')))
);
CREATE INDEX chapter_keys_listener_id_chapter_id_idx ON listeners.chapter_keys USING btree (listener_id, chapter_id);
ALTER TABLE listeners.chapter_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.chapter_keys TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.chapter_keys TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.chapter_keys FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.chapter_keys TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.chapter_keys TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.chapter_keys IS 'Files, guids and former ids by which a listener''s apps name a chapter; each names one chapter (P29).';
COMMENT ON COLUMN listeners.chapter_keys.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.chapter_keys.key_hash IS 'SHA-256 of kind, feed and value, one a line; addresses are too long for an index.';
COMMENT ON COLUMN listeners.chapter_keys.chapter_id IS 'The chapter that the key names.';
COMMENT ON COLUMN listeners.chapter_keys.kind IS 'file and guid name an episode of a feed; alias is the id of a chapter that was merged.';
COMMENT ON COLUMN listeners.chapter_keys.value IS 'The file''s address, the guid or the former id; NULL where it is not known whose address it was.';

CREATE TABLE listeners.chapters (
  listener_id uuid NOT NULL,
  chapter_id character varying(255) NOT NULL,
  podcast_url character varying(4096),
  episode_url character varying(4096),
  guid character varying(500),
  title character varying(500),
  link character varying(4096),
  published_at timestamp with time zone,
  moved_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT chapters_pkey PRIMARY KEY (listener_id, chapter_id),
  CONSTRAINT chapters_address_check CHECK (((podcast_url IS NULL) = (episode_url IS NULL))),
  CONSTRAINT chapters_chapter_id_check CHECK (((chapter_id)::text <> ''::text))
) WITH (fillfactor=90);
ALTER TABLE listeners.chapters ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.chapters TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.chapters TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.chapters FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.chapters TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.chapters TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.chapters IS 'An episode as one listener''s apps describe it (P29); never shared between listeners.';
COMMENT ON COLUMN listeners.chapters.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.chapters.chapter_id IS 'The chapter''s id; opaque.';
COMMENT ON COLUMN listeners.chapters.podcast_url IS 'Address of the feed; NULL for a chapter that an app names by its id only.';
COMMENT ON COLUMN listeners.chapters.episode_url IS 'Newest address of the media file.';
COMMENT ON COLUMN listeners.chapters.guid IS 'The episode''s guid in the feed.';
COMMENT ON COLUMN listeners.chapters.title IS 'Title of the episode.';
COMMENT ON COLUMN listeners.chapters.link IS 'Web page of the episode.';
COMMENT ON COLUMN listeners.chapters.published_at IS 'Publication date of the episode.';
COMMENT ON COLUMN listeners.chapters.moved_at IS 'Time of the newest action that named episode_url, once a second address is known.';
COMMENT ON COLUMN listeners.chapters.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.client_settings (
  listener_id uuid NOT NULL,
  key_hash bytea NOT NULL,
  scope text NOT NULL,
  device_id character varying(255),
  podcast_url character varying(4096),
  episode_url character varying(4096),
  settings jsonb NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT client_settings_pkey PRIMARY KEY (listener_id, key_hash),
  CONSTRAINT client_settings_key_hash_check CHECK ((length(key_hash) = 32)),
  CONSTRAINT client_settings_scope_check CHECK ((scope IN ('account', 'device', 'podcast', 'episode'))),
  CONSTRAINT client_settings_settings_check CHECK ((jsonb_typeof(settings) = 'object'::text))
);
ALTER TABLE listeners.client_settings ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.client_settings TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.client_settings TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.client_settings FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.client_settings TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.client_settings TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.client_settings IS 'Settings that gpodder clients store, favourites among them (is_favorite of an episode).';
COMMENT ON COLUMN listeners.client_settings.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.client_settings.key_hash IS 'SHA-256 of scope, device, podcast and episode, one a line.';
COMMENT ON COLUMN listeners.client_settings.scope IS 'What the settings are of.';
COMMENT ON COLUMN listeners.client_settings.device_id IS 'The device, for its scope.';
COMMENT ON COLUMN listeners.client_settings.podcast_url IS 'The feed, for podcasts and episodes.';
COMMENT ON COLUMN listeners.client_settings.episode_url IS 'The media file, for episodes.';
COMMENT ON COLUMN listeners.client_settings.settings IS 'Names and values, as clients set them.';
COMMENT ON COLUMN listeners.client_settings.updated_at IS 'Time of the last change.';

CREATE TABLE listeners.devices (
  listener_id uuid NOT NULL,
  device_id character varying(255) NOT NULL,
  name character varying(255) NOT NULL,
  kind text DEFAULT 'other'::text NOT NULL,
  last_seen_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT devices_pkey PRIMARY KEY (listener_id, device_id),
  CONSTRAINT devices_device_id_check CHECK (((device_id)::text <> ''::text)),
  CONSTRAINT devices_kind_check CHECK ((kind IN ('desktop', 'laptop', 'mobile', 'server', 'speaker', 'other')))
);
CREATE TRIGGER devices_touch BEFORE UPDATE ON listeners.devices FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE listeners.devices ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.devices TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.devices TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.devices FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.devices TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.devices TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.devices IS 'What a listener listens on, by the client''s name for it.';
COMMENT ON COLUMN listeners.devices.listener_id IS 'Whose it is.';
COMMENT ON COLUMN listeners.devices.device_id IS 'The client''s id.';
COMMENT ON COLUMN listeners.devices.name IS 'What the listener calls it.';
COMMENT ON COLUMN listeners.devices.kind IS 'What it is.';
COMMENT ON COLUMN listeners.devices.last_seen_at IS 'When it last synchronised.';
COMMENT ON COLUMN listeners.devices.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN listeners.devices.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE listeners.email_changes (
  email_change_id uuid DEFAULT uuidv7() NOT NULL,
  listener_id uuid NOT NULL,
  new_email character varying(255) NOT NULL,
  new_email_display character varying(255) NOT NULL,
  old_token_hash bytea NOT NULL,
  new_token_hash bytea NOT NULL,
  old_confirmed_at timestamp with time zone,
  new_confirmed_at timestamp with time zone,
  expires_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT email_changes_pkey PRIMARY KEY (email_change_id),
  CONSTRAINT email_changes_new_token_hash_key UNIQUE (new_token_hash),
  CONSTRAINT email_changes_old_token_hash_key UNIQUE (old_token_hash),
  CONSTRAINT email_changes_new_email_check CHECK (((POSITION(('@'::text) IN (new_email)) > 1) AND ((new_email)::text = lower((new_email)::text)))),
  CONSTRAINT email_changes_new_token_hash_check CHECK ((length(new_token_hash) = 32)),
  CONSTRAINT email_changes_old_token_hash_check CHECK ((length(old_token_hash) = 32)),
  CONSTRAINT email_changes_waiting_check CHECK (((old_confirmed_at IS NULL) OR (new_confirmed_at IS NULL)))
);
CREATE INDEX email_changes_expires_at_idx ON listeners.email_changes USING btree (expires_at);
CREATE INDEX email_changes_listener_id_idx ON listeners.email_changes USING btree (listener_id);
ALTER TABLE listeners.email_changes ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.email_changes TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON listeners.email_changes FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.email_changes TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.email_changes TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.email_changes IS 'Changes of address that wait for a mailbox; with the second one they are made and the row goes (AC9).';
COMMENT ON COLUMN listeners.email_changes.email_change_id IS 'The change.';
COMMENT ON COLUMN listeners.email_changes.listener_id IS 'Whose address it is.';
COMMENT ON COLUMN listeners.email_changes.new_email IS 'The address to be, normalised (AC1).';
COMMENT ON COLUMN listeners.email_changes.new_email_display IS 'The address to be, as it was written.';
COMMENT ON COLUMN listeners.email_changes.old_token_hash IS 'SHA-256 of the token in the letter to the old address.';
COMMENT ON COLUMN listeners.email_changes.new_token_hash IS 'SHA-256 of the token in the letter to the new address.';
COMMENT ON COLUMN listeners.email_changes.old_confirmed_at IS 'When the old mailbox agreed.';
COMMENT ON COLUMN listeners.email_changes.new_confirmed_at IS 'When the new mailbox agreed.';
COMMENT ON COLUMN listeners.email_changes.expires_at IS 'A day after it was asked for.';
COMMENT ON COLUMN listeners.email_changes.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.entitlement_ledger (
  ledger_id uuid DEFAULT uuidv7() NOT NULL,
  entitlement_id uuid NOT NULL,
  seq integer NOT NULL,
  external_event_id uuid,
  actor text NOT NULL,
  reason text NOT NULL,
  state_before jsonb,
  state_after jsonb NOT NULL,
  amount numeric(12,2),
  currency character(3),
  recorded_at timestamp with time zone NOT NULL,
  CONSTRAINT entitlement_ledger_pkey PRIMARY KEY (ledger_id),
  CONSTRAINT entitlement_ledger_entitlement_id_seq_key UNIQUE (entitlement_id, seq),
  CONSTRAINT entitlement_ledger_actor_check CHECK ((actor <> ''::text)),
  CONSTRAINT entitlement_ledger_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT entitlement_ledger_first_check CHECK (((seq = 1) = (state_before IS NULL))),
  CONSTRAINT entitlement_ledger_money_check CHECK (((amount IS NULL) = (currency IS NULL))),
  CONSTRAINT entitlement_ledger_reason_check CHECK ((reason <> ''::text)),
  CONSTRAINT entitlement_ledger_seq_check CHECK ((seq > 0)),
  CONSTRAINT entitlement_ledger_state_after_check CHECK ((jsonb_typeof(state_after) = 'object'::text)),
  CONSTRAINT entitlement_ledger_state_before_check CHECK ((jsonb_typeof(state_before) = 'object'::text))
);
CREATE INDEX entitlement_ledger_external_event_id_idx ON listeners.entitlement_ledger USING btree (external_event_id);
CREATE TRIGGER entitlement_ledger_append_only BEFORE DELETE OR UPDATE ON listeners.entitlement_ledger FOR EACH ROW EXECUTE FUNCTION listeners.refuse_change();
ALTER TABLE listeners.entitlement_ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.entitlement_ledger TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON listeners.entitlement_ledger FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.entitlement_ledger TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.entitlement_ledger TO wavehouse_listeners_worker;
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

CREATE TABLE listeners.entitlements (
  entitlement_id uuid DEFAULT uuidv7() NOT NULL,
  listener_id uuid,
  subject_pseudonym uuid,
  type text NOT NULL,
  resource character varying(255) NOT NULL,
  scope_kind text NOT NULL,
  scope character varying(255) NOT NULL,
  status text NOT NULL,
  stripe_customer_id character varying(255),
  stripe_subscription_id character varying(255),
  stripe_payment_intent_id character varying(255),
  stripe_price_id character varying(255),
  granted_at timestamp with time zone NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone,
  is_permanent boolean DEFAULT false NOT NULL,
  revoked_at timestamp with time zone,
  revoke_reason text,
  created_by text NOT NULL,
  grant_reason text,
  source_event uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT entitlements_pkey PRIMARY KEY (entitlement_id),
  CONSTRAINT entitlements_listener_id_subject_pseudonym_type_resource_sc_key UNIQUE NULLS NOT DISTINCT (listener_id, subject_pseudonym, type, resource, scope_kind, scope),
  CONSTRAINT entitlements_by_hand_check CHECK (((scope_kind <> ALL (ARRAY['manual'::text, 'promo'::text])) OR ((grant_reason IS NOT NULL) AND ((expires_at IS NOT NULL) OR is_permanent)))),
  CONSTRAINT entitlements_created_by_check CHECK ((created_by <> ''::text)),
  CONSTRAINT entitlements_holder_check CHECK ((num_nonnulls(listener_id, subject_pseudonym) = 1)),
  CONSTRAINT entitlements_interval_check CHECK ((expires_at > starts_at)),
  CONSTRAINT entitlements_permanent_check CHECK (((NOT is_permanent) OR (expires_at IS NULL))),
  CONSTRAINT entitlements_resource_check CHECK (((resource)::text <> ''::text)),
  CONSTRAINT entitlements_revoke_reason_check CHECK (((revoked_at IS NULL) OR (revoke_reason IS NOT NULL))),
  CONSTRAINT entitlements_revoked_check CHECK (((status = 'revoked'::text) = (revoked_at IS NOT NULL))),
  CONSTRAINT entitlements_scope_kind_check CHECK ((scope_kind IN ('subscription', 'order', 'gift', 'manual', 'promo', 'import'))),
  CONSTRAINT entitlements_status_check CHECK ((status IN ('active', 'grace', 'suspended', 'cancelled', 'expired', 'revoked'))),
  CONSTRAINT entitlements_type_check CHECK ((type <> ''::text))
);
CREATE INDEX entitlements_expires_at_idx ON listeners.entitlements USING btree (expires_at) WHERE (status = ANY (ARRAY['active'::text, 'grace'::text, 'cancelled'::text]));
CREATE INDEX entitlements_listener_id_type_resource_expires_at_idx ON listeners.entitlements USING btree (listener_id, type, resource, expires_at);
CREATE INDEX entitlements_resource_idx ON listeners.entitlements USING btree (resource);
CREATE INDEX entitlements_source_event_idx ON listeners.entitlements USING btree (source_event);
CREATE INDEX entitlements_stripe_customer_id_idx ON listeners.entitlements USING btree (stripe_customer_id) WHERE (stripe_customer_id IS NOT NULL);
CREATE INDEX entitlements_stripe_subscription_id_idx ON listeners.entitlements USING btree (stripe_subscription_id) WHERE (stripe_subscription_id IS NOT NULL);
CREATE TRIGGER entitlements_touch BEFORE UPDATE ON listeners.entitlements FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE listeners.entitlements ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.entitlements TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.entitlements TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.entitlements FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.entitlements TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.entitlements TO wavehouse_listeners_worker;
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

CREATE TABLE listeners.external_events (
  external_event_id uuid DEFAULT uuidv7() NOT NULL,
  source text NOT NULL,
  event_id character varying(255) NOT NULL,
  type text NOT NULL,
  object_ids text[] DEFAULT '{}'::text[] NOT NULL,
  livemode boolean NOT NULL,
  created timestamp with time zone NOT NULL,
  received_at timestamp with time zone NOT NULL,
  payload jsonb,
  payload_hash bytea NOT NULL,
  status text DEFAULT 'received'::text NOT NULL,
  parent_ref character varying(255),
  processed_at timestamp with time zone,
  reduced_at timestamp with time zone,
  CONSTRAINT external_events_pkey PRIMARY KEY (external_event_id),
  CONSTRAINT external_events_source_event_id_key UNIQUE (source, event_id),
  CONSTRAINT external_events_event_id_check CHECK (((event_id)::text <> ''::text)),
  CONSTRAINT external_events_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text)),
  CONSTRAINT external_events_payload_hash_check CHECK ((length(payload_hash) = 32)),
  CONSTRAINT external_events_reduced_check CHECK (((payload IS NULL) = (reduced_at IS NOT NULL))),
  CONSTRAINT external_events_source_check CHECK ((source <> ''::text)),
  CONSTRAINT external_events_status_check CHECK ((status IN ('received', 'pending_parent', 'applied', 'ignored', 'anomaly'))),
  CONSTRAINT external_events_type_check CHECK ((type <> ''::text)),
  CONSTRAINT external_events_waits_check CHECK (((status <> 'pending_parent'::text) OR (parent_ref IS NOT NULL)))
);
CREATE INDEX external_events_object_ids_idx ON listeners.external_events USING gin (object_ids);
CREATE INDEX external_events_open_idx ON listeners.external_events USING btree (received_at) WHERE (status = ANY (ARRAY['received'::text, 'pending_parent'::text]));
CREATE INDEX external_events_parent_ref_idx ON listeners.external_events USING btree (parent_ref) WHERE (status = 'pending_parent'::text);
ALTER TABLE listeners.external_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.external_events TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON listeners.external_events FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.external_events TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.external_events TO wavehouse_listeners_worker;
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

CREATE TABLE listeners.feed_moves (
  listener_id uuid NOT NULL,
  key_hash bytea NOT NULL,
  old_url character varying(4096) NOT NULL,
  new_url character varying(4096) NOT NULL,
  moved_at timestamp with time zone NOT NULL,
  CONSTRAINT feed_moves_pkey PRIMARY KEY (listener_id, key_hash),
  CONSTRAINT feed_moves_away_check CHECK (((new_url)::text <> (old_url)::text)),
  CONSTRAINT feed_moves_key_hash_check CHECK ((length(key_hash) = 32)),
  CONSTRAINT feed_moves_new_url_check CHECK (((new_url)::text <> ''::text)),
  CONSTRAINT feed_moves_old_url_check CHECK (((old_url)::text <> ''::text))
);
ALTER TABLE listeners.feed_moves ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.feed_moves TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.feed_moves TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.feed_moves FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.feed_moves TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.feed_moves TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.feed_moves IS 'Feeds of a listener that have another address now; uploads with the old one count for the new one.';
COMMENT ON COLUMN listeners.feed_moves.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.feed_moves.key_hash IS 'SHA-256 of the old address.';
COMMENT ON COLUMN listeners.feed_moves.old_url IS 'The old address.';
COMMENT ON COLUMN listeners.feed_moves.new_url IS 'The new address.';
COMMENT ON COLUMN listeners.feed_moves.moved_at IS 'Time of the move here.';

CREATE TABLE listeners.listener_sync (
  listener_id uuid NOT NULL,
  seq bigint NOT NULL,
  actions_seq bigint DEFAULT 0 NOT NULL,
  subscriptions_seq bigint DEFAULT 0 NOT NULL,
  CONSTRAINT listener_sync_pkey PRIMARY KEY (listener_id),
  CONSTRAINT listener_sync_seq_check CHECK ((seq > 0))
) WITH (fillfactor=50);
ALTER TABLE listeners.listener_sync ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.listener_sync TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.listener_sync TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.listener_sync FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.listener_sync TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.listener_sync TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.listener_sync IS 'A listener''s cursor: taken in the transaction of a write, so in the order of commits (P17).';
COMMENT ON COLUMN listeners.listener_sync.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.listener_sync.seq IS 'The last cursor given out; starts at the Unix second (P20).';
COMMENT ON COLUMN listeners.listener_sync.actions_seq IS 'The cursor of the last episode action.';
COMMENT ON COLUMN listeners.listener_sync.subscriptions_seq IS 'The cursor of the last change of a subscription.';

CREATE TABLE listeners.listeners (
  listener_id uuid DEFAULT uuidv7() NOT NULL,
  email character varying(255) NOT NULL,
  email_display character varying(255) NOT NULL,
  password_hash character varying(255),
  auth_provider character varying(100),
  auth_subject character varying(255),
  email_verified_at timestamp with time zone,
  resume_policy text DEFAULT 'latest'::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  last_seen_at timestamp with time zone,
  deleted_at timestamp with time zone,
  suspended_at timestamp with time zone,
  CONSTRAINT listeners_pkey PRIMARY KEY (listener_id),
  CONSTRAINT listeners_email_check CHECK (((POSITION(('@'::text) IN (email)) > 1) AND ((email)::text = lower((email)::text)))),
  CONSTRAINT listeners_password_hash_check CHECK (((password_hash)::text ~~ '$argon2id$%'::text)),
  CONSTRAINT listeners_provider_check CHECK (((auth_provider IS NULL) = (auth_subject IS NULL))),
  CONSTRAINT listeners_resume_policy_check CHECK ((resume_policy IN ('latest', 'furthest', 'ask')))
);
CREATE UNIQUE INDEX listeners_auth_provider_auth_subject_key ON listeners.listeners USING btree (auth_provider, auth_subject) WHERE (auth_subject IS NOT NULL);
CREATE INDEX listeners_deleted_at_idx ON listeners.listeners USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX listeners_email_key ON listeners.listeners USING btree (lower((email)::text));
CREATE TRIGGER listeners_touch BEFORE UPDATE ON listeners.listeners FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE listeners.listeners ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.listeners TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.listeners TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.listeners FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.listeners TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.listeners TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.listeners IS 'An account of somebody who listens.';
COMMENT ON COLUMN listeners.listeners.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.listeners.email IS 'The address, normalised (AC1).';
COMMENT ON COLUMN listeners.listeners.email_display IS 'The address as it was written.';
COMMENT ON COLUMN listeners.listeners.password_hash IS 'Argon2id; most sign in by link and have none.';
COMMENT ON COLUMN listeners.listeners.auth_provider IS 'Who vouches for them, when they sign in elsewhere.';
COMMENT ON COLUMN listeners.listeners.auth_subject IS 'Their id there.';
COMMENT ON COLUMN listeners.listeners.email_verified_at IS 'When they proved the address.';
COMMENT ON COLUMN listeners.listeners.resume_policy IS 'What resuming suggests (P8).';
COMMENT ON COLUMN listeners.listeners.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN listeners.listeners.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN listeners.listeners.last_seen_at IS 'When they were last here.';
COMMENT ON COLUMN listeners.listeners.deleted_at IS 'Since when the account is unreachable; erased seven days later.';
COMMENT ON COLUMN listeners.listeners.suspended_at IS 'Since when an operator has suspended the account: nobody signs in to it, nothing is deleted.';

CREATE TABLE listeners.login_links (
  token_hash bytea NOT NULL,
  listener_id uuid NOT NULL,
  purpose text DEFAULT 'sign_in'::text NOT NULL,
  browser_hash bytea,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT login_links_pkey PRIMARY KEY (token_hash),
  CONSTRAINT login_links_browser_hash_check CHECK ((length(browser_hash) = 32)),
  CONSTRAINT login_links_purpose_check CHECK ((purpose IN ('sign_in', 'verify_email', 'change_email', 'erase'))),
  CONSTRAINT login_links_token_hash_check CHECK ((length(token_hash) = 32))
);
CREATE INDEX login_links_expires_at_idx ON listeners.login_links USING btree (expires_at);
CREATE INDEX login_links_listener_id_idx ON listeners.login_links USING btree (listener_id);
ALTER TABLE listeners.login_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.login_links TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON listeners.login_links FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.login_links TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.login_links TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.login_links IS 'One-time links that sign in; only their hash is kept (AC2).';
COMMENT ON COLUMN listeners.login_links.token_hash IS 'SHA-256 of the token.';
COMMENT ON COLUMN listeners.login_links.listener_id IS 'Whom it signs in.';
COMMENT ON COLUMN listeners.login_links.purpose IS 'What it is for.';
COMMENT ON COLUMN listeners.login_links.browser_hash IS 'Hash of the cookie it is bound to.';
COMMENT ON COLUMN listeners.login_links.expires_at IS '15 minutes after it was made.';
COMMENT ON COLUMN listeners.login_links.used_at IS 'When it was used; once only.';
COMMENT ON COLUMN listeners.login_links.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.login_sessions (
  token_hash bytea NOT NULL,
  listener_id uuid NOT NULL,
  family_id uuid NOT NULL,
  device_id character varying(255),
  rotated_to bytea,
  rotated_at timestamp with time zone,
  last_seen_at timestamp with time zone NOT NULL,
  served_cursor bigint,
  expires_at timestamp with time zone NOT NULL,
  absolute_expires_at timestamp with time zone NOT NULL,
  revoked_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  served_subscriptions bigint,
  CONSTRAINT login_sessions_pkey PRIMARY KEY (token_hash),
  CONSTRAINT login_sessions_expiry_check CHECK ((expires_at <= absolute_expires_at)),
  CONSTRAINT login_sessions_rotated_check CHECK (((rotated_to IS NULL) = (rotated_at IS NULL))),
  CONSTRAINT login_sessions_rotated_to_check CHECK ((length(rotated_to) = 32)),
  CONSTRAINT login_sessions_token_hash_check CHECK ((length(token_hash) = 32))
);
CREATE INDEX login_sessions_expires_at_idx ON listeners.login_sessions USING btree (expires_at);
CREATE INDEX login_sessions_family_id_idx ON listeners.login_sessions USING btree (family_id);
CREATE INDEX login_sessions_listener_id_device_id_idx ON listeners.login_sessions USING btree (listener_id, device_id);
ALTER TABLE listeners.login_sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.login_sessions TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.login_sessions TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.login_sessions FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.login_sessions TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.login_sessions TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.login_sessions IS 'Signed-in clients, by the hash of their token (AC5).';
COMMENT ON COLUMN listeners.login_sessions.token_hash IS 'SHA-256 of the token.';
COMMENT ON COLUMN listeners.login_sessions.listener_id IS 'Who is signed in.';
COMMENT ON COLUMN listeners.login_sessions.family_id IS 'The tokens that came of one sign-in; re-using an old one revokes them all.';
COMMENT ON COLUMN listeners.login_sessions.device_id IS 'On which device.';
COMMENT ON COLUMN listeners.login_sessions.rotated_to IS 'The token that replaced it.';
COMMENT ON COLUMN listeners.login_sessions.rotated_at IS 'When; it is accepted ten minutes longer.';
COMMENT ON COLUMN listeners.login_sessions.last_seen_at IS 'When it was last used.';
COMMENT ON COLUMN listeners.login_sessions.served_cursor IS 'The last cursor of episode actions that this session was given (P19).';
COMMENT ON COLUMN listeners.login_sessions.expires_at IS '30 days after its last use.';
COMMENT ON COLUMN listeners.login_sessions.absolute_expires_at IS '180 days after the sign-in.';
COMMENT ON COLUMN listeners.login_sessions.revoked_at IS 'When it was ended.';
COMMENT ON COLUMN listeners.login_sessions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN listeners.login_sessions.served_subscriptions IS 'The last cursor of subscriptions that this session was given (P19b).';

CREATE TABLE listeners.passkey_challenges (
  challenge_hash bytea NOT NULL,
  listener_id uuid,
  purpose text NOT NULL,
  browser_hash bytea NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT passkey_challenges_pkey PRIMARY KEY (challenge_hash),
  CONSTRAINT passkey_challenges_browser_hash_check CHECK ((length(browser_hash) = 32)),
  CONSTRAINT passkey_challenges_challenge_hash_check CHECK ((length(challenge_hash) = 32)),
  CONSTRAINT passkey_challenges_listener_check CHECK (((purpose = 'register'::text) = (listener_id IS NOT NULL))),
  CONSTRAINT passkey_challenges_purpose_check CHECK ((purpose IN ('register', 'sign_in')))
);
CREATE INDEX passkey_challenges_expires_at_idx ON listeners.passkey_challenges USING btree (expires_at);
CREATE INDEX passkey_challenges_listener_id_idx ON listeners.passkey_challenges USING btree (listener_id);
ALTER TABLE listeners.passkey_challenges ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.passkey_challenges TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON listeners.passkey_challenges FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.passkey_challenges TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.passkey_challenges TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.passkey_challenges IS 'Challenges that an authenticator is to sign, each once; only their hash is kept (AC3).';
COMMENT ON COLUMN listeners.passkey_challenges.challenge_hash IS 'SHA-256 of the challenge.';
COMMENT ON COLUMN listeners.passkey_challenges.listener_id IS 'Whose passkey is registered; nobody is known before signing in.';
COMMENT ON COLUMN listeners.passkey_challenges.purpose IS 'What it is for.';
COMMENT ON COLUMN listeners.passkey_challenges.browser_hash IS 'Hash of the cookie it is bound to.';
COMMENT ON COLUMN listeners.passkey_challenges.expires_at IS 'Five minutes after it was made.';
COMMENT ON COLUMN listeners.passkey_challenges.used_at IS 'When it was used; once only, whatever came of it.';
COMMENT ON COLUMN listeners.passkey_challenges.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.passkeys (
  credential_id bytea NOT NULL,
  listener_id uuid NOT NULL,
  public_key bytea NOT NULL,
  sign_count bigint DEFAULT 0 NOT NULL,
  transports text[] DEFAULT '{}'::text[] NOT NULL,
  name character varying(255) NOT NULL,
  last_used_at timestamp with time zone,
  flagged_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT passkeys_pkey PRIMARY KEY (credential_id),
  CONSTRAINT passkeys_credential_id_check CHECK (((length(credential_id) >= 16) AND (length(credential_id) <= 1023))),
  CONSTRAINT passkeys_public_key_check CHECK ((length(public_key) > 0)),
  CONSTRAINT passkeys_sign_count_check CHECK ((sign_count >= 0))
);
CREATE INDEX passkeys_listener_id_idx ON listeners.passkeys USING btree (listener_id);
ALTER TABLE listeners.passkeys ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.passkeys TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.passkeys TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.passkeys FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.passkeys TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.passkeys TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.passkeys IS 'WebAuthn credentials (AC3).';
COMMENT ON COLUMN listeners.passkeys.credential_id IS 'The authenticator''s id of it.';
COMMENT ON COLUMN listeners.passkeys.listener_id IS 'Whose it is.';
COMMENT ON COLUMN listeners.passkeys.public_key IS 'What it is verified with.';
COMMENT ON COLUMN listeners.passkeys.sign_count IS 'Must grow.';
COMMENT ON COLUMN listeners.passkeys.transports IS 'How the authenticator is reached.';
COMMENT ON COLUMN listeners.passkeys.name IS 'What the listener calls it.';
COMMENT ON COLUMN listeners.passkeys.last_used_at IS 'When it was last used.';
COMMENT ON COLUMN listeners.passkeys.flagged_at IS 'When its counter went back: it may be a copy.';
COMMENT ON COLUMN listeners.passkeys.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE listeners.playback_actions (
  listener_id uuid NOT NULL,
  action_id uuid NOT NULL,
  chapter_id character varying(255) NOT NULL,
  device_id character varying(255),
  kind text NOT NULL,
  position_ms bigint,
  started_ms bigint,
  duration_ms bigint,
  occurred_at timestamp with time zone NOT NULL,
  sent_at timestamp with time zone,
  received_at timestamp with time zone NOT NULL,
  effective_at timestamp with time zone NOT NULL,
  clock_skewed boolean DEFAULT false NOT NULL,
  seen_action_id uuid,
  status text NOT NULL,
  body_hash bytea NOT NULL,
  seq bigint NOT NULL,
  CONSTRAINT playback_actions_pkey PRIMARY KEY (listener_id, action_id),
  CONSTRAINT playback_actions_body_hash_check CHECK ((length(body_hash) = 32)),
  CONSTRAINT playback_actions_chapter_id_check CHECK (((chapter_id)::text <> ''::text)),
  CONSTRAINT playback_actions_duration_ms_check CHECK ((duration_ms > 0)),
  CONSTRAINT playback_actions_kind_check CHECK ((kind IN ('progress', 'seek', 'finish', 'unfinish', 'reset', 'restore', 'play', 'download', 'delete', 'new', 'flattr'))),
  CONSTRAINT playback_actions_not_future_check CHECK ((effective_at <= (received_at + '00:05:00'::interval))),
  CONSTRAINT playback_actions_position_known_check CHECK (((kind <> ALL (ARRAY['progress'::text, 'seek'::text, 'play'::text])) OR (position_ms IS NOT NULL))),
  CONSTRAINT playback_actions_position_ms_check CHECK ((position_ms >= 0)),
  CONSTRAINT playback_actions_seq_check CHECK ((seq > 0)),
  CONSTRAINT playback_actions_started_ms_check CHECK ((started_ms >= 0)),
  CONSTRAINT playback_actions_status_check CHECK ((status IN ('applied', 'superseded', 'guarded'))),
  CONSTRAINT playback_actions_within_check CHECK ((position_ms <= (duration_ms + 2000)))
);
CREATE INDEX playback_actions_device_id_listener_id_idx ON listeners.playback_actions USING btree (device_id, listener_id);
CREATE UNIQUE INDEX playback_actions_listener_id_seq_key ON listeners.playback_actions USING btree (listener_id, seq);
CREATE INDEX playback_actions_received_at_idx ON listeners.playback_actions USING btree (received_at);
CREATE INDEX playback_actions_winner_idx ON listeners.playback_actions USING btree (listener_id, chapter_id, effective_at DESC, action_id DESC);
ALTER TABLE listeners.playback_actions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.playback_actions TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.playback_actions TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.playback_actions FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.playback_actions TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.playback_actions TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.playback_actions IS 'Everything a client said, append-only; kept 400 days, then compacted.';
COMMENT ON COLUMN listeners.playback_actions.listener_id IS 'Who.';
COMMENT ON COLUMN listeners.playback_actions.action_id IS 'The client''s id, or one derived from what it said (P14).';
COMMENT ON COLUMN listeners.playback_actions.chapter_id IS 'What was heard.';
COMMENT ON COLUMN listeners.playback_actions.device_id IS 'On what.';
COMMENT ON COLUMN listeners.playback_actions.kind IS 'What was done; the last four never touch a position (P27).';
COMMENT ON COLUMN listeners.playback_actions.position_ms IS 'Where it was, or stopped.';
COMMENT ON COLUMN listeners.playback_actions.started_ms IS 'Where it began.';
COMMENT ON COLUMN listeners.playback_actions.duration_ms IS 'How long the chapter is, as the client knows it.';
COMMENT ON COLUMN listeners.playback_actions.occurred_at IS 'When the client says it was.';
COMMENT ON COLUMN listeners.playback_actions.sent_at IS 'The client''s clock when it sent this (P4).';
COMMENT ON COLUMN listeners.playback_actions.received_at IS 'When it came.';
COMMENT ON COLUMN listeners.playback_actions.effective_at IS 'When it counts as of (P3).';
COMMENT ON COLUMN listeners.playback_actions.clock_skewed IS 'Whether the client''s clock was not believed.';
COMMENT ON COLUMN listeners.playback_actions.seen_action_id IS 'The action whose outcome the device had seen (P9).';
COMMENT ON COLUMN listeners.playback_actions.status IS 'Whether it won.';
COMMENT ON COLUMN listeners.playback_actions.body_hash IS 'Tells a repetition from a contradiction (P13).';
COMMENT ON COLUMN listeners.playback_actions.seq IS 'The cursor it was given.';

CREATE TABLE listeners.playback_checkpoints (
  listener_id uuid NOT NULL,
  chapter_id character varying(255) NOT NULL,
  effective_at timestamp with time zone NOT NULL,
  action_id uuid NOT NULL,
  "position" jsonb,
  CONSTRAINT playback_checkpoints_pkey PRIMARY KEY (listener_id, chapter_id, effective_at, action_id),
  CONSTRAINT playback_checkpoints_position_check CHECK ((jsonb_typeof("position") = 'object'::text))
);
ALTER TABLE listeners.playback_checkpoints ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.playback_checkpoints TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.playback_checkpoints TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.playback_checkpoints FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.playback_checkpoints TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.playback_checkpoints TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.playback_checkpoints IS 'Results of folding a long history up to an action: a late action is folded from the last one before it.';
COMMENT ON COLUMN listeners.playback_checkpoints.listener_id IS 'The listener.';
COMMENT ON COLUMN listeners.playback_checkpoints.chapter_id IS 'The chapter.';
COMMENT ON COLUMN listeners.playback_checkpoints.effective_at IS 'Time of the last action that is included.';
COMMENT ON COLUMN listeners.playback_checkpoints.action_id IS 'The last action that is included.';
COMMENT ON COLUMN listeners.playback_checkpoints."position" IS 'The position after it; NULL for none.';

CREATE TABLE listeners.playback_device_positions (
  listener_id uuid NOT NULL,
  chapter_id character varying(255) NOT NULL,
  device_id character varying(255) NOT NULL,
  position_ms bigint NOT NULL,
  seen_version bigint DEFAULT 0 NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT playback_device_positions_pkey PRIMARY KEY (listener_id, chapter_id, device_id),
  CONSTRAINT playback_device_positions_chapter_id_check CHECK (((chapter_id)::text <> ''::text)),
  CONSTRAINT playback_device_positions_position_ms_check CHECK ((position_ms >= 0)),
  CONSTRAINT playback_device_positions_seen_version_check CHECK ((seen_version >= 0))
);
CREATE INDEX playback_device_positions_device_id_listener_id_idx ON listeners.playback_device_positions USING btree (device_id, listener_id);
ALTER TABLE listeners.playback_device_positions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.playback_device_positions TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.playback_device_positions TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.playback_device_positions FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.playback_device_positions TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.playback_device_positions TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.playback_device_positions IS 'Where each device last was, and which version it had seen (P10).';
COMMENT ON COLUMN listeners.playback_device_positions.listener_id IS 'Who.';
COMMENT ON COLUMN listeners.playback_device_positions.chapter_id IS 'What.';
COMMENT ON COLUMN listeners.playback_device_positions.device_id IS 'On what.';
COMMENT ON COLUMN listeners.playback_device_positions.position_ms IS 'Where that device was.';
COMMENT ON COLUMN listeners.playback_device_positions.seen_version IS 'The version it had seen.';
COMMENT ON COLUMN listeners.playback_device_positions.updated_at IS 'When it said so.';

CREATE TABLE listeners.playback_positions (
  listener_id uuid NOT NULL,
  chapter_id character varying(255) NOT NULL,
  position_ms bigint NOT NULL,
  duration_ms bigint,
  duration_changed boolean DEFAULT false NOT NULL,
  furthest_ms bigint NOT NULL,
  state text DEFAULT 'in_progress'::text NOT NULL,
  finished_at timestamp with time zone,
  finished_count integer DEFAULT 0 NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  seq bigint NOT NULL,
  effective_at timestamp with time zone NOT NULL,
  action_id uuid NOT NULL,
  device_id character varying(255),
  deleted_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT playback_positions_pkey PRIMARY KEY (listener_id, chapter_id),
  CONSTRAINT playback_positions_chapter_id_check CHECK (((chapter_id)::text <> ''::text)),
  CONSTRAINT playback_positions_duration_ms_check CHECK ((duration_ms > 0)),
  CONSTRAINT playback_positions_finished_check CHECK (((state <> 'finished'::text) OR ((finished_at IS NOT NULL) AND (finished_count > 0)))),
  CONSTRAINT playback_positions_finished_count_check CHECK ((finished_count >= 0)),
  CONSTRAINT playback_positions_furthest_check CHECK (((furthest_ms >= position_ms) OR (deleted_at IS NOT NULL))),
  CONSTRAINT playback_positions_furthest_ms_check CHECK ((furthest_ms >= 0)),
  CONSTRAINT playback_positions_position_ms_check CHECK ((position_ms >= 0)),
  CONSTRAINT playback_positions_seq_check CHECK ((seq > 0)),
  CONSTRAINT playback_positions_state_check CHECK ((state IN ('none', 'in_progress', 'finished'))),
  CONSTRAINT playback_positions_version_check CHECK ((version > 0)),
  CONSTRAINT playback_positions_within_check CHECK ((position_ms <= (duration_ms + 2000)))
) WITH (fillfactor=80);
CREATE INDEX playback_positions_chapter_id_idx ON listeners.playback_positions USING btree (chapter_id);
CREATE INDEX playback_positions_device_id_listener_id_idx ON listeners.playback_positions USING btree (device_id, listener_id);
CREATE TRIGGER playback_positions_touch BEFORE UPDATE ON listeners.playback_positions FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE listeners.playback_positions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.playback_positions TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.playback_positions TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.playback_positions FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.playback_positions TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.playback_positions TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.playback_positions IS 'Exactly one current row per listener and chapter (P1).';
COMMENT ON COLUMN listeners.playback_positions.listener_id IS 'Who.';
COMMENT ON COLUMN listeners.playback_positions.chapter_id IS 'What.';
COMMENT ON COLUMN listeners.playback_positions.position_ms IS 'Where they are.';
COMMENT ON COLUMN listeners.playback_positions.duration_ms IS 'How long the chapter is.';
COMMENT ON COLUMN listeners.playback_positions.duration_changed IS 'Whether that changed by more than 2 % (P28).';
COMMENT ON COLUMN listeners.playback_positions.furthest_ms IS 'The furthest they got; only a reset lowers it (P7).';
COMMENT ON COLUMN listeners.playback_positions.state IS 'How far they are.';
COMMENT ON COLUMN listeners.playback_positions.finished_at IS 'When they first finished.';
COMMENT ON COLUMN listeners.playback_positions.finished_count IS 'How often they finished.';
COMMENT ON COLUMN listeners.playback_positions.version IS 'The entity tag (P12).';
COMMENT ON COLUMN listeners.playback_positions.seq IS 'The cursor of the last change.';
COMMENT ON COLUMN listeners.playback_positions.effective_at IS 'When the winning action counts as of.';
COMMENT ON COLUMN listeners.playback_positions.action_id IS 'The action that won (P2).';
COMMENT ON COLUMN listeners.playback_positions.device_id IS 'Where it was done.';
COMMENT ON COLUMN listeners.playback_positions.deleted_at IS 'The tombstone of a position that was taken away (P38).';
COMMENT ON COLUMN listeners.playback_positions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN listeners.playback_positions.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE listeners.rate_limit_keys (
  "day" date NOT NULL,
  key bytea NOT NULL,
  CONSTRAINT rate_limit_keys_pkey PRIMARY KEY (day),
  CONSTRAINT rate_limit_keys_key_check CHECK ((length(key) = 32))
);
ALTER TABLE listeners.rate_limit_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.rate_limit_keys TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON listeners.rate_limit_keys FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.rate_limit_keys TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.rate_limit_keys TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.rate_limit_keys IS 'The key of a day''s hashes in rate_limits; deleted after a day, then nothing leads back to an address.';
COMMENT ON COLUMN listeners.rate_limit_keys."day" IS 'The day in UTC.';
COMMENT ON COLUMN listeners.rate_limit_keys.key IS 'Random.';

CREATE TABLE listeners.rate_limits (
  key_hash bytea NOT NULL,
  tries_left double precision NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT rate_limits_pkey PRIMARY KEY (key_hash),
  CONSTRAINT rate_limits_key_hash_check CHECK ((length(key_hash) = 32))
);
CREATE INDEX rate_limits_at_idx ON listeners.rate_limits USING btree (at);
ALTER TABLE listeners.rate_limits ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.rate_limits TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON listeners.rate_limits FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.rate_limits TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.rate_limits TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.rate_limits IS 'Token buckets of sign-ins, shared by all processes (AC8); deleted after a day.';
COMMENT ON COLUMN listeners.rate_limits.key_hash IS 'Keyed hash of the limit and of who tries; the key changes daily and is not stored with it.';
COMMENT ON COLUMN listeners.rate_limits.tries_left IS 'Tries left at that time.';
COMMENT ON COLUMN listeners.rate_limits.at IS 'Time of the last try.';

CREATE TABLE listeners.subscriptions (
  listener_id uuid NOT NULL,
  podcast_url character varying(1000) NOT NULL,
  device_id character varying(255),
  seq bigint NOT NULL,
  subscribed_at timestamp with time zone NOT NULL,
  unsubscribed_at timestamp with time zone,
  CONSTRAINT subscriptions_pkey PRIMARY KEY (listener_id, podcast_url),
  CONSTRAINT subscriptions_podcast_url_check CHECK (((podcast_url)::text <> ''::text)),
  CONSTRAINT subscriptions_seq_check CHECK ((seq > 0))
);
CREATE INDEX subscriptions_listener_id_device_id_idx ON listeners.subscriptions USING btree (listener_id, device_id);
CREATE INDEX subscriptions_listener_id_seq_idx ON listeners.subscriptions USING btree (listener_id, seq);
ALTER TABLE listeners.subscriptions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON listeners.subscriptions TO wavehouse_listeners_worker USING (true);
CREATE POLICY own ON listeners.subscriptions TO wavehouse_listeners_app USING ((listener_id = ANY (listeners.current_listeners())));
REVOKE ALL ON listeners.subscriptions FROM wavehouse_listeners_app, wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.subscriptions TO wavehouse_listeners_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON listeners.subscriptions TO wavehouse_listeners_worker;
COMMENT ON TABLE listeners.subscriptions IS 'Feeds that a listener follows, with those they left, for synchronisation.';
COMMENT ON COLUMN listeners.subscriptions.listener_id IS 'Who follows.';
COMMENT ON COLUMN listeners.subscriptions.podcast_url IS 'Which feed.';
COMMENT ON COLUMN listeners.subscriptions.device_id IS 'On which device it was last changed.';
COMMENT ON COLUMN listeners.subscriptions.seq IS 'The listener''s cursor at the last change.';
COMMENT ON COLUMN listeners.subscriptions.subscribed_at IS 'Since when.';
COMMENT ON COLUMN listeners.subscriptions.unsubscribed_at IS 'When they left.';

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
CREATE TRIGGER jobs_touch BEFORE UPDATE ON queue.jobs FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE queue.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.jobs TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON queue.jobs FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.jobs TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON queue.jobs_done TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON queue.jobs_done FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.jobs_done TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON queue.leader TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON queue.leader FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.leader TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON queue.outbox TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON queue.outbox FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.outbox TO wavehouse_listeners_worker;
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
CREATE TRIGGER schedules_touch BEFORE UPDATE ON queue.schedules FOR EACH ROW EXECUTE FUNCTION listeners.touch_updated_at();
ALTER TABLE queue.schedules ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.schedules TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON queue.schedules FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.schedules TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON queue.workers TO wavehouse_listeners_worker USING (true);
REVOKE ALL ON queue.workers FROM wavehouse_listeners_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.workers TO wavehouse_listeners_worker;
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
CREATE POLICY everyone ON schema_ops.approvals TO wavehouse_listeners_worker USING (true);
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
CREATE POLICY everyone ON schema_ops.backfills TO wavehouse_listeners_worker USING (true);
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

ALTER TABLE listeners.app_passwords ADD CONSTRAINT app_passwords_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.chapter_keys ADD CONSTRAINT chapter_keys_listener_id_chapter_id_fkey FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters(listener_id, chapter_id) ON DELETE CASCADE;

ALTER TABLE listeners.chapters ADD CONSTRAINT chapters_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.client_settings ADD CONSTRAINT client_settings_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.devices ADD CONSTRAINT devices_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.email_changes ADD CONSTRAINT email_changes_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.entitlement_ledger ADD CONSTRAINT entitlement_ledger_entitlement_id_fkey FOREIGN KEY (entitlement_id) REFERENCES listeners.entitlements(entitlement_id) ON DELETE RESTRICT;
ALTER TABLE listeners.entitlement_ledger ADD CONSTRAINT entitlement_ledger_external_event_id_fkey FOREIGN KEY (external_event_id) REFERENCES listeners.external_events(external_event_id) ON DELETE SET NULL;

ALTER TABLE listeners.entitlements ADD CONSTRAINT entitlements_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE RESTRICT;
ALTER TABLE listeners.entitlements ADD CONSTRAINT entitlements_source_event_fkey FOREIGN KEY (source_event) REFERENCES listeners.external_events(external_event_id) ON DELETE SET NULL;

ALTER TABLE listeners.feed_moves ADD CONSTRAINT feed_moves_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.listener_sync ADD CONSTRAINT listener_sync_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.login_links ADD CONSTRAINT login_links_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.login_sessions ADD CONSTRAINT login_sessions_listener_id_device_id_fkey FOREIGN KEY (listener_id, device_id) REFERENCES listeners.devices(listener_id, device_id) ON DELETE SET NULL (device_id);
ALTER TABLE listeners.login_sessions ADD CONSTRAINT login_sessions_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.passkey_challenges ADD CONSTRAINT passkey_challenges_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.passkeys ADD CONSTRAINT passkeys_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.playback_actions ADD CONSTRAINT playback_actions_listener_id_chapter_id_fkey FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters(listener_id, chapter_id) ON DELETE CASCADE;
ALTER TABLE listeners.playback_actions ADD CONSTRAINT playback_actions_listener_id_device_id_fkey FOREIGN KEY (listener_id, device_id) REFERENCES listeners.devices(listener_id, device_id) ON DELETE SET NULL (device_id);
ALTER TABLE listeners.playback_actions ADD CONSTRAINT playback_actions_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.playback_checkpoints ADD CONSTRAINT playback_checkpoints_listener_id_chapter_id_fkey FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters(listener_id, chapter_id) ON DELETE CASCADE;

ALTER TABLE listeners.playback_device_positions ADD CONSTRAINT playback_device_positions_listener_id_chapter_id_fkey FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters(listener_id, chapter_id) ON DELETE CASCADE;
ALTER TABLE listeners.playback_device_positions ADD CONSTRAINT playback_device_positions_listener_id_device_id_fkey FOREIGN KEY (listener_id, device_id) REFERENCES listeners.devices(listener_id, device_id) ON DELETE CASCADE;
ALTER TABLE listeners.playback_device_positions ADD CONSTRAINT playback_device_positions_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.playback_positions ADD CONSTRAINT playback_positions_listener_id_chapter_id_fkey FOREIGN KEY (listener_id, chapter_id) REFERENCES listeners.chapters(listener_id, chapter_id) ON DELETE CASCADE;
ALTER TABLE listeners.playback_positions ADD CONSTRAINT playback_positions_listener_id_device_id_fkey FOREIGN KEY (listener_id, device_id) REFERENCES listeners.devices(listener_id, device_id) ON DELETE SET NULL (device_id);
ALTER TABLE listeners.playback_positions ADD CONSTRAINT playback_positions_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;

ALTER TABLE listeners.subscriptions ADD CONSTRAINT subscriptions_listener_id_device_id_fkey FOREIGN KEY (listener_id, device_id) REFERENCES listeners.devices(listener_id, device_id) ON DELETE SET NULL (device_id);
ALTER TABLE listeners.subscriptions ADD CONSTRAINT subscriptions_listener_id_fkey FOREIGN KEY (listener_id) REFERENCES listeners.listeners(listener_id) ON DELETE CASCADE;
