-- Generated from the database: wavehouse schema docs generate

CREATE SCHEMA accounts;
GRANT USAGE ON SCHEMA accounts TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA accounts TO wavehouse_operational_worker;
CREATE SCHEMA asked;
GRANT USAGE ON SCHEMA asked TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA asked TO wavehouse_operational_worker;
CREATE SCHEMA audit;
GRANT USAGE ON SCHEMA audit TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA audit TO wavehouse_operational_worker;
CREATE SCHEMA catalog;
GRANT USAGE ON SCHEMA catalog TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA catalog TO wavehouse_operational_worker;
CREATE SCHEMA governance;
GRANT USAGE ON SCHEMA governance TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA governance TO wavehouse_operational_worker;
CREATE SCHEMA measurement;
GRANT USAGE ON SCHEMA measurement TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA measurement TO wavehouse_operational_worker;
CREATE SCHEMA queue;
GRANT USAGE ON SCHEMA queue TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA queue TO wavehouse_operational_worker;
CREATE SCHEMA schema_ops;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_operational_worker;
CREATE SCHEMA sponsorship;
GRANT USAGE ON SCHEMA sponsorship TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA sponsorship TO wavehouse_operational_worker;
CREATE SCHEMA studio;
GRANT USAGE ON SCHEMA studio TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA studio TO wavehouse_operational_worker;
CREATE SCHEMA usage;
GRANT USAGE ON SCHEMA usage TO wavehouse_operational_app;
GRANT USAGE ON SCHEMA usage TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA accounts GRANT USAGE ON SEQUENCES TO wavehouse_operational_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA accounts GRANT USAGE ON SEQUENCES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA accounts GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA audit GRANT USAGE ON SEQUENCES TO wavehouse_operational_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA audit GRANT USAGE ON SEQUENCES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA catalog GRANT USAGE ON SEQUENCES TO wavehouse_operational_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA catalog GRANT USAGE ON SEQUENCES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA catalog GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA governance GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA measurement GRANT USAGE ON SEQUENCES TO wavehouse_operational_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA measurement GRANT USAGE ON SEQUENCES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA measurement GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA queue GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA sponsorship GRANT USAGE ON SEQUENCES TO wavehouse_operational_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA sponsorship GRANT USAGE ON SEQUENCES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA sponsorship GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA studio GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_operational_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA usage GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_operational_worker;

CREATE OR REPLACE FUNCTION accounts.current_organization()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('wavehouse.organization_id'::text, true), ''::text))::uuid;
COMMENT ON FUNCTION accounts.current_organization() IS 'The organization of this transaction, for row security.';
REVOKE ALL ON FUNCTION accounts.current_organization() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts.current_organization() TO PUBLIC;

CREATE OR REPLACE FUNCTION measurement.begin_event_index(wanted text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
BEGIN
  EXECUTE pg_catalog.format(
    'CREATE INDEX IF NOT EXISTS %I ON ONLY measurement.listener_events (%I, "timestamp" DESC)',
    measurement.event_index_name(wanted), wanted);
END
$function$;
COMMENT ON FUNCTION measurement.begin_event_index(wanted text) IS 'Makes an optional index for new days; older days follow by index_event_day.';
REVOKE ALL ON FUNCTION measurement.begin_event_index(wanted text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.begin_event_index(wanted text) TO wavehouse_operational_worker;

CREATE OR REPLACE FUNCTION measurement.drop_event_index(wanted text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
BEGIN
  EXECUTE pg_catalog.format(
    'DROP INDEX IF EXISTS measurement.%I', measurement.event_index_name(wanted));
END
$function$;
COMMENT ON FUNCTION measurement.drop_event_index(wanted text) IS 'Drops an optional index of listener events from every day.';
REVOKE ALL ON FUNCTION measurement.drop_event_index(wanted text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.drop_event_index(wanted text) TO wavehouse_operational_worker;

CREATE OR REPLACE FUNCTION measurement.ensure_day(day date)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
DECLARE
  kind text;
  part text;
  made boolean := false;
  first timestamptz := day::timestamp AT TIME ZONE 'UTC';
  next  timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
  FOREACH kind IN ARRAY ARRAY['requests', 'downloads', 'listener_events'] LOOP
    part := pg_catalog.format('%s_%s', kind, pg_catalog.to_char(day, 'YYYYMMDD'));
    IF pg_catalog.to_regclass('measurement.' || part) IS NULL THEN
      PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('measurement.ensure_day', 0));
      IF pg_catalog.to_regclass('measurement.' || part) IS NULL THEN
        EXECUTE pg_catalog.format(
          'CREATE TABLE measurement.%I (LIKE measurement.%I INCLUDING ALL)', part, kind);
        EXECUTE pg_catalog.format(
          'ALTER TABLE measurement.%I ATTACH PARTITION measurement.%I FOR VALUES FROM (%L) TO (%L)',
          kind, part, first, next);
        made := true;
      END IF;
    END IF;
  END LOOP;
  RETURN made;
END
$function$;
REVOKE ALL ON FUNCTION measurement.ensure_day(day date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.ensure_day(day date) TO wavehouse_operational_worker;

CREATE OR REPLACE FUNCTION measurement.event_index_name(wanted text)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE
 SET search_path TO ''
AS $function$
BEGIN
  IF wanted IS NULL OR wanted NOT IN ('podcast_id', 'platform', 'event_type') THEN
    RAISE EXCEPTION 'no optional index of listener events is by %', wanted
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN 'listener_events_' || wanted || '_timestamp_idx';
END
$function$;
COMMENT ON FUNCTION measurement.event_index_name(wanted text) IS 'The name of an optional index of listener events; refuses other columns.';
REVOKE ALL ON FUNCTION measurement.event_index_name(wanted text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.event_index_name(wanted text) TO PUBLIC;

CREATE OR REPLACE FUNCTION measurement.index_event_day(wanted text, part regclass)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
DECLARE
  parent regclass := pg_catalog.format('measurement.%I', measurement.event_index_name(wanted))::regclass;
  base text;
BEGIN
  SELECT c.relname INTO base FROM pg_catalog.pg_class c
  WHERE c.oid = part AND EXISTS (SELECT FROM pg_catalog.pg_inherits i
    WHERE i.inhrelid = c.oid AND i.inhparent = 'measurement.listener_events'::regclass);
  IF base IS NULL THEN
    RAISE EXCEPTION '% is not a day of listener events', part USING ERRCODE = 'wrong_object_type';
  END IF;
  IF EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_index x ON x.indexrelid = i.inhrelid
             WHERE i.inhparent = parent AND x.indrelid = part) THEN
    RETURN false;
  END IF;
  base := base || '_' || wanted || '_timestamp_idx';
  EXECUTE pg_catalog.format('CREATE INDEX %I ON %s (%I, "timestamp" DESC)', base, part, wanted);
  EXECUTE pg_catalog.format('ALTER INDEX %s ATTACH PARTITION measurement.%I', parent, base);
  RETURN true;
END
$function$;
COMMENT ON FUNCTION measurement.index_event_day(wanted text, part regclass) IS 'Makes an optional index on one day; false when it was there. Writers of that day wait.';
REVOKE ALL ON FUNCTION measurement.index_event_day(wanted text, part regclass) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.index_event_day(wanted text, part regclass) TO wavehouse_operational_worker;

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
GRANT EXECUTE ON FUNCTION schema_ops.ensure_partition(parent regclass, day date, span text) TO wavehouse_operational_worker;

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

CREATE OR REPLACE FUNCTION accounts.touch_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
BEGIN
  NEW.updated_at := pg_catalog.now();
  RETURN NEW;
END
$function$;
COMMENT ON FUNCTION accounts.touch_updated_at() IS 'Keeps updated_at; bookkeeping, so it reads the real clock.';
REVOKE ALL ON FUNCTION accounts.touch_updated_at() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts.touch_updated_at() TO PUBLIC;

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
REVOKE ALL ON FUNCTION audit.refuse_change() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.refuse_change() TO PUBLIC;

CREATE OR REPLACE FUNCTION sponsorship.check_campaign_state()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
BEGIN
  IF (OLD.status, NEW.status) NOT IN (
    ('draft', 'scheduled'), ('draft', 'active'), ('draft', 'cancelled'),
    ('scheduled', 'draft'), ('scheduled', 'active'), ('scheduled', 'cancelled'),
    ('active', 'paused'), ('active', 'completed'), ('active', 'cancelled'),
    ('paused', 'active'), ('paused', 'completed'), ('paused', 'cancelled'),
    ('completed', 'active'), ('cancelled', 'draft')
  ) THEN
    RAISE EXCEPTION 'a campaign cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation', TABLE = 'campaigns', CONSTRAINT = 'campaigns_state_check';
  END IF;
  RETURN NEW;
END
$function$;
COMMENT ON FUNCTION sponsorship.check_campaign_state() IS 'Refuses a change of a campaign''s status that its state machine does not have.';
REVOKE ALL ON FUNCTION sponsorship.check_campaign_state() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sponsorship.check_campaign_state() TO PUBLIC;

CREATE OR REPLACE FUNCTION sponsorship.keep_episode_ids()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
DECLARE
  touched uuid;
BEGIN
  FOREACH touched IN ARRAY CASE TG_OP WHEN 'DELETE' THEN ARRAY[OLD.campaign_id]
    WHEN 'INSERT' THEN ARRAY[NEW.campaign_id] ELSE ARRAY[OLD.campaign_id, NEW.campaign_id] END
  LOOP
    UPDATE sponsorship.campaigns AS c
    SET episode_ids = ARRAY(SELECT DISTINCT p.episode_id FROM sponsorship.campaign_placements AS p
      WHERE p.campaign_id = touched ORDER BY p.episode_id)
    WHERE c.campaign_id = touched;
  END LOOP;
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION sponsorship.keep_episode_ids() IS 'Keeps a campaign''s episode_ids equal to the episodes of its placements.';
REVOKE ALL ON FUNCTION sponsorship.keep_episode_ids() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sponsorship.keep_episode_ids() TO PUBLIC;

CREATE OR REPLACE FUNCTION studio.count_revision()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
BEGIN
  NEW.revision := OLD.revision;
  IF (NEW.type, NEW.body) IS DISTINCT FROM (OLD.type, OLD.body) THEN
    NEW.revision := OLD.revision + 1;
  END IF;
  RETURN NEW;
END
$function$;
COMMENT ON FUNCTION studio.count_revision() IS 'Raises the revision of a block whose type or body changes.';
REVOKE ALL ON FUNCTION studio.count_revision() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.count_revision() TO PUBLIC;

CREATE OR REPLACE FUNCTION studio.guard_memory()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
BEGIN
  IF (NEW.memory_id, NEW.project_id, NEW.kind, NEW.valid_from, NEW.recorded_at, NEW.source_kind, NEW.source_id)
     IS DISTINCT FROM
     (OLD.memory_id, OLD.project_id, OLD.kind, OLD.valid_from, OLD.recorded_at, OLD.source_kind, OLD.source_id)
     OR (NEW.content IS NOT NULL AND NEW.content IS DISTINCT FROM OLD.content)
  THEN
    RAISE EXCEPTION 'a memory is append-only: supersede it or forget it'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$function$;
COMMENT ON FUNCTION studio.guard_memory() IS 'Lets a memory be superseded, ended or forgotten, and nothing else.';
REVOKE ALL ON FUNCTION studio.guard_memory() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.guard_memory() TO PUBLIC;

CREATE OR REPLACE FUNCTION studio.keep_revision()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO ''
AS $function$
BEGIN
  INSERT INTO studio.block_revisions (block_id, revision, organization_id, type, body)
  VALUES (NEW.block_id, NEW.revision, NEW.organization_id, NEW.type, NEW.body);
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION studio.keep_revision() IS 'Stores a new revision of a block.';
REVOKE ALL ON FUNCTION studio.keep_revision() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION studio.keep_revision() TO PUBLIC;

CREATE TABLE accounts.api_keys (
  api_key_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL,
  key_prefix text NOT NULL,
  key_hash bytea NOT NULL,
  last4 text NOT NULL,
  scopes text[] NOT NULL,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  rotated_from uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT api_keys_pkey PRIMARY KEY (api_key_id),
  CONSTRAINT api_keys_key_prefix_key UNIQUE (key_prefix),
  CONSTRAINT api_keys_organization_id_api_key_id_key UNIQUE (organization_id, api_key_id),
  CONSTRAINT api_keys_key_hash_check CHECK ((length(key_hash) = 32)),
  CONSTRAINT api_keys_last4_check CHECK ((length(last4) = 4)),
  CONSTRAINT api_keys_name_check CHECK ((name <> ''::text)),
  CONSTRAINT api_keys_scopes_check CHECK ((cardinality(scopes) > 0))
);
CREATE INDEX api_keys_organization_id_idx ON accounts.api_keys USING btree (organization_id);
CREATE INDEX api_keys_rotated_from_idx ON accounts.api_keys USING btree (rotated_from);
CREATE INDEX api_keys_user_id_idx ON accounts.api_keys USING btree (user_id);
CREATE TRIGGER api_keys_touch BEFORE UPDATE ON accounts.api_keys FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE accounts.api_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON accounts.api_keys TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON accounts.api_keys TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON accounts.api_keys FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT, UPDATE ON accounts.api_keys TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON accounts.api_keys TO wavehouse_operational_worker;
COMMENT ON TABLE accounts.api_keys IS 'Keys of programs; the secret itself is shown once and not kept.';
COMMENT ON COLUMN accounts.api_keys.api_key_id IS 'The key.';
COMMENT ON COLUMN accounts.api_keys.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN accounts.api_keys.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN accounts.api_keys.name IS 'What it is for.';
COMMENT ON COLUMN accounts.api_keys.key_prefix IS 'The part of it that may be shown and is looked up.';
COMMENT ON COLUMN accounts.api_keys.key_hash IS 'SHA-256 of the secret.';
COMMENT ON COLUMN accounts.api_keys.last4 IS 'Its last four signs, to recognise it by.';
COMMENT ON COLUMN accounts.api_keys.scopes IS 'What it may do.';
COMMENT ON COLUMN accounts.api_keys.expires_at IS 'From when it is refused.';
COMMENT ON COLUMN accounts.api_keys.last_used_at IS 'When it was last used, to the minute.';
COMMENT ON COLUMN accounts.api_keys.revoked_at IS 'When it was taken back.';
COMMENT ON COLUMN accounts.api_keys.rotated_from IS 'The key that it replaces.';
COMMENT ON COLUMN accounts.api_keys.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN accounts.api_keys.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE accounts.idempotency_keys (
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  idempotency_key text NOT NULL,
  request_hash bytea NOT NULL,
  status smallint,
  body jsonb,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (organization_id, user_id, idempotency_key),
  CONSTRAINT idempotency_keys_answer_check CHECK (((status IS NULL) = (body IS NULL))),
  CONSTRAINT idempotency_keys_idempotency_key_check CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 255))),
  CONSTRAINT idempotency_keys_request_hash_check CHECK ((length(request_hash) = 32)),
  CONSTRAINT idempotency_keys_status_check CHECK (((status >= 200) AND (status <= 299)))
);
CREATE INDEX idempotency_keys_created_at_idx ON accounts.idempotency_keys USING btree (created_at);
CREATE INDEX idempotency_keys_user_id_idx ON accounts.idempotency_keys USING btree (user_id);
ALTER TABLE accounts.idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON accounts.idempotency_keys TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON accounts.idempotency_keys TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON accounts.idempotency_keys FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON accounts.idempotency_keys TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON accounts.idempotency_keys TO wavehouse_operational_worker;
COMMENT ON TABLE accounts.idempotency_keys IS 'Answers of the API by Idempotency-Key: a retry within 24 hours gets the same answer and changes nothing.';
COMMENT ON COLUMN accounts.idempotency_keys.organization_id IS 'Whose request it was.';
COMMENT ON COLUMN accounts.idempotency_keys.user_id IS 'Who asked: the owner of the API key.';
COMMENT ON COLUMN accounts.idempotency_keys.idempotency_key IS 'The header''s text, 1 to 255 characters.';
COMMENT ON COLUMN accounts.idempotency_keys.request_hash IS 'SHA-256 of method, path and body; another request under the same key is refused.';
COMMENT ON COLUMN accounts.idempotency_keys.status IS 'The answer''s HTTP status; only what succeeded is kept.';
COMMENT ON COLUMN accounts.idempotency_keys.body IS 'The answer''s JSON body.';
COMMENT ON COLUMN accounts.idempotency_keys.created_at IS 'When the request came; rows go after 24 hours.';

CREATE TABLE accounts.login_links (
  token_hash bytea NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT login_links_pkey PRIMARY KEY (token_hash),
  CONSTRAINT login_links_token_hash_check CHECK ((length(token_hash) = 32))
);
CREATE INDEX login_links_organization_id_idx ON accounts.login_links USING btree (organization_id);
CREATE INDEX login_links_user_id_idx ON accounts.login_links USING btree (user_id);
ALTER TABLE accounts.login_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON accounts.login_links TO wavehouse_operational_worker USING (true);
REVOKE ALL ON accounts.login_links FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON accounts.login_links TO wavehouse_operational_worker;
COMMENT ON TABLE accounts.login_links IS 'One-time links that sign in; only their hash is kept.';
COMMENT ON COLUMN accounts.login_links.token_hash IS 'SHA-256 of the token.';
COMMENT ON COLUMN accounts.login_links.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN accounts.login_links.user_id IS 'Whom it signs in.';
COMMENT ON COLUMN accounts.login_links.expires_at IS 'From when it is refused.';
COMMENT ON COLUMN accounts.login_links.used_at IS 'When it was used; once only.';
COMMENT ON COLUMN accounts.login_links.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE accounts.login_sessions (
  token_hash bytea NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  last_seen_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT login_sessions_pkey PRIMARY KEY (token_hash),
  CONSTRAINT login_sessions_token_hash_check CHECK ((length(token_hash) = 32))
);
CREATE INDEX login_sessions_organization_id_idx ON accounts.login_sessions USING btree (organization_id);
CREATE INDEX login_sessions_user_id_idx ON accounts.login_sessions USING btree (user_id);
ALTER TABLE accounts.login_sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON accounts.login_sessions TO wavehouse_operational_worker USING (true);
REVOKE ALL ON accounts.login_sessions FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON accounts.login_sessions TO wavehouse_operational_worker;
COMMENT ON TABLE accounts.login_sessions IS 'Signed-in browsers, by the hash of their token.';
COMMENT ON COLUMN accounts.login_sessions.token_hash IS 'SHA-256 of the token.';
COMMENT ON COLUMN accounts.login_sessions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN accounts.login_sessions.user_id IS 'Who is signed in.';
COMMENT ON COLUMN accounts.login_sessions.expires_at IS 'When it ends.';
COMMENT ON COLUMN accounts.login_sessions.last_seen_at IS 'When it was last used.';
COMMENT ON COLUMN accounts.login_sessions.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE accounts.organizations (
  organization_id uuid DEFAULT uuidv7() NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  plan_tier text DEFAULT 'free'::text NOT NULL,
  project_limit integer,
  timezone text DEFAULT 'UTC'::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT organizations_pkey PRIMARY KEY (organization_id),
  CONSTRAINT organizations_slug_key UNIQUE (slug),
  CONSTRAINT organizations_name_check CHECK ((name <> ''::text)),
  CONSTRAINT organizations_project_limit_check CHECK ((project_limit > 0)),
  CONSTRAINT organizations_slug_check CHECK ((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text))
);
CREATE TRIGGER organizations_touch BEFORE UPDATE ON accounts.organizations FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE accounts.organizations ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON accounts.organizations TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON accounts.organizations TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON accounts.organizations FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT, UPDATE ON accounts.organizations TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON accounts.organizations TO wavehouse_operational_worker;
COMMENT ON TABLE accounts.organizations IS 'Who uses an installation: everything that creators own belongs to one.';
COMMENT ON COLUMN accounts.organizations.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN accounts.organizations.name IS 'What people call it.';
COMMENT ON COLUMN accounts.organizations.slug IS 'Its name in addresses.';
COMMENT ON COLUMN accounts.organizations.plan_tier IS 'The plan it pays for.';
COMMENT ON COLUMN accounts.organizations.project_limit IS 'How many projects it may have; never limits how often one publishes.';
COMMENT ON COLUMN accounts.organizations.timezone IS 'Its zone, an IANA name: days of usage and cost are counted in it.';
COMMENT ON COLUMN accounts.organizations.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN accounts.organizations.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN accounts.organizations.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE accounts.users (
  user_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  email character varying(255) NOT NULL,
  password_hash character varying(255) NOT NULL,
  name character varying(255) NOT NULL,
  role character varying(50) DEFAULT 'user'::text NOT NULL,
  subscription_tier character varying(50) DEFAULT 'free'::text NOT NULL,
  persona_segment character varying(100),
  timezone text DEFAULT 'UTC'::text NOT NULL,
  last_login timestamp with time zone,
  is_active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT users_pkey PRIMARY KEY (user_id),
  CONSTRAINT users_organization_id_user_id_key UNIQUE (organization_id, user_id),
  CONSTRAINT users_email_check CHECK ((POSITION(('@'::text) IN (email)) > 1)),
  CONSTRAINT users_persona_segment_check CHECK ((persona_segment IN ('solo_podcaster', 'producer', 'agency', 'enterprise'))),
  CONSTRAINT users_role_check CHECK (((role)::text IN ('admin', 'user', 'viewer'))),
  CONSTRAINT users_subscription_tier_check CHECK (((subscription_tier)::text IN ('free', 'starter', 'professional', 'enterprise')))
);
CREATE INDEX users_email_idx ON accounts.users USING btree (email);
CREATE UNIQUE INDEX users_email_key ON accounts.users USING btree (lower((email)::text));
CREATE INDEX users_is_active_idx ON accounts.users USING btree (is_active) WHERE is_active;
CREATE INDEX users_organization_id_idx ON accounts.users USING btree (organization_id);
CREATE INDEX users_persona_segment_idx ON accounts.users USING btree (persona_segment);
CREATE INDEX users_subscription_tier_idx ON accounts.users USING btree (subscription_tier);
CREATE INDEX users_user_id_subscription_tier_idx ON accounts.users USING btree (user_id, subscription_tier);
CREATE TRIGGER users_touch BEFORE UPDATE ON accounts.users FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE accounts.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON accounts.users TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON accounts.users TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON accounts.users FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT, UPDATE ON accounts.users TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON accounts.users TO wavehouse_operational_worker;
COMMENT ON TABLE accounts.users IS 'People who work with an organization''s shows.';
COMMENT ON COLUMN accounts.users.user_id IS 'The person.';
COMMENT ON COLUMN accounts.users.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN accounts.users.email IS 'The address to sign in with; unique without regard to case.';
COMMENT ON COLUMN accounts.users.password_hash IS 'Hash of the password; an unusable mark for who signs in by link or elsewhere.';
COMMENT ON COLUMN accounts.users.name IS 'What they are called.';
COMMENT ON COLUMN accounts.users.role IS 'What they may do.';
COMMENT ON COLUMN accounts.users.subscription_tier IS 'What they subscribed to.';
COMMENT ON COLUMN accounts.users.persona_segment IS 'What kind of maker they are.';
COMMENT ON COLUMN accounts.users.timezone IS 'Their zone, an IANA name.';
COMMENT ON COLUMN accounts.users.last_login IS 'When they last signed in.';
COMMENT ON COLUMN accounts.users.is_active IS 'Whether they may sign in.';
COMMENT ON COLUMN accounts.users.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN accounts.users.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN accounts.users.metadata IS 'Further facts that need no column of their own yet.';

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
REVOKE ALL ON audit.audit_checkpoints FROM wavehouse_operational_worker;
GRANT INSERT, SELECT ON audit.audit_checkpoints TO wavehouse_operational_worker;
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
REVOKE ALL ON audit.audit_commitments FROM wavehouse_operational_worker;
GRANT INSERT, SELECT, UPDATE ON audit.audit_commitments TO wavehouse_operational_worker;
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
REVOKE ALL ON audit.audit_leaves FROM wavehouse_operational_worker;
GRANT INSERT, SELECT ON audit.audit_leaves TO wavehouse_operational_worker;
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
  request_id text,
  trace_id text,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  content_hash bytea NOT NULL,
  subject_pseudonym uuid,
  CONSTRAINT audit_log_pkey PRIMARY KEY (audit_id),
  CONSTRAINT audit_log_action_check CHECK ((action ~ '^[a-z_]+\.[a-z_]+$'::text)),
  CONSTRAINT audit_log_actor_check CHECK ((actor <> ''::text)),
  CONSTRAINT audit_log_content_hash_check CHECK ((length(content_hash) = 32))
);
CREATE INDEX audit_log_organization_id_at_idx ON audit.audit_log USING btree (organization_id, at DESC);
CREATE INDEX audit_log_resource_idx ON audit.audit_log USING btree (resource_type, resource_id);
CREATE TRIGGER audit_log_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
ALTER TABLE audit.audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON audit.audit_log TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant_reads ON audit.audit_log FOR SELECT TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
CREATE POLICY tenant_writes ON audit.audit_log FOR INSERT TO wavehouse_operational_app WITH CHECK ((organization_id = accounts.current_organization()));
REVOKE ALL ON audit.audit_log FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON audit.audit_log TO wavehouse_operational_app;
GRANT INSERT, SELECT ON audit.audit_log TO wavehouse_operational_worker;
COMMENT ON TABLE audit.audit_log IS 'What was done, by whom, to what. Rows are added and never changed.';
COMMENT ON COLUMN audit.audit_log.audit_id IS 'The entry.';
COMMENT ON COLUMN audit.audit_log.xact_id IS 'Its transaction; sealing waits until all older ones have ended.';
COMMENT ON COLUMN audit.audit_log.at IS 'When.';
COMMENT ON COLUMN audit.audit_log.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN audit.audit_log.actor IS 'Who.';
COMMENT ON COLUMN audit.audit_log.action IS 'What.';
COMMENT ON COLUMN audit.audit_log.resource_type IS 'To what kind of thing.';
COMMENT ON COLUMN audit.audit_log.resource_id IS 'To which one.';
COMMENT ON COLUMN audit.audit_log.request_id IS 'In which request.';
COMMENT ON COLUMN audit.audit_log.trace_id IS 'In which trace.';
COMMENT ON COLUMN audit.audit_log.metadata IS 'Further facts that are nobody''s personal data.';
COMMENT ON COLUMN audit.audit_log.content_hash IS 'Hash of the entry''s canonical encoding.';
COMMENT ON COLUMN audit.audit_log.subject_pseudonym IS 'The person it is about, under a pseudonym that erasure cuts loose.';

CREATE TABLE catalog.enclosures (
  enclosure_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  episode_id uuid NOT NULL,
  kind text NOT NULL,
  url character varying(2000) NOT NULL,
  media_host text NOT NULL,
  media_path text NOT NULL,
  mime_type text,
  bytes bigint,
  header_bytes bigint,
  duration_ms bigint,
  facts_source text NOT NULL,
  valid_from timestamp with time zone NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  threshold_bytes bigint GENERATED ALWAYS AS (
CASE
    WHEN ((header_bytes IS NULL) OR (duration_ms IS NULL) OR (duration_ms < 60000)) THEN bytes
    ELSE (header_bytes + (((((bytes - header_bytes) * 60000) + duration_ms) - 1) / duration_ms))
END) STORED,
  moved_at timestamp with time zone,
  from_episode_id uuid,
  CONSTRAINT enclosures_pkey PRIMARY KEY (enclosure_id),
  CONSTRAINT enclosures_episode_id_media_host_media_path_valid_from_key UNIQUE (episode_id, media_host, media_path, valid_from),
  CONSTRAINT enclosures_organization_id_enclosure_id_key UNIQUE (organization_id, enclosure_id),
  CONSTRAINT enclosures_bytes_check CHECK ((bytes > 0)),
  CONSTRAINT enclosures_check CHECK ((header_bytes < bytes)),
  CONSTRAINT enclosures_duration_ms_check CHECK ((duration_ms > 0)),
  CONSTRAINT enclosures_facts_source_check CHECK ((facts_source IN ('probe', 'media_file', 'feed', 'none'))),
  CONSTRAINT enclosures_header_bytes_check CHECK ((header_bytes >= 0)),
  CONSTRAINT enclosures_kind_check CHECK ((kind IN ('enclosure', 'alternate')))
);
CREATE INDEX enclosures_from_episode_id_idx ON catalog.enclosures USING btree (from_episode_id);
CREATE INDEX enclosures_media_path_idx ON catalog.enclosures USING btree (media_path);
CREATE INDEX enclosures_podcast_id_idx ON catalog.enclosures USING btree (podcast_id);
ALTER TABLE catalog.enclosures ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON catalog.enclosures TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON catalog.enclosures TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON catalog.enclosures FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.enclosures TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.enclosures TO wavehouse_operational_worker;
COMMENT ON TABLE catalog.enclosures IS 'Every version of every media file that an episode is served as; it holds until the next of the same place starts (R26).';
COMMENT ON COLUMN catalog.enclosures.enclosure_id IS 'The version.';
COMMENT ON COLUMN catalog.enclosures.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.enclosures.podcast_id IS 'The show.';
COMMENT ON COLUMN catalog.enclosures.episode_id IS 'The episode.';
COMMENT ON COLUMN catalog.enclosures.kind IS 'The episode''s own file or another form of it.';
COMMENT ON COLUMN catalog.enclosures.url IS 'Where it is, as the feed says.';
COMMENT ON COLUMN catalog.enclosures.media_host IS 'Its host, prefixes stripped.';
COMMENT ON COLUMN catalog.enclosures.media_path IS 'Its path, prefixes stripped.';
COMMENT ON COLUMN catalog.enclosures.mime_type IS 'Its type.';
COMMENT ON COLUMN catalog.enclosures.bytes IS 'How large it is; of an HLS rendition how long, in milliseconds (R13).';
COMMENT ON COLUMN catalog.enclosures.header_bytes IS 'Bytes before the sound: tags and pictures.';
COMMENT ON COLUMN catalog.enclosures.duration_ms IS 'Its length.';
COMMENT ON COLUMN catalog.enclosures.facts_source IS 'How size and length are known.';
COMMENT ON COLUMN catalog.enclosures.valid_from IS 'From when requests are for this version.';
COMMENT ON COLUMN catalog.enclosures.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN catalog.enclosures.threshold_bytes IS 'How many bytes of the file are a download (R26, R29).';
COMMENT ON COLUMN catalog.enclosures.moved_at IS 'When its requests last came to count for another episode; NULL for never.';
COMMENT ON COLUMN catalog.enclosures.from_episode_id IS 'The episode that the feed names it for, while that one is merged into another; else NULL.';

CREATE TABLE catalog.episodes (
  episode_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  guid character varying(500) NOT NULL,
  title character varying(500) NOT NULL,
  description text,
  audio_url character varying(1000) NOT NULL,
  duration_seconds integer,
  publish_date timestamp with time zone NOT NULL,
  link character varying(1000),
  author character varying(255),
  categories text[] DEFAULT '{}'::text[] NOT NULL,
  explicit boolean DEFAULT false NOT NULL,
  transcript_url character varying(1000),
  transcript_status character varying(50) DEFAULT 'pending'::character varying NOT NULL,
  ad_slots jsonb DEFAULT '[]'::jsonb NOT NULL,
  season integer,
  number numeric(10,2),
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT episodes_pkey PRIMARY KEY (episode_id),
  CONSTRAINT episodes_organization_id_episode_id_key UNIQUE (organization_id, episode_id),
  CONSTRAINT episodes_podcast_id_guid_key UNIQUE (podcast_id, guid),
  CONSTRAINT episodes_ad_slots_check CHECK ((jsonb_typeof(ad_slots) = 'array'::text)),
  CONSTRAINT episodes_duration_seconds_check CHECK ((duration_seconds >= 0)),
  CONSTRAINT episodes_guid_check CHECK (((guid)::text <> ''::text)),
  CONSTRAINT episodes_title_check CHECK (((title)::text <> ''::text)),
  CONSTRAINT episodes_transcript_status_check CHECK ((transcript_status IN ('pending', 'processing', 'completed', 'failed')))
);
CREATE INDEX episodes_guid_idx ON catalog.episodes USING btree (guid);
CREATE INDEX episodes_organization_id_idx ON catalog.episodes USING btree (organization_id);
CREATE INDEX episodes_podcast_id_idx ON catalog.episodes USING btree (podcast_id);
CREATE INDEX episodes_publish_date_idx ON catalog.episodes USING btree (publish_date);
CREATE INDEX episodes_transcript_status_idx ON catalog.episodes USING btree (transcript_status) WHERE ((transcript_status)::text <> 'completed'::text);
CREATE TRIGGER episodes_touch BEFORE UPDATE ON catalog.episodes FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE catalog.episodes ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON catalog.episodes TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON catalog.episodes TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON catalog.episodes FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.episodes TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.episodes TO wavehouse_operational_worker;
COMMENT ON TABLE catalog.episodes IS 'Episodes, from the feeds of their shows.';
COMMENT ON COLUMN catalog.episodes.episode_id IS 'The episode.';
COMMENT ON COLUMN catalog.episodes.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.episodes.podcast_id IS 'The show.';
COMMENT ON COLUMN catalog.episodes.guid IS 'Its id within its feed.';
COMMENT ON COLUMN catalog.episodes.title IS 'Its title.';
COMMENT ON COLUMN catalog.episodes.description IS 'What it is about.';
COMMENT ON COLUMN catalog.episodes.audio_url IS 'Its media file, as the feed says.';
COMMENT ON COLUMN catalog.episodes.duration_seconds IS 'Its length, as the feed says.';
COMMENT ON COLUMN catalog.episodes.publish_date IS 'When it appeared.';
COMMENT ON COLUMN catalog.episodes.link IS 'Its page.';
COMMENT ON COLUMN catalog.episodes.author IS 'Who made it.';
COMMENT ON COLUMN catalog.episodes.categories IS 'Its categories.';
COMMENT ON COLUMN catalog.episodes.explicit IS 'Whether it is for adults.';
COMMENT ON COLUMN catalog.episodes.transcript_url IS 'Its transcript, as the feed says.';
COMMENT ON COLUMN catalog.episodes.transcript_status IS 'Where its transcript stands.';
COMMENT ON COLUMN catalog.episodes.ad_slots IS 'Where advertisements are: start, end, campaign, how they were found, how surely.';
COMMENT ON COLUMN catalog.episodes.season IS 'Its season.';
COMMENT ON COLUMN catalog.episodes.number IS 'Its number.';
COMMENT ON COLUMN catalog.episodes.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN catalog.episodes.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN catalog.episodes.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE catalog.former_guids (
  podcast_id uuid NOT NULL,
  guid character varying(500) NOT NULL,
  episode_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  CONSTRAINT former_guids_pkey PRIMARY KEY (podcast_id, guid)
);
CREATE INDEX former_guids_episode_id_idx ON catalog.former_guids USING btree (episode_id);
ALTER TABLE catalog.former_guids ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON catalog.former_guids TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON catalog.former_guids TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON catalog.former_guids FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.former_guids TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.former_guids TO wavehouse_operational_worker;
COMMENT ON TABLE catalog.former_guids IS 'Guids that an episode had before its feed changed them; file and date, or title, stayed (R03).';
COMMENT ON COLUMN catalog.former_guids.podcast_id IS 'The show.';
COMMENT ON COLUMN catalog.former_guids.guid IS 'The guid that the feed had.';
COMMENT ON COLUMN catalog.former_guids.episode_id IS 'The episode, which has another guid now.';
COMMENT ON COLUMN catalog.former_guids.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.former_guids.changed_at IS 'When the change was seen.';

CREATE TABLE catalog.hops (
  enclosure_id uuid NOT NULL,
  media_host text NOT NULL,
  media_path text NOT NULL,
  organization_id uuid NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  CONSTRAINT hops_pkey PRIMARY KEY (enclosure_id, media_host, media_path)
);
ALTER TABLE catalog.hops ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON catalog.hops TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON catalog.hops TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON catalog.hops FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.hops TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.hops TO wavehouse_operational_worker;
COMMENT ON TABLE catalog.hops IS 'Where a redirecting enclosure leads: each hop and the target, as the probe followed them (R03).';
COMMENT ON COLUMN catalog.hops.enclosure_id IS 'The version of the file whose address redirects.';
COMMENT ON COLUMN catalog.hops.media_host IS 'The host of the hop, without prefixes.';
COMMENT ON COLUMN catalog.hops.media_path IS 'Its path, with the parameters that can name a file.';
COMMENT ON COLUMN catalog.hops.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.hops.seen_at IS 'When the probe was last led there.';

CREATE TABLE catalog.media_revisions (
  organization_id uuid NOT NULL,
  revision bigint DEFAULT 1 NOT NULL,
  CONSTRAINT media_revisions_pkey PRIMARY KEY (organization_id)
);
ALTER TABLE catalog.media_revisions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON catalog.media_revisions TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON catalog.media_revisions TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON catalog.media_revisions FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.media_revisions TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.media_revisions TO wavehouse_operational_worker;
COMMENT ON TABLE catalog.media_revisions IS 'Counts the changes of hops, rules, guids and merges, so that stored requests are looked through again.';
COMMENT ON COLUMN catalog.media_revisions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.media_revisions.revision IS 'The number of changes so far.';

CREATE TABLE catalog.merges (
  merge_id uuid DEFAULT uuidv7() NOT NULL,
  episode_id uuid NOT NULL,
  into_episode_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  merged_at timestamp with time zone NOT NULL,
  split_at timestamp with time zone,
  changed_by uuid NOT NULL,
  CONSTRAINT merges_pkey PRIMARY KEY (merge_id),
  CONSTRAINT merges_check CHECK ((episode_id <> into_episode_id)),
  CONSTRAINT merges_check1 CHECK ((split_at >= merged_at))
);
CREATE INDEX merges_changed_by_idx ON catalog.merges USING btree (changed_by);
CREATE INDEX merges_episode_id_idx ON catalog.merges USING btree (episode_id);
CREATE UNIQUE INDEX merges_episode_id_key ON catalog.merges USING btree (episode_id) WHERE (split_at IS NULL);
CREATE INDEX merges_into_episode_id_idx ON catalog.merges USING btree (into_episode_id);
ALTER TABLE catalog.merges ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON catalog.merges TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON catalog.merges TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON catalog.merges FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.merges TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.merges TO wavehouse_operational_worker;
COMMENT ON TABLE catalog.merges IS 'Episodes that a person joined, or that were one and a person split; what was done can be undone.';
COMMENT ON COLUMN catalog.merges.merge_id IS 'The merge.';
COMMENT ON COLUMN catalog.merges.episode_id IS 'The episode whose files, and so whose requests, are the other''s.';
COMMENT ON COLUMN catalog.merges.into_episode_id IS 'The episode that they count for.';
COMMENT ON COLUMN catalog.merges.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.merges.merged_at IS 'When they became one.';
COMMENT ON COLUMN catalog.merges.split_at IS 'When they became two again; NULL while they are one.';
COMMENT ON COLUMN catalog.merges.changed_by IS 'The user that last changed it.';

CREATE TABLE catalog.path_rules (
  path_rule_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  rule text NOT NULL,
  note text,
  created_by uuid NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT path_rules_pkey PRIMARY KEY (path_rule_id),
  CONSTRAINT path_rules_organization_id_rule_key UNIQUE (organization_id, rule),
  CONSTRAINT path_rules_rule_check CHECK ((rule <> ''::text))
);
CREATE INDEX path_rules_created_by_idx ON catalog.path_rules USING btree (created_by);
ALTER TABLE catalog.path_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON catalog.path_rules TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON catalog.path_rules TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON catalog.path_rules FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.path_rules TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.path_rules TO wavehouse_operational_worker;
COMMENT ON TABLE catalog.path_rules IS 'Rules of an organization''s own: which file a path means that no feed names (R03).';
COMMENT ON COLUMN catalog.path_rules.path_rule_id IS 'The rule.';
COMMENT ON COLUMN catalog.path_rules.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.path_rules.rule IS 'Pattern and address, as wavehouse paths add takes them.';
COMMENT ON COLUMN catalog.path_rules.note IS 'Why, in words.';
COMMENT ON COLUMN catalog.path_rules.created_by IS 'The user that added it.';
COMMENT ON COLUMN catalog.path_rules.created_at IS 'When.';

CREATE TABLE catalog.podcasts (
  podcast_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  title character varying(500) NOT NULL,
  description text,
  author character varying(255),
  image_url character varying(1000),
  feed_url character varying(1000) NOT NULL,
  website_url character varying(1000),
  language character varying(10) DEFAULT 'en'::character varying,
  category character varying(100),
  explicit boolean DEFAULT false NOT NULL,
  platform_configs jsonb DEFAULT '{}'::jsonb NOT NULL,
  ingestion_status character varying(50) DEFAULT 'active'::character varying NOT NULL,
  last_ingested_at timestamp with time zone,
  podcast_guid text,
  feed_etag text,
  feed_last_modified text,
  next_poll_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT podcasts_pkey PRIMARY KEY (podcast_id),
  CONSTRAINT podcasts_organization_id_feed_url_key UNIQUE (organization_id, feed_url),
  CONSTRAINT podcasts_organization_id_podcast_id_key UNIQUE (organization_id, podcast_id),
  CONSTRAINT podcasts_ingestion_status_check CHECK ((ingestion_status IN ('active', 'paused', 'error'))),
  CONSTRAINT podcasts_platform_configs_check CHECK ((jsonb_typeof(platform_configs) = 'object'::text)),
  CONSTRAINT podcasts_title_check CHECK (((title)::text <> ''::text))
);
CREATE INDEX podcasts_created_at_idx ON catalog.podcasts USING btree (created_at);
CREATE INDEX podcasts_feed_url_idx ON catalog.podcasts USING btree (feed_url);
CREATE INDEX podcasts_ingestion_status_idx ON catalog.podcasts USING btree (ingestion_status);
CREATE UNIQUE INDEX podcasts_podcast_guid_key ON catalog.podcasts USING btree (organization_id, podcast_guid) WHERE (podcast_guid IS NOT NULL);
CREATE INDEX podcasts_user_id_idx ON catalog.podcasts USING btree (user_id);
CREATE TRIGGER podcasts_touch BEFORE UPDATE ON catalog.podcasts FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE catalog.podcasts ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON catalog.podcasts TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON catalog.podcasts TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON catalog.podcasts FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.podcasts TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.podcasts TO wavehouse_operational_worker;
COMMENT ON TABLE catalog.podcasts IS 'Shows, from their feeds.';
COMMENT ON COLUMN catalog.podcasts.podcast_id IS 'The show.';
COMMENT ON COLUMN catalog.podcasts.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.podcasts.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN catalog.podcasts.title IS 'Its title.';
COMMENT ON COLUMN catalog.podcasts.description IS 'What it is about.';
COMMENT ON COLUMN catalog.podcasts.author IS 'Who makes it.';
COMMENT ON COLUMN catalog.podcasts.image_url IS 'Its picture.';
COMMENT ON COLUMN catalog.podcasts.feed_url IS 'Its feed.';
COMMENT ON COLUMN catalog.podcasts.website_url IS 'Its page.';
COMMENT ON COLUMN catalog.podcasts.language IS 'Its language.';
COMMENT ON COLUMN catalog.podcasts.category IS 'Its category.';
COMMENT ON COLUMN catalog.podcasts.explicit IS 'Whether it is for adults.';
COMMENT ON COLUMN catalog.podcasts.platform_configs IS 'Per platform: the sealed credential, the platform''s id of the show, the last synchronisation.';
COMMENT ON COLUMN catalog.podcasts.ingestion_status IS 'Whether its feed is read.';
COMMENT ON COLUMN catalog.podcasts.last_ingested_at IS 'When its feed was last read.';
COMMENT ON COLUMN catalog.podcasts.podcast_guid IS 'Its id across feeds (R03).';
COMMENT ON COLUMN catalog.podcasts.feed_etag IS 'The server''s mark of the feed as it was read.';
COMMENT ON COLUMN catalog.podcasts.feed_last_modified IS 'The server''s time of the feed as it was read.';
COMMENT ON COLUMN catalog.podcasts.next_poll_at IS 'When the feed is read again.';
COMMENT ON COLUMN catalog.podcasts.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN catalog.podcasts.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN catalog.podcasts.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE catalog.segments (
  enclosure_id uuid NOT NULL,
  media_host text NOT NULL,
  media_path text NOT NULL,
  organization_id uuid NOT NULL,
  start_ms bigint NOT NULL,
  duration_ms bigint NOT NULL,
  bytes bigint,
  CONSTRAINT segments_pkey PRIMARY KEY (enclosure_id, media_host, media_path),
  CONSTRAINT segments_bytes_check CHECK ((bytes > 0)),
  CONSTRAINT segments_duration_ms_check CHECK ((duration_ms >= 0)),
  CONSTRAINT segments_start_ms_check CHECK ((start_ms >= 0))
);
ALTER TABLE catalog.segments ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON catalog.segments TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON catalog.segments TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON catalog.segments FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.segments TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.segments TO wavehouse_operational_worker;
COMMENT ON TABLE catalog.segments IS 'What an HLS playlist names: segments with their place in the programme, and further playlists of no duration (R13).';
COMMENT ON COLUMN catalog.segments.enclosure_id IS 'The version of the rendition, whose address is the playlist''s.';
COMMENT ON COLUMN catalog.segments.media_host IS 'Where it is served, without prefixes.';
COMMENT ON COLUMN catalog.segments.media_path IS 'Its path there.';
COMMENT ON COLUMN catalog.segments.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.segments.start_ms IS 'Where in the programme it begins.';
COMMENT ON COLUMN catalog.segments.duration_ms IS 'How long it plays; 0 for playlists and initialisation.';
COMMENT ON COLUMN catalog.segments.bytes IS 'Its size; NULL when not known, then any answer with bytes is taken for the whole.';

CREATE TABLE catalog.transcripts (
  transcript_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  episode_id uuid NOT NULL,
  status character varying(50) DEFAULT 'pending'::character varying NOT NULL,
  source character varying(50) DEFAULT 'automated'::character varying NOT NULL,
  language character varying(10) DEFAULT 'en'::character varying,
  transcript_text text,
  transcript_json jsonb,
  word_count integer,
  duration_seconds integer,
  processing_started_at timestamp with time zone,
  processing_completed_at timestamp with time zone,
  error_message text,
  search_config regconfig DEFAULT 'simple'::regconfig NOT NULL,
  search_vector tsvector GENERATED ALWAYS AS (to_tsvector(search_config, COALESCE(transcript_text, ''::text))) STORED,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT transcripts_pkey PRIMARY KEY (transcript_id),
  CONSTRAINT transcripts_completed_check CHECK ((((status)::text <> 'completed'::text) OR (transcript_text IS NOT NULL))),
  CONSTRAINT transcripts_duration_seconds_check CHECK ((duration_seconds >= 0)),
  CONSTRAINT transcripts_failed_check CHECK ((((status)::text <> 'failed'::text) OR (error_message IS NOT NULL))),
  CONSTRAINT transcripts_segments_check CHECK ((jsonb_typeof((transcript_json -> 'segments'::text)) = 'array'::text)),
  CONSTRAINT transcripts_source_check CHECK ((source IN ('automated', 'manual', 'uploaded'))),
  CONSTRAINT transcripts_status_check CHECK ((status IN ('pending', 'processing', 'completed', 'failed'))),
  CONSTRAINT transcripts_transcript_json_check CHECK ((jsonb_typeof(transcript_json) = 'object'::text)),
  CONSTRAINT transcripts_word_count_check CHECK ((word_count >= 0))
);
CREATE INDEX transcripts_episode_id_idx ON catalog.transcripts USING btree (episode_id);
CREATE INDEX transcripts_language_idx ON catalog.transcripts USING btree (language);
CREATE INDEX transcripts_organization_id_idx ON catalog.transcripts USING btree (organization_id);
CREATE INDEX transcripts_search_vector_idx ON catalog.transcripts USING gin (search_vector);
CREATE INDEX transcripts_status_idx ON catalog.transcripts USING btree (status) WHERE ((status)::text <> 'completed'::text);
CREATE TRIGGER transcripts_touch BEFORE UPDATE ON catalog.transcripts FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE catalog.transcripts ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON catalog.transcripts TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON catalog.transcripts TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON catalog.transcripts FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.transcripts TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON catalog.transcripts TO wavehouse_operational_worker;
COMMENT ON TABLE catalog.transcripts IS 'What is said in an episode, by whom and when.';
COMMENT ON COLUMN catalog.transcripts.transcript_id IS 'The transcript.';
COMMENT ON COLUMN catalog.transcripts.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.transcripts.episode_id IS 'The episode.';
COMMENT ON COLUMN catalog.transcripts.status IS 'Where it stands.';
COMMENT ON COLUMN catalog.transcripts.source IS 'Where it is from.';
COMMENT ON COLUMN catalog.transcripts.language IS 'Its language.';
COMMENT ON COLUMN catalog.transcripts.transcript_text IS 'The words.';
COMMENT ON COLUMN catalog.transcripts.transcript_json IS 'Segments, speakers and advertisements.';
COMMENT ON COLUMN catalog.transcripts.word_count IS 'Words.';
COMMENT ON COLUMN catalog.transcripts.duration_seconds IS 'Length of what it covers.';
COMMENT ON COLUMN catalog.transcripts.processing_started_at IS 'When the work began.';
COMMENT ON COLUMN catalog.transcripts.processing_completed_at IS 'When it ended.';
COMMENT ON COLUMN catalog.transcripts.error_message IS 'Why it failed.';
COMMENT ON COLUMN catalog.transcripts.search_config IS 'The language''s rules for searching.';
COMMENT ON COLUMN catalog.transcripts.search_vector IS 'The words as the search compares them.';
COMMENT ON COLUMN catalog.transcripts.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN catalog.transcripts.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN catalog.transcripts.metadata IS 'Further facts that need no column of their own yet.';

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
REVOKE ALL ON governance.erasure_ledger FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.erasure_ledger TO wavehouse_operational_worker;
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
  CONSTRAINT erasure_requests_subject_kind_check CHECK ((subject_kind IN ('listener', 'creator', 'contact')))
);
CREATE INDEX erasure_requests_open_idx ON governance.erasure_requests USING btree (due_gdpr_at) WHERE (completed_at IS NULL);
CREATE INDEX erasure_requests_organization_id_idx ON governance.erasure_requests USING btree (organization_id);
CREATE TRIGGER erasure_requests_touch BEFORE UPDATE ON governance.erasure_requests FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE governance.erasure_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON governance.erasure_requests TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON governance.erasure_requests TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON governance.erasure_requests FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON governance.erasure_requests TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.erasure_requests TO wavehouse_operational_worker;
COMMENT ON TABLE governance.erasure_requests IS 'Requests to be forgotten, from receipt to certificate. Holds no address: identifiers are in the ledger, hashed.';
COMMENT ON COLUMN governance.erasure_requests.erasure_request_id IS 'The request.';
COMMENT ON COLUMN governance.erasure_requests.organization_id IS 'Whose subject it is; NULL when it is nobody''s in particular.';
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
REVOKE ALL ON governance.erasure_steps FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.erasure_steps TO wavehouse_operational_worker;
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
REVOKE ALL ON governance.legal_holds FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.legal_holds TO wavehouse_operational_worker;
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
REVOKE ALL ON governance.lineage_edges FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.lineage_edges TO wavehouse_operational_worker;
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
REVOKE ALL ON governance.lineage_events FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.lineage_events TO wavehouse_operational_worker;
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
REVOKE ALL ON governance.quality_results FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.quality_results TO wavehouse_operational_worker;
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
REVOKE ALL ON governance.retention_runs FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.retention_runs TO wavehouse_operational_worker;
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

CREATE TABLE measurement.adoptions (
  organization_id uuid NOT NULL,
  media text NOT NULL,
  adopted_at timestamp with time zone NOT NULL,
  CONSTRAINT adoptions_pkey PRIMARY KEY (organization_id)
);
ALTER TABLE measurement.adoptions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.adoptions TO wavehouse_operational_worker USING (true);
REVOKE ALL ON measurement.adoptions FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.adoptions TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.adoptions IS 'The state of the catalog''s media files (number, newest) at which unknown paths were last looked through.';
COMMENT ON COLUMN measurement.adoptions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.adoptions.media IS 'The state of the catalogue''s media files then.';
COMMENT ON COLUMN measurement.adoptions.adopted_at IS 'When.';

CREATE TABLE measurement.count_log (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  batch_id bigint NOT NULL,
  "day" date NOT NULL,
  CONSTRAINT count_log_pkey PRIMARY KEY (id)
);
REVOKE ALL ON measurement.count_log FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.count_log TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.count_log IS 'Days that have to be counted, marked in the transaction of what was read.';
COMMENT ON COLUMN measurement.count_log.id IS 'The mark.';
COMMENT ON COLUMN measurement.count_log.batch_id IS 'The batch it was read in.';
COMMENT ON COLUMN measurement.count_log."day" IS 'The UTC day.';

CREATE TABLE measurement.dirty_log (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  hour timestamp with time zone NOT NULL,
  CONSTRAINT dirty_log_pkey PRIMARY KEY (id),
  CONSTRAINT dirty_log_hour_check CHECK ((hour = date_trunc('hour'::text, hour, 'UTC'::text)))
);
REVOKE ALL ON measurement.dirty_log FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON measurement.dirty_log TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.dirty_log TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.dirty_log IS 'Hours that have to be rolled up, marked in the transaction of what was counted.';
COMMENT ON COLUMN measurement.dirty_log.id IS 'The mark.';
COMMENT ON COLUMN measurement.dirty_log.hour IS 'The UTC hour, by its first instant.';

CREATE TABLE measurement.downloads (
  downloaded_at timestamp with time zone NOT NULL,
  download_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  episode_id uuid NOT NULL,
  count_window text NOT NULL,
  method text NOT NULL,
  listener_key bigint NOT NULL,
  listener_key_prev bigint,
  network_key bigint NOT NULL,
  network cidr,
  country_code character varying(2),
  agent_id bigint NOT NULL,
  bytes bigint NOT NULL,
  threshold_bytes bigint,
  requests integer NOT NULL,
  rule_version text NOT NULL,
  list_version text NOT NULL,
  CONSTRAINT downloads_pkey PRIMARY KEY (downloaded_at, download_id),
  CONSTRAINT downloads_count_window_check CHECK ((count_window IN ('calendar', 'first_touch', 'last_touch'))),
  CONSTRAINT downloads_method_check CHECK ((method IN ('bytes', 'prefix_estimate'))),
  CONSTRAINT downloads_requests_check CHECK ((requests > 0))
) PARTITION BY RANGE (downloaded_at);
ALTER TABLE measurement.downloads ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.downloads TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON measurement.downloads TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON measurement.downloads FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON measurement.downloads TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.downloads TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.downloads IS 'Counted downloads: one row per key, episode and window. Daily partitions, kept 90 days; derived again from requests whenever they change.';
COMMENT ON COLUMN measurement.downloads.downloaded_at IS 'When; the day it lies in.';
COMMENT ON COLUMN measurement.downloads.download_id IS 'The download: a hash of its key.';
COMMENT ON COLUMN measurement.downloads.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.downloads.podcast_id IS 'The show.';
COMMENT ON COLUMN measurement.downloads.episode_id IS 'The episode.';
COMMENT ON COLUMN measurement.downloads.count_window IS 'By which window it is counted (R34).';
COMMENT ON COLUMN measurement.downloads.method IS 'By bytes, or estimated from a redirect (R30).';
COMMENT ON COLUMN measurement.downloads.listener_key IS 'The listener, hashed under the month''s key (R04).';
COMMENT ON COLUMN measurement.downloads.listener_key_prev IS 'The key under the month before; NULL when that month''s secret was destroyed (R44).';
COMMENT ON COLUMN measurement.downloads.network_key IS 'The network, hashed under the month''s key.';
COMMENT ON COLUMN measurement.downloads.network IS 'The network only (/24 or /48), never an address; NULL when the log told a hash only.';
COMMENT ON COLUMN measurement.downloads.country_code IS 'Country of the network, ISO 3166-1 alpha-2.';
COMMENT ON COLUMN measurement.downloads.agent_id IS 'Hash of the user agent; its row in user_agents.';
COMMENT ON COLUMN measurement.downloads.bytes IS 'Bytes of the file that were sent (R27).';
COMMENT ON COLUMN measurement.downloads.threshold_bytes IS 'Bytes that make it a download (R26).';
COMMENT ON COLUMN measurement.downloads.requests IS 'How many requests prove it.';
COMMENT ON COLUMN measurement.downloads.rule_version IS 'Edition of the rules.';
COMMENT ON COLUMN measurement.downloads.list_version IS 'Edition of the lists.';

CREATE TABLE measurement.inclusion_validations (
  validation_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  inclusion_id uuid NOT NULL,
  validated_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  validated_by text NOT NULL,
  note text NOT NULL,
  CONSTRAINT inclusion_validations_pkey PRIMARY KEY (validation_id),
  CONSTRAINT inclusion_validations_check CHECK (((expires_at > validated_at) AND (expires_at <= (validated_at + '90 days'::interval))))
);
CREATE INDEX inclusion_validations_inclusion_id_idx ON measurement.inclusion_validations USING btree (inclusion_id, expires_at);
ALTER TABLE measurement.inclusion_validations ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.inclusion_validations TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON measurement.inclusion_validations TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON measurement.inclusion_validations FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON measurement.inclusion_validations TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.inclusion_validations TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.inclusion_validations IS 'Every validation of an inclusion, the first one too; none lasts longer than 90 days (R19).';
COMMENT ON COLUMN measurement.inclusion_validations.validation_id IS 'The validation.';
COMMENT ON COLUMN measurement.inclusion_validations.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.inclusion_validations.inclusion_id IS 'The entry that was validated.';
COMMENT ON COLUMN measurement.inclusion_validations.validated_at IS 'When.';
COMMENT ON COLUMN measurement.inclusion_validations.expires_at IS 'Until when the entry holds by it.';
COMMENT ON COLUMN measurement.inclusion_validations.validated_by IS 'Who validated it.';
COMMENT ON COLUMN measurement.inclusion_validations.note IS 'How; may be empty.';

CREATE TABLE measurement.inclusions (
  inclusion_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  network cidr NOT NULL,
  reason text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT inclusions_pkey PRIMARY KEY (inclusion_id),
  CONSTRAINT inclusions_organization_id_inclusion_id_key UNIQUE (organization_id, inclusion_id),
  CONSTRAINT inclusions_organization_id_network_key UNIQUE (organization_id, network),
  CONSTRAINT inclusions_reason_check CHECK ((reason <> ''::text))
);
ALTER TABLE measurement.inclusions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.inclusions TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON measurement.inclusions TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON measurement.inclusions FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON measurement.inclusions TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.inclusions TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.inclusions IS 'Networks of many people (dorms, offices) that R17 and R18 would filter (R19).';
COMMENT ON COLUMN measurement.inclusions.inclusion_id IS 'The entry.';
COMMENT ON COLUMN measurement.inclusions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.inclusions.network IS 'The network; IPv6 no narrower than /64.';
COMMENT ON COLUMN measurement.inclusions.reason IS 'Who listens there, and how that is known.';
COMMENT ON COLUMN measurement.inclusions.created_at IS 'When it was added.';

CREATE TABLE measurement.ingest_batches (
  batch_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  organization_id uuid NOT NULL,
  source_file_id uuid NOT NULL,
  first_line bigint NOT NULL,
  lines bigint NOT NULL,
  ingested_at timestamp with time zone NOT NULL,
  CONSTRAINT ingest_batches_pkey PRIMARY KEY (batch_id)
);
CREATE INDEX ingest_batches_source_file_id_idx ON measurement.ingest_batches USING btree (source_file_id);
ALTER TABLE measurement.ingest_batches ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.ingest_batches TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON measurement.ingest_batches TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON measurement.ingest_batches FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON measurement.ingest_batches TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.ingest_batches TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.ingest_batches IS 'Stretches of a file that were read in one transaction.';
COMMENT ON COLUMN measurement.ingest_batches.batch_id IS 'The batch.';
COMMENT ON COLUMN measurement.ingest_batches.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.ingest_batches.source_file_id IS 'The file.';
COMMENT ON COLUMN measurement.ingest_batches.first_line IS 'Its first line.';
COMMENT ON COLUMN measurement.ingest_batches.lines IS 'How many lines it has.';
COMMENT ON COLUMN measurement.ingest_batches.ingested_at IS 'When it was read.';

CREATE TABLE measurement.key_epochs (
  month date NOT NULL,
  secret bytea,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  destroyed_at timestamp with time zone,
  CONSTRAINT key_epochs_pkey PRIMARY KEY (month),
  CONSTRAINT key_epochs_check CHECK (((secret IS NULL) = (destroyed_at IS NOT NULL))),
  CONSTRAINT key_epochs_month_check CHECK ((month = (date_trunc('month'::text, (month)::timestamp with time zone))::date)),
  CONSTRAINT key_epochs_secret_check CHECK ((length(secret) = 32))
);
REVOKE ALL ON measurement.key_epochs FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.key_epochs TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.key_epochs IS 'The secret under which a month''s listeners are hashed; destroyed after retention.';
COMMENT ON COLUMN measurement.key_epochs.month IS 'The month, by its first day.';
COMMENT ON COLUMN measurement.key_epochs.secret IS 'The key; NULL once destroyed.';
COMMENT ON COLUMN measurement.key_epochs.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN measurement.key_epochs.destroyed_at IS 'When it was destroyed.';

CREATE TABLE measurement.listener_events (
  podcast_id uuid NOT NULL,
  "timestamp" timestamp with time zone NOT NULL,
  event_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  episode_id uuid,
  campaign_id uuid,
  event_type character varying(50) NOT NULL,
  platform character varying(100),
  country_code character varying(2),
  device_type character varying(50),
  device_os character varying(50),
  listen_duration_seconds integer,
  completion_rate numeric(5,4),
  user_agent text,
  ip_address inet,
  session_id character varying(255),
  metadata jsonb,
  listener_key bigint,
  listener_key_prev bigint,
  ingest_batch bigint,
  CONSTRAINT listener_events_pkey PRIMARY KEY (podcast_id, "timestamp", event_id),
  CONSTRAINT listener_events_completion_rate_check CHECK (((completion_rate >= (0)::numeric) AND (completion_rate <= (1)::numeric))),
  CONSTRAINT listener_events_event_type_check CHECK ((event_type IN ('download', 'stream', 'listen_start', 'listen_complete', 'skip', 'ad_start', 'ad_complete', 'ad_skip'))),
  CONSTRAINT listener_events_listen_duration_seconds_check CHECK ((listen_duration_seconds >= 0))
) PARTITION BY RANGE ("timestamp");
CREATE INDEX listener_events_campaign_id_idx ON measurement.listener_events USING btree (campaign_id, "timestamp" DESC) WHERE (campaign_id IS NOT NULL);
CREATE INDEX listener_events_episode_id_idx ON measurement.listener_events USING btree (episode_id, "timestamp" DESC);
ALTER TABLE measurement.listener_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.listener_events TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON measurement.listener_events TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON measurement.listener_events FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON measurement.listener_events TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.listener_events TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.listener_events IS 'Everything listeners did, from the counter, players and platforms. Rollups read only this. Daily partitions, kept 90 days.';
COMMENT ON COLUMN measurement.listener_events.podcast_id IS 'The show.';
COMMENT ON COLUMN measurement.listener_events."timestamp" IS 'When; the day it lies in.';
COMMENT ON COLUMN measurement.listener_events.event_id IS 'The event; a download''s own id for downloads.';
COMMENT ON COLUMN measurement.listener_events.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.listener_events.episode_id IS 'The episode.';
COMMENT ON COLUMN measurement.listener_events.campaign_id IS 'The campaign.';
COMMENT ON COLUMN measurement.listener_events.event_type IS 'What was done.';
COMMENT ON COLUMN measurement.listener_events.platform IS 'The app or platform.';
COMMENT ON COLUMN measurement.listener_events.country_code IS 'Country of the network, ISO 3166-1 alpha-2.';
COMMENT ON COLUMN measurement.listener_events.device_type IS 'The kind of device.';
COMMENT ON COLUMN measurement.listener_events.device_os IS 'Its operating system.';
COMMENT ON COLUMN measurement.listener_events.listen_duration_seconds IS 'Seconds heard.';
COMMENT ON COLUMN measurement.listener_events.completion_rate IS 'The share of the episode that was heard.';
COMMENT ON COLUMN measurement.listener_events.user_agent IS 'The user agent, where a platform tells it.';
COMMENT ON COLUMN measurement.listener_events.ip_address IS 'The network only (/24 or /48), never a full address.';
COMMENT ON COLUMN measurement.listener_events.session_id IS 'The player''s session.';
COMMENT ON COLUMN measurement.listener_events.metadata IS 'Further facts that need no column of their own yet.';
COMMENT ON COLUMN measurement.listener_events.listener_key IS 'The listener, hashed under the month''s key (R04).';
COMMENT ON COLUMN measurement.listener_events.listener_key_prev IS 'The same under the key of the month before.';
COMMENT ON COLUMN measurement.listener_events.ingest_batch IS 'The batch it was read in.';

CREATE TABLE measurement.platform_metrics (
  platform_metric_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  episode_id uuid,
  platform character varying(100) NOT NULL,
  metric character varying(100) NOT NULL,
  unit character varying(50) NOT NULL,
  threshold text,
  lag_hours integer,
  first_day date NOT NULL,
  last_day date NOT NULL,
  dimension character varying(50) DEFAULT ''::character varying NOT NULL,
  dimension_value character varying(255) DEFAULT ''::character varying NOT NULL,
  value numeric(20,4) NOT NULL,
  as_of timestamp with time zone NOT NULL,
  source_file_id uuid,
  CONSTRAINT platform_metrics_pkey PRIMARY KEY (platform_metric_id),
  CONSTRAINT platform_metrics_organization_id_podcast_id_episode_id_plat_key UNIQUE NULLS NOT DISTINCT (organization_id, podcast_id, episode_id, platform, metric, first_day, last_day, dimension, dimension_value),
  CONSTRAINT platform_metrics_days_check CHECK ((last_day >= first_day)),
  CONSTRAINT platform_metrics_dimension_known_check CHECK ((((dimension)::text = ''::text) = ((dimension_value)::text = ''::text))),
  CONSTRAINT platform_metrics_lag_hours_check CHECK ((lag_hours >= 0)),
  CONSTRAINT platform_metrics_metric_check CHECK (((metric)::text <> ''::text)),
  CONSTRAINT platform_metrics_platform_check CHECK (((platform)::text <> ''::text)),
  CONSTRAINT platform_metrics_unit_check CHECK (((unit)::text <> ''::text)),
  CONSTRAINT platform_metrics_value_check CHECK ((value >= (0)::numeric))
);
CREATE INDEX platform_metrics_episode_id_idx ON measurement.platform_metrics USING btree (episode_id);
CREATE INDEX platform_metrics_podcast_id_first_day_idx ON measurement.platform_metrics USING btree (podcast_id, first_day);
CREATE INDEX platform_metrics_source_file_id_idx ON measurement.platform_metrics USING btree (source_file_id);
ALTER TABLE measurement.platform_metrics ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.platform_metrics TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON measurement.platform_metrics TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON measurement.platform_metrics FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON measurement.platform_metrics TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.platform_metrics TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.platform_metrics IS 'What platforms say of a show, with their unit, threshold and lag; shown beside downloads and never added to them.';
COMMENT ON COLUMN measurement.platform_metrics.platform_metric_id IS 'The figure.';
COMMENT ON COLUMN measurement.platform_metrics.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.platform_metrics.podcast_id IS 'The show.';
COMMENT ON COLUMN measurement.platform_metrics.episode_id IS 'The episode; none for the whole show.';
COMMENT ON COLUMN measurement.platform_metrics.platform IS 'Who says so.';
COMMENT ON COLUMN measurement.platform_metrics.metric IS 'What they count.';
COMMENT ON COLUMN measurement.platform_metrics.unit IS 'In what.';
COMMENT ON COLUMN measurement.platform_metrics.threshold IS 'From when they count it, in their words.';
COMMENT ON COLUMN measurement.platform_metrics.lag_hours IS 'How late their figures come.';
COMMENT ON COLUMN measurement.platform_metrics.first_day IS 'First day it covers.';
COMMENT ON COLUMN measurement.platform_metrics.last_day IS 'Last day it covers.';
COMMENT ON COLUMN measurement.platform_metrics.dimension IS 'Country, device, age; empty for the total.';
COMMENT ON COLUMN measurement.platform_metrics.dimension_value IS 'Which one.';
COMMENT ON COLUMN measurement.platform_metrics.value IS 'The figure.';
COMMENT ON COLUMN measurement.platform_metrics.as_of IS 'When they said so.';
COMMENT ON COLUMN measurement.platform_metrics.source_file_id IS 'The export it was read from.';

CREATE TABLE measurement.quarantine (
  quarantine_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  source_file_id uuid NOT NULL,
  line_number bigint NOT NULL,
  byte_offset bigint NOT NULL,
  byte_length bigint NOT NULL,
  reason text NOT NULL,
  excerpt text NOT NULL,
  status text DEFAULT 'open'::text NOT NULL,
  quarantined_at timestamp with time zone NOT NULL,
  resolved_at timestamp with time zone,
  CONSTRAINT quarantine_pkey PRIMARY KEY (quarantine_id),
  CONSTRAINT quarantine_source_file_id_byte_offset_reason_key UNIQUE (source_file_id, byte_offset, reason),
  CONSTRAINT quarantine_status_check CHECK ((status IN ('open', 'replayed', 'discarded')))
);
CREATE INDEX quarantine_open_idx ON measurement.quarantine USING btree (organization_id, quarantined_at) WHERE (status = 'open'::text);
ALTER TABLE measurement.quarantine ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.quarantine TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON measurement.quarantine TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON measurement.quarantine FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON measurement.quarantine TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.quarantine TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.quarantine IS 'Lines that could not be used, with place and reason; what could identify a person is masked.';
COMMENT ON COLUMN measurement.quarantine.quarantine_id IS 'The line here.';
COMMENT ON COLUMN measurement.quarantine.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.quarantine.source_file_id IS 'The file.';
COMMENT ON COLUMN measurement.quarantine.line_number IS 'Its number in the file.';
COMMENT ON COLUMN measurement.quarantine.byte_offset IS 'Where it begins.';
COMMENT ON COLUMN measurement.quarantine.byte_length IS 'How long it is.';
COMMENT ON COLUMN measurement.quarantine.reason IS 'Why it could not be used.';
COMMENT ON COLUMN measurement.quarantine.excerpt IS 'Its beginning, masked.';
COMMENT ON COLUMN measurement.quarantine.status IS 'What became of it.';
COMMENT ON COLUMN measurement.quarantine.quarantined_at IS 'When it was put here.';
COMMENT ON COLUMN measurement.quarantine.resolved_at IS 'When it left.';

CREATE TABLE measurement.reference_lists (
  name text NOT NULL,
  version text NOT NULL,
  content_hash bytea NOT NULL,
  entries bigint NOT NULL,
  source text NOT NULL,
  licence text NOT NULL,
  published_at timestamp with time zone,
  loaded_at timestamp with time zone NOT NULL,
  is_current boolean DEFAULT false NOT NULL,
  CONSTRAINT reference_lists_pkey PRIMARY KEY (name, version),
  CONSTRAINT reference_lists_content_hash_check CHECK ((length(content_hash) = 32)),
  CONSTRAINT reference_lists_entries_check CHECK ((entries >= 0)),
  CONSTRAINT reference_lists_name_check CHECK ((name <> ''::text)),
  CONSTRAINT reference_lists_version_check CHECK ((version <> ''::text))
);
CREATE UNIQUE INDEX reference_lists_current_key ON measurement.reference_lists USING btree (name) WHERE is_current;
REVOKE ALL ON measurement.reference_lists FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON measurement.reference_lists TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.reference_lists TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.reference_lists IS 'Editions of the lists that counting refers to; a count names the edition.';
COMMENT ON COLUMN measurement.reference_lists.name IS 'The list.';
COMMENT ON COLUMN measurement.reference_lists.version IS 'Its edition.';
COMMENT ON COLUMN measurement.reference_lists.content_hash IS 'Hash of its content.';
COMMENT ON COLUMN measurement.reference_lists.entries IS 'How many entries it has.';
COMMENT ON COLUMN measurement.reference_lists.source IS 'Where it is from.';
COMMENT ON COLUMN measurement.reference_lists.licence IS 'Under which licence.';
COMMENT ON COLUMN measurement.reference_lists.published_at IS 'When its makers published it.';
COMMENT ON COLUMN measurement.reference_lists.loaded_at IS 'When it was loaded.';
COMMENT ON COLUMN measurement.reference_lists.is_current IS 'Whether it is used for new counts.';

CREATE TABLE measurement.requests (
  requested_at timestamp with time zone NOT NULL,
  request_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  batch_id bigint NOT NULL,
  line_number bigint NOT NULL,
  podcast_id uuid,
  episode_id uuid,
  enclosure_id uuid,
  method text NOT NULL,
  status smallint NOT NULL,
  range_start bigint NOT NULL,
  range_end bigint NOT NULL,
  other_ranges int8multirange,
  is_prefix boolean NOT NULL,
  network cidr,
  country_code character varying(2),
  listener_key bigint,
  listener_key_prev bigint,
  network_key bigint,
  agent_id bigint NOT NULL,
  reason text,
  path text,
  next_reason text,
  flags text[],
  CONSTRAINT requests_pkey PRIMARY KEY (requested_at, request_id),
  CONSTRAINT requests_check CHECK ((range_end >= range_start)),
  CONSTRAINT requests_check1 CHECK (((reason IS DISTINCT FROM 'unknown_path'::text) = (path IS NULL))),
  CONSTRAINT requests_check2 CHECK (((reason IS NOT NULL) OR ((episode_id IS NOT NULL) AND (listener_key IS NOT NULL))))
) PARTITION BY RANGE (requested_at);
CREATE INDEX requests_path_idx ON measurement.requests USING btree (path) WHERE (path IS NOT NULL);
ALTER TABLE measurement.requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.requests TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON measurement.requests TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON measurement.requests FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON measurement.requests TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.requests TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.requests IS 'The media request, one row per log line or redirect, with the reason when it does not count. Daily partitions, kept 90 days.';
COMMENT ON COLUMN measurement.requests.requested_at IS 'When; the day it lies in.';
COMMENT ON COLUMN measurement.requests.request_id IS 'The request: a hash of its source and place.';
COMMENT ON COLUMN measurement.requests.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.requests.batch_id IS 'The batch it was read in.';
COMMENT ON COLUMN measurement.requests.line_number IS 'Its line in the file.';
COMMENT ON COLUMN measurement.requests.podcast_id IS 'The show; NULL while the path is unknown.';
COMMENT ON COLUMN measurement.requests.episode_id IS 'The episode; NULL while the path is unknown.';
COMMENT ON COLUMN measurement.requests.enclosure_id IS 'The version of the media file.';
COMMENT ON COLUMN measurement.requests.method IS 'The HTTP method.';
COMMENT ON COLUMN measurement.requests.status IS 'The HTTP status.';
COMMENT ON COLUMN measurement.requests.range_start IS 'First byte position that was sent.';
COMMENT ON COLUMN measurement.requests.range_end IS 'First byte position after what was actually sent (R28).';
COMMENT ON COLUMN measurement.requests.other_ranges IS 'Further byte ranges of the same answer.';
COMMENT ON COLUMN measurement.requests.is_prefix IS 'A redirect of ours, which sends no bytes (R30).';
COMMENT ON COLUMN measurement.requests.network IS 'The network only (/24 or /48), never an address.';
COMMENT ON COLUMN measurement.requests.country_code IS 'Country of the network, ISO 3166-1 alpha-2.';
COMMENT ON COLUMN measurement.requests.listener_key IS 'The listener, hashed under the month''s key (R04).';
COMMENT ON COLUMN measurement.requests.listener_key_prev IS 'The same under the key of the month before.';
COMMENT ON COLUMN measurement.requests.network_key IS 'The network, hashed under the month''s key.';
COMMENT ON COLUMN measurement.requests.agent_id IS 'Hash of the user agent; its row in user_agents.';
COMMENT ON COLUMN measurement.requests.reason IS 'Why it does not count; NULL makes it a candidate.';
COMMENT ON COLUMN measurement.requests.path IS 'Kept only while the path belongs to no registered enclosure.';
COMMENT ON COLUMN measurement.requests.next_reason IS 'Of an unknown path: the reason that will hold when an episode is registered there; NULL = candidate.';
COMMENT ON COLUMN measurement.requests.flags IS 'What is odd or settled about it and does not filter it: implausible_referrer (R23), pre_release (R25), included (R19); NULL = nothing.';

CREATE TABLE measurement.source_files (
  source_file_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  format text NOT NULL,
  head_hash bytea NOT NULL,
  head_length bigint NOT NULL,
  name text NOT NULL,
  bytes_read bigint DEFAULT 0 NOT NULL,
  lines_read bigint DEFAULT 0 NOT NULL,
  first_read_at timestamp with time zone NOT NULL,
  last_read_at timestamp with time zone NOT NULL,
  tail_at timestamp with time zone,
  tail_id uuid,
  template text,
  CONSTRAINT source_files_pkey PRIMARY KEY (source_file_id),
  CONSTRAINT source_files_organization_id_head_hash_head_length_key UNIQUE (organization_id, head_hash, head_length),
  CONSTRAINT source_files_organization_id_source_file_id_key UNIQUE (organization_id, source_file_id),
  CONSTRAINT source_files_format_check CHECK ((format ~ '^[a-z][a-z0-9_]{0,39}$'::text)),
  CONSTRAINT source_files_head_hash_check CHECK ((length(head_hash) = 32)),
  CONSTRAINT source_files_head_length_check CHECK ((head_length > 0)),
  CONSTRAINT source_files_template_check CHECK (((template IS NULL) OR ((length(template) >= 1) AND (length(template) <= 4000))))
);
CREATE INDEX source_files_organization_id_last_read_at_idx ON measurement.source_files USING btree (organization_id, last_read_at DESC, source_file_id DESC);
ALTER TABLE measurement.source_files ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.source_files TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON measurement.source_files TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON measurement.source_files FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON measurement.source_files TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.source_files TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.source_files IS 'Files that were read, known by content: a renamed or appended log is not read twice.';
COMMENT ON COLUMN measurement.source_files.source_file_id IS 'The file.';
COMMENT ON COLUMN measurement.source_files.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN measurement.source_files.format IS 'How it is written.';
COMMENT ON COLUMN measurement.source_files.head_hash IS 'SHA-256 of its first block.';
COMMENT ON COLUMN measurement.source_files.head_length IS 'How long that block was.';
COMMENT ON COLUMN measurement.source_files.name IS 'Its name when it was last seen; a hint.';
COMMENT ON COLUMN measurement.source_files.bytes_read IS 'How far it was read.';
COMMENT ON COLUMN measurement.source_files.lines_read IS 'How many lines that is.';
COMMENT ON COLUMN measurement.source_files.first_read_at IS 'When it was first read.';
COMMENT ON COLUMN measurement.source_files.last_read_at IS 'When it was last read.';
COMMENT ON COLUMN measurement.source_files.tail_at IS 'When a last line without its end was read.';
COMMENT ON COLUMN measurement.source_files.tail_id IS 'The request of a last line without its end; replaced when the line is read whole.';
COMMENT ON COLUMN measurement.source_files.template IS 'Of a log that was read with --fields: its template.';

CREATE TABLE measurement.user_agents (
  agent_id bigint NOT NULL,
  user_agent text NOT NULL,
  app text NOT NULL,
  kind text NOT NULL,
  device_type text,
  os text,
  reason text,
  list_version text NOT NULL,
  first_seen_at timestamp with time zone NOT NULL,
  CONSTRAINT user_agents_pkey PRIMARY KEY (agent_id)
);
REVOKE ALL ON measurement.user_agents FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON measurement.user_agents TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON measurement.user_agents TO wavehouse_operational_worker;
COMMENT ON TABLE measurement.user_agents IS 'Every distinct user agent once, with what the list says of it; agent_id is a hash of the string.';
COMMENT ON COLUMN measurement.user_agents.agent_id IS 'Hash of the string.';
COMMENT ON COLUMN measurement.user_agents.user_agent IS 'The string.';
COMMENT ON COLUMN measurement.user_agents.app IS 'The app it names.';
COMMENT ON COLUMN measurement.user_agents.kind IS 'What kind of client that is.';
COMMENT ON COLUMN measurement.user_agents.device_type IS 'The kind of device.';
COMMENT ON COLUMN measurement.user_agents.os IS 'The operating system.';
COMMENT ON COLUMN measurement.user_agents.reason IS 'Why its requests do not count; NULL when they may.';
COMMENT ON COLUMN measurement.user_agents.list_version IS 'The edition of the list that says so.';
COMMENT ON COLUMN measurement.user_agents.first_seen_at IS 'When it was first seen.';

CREATE TABLE queue.jobs (
  job_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid,
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
CREATE INDEX jobs_claim_idx ON queue.jobs USING btree (organization_id, lane, run_at, job_id) WHERE (status = 'pending'::text);
CREATE UNIQUE INDEX jobs_live_key ON queue.jobs USING btree (kind, unique_key) WHERE (unique_key IS NOT NULL);
CREATE INDEX jobs_worker_id_idx ON queue.jobs USING btree (worker_id) WHERE (status = 'running'::text);
CREATE TRIGGER jobs_touch BEFORE UPDATE ON queue.jobs FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE queue.jobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.jobs TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON queue.jobs TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON queue.jobs FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON queue.jobs TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.jobs TO wavehouse_operational_worker;
COMMENT ON TABLE queue.jobs IS 'Live jobs only; finished ones move to jobs_done in the statement that finishes them.';
COMMENT ON COLUMN queue.jobs.job_id IS 'The job.';
COMMENT ON COLUMN queue.jobs.organization_id IS 'Whose job it is; NULL for the system''s own.';
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
  organization_id uuid,
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
CREATE INDEX jobs_done_organization_id_finished_at_idx ON queue.jobs_done USING btree (organization_id, finished_at DESC);
ALTER TABLE queue.jobs_done ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.jobs_done TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON queue.jobs_done TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON queue.jobs_done FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON queue.jobs_done TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.jobs_done TO wavehouse_operational_worker;
COMMENT ON TABLE queue.jobs_done IS 'Finished jobs, kept 90 days; retention drops a month at a time.';
COMMENT ON COLUMN queue.jobs_done.finished_at IS 'When it ended; the month it lies in.';
COMMENT ON COLUMN queue.jobs_done.job_id IS 'The job.';
COMMENT ON COLUMN queue.jobs_done.organization_id IS 'Whose job it was; NULL for the system''s own.';
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
REVOKE ALL ON queue.leader FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.leader TO wavehouse_operational_worker;
COMMENT ON TABLE queue.leader IS 'At most one row: who plans, rescues and sweeps. Every write of a leader carries its term (Q26).';
COMMENT ON COLUMN queue.leader."single" IS 'Always true, so that there is one row.';
COMMENT ON COLUMN queue.leader.term IS 'Grows by one with every leader.';
COMMENT ON COLUMN queue.leader.holder IS 'The worker that leads.';
COMMENT ON COLUMN queue.leader.acquired_at IS 'Since when.';
COMMENT ON COLUMN queue.leader.expires_at IS 'Until when, unless renewed.';

CREATE TABLE queue.organization_queue_state (
  organization_id uuid NOT NULL,
  running integer DEFAULT 0 NOT NULL,
  cap integer DEFAULT 5 NOT NULL,
  paused_at timestamp with time zone,
  next_ready_at timestamp with time zone,
  last_served_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT organization_queue_state_pkey PRIMARY KEY (organization_id),
  CONSTRAINT organization_queue_state_cap_check CHECK ((cap > 0)),
  CONSTRAINT organization_queue_state_cap_holds_check CHECK ((running <= cap)),
  CONSTRAINT organization_queue_state_running_check CHECK ((running >= 0))
) WITH (fillfactor=80);
CREATE INDEX organization_queue_state_last_served_at_idx ON queue.organization_queue_state USING btree (last_served_at) WHERE (paused_at IS NULL);
CREATE TRIGGER organization_queue_state_touch BEFORE UPDATE ON queue.organization_queue_state FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE queue.organization_queue_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.organization_queue_state TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON queue.organization_queue_state TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON queue.organization_queue_state FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON queue.organization_queue_state TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.organization_queue_state TO wavehouse_operational_worker;
COMMENT ON TABLE queue.organization_queue_state IS 'One row per organization: its share of the workers, locked by a claim (Q9).';
COMMENT ON COLUMN queue.organization_queue_state.organization_id IS 'The organization.';
COMMENT ON COLUMN queue.organization_queue_state.running IS 'Rows of it that are leased now.';
COMMENT ON COLUMN queue.organization_queue_state.cap IS 'How many may run at once.';
COMMENT ON COLUMN queue.organization_queue_state.paused_at IS 'Since when nothing new is claimed (Q23).';
COMMENT ON COLUMN queue.organization_queue_state.next_ready_at IS 'When its next row is due, as far as known; bounds the claim''s look-up.';
COMMENT ON COLUMN queue.organization_queue_state.last_served_at IS 'When a row of it was last claimed; the longest waiting goes first.';
COMMENT ON COLUMN queue.organization_queue_state.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN queue.organization_queue_state.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE queue.outbox (
  outbox_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  event_type text NOT NULL,
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  payload jsonb DEFAULT '{}'::jsonb NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  dispatched_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (outbox_id),
  CONSTRAINT outbox_organization_id_outbox_id_key UNIQUE (organization_id, outbox_id),
  CONSTRAINT outbox_event_type_check CHECK ((event_type ~ '^[a-z_]+([.][a-z_]+)+$'::text)),
  CONSTRAINT outbox_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text))
);
CREATE INDEX outbox_open_idx ON queue.outbox USING btree (outbox_id) WHERE (dispatched_at IS NULL);
CREATE INDEX outbox_organization_id_occurred_at_idx ON queue.outbox USING btree (organization_id, occurred_at DESC);
ALTER TABLE queue.outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.outbox TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON queue.outbox TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON queue.outbox FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON queue.outbox TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.outbox TO wavehouse_operational_worker;
COMMENT ON TABLE queue.outbox IS 'Events written in the transaction of what they tell of, and dispatched afterwards.';
COMMENT ON COLUMN queue.outbox.outbox_id IS 'The event; a webhook''s id, the same over retries.';
COMMENT ON COLUMN queue.outbox.organization_id IS 'The organization the row belongs to; row security compares it.';
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
CREATE TRIGGER schedules_touch BEFORE UPDATE ON queue.schedules FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
REVOKE ALL ON queue.schedules FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.schedules TO wavehouse_operational_worker;
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

CREATE TABLE queue.slot_ledger (
  organization_id uuid NOT NULL,
  project_id uuid NOT NULL,
  local_date date NOT NULL,
  ordinal integer NOT NULL,
  slot_at timestamp with time zone NOT NULL,
  slot_id uuid NOT NULL,
  planned_at timestamp with time zone NOT NULL,
  CONSTRAINT slot_ledger_pkey PRIMARY KEY (project_id, local_date, ordinal),
  CONSTRAINT slot_ledger_project_id_slot_at_key UNIQUE (project_id, slot_at),
  CONSTRAINT slot_ledger_slot_id_key UNIQUE (slot_id),
  CONSTRAINT slot_ledger_ordinal_check CHECK ((ordinal >= 0))
);
CREATE INDEX slot_ledger_organization_id_idx ON queue.slot_ledger USING btree (organization_id);
ALTER TABLE queue.slot_ledger ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.slot_ledger TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON queue.slot_ledger TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON queue.slot_ledger FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON queue.slot_ledger TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.slot_ledger TO wavehouse_operational_worker;
COMMENT ON TABLE queue.slot_ledger IS 'Every slot that was ever planned, live or done: moving a row to done never opens its slot again (Q2).';
COMMENT ON COLUMN queue.slot_ledger.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN queue.slot_ledger.project_id IS 'The project; opaque here.';
COMMENT ON COLUMN queue.slot_ledger.local_date IS 'The slot''s date on the project''s clock.';
COMMENT ON COLUMN queue.slot_ledger.ordinal IS 'Which slot of that date.';
COMMENT ON COLUMN queue.slot_ledger.slot_at IS 'The instant.';
COMMENT ON COLUMN queue.slot_ledger.slot_id IS 'The row it became.';
COMMENT ON COLUMN queue.slot_ledger.planned_at IS 'When it was planned.';

CREATE TABLE queue.webhook_deliveries (
  webhook_delivery_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  webhook_endpoint_id uuid NOT NULL,
  outbox_id uuid NOT NULL,
  attempt integer NOT NULL,
  status text DEFAULT 'pending'::text NOT NULL,
  next_attempt_at timestamp with time zone,
  attempted_at timestamp with time zone,
  response_status smallint,
  response_excerpt character varying(1024),
  error text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (webhook_delivery_id),
  CONSTRAINT webhook_deliveries_webhook_endpoint_id_outbox_id_attempt_key UNIQUE (webhook_endpoint_id, outbox_id, attempt),
  CONSTRAINT webhook_deliveries_attempt_check CHECK ((attempt > 0)),
  CONSTRAINT webhook_deliveries_attempted_check CHECK (((status = 'pending'::text) OR (attempted_at IS NOT NULL))),
  CONSTRAINT webhook_deliveries_response_status_check CHECK (((response_status >= 100) AND (response_status <= 599))),
  CONSTRAINT webhook_deliveries_status_check CHECK ((status IN ('pending', 'delivered', 'failed', 'abandoned')))
);
CREATE INDEX webhook_deliveries_organization_id_idx ON queue.webhook_deliveries USING btree (organization_id);
CREATE INDEX webhook_deliveries_outbox_id_idx ON queue.webhook_deliveries USING btree (outbox_id);
CREATE INDEX webhook_deliveries_pending_idx ON queue.webhook_deliveries USING btree (next_attempt_at) WHERE (status = 'pending'::text);
ALTER TABLE queue.webhook_deliveries ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.webhook_deliveries TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON queue.webhook_deliveries TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON queue.webhook_deliveries FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON queue.webhook_deliveries TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.webhook_deliveries TO wavehouse_operational_worker;
COMMENT ON TABLE queue.webhook_deliveries IS 'One row per attempt to deliver an event to an endpoint.';
COMMENT ON COLUMN queue.webhook_deliveries.webhook_delivery_id IS 'The attempt.';
COMMENT ON COLUMN queue.webhook_deliveries.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN queue.webhook_deliveries.webhook_endpoint_id IS 'The endpoint.';
COMMENT ON COLUMN queue.webhook_deliveries.outbox_id IS 'The event.';
COMMENT ON COLUMN queue.webhook_deliveries.attempt IS 'Which attempt, from 1.';
COMMENT ON COLUMN queue.webhook_deliveries.status IS 'How it went.';
COMMENT ON COLUMN queue.webhook_deliveries.next_attempt_at IS 'When it is tried.';
COMMENT ON COLUMN queue.webhook_deliveries.attempted_at IS 'When it was tried.';
COMMENT ON COLUMN queue.webhook_deliveries.response_status IS 'What was answered.';
COMMENT ON COLUMN queue.webhook_deliveries.response_excerpt IS 'The start of the answer; never shown to others.';
COMMENT ON COLUMN queue.webhook_deliveries.error IS 'Why there was no answer.';
COMMENT ON COLUMN queue.webhook_deliveries.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE queue.webhook_endpoints (
  webhook_endpoint_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  url character varying(1000) NOT NULL,
  description text,
  event_types text[] NOT NULL,
  secret_sealed bytea NOT NULL,
  previous_secret_sealed bytea,
  status text DEFAULT 'active'::text NOT NULL,
  disabled_reason text,
  failing_since timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (webhook_endpoint_id),
  CONSTRAINT webhook_endpoints_organization_id_webhook_endpoint_id_key UNIQUE (organization_id, webhook_endpoint_id),
  CONSTRAINT webhook_endpoints_disabled_check CHECK (((status = 'disabled'::text) = (disabled_reason IS NOT NULL))),
  CONSTRAINT webhook_endpoints_event_types_check CHECK ((cardinality(event_types) > 0)),
  CONSTRAINT webhook_endpoints_secret_sealed_check CHECK ((length(secret_sealed) > 0)),
  CONSTRAINT webhook_endpoints_status_check CHECK ((status IN ('active', 'disabled'))),
  CONSTRAINT webhook_endpoints_url_check CHECK (((url)::text ~ '^https?://'::text))
);
CREATE INDEX webhook_endpoints_organization_id_idx ON queue.webhook_endpoints USING btree (organization_id);
CREATE TRIGGER webhook_endpoints_touch BEFORE UPDATE ON queue.webhook_endpoints FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE queue.webhook_endpoints ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON queue.webhook_endpoints TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON queue.webhook_endpoints TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON queue.webhook_endpoints FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.webhook_endpoints TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.webhook_endpoints TO wavehouse_operational_worker;
COMMENT ON TABLE queue.webhook_endpoints IS 'Where an organization wants its events sent.';
COMMENT ON COLUMN queue.webhook_endpoints.webhook_endpoint_id IS 'The endpoint.';
COMMENT ON COLUMN queue.webhook_endpoints.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN queue.webhook_endpoints.url IS 'Where to; checked against private networks at each attempt.';
COMMENT ON COLUMN queue.webhook_endpoints.description IS 'What it is for.';
COMMENT ON COLUMN queue.webhook_endpoints.event_types IS 'Which events it wants.';
COMMENT ON COLUMN queue.webhook_endpoints.secret_sealed IS 'The signing secret, sealed.';
COMMENT ON COLUMN queue.webhook_endpoints.previous_secret_sealed IS 'The secret before, valid during rotation.';
COMMENT ON COLUMN queue.webhook_endpoints.status IS 'Whether it is served.';
COMMENT ON COLUMN queue.webhook_endpoints.disabled_reason IS 'Why it is not.';
COMMENT ON COLUMN queue.webhook_endpoints.failing_since IS 'Since when every attempt fails; disabled after five days.';
COMMENT ON COLUMN queue.webhook_endpoints.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN queue.webhook_endpoints.updated_at IS 'When the row last changed; kept by a trigger.';

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
REVOKE ALL ON queue.workers FROM wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON queue.workers TO wavehouse_operational_worker;
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

CREATE TABLE sponsorship.attribution_events (
  podcast_id uuid NOT NULL,
  "timestamp" timestamp with time zone NOT NULL,
  event_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  episode_id uuid,
  attribution_method character varying(50) NOT NULL,
  attribution_data jsonb DEFAULT '{}'::jsonb NOT NULL,
  conversion_data jsonb DEFAULT '{}'::jsonb NOT NULL,
  listener_event_id uuid,
  user_id character varying(255),
  session_id character varying(255),
  device_id character varying(255),
  cross_device_match_id uuid,
  demographic_lift jsonb DEFAULT '{}'::jsonb NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT attribution_events_pkey PRIMARY KEY (podcast_id, "timestamp", event_id),
  CONSTRAINT attribution_events_attribution_data_check CHECK ((jsonb_typeof(attribution_data) = 'object'::text)),
  CONSTRAINT attribution_events_attribution_method_check CHECK ((attribution_method IN ('promo_code', 'pixel', 'utm', 'direct', 'custom'))),
  CONSTRAINT attribution_events_conversion_data_check CHECK ((jsonb_typeof(conversion_data) = 'object'::text)),
  CONSTRAINT attribution_events_conversion_type_check CHECK (((conversion_data ->> 'conversion_type'::text) = ANY (ARRAY['purchase'::text, 'signup'::text, 'download'::text, 'trial'::text]))),
  CONSTRAINT attribution_events_demographic_lift_check CHECK ((jsonb_typeof(demographic_lift) = 'object'::text))
) PARTITION BY RANGE ("timestamp");
CREATE INDEX attribution_events_campaign_idx ON sponsorship.attribution_events USING btree (campaign_id, "timestamp" DESC);
CREATE INDEX attribution_events_campaign_method_idx ON sponsorship.attribution_events USING btree (campaign_id, attribution_method, "timestamp");
CREATE INDEX attribution_events_cross_device_match_id_idx ON sponsorship.attribution_events USING btree (cross_device_match_id) WHERE (cross_device_match_id IS NOT NULL);
CREATE INDEX attribution_events_episode_id_idx ON sponsorship.attribution_events USING btree (episode_id);
CREATE INDEX attribution_events_method_timestamp_idx ON sponsorship.attribution_events USING btree (attribution_method, "timestamp" DESC);
CREATE INDEX attribution_events_organization_id_idx ON sponsorship.attribution_events USING btree (organization_id);
CREATE INDEX attribution_events_podcast_id_idx ON sponsorship.attribution_events USING btree (podcast_id);
CREATE INDEX attribution_events_user_id_idx ON sponsorship.attribution_events USING btree (user_id) WHERE (user_id IS NOT NULL);
ALTER TABLE sponsorship.attribution_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.attribution_events TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.attribution_events TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.attribution_events FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON sponsorship.attribution_events TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.attribution_events TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.attribution_events IS 'Conversions as they were attributed, as a time series; kept 2 years, dropped a month at a time.';
COMMENT ON COLUMN sponsorship.attribution_events.podcast_id IS 'The show.';
COMMENT ON COLUMN sponsorship.attribution_events."timestamp" IS 'When it happened; the month it lies in.';
COMMENT ON COLUMN sponsorship.attribution_events.event_id IS 'The event.';
COMMENT ON COLUMN sponsorship.attribution_events.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.attribution_events.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.attribution_events.episode_id IS 'The episode, when it is known.';
COMMENT ON COLUMN sponsorship.attribution_events.attribution_method IS 'By what it was matched.';
COMMENT ON COLUMN sponsorship.attribution_events.attribution_data IS 'promo_code, utm_source, utm_medium, utm_campaign, pixel_id, referrer.';
COMMENT ON COLUMN sponsorship.attribution_events.conversion_data IS 'conversion_type, conversion_value, currency, order_id, product_id.';
COMMENT ON COLUMN sponsorship.attribution_events.listener_event_id IS 'The listener event that proves the exposure. No foreign key: raw events leave first.';
COMMENT ON COLUMN sponsorship.attribution_events.user_id IS 'The sponsor''s id of the customer.';
COMMENT ON COLUMN sponsorship.attribution_events.session_id IS 'The sponsor''s id of the visit.';
COMMENT ON COLUMN sponsorship.attribution_events.device_id IS 'The sponsor''s id of the device.';
COMMENT ON COLUMN sponsorship.attribution_events.cross_device_match_id IS 'Who belongs together by certain signs (AT11).';
COMMENT ON COLUMN sponsorship.attribution_events.demographic_lift IS 'A projection of lift_results: absolute and relative named apart.';
COMMENT ON COLUMN sponsorship.attribution_events.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE sponsorship.attribution_evidence (
  conversion_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  method text NOT NULL,
  campaign_id uuid,
  detail jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT attribution_evidence_pkey PRIMARY KEY (conversion_id, method),
  CONSTRAINT attribution_evidence_method_check CHECK ((method IN ('promo_code', 'pixel', 'utm', 'direct', 'custom')))
);
CREATE INDEX attribution_evidence_campaign_id_idx ON sponsorship.attribution_evidence USING btree (campaign_id);
ALTER TABLE sponsorship.attribution_evidence ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.attribution_evidence TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.attribution_evidence TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.attribution_evidence FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.attribution_evidence TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.attribution_evidence TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.attribution_evidence IS 'All signs that a conversion has, also those that did not decide (AT04). A snapshot: raw events leave first.';
COMMENT ON COLUMN sponsorship.attribution_evidence.conversion_id IS 'The conversion.';
COMMENT ON COLUMN sponsorship.attribution_evidence.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.attribution_evidence.method IS 'What kind of sign.';
COMMENT ON COLUMN sponsorship.attribution_evidence.campaign_id IS 'The campaign it points at; NULL when at none.';
COMMENT ON COLUMN sponsorship.attribution_evidence.detail IS 'The sign itself.';

CREATE TABLE sponsorship.campaign_placements (
  placement_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  episode_id uuid NOT NULL,
  slot integer NOT NULL,
  "position" text NOT NULL,
  read_type text NOT NULL,
  guaranteed_impressions bigint,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT campaign_placements_pkey PRIMARY KEY (placement_id),
  CONSTRAINT campaign_placements_campaign_id_episode_id_slot_key UNIQUE (campaign_id, episode_id, slot),
  CONSTRAINT campaign_placements_guaranteed_impressions_check CHECK ((guaranteed_impressions > 0)),
  CONSTRAINT campaign_placements_position_check CHECK (("position" IN ('pre_roll', 'mid_roll', 'post_roll'))),
  CONSTRAINT campaign_placements_read_type_check CHECK ((read_type IN ('host_read', 'produced', 'programmatic'))),
  CONSTRAINT campaign_placements_slot_check CHECK ((slot >= 0))
);
CREATE INDEX campaign_placements_episode_id_idx ON sponsorship.campaign_placements USING btree (episode_id);
CREATE INDEX campaign_placements_organization_id_idx ON sponsorship.campaign_placements USING btree (organization_id);
CREATE TRIGGER campaign_placements_keep_episode_ids AFTER INSERT OR DELETE OR UPDATE OF campaign_id, episode_id ON sponsorship.campaign_placements FOR EACH ROW EXECUTE FUNCTION sponsorship.keep_episode_ids();
CREATE TRIGGER campaign_placements_touch BEFORE UPDATE ON sponsorship.campaign_placements FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE sponsorship.campaign_placements ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.campaign_placements TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.campaign_placements TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.campaign_placements FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.campaign_placements TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.campaign_placements TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.campaign_placements IS 'Where a campaign is read; the campaign''s episode_ids are kept in step by a trigger.';
COMMENT ON COLUMN sponsorship.campaign_placements.placement_id IS 'The placement.';
COMMENT ON COLUMN sponsorship.campaign_placements.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.campaign_placements.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.campaign_placements.episode_id IS 'The episode.';
COMMENT ON COLUMN sponsorship.campaign_placements.slot IS 'Which slot of the episode, from 0.';
COMMENT ON COLUMN sponsorship.campaign_placements."position" IS 'Where in the episode.';
COMMENT ON COLUMN sponsorship.campaign_placements.read_type IS 'Who reads it.';
COMMENT ON COLUMN sponsorship.campaign_placements.guaranteed_impressions IS 'What was promised for it.';
COMMENT ON COLUMN sponsorship.campaign_placements.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN sponsorship.campaign_placements.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE sponsorship.campaign_states (
  campaign_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  status text NOT NULL,
  CONSTRAINT campaign_states_pkey PRIMARY KEY (campaign_id, at),
  CONSTRAINT campaign_states_status_check CHECK ((status IN ('draft', 'scheduled', 'active', 'paused', 'completed', 'cancelled')))
);
CREATE INDEX campaign_states_organization_id_idx ON sponsorship.campaign_states USING btree (organization_id);
ALTER TABLE sponsorship.campaign_states ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.campaign_states TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.campaign_states TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.campaign_states FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.campaign_states TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.campaign_states TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.campaign_states IS 'When a campaign entered which state; its downloads count on days on which it was active.';
COMMENT ON COLUMN sponsorship.campaign_states.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.campaign_states.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.campaign_states.at IS 'When the campaign entered the state.';
COMMENT ON COLUMN sponsorship.campaign_states.status IS 'The state.';

CREATE TABLE sponsorship.campaigns (
  campaign_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  sponsor_id uuid NOT NULL,
  name character varying(255) NOT NULL,
  status character varying(50) DEFAULT 'draft'::character varying NOT NULL,
  start_date date NOT NULL,
  end_date date NOT NULL,
  campaign_value numeric(10,2) NOT NULL,
  currency character(3) DEFAULT 'EUR'::bpchar NOT NULL,
  cost_model text DEFAULT 'flat'::text NOT NULL,
  guaranteed_impressions bigint,
  cpm numeric(10,2),
  margin numeric(5,4) DEFAULT 1 NOT NULL,
  episode_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
  attribution_config jsonb DEFAULT '{}'::jsonb NOT NULL,
  notes text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT campaigns_pkey PRIMARY KEY (campaign_id),
  CONSTRAINT campaigns_organization_id_campaign_id_key UNIQUE (organization_id, campaign_id),
  CONSTRAINT campaigns_attribution_config_check CHECK ((jsonb_typeof(attribution_config) = 'object'::text)),
  CONSTRAINT campaigns_attribution_method_check CHECK (((attribution_config ->> 'method'::text) = ANY (ARRAY['promo_code'::text, 'pixel'::text, 'utm'::text, 'direct'::text, 'custom'::text]))),
  CONSTRAINT campaigns_campaign_value_check CHECK ((campaign_value >= (0)::numeric)),
  CONSTRAINT campaigns_cost_model_check CHECK ((cost_model IN ('flat', 'cpm'))),
  CONSTRAINT campaigns_cpm_check CHECK ((cpm >= (0)::numeric)),
  CONSTRAINT campaigns_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT campaigns_flight_check CHECK ((end_date >= start_date)),
  CONSTRAINT campaigns_guaranteed_impressions_check CHECK ((guaranteed_impressions > 0)),
  CONSTRAINT campaigns_margin_check CHECK (((margin >= (0)::numeric) AND (margin <= (1)::numeric))),
  CONSTRAINT campaigns_name_check CHECK (((name)::text <> ''::text)),
  CONSTRAINT campaigns_status_check CHECK ((status IN ('draft', 'scheduled', 'active', 'paused', 'completed', 'cancelled')))
);
CREATE INDEX campaigns_campaign_id_status_start_date_idx ON sponsorship.campaigns USING btree (campaign_id, status, start_date);
CREATE INDEX campaigns_episode_ids_idx ON sponsorship.campaigns USING gin (episode_ids);
CREATE INDEX campaigns_flight_idx ON sponsorship.campaigns USING btree (start_date, end_date);
CREATE UNIQUE INDEX campaigns_import_key ON sponsorship.campaigns USING btree (organization_id, ((metadata ->> 'key'::text))) WHERE (metadata ? 'key'::text);
CREATE INDEX campaigns_organization_id_idx ON sponsorship.campaigns USING btree (organization_id);
CREATE INDEX campaigns_podcast_id_idx ON sponsorship.campaigns USING btree (podcast_id);
CREATE INDEX campaigns_sponsor_id_idx ON sponsorship.campaigns USING btree (sponsor_id);
CREATE INDEX campaigns_status_idx ON sponsorship.campaigns USING btree (status);
CREATE INDEX campaigns_user_id_idx ON sponsorship.campaigns USING btree (user_id);
CREATE TRIGGER campaigns_state BEFORE UPDATE OF status ON sponsorship.campaigns FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION sponsorship.check_campaign_state();
CREATE TRIGGER campaigns_touch BEFORE UPDATE ON sponsorship.campaigns FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE sponsorship.campaigns ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.campaigns TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.campaigns TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.campaigns FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.campaigns TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.campaigns TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.campaigns IS 'What a sponsor pays a show for. Kept for ever.';
COMMENT ON COLUMN sponsorship.campaigns.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.campaigns.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.campaigns.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN sponsorship.campaigns.podcast_id IS 'The show that carries it.';
COMMENT ON COLUMN sponsorship.campaigns.sponsor_id IS 'Who pays.';
COMMENT ON COLUMN sponsorship.campaigns.name IS 'What people call it.';
COMMENT ON COLUMN sponsorship.campaigns.status IS 'Where it stands.';
COMMENT ON COLUMN sponsorship.campaigns.start_date IS 'The first UTC day of the flight.';
COMMENT ON COLUMN sponsorship.campaigns.end_date IS 'The last UTC day of the flight, included.';
COMMENT ON COLUMN sponsorship.campaigns.campaign_value IS 'What is paid for it.';
COMMENT ON COLUMN sponsorship.campaigns.currency IS 'Its currency, ISO 4217.';
COMMENT ON COLUMN sponsorship.campaigns.cost_model IS 'For the whole or per thousand.';
COMMENT ON COLUMN sponsorship.campaigns.guaranteed_impressions IS 'What was promised.';
COMMENT ON COLUMN sponsorship.campaigns.cpm IS 'The price per thousand, when it is by them.';
COMMENT ON COLUMN sponsorship.campaigns.margin IS 'The share of revenue that is the sponsor''s profit; ROI is computed with it (AT21).';
COMMENT ON COLUMN sponsorship.campaigns.episode_ids IS 'The episodes that carry it; kept in step with the placements.';
COMMENT ON COLUMN sponsorship.campaigns.attribution_config IS 'What it is tracked by: method, promo_code, pixel_url, utm_source, utm_medium, utm_campaign, custom_tracking_id, conversion_endpoint.';
COMMENT ON COLUMN sponsorship.campaigns.notes IS 'Notes.';
COMMENT ON COLUMN sponsorship.campaigns.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN sponsorship.campaigns.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN sponsorship.campaigns.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE sponsorship.conversions (
  conversion_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  sponsor_id uuid,
  occurred_at timestamp with time zone NOT NULL,
  conversion_type text NOT NULL,
  conversion_value numeric(12,2) NOT NULL,
  currency character(3) NOT NULL,
  order_id text NOT NULL,
  source text NOT NULL,
  source_name text NOT NULL,
  ingested_at timestamp with time zone NOT NULL,
  pixel_id uuid,
  network_key bigint,
  network_key_prev bigint,
  CONSTRAINT conversions_pkey PRIMARY KEY (conversion_id),
  CONSTRAINT conversions_organization_id_conversion_id_key UNIQUE (organization_id, conversion_id),
  CONSTRAINT conversions_conversion_type_check CHECK ((conversion_type IN ('purchase', 'signup', 'download', 'trial'))),
  CONSTRAINT conversions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT conversions_order_id_check CHECK ((order_id <> ''::text)),
  CONSTRAINT conversions_source_check CHECK ((source IN ('file', 'api', 'pixel', 'landing')))
);
CREATE UNIQUE INDEX conversions_order_key ON sponsorship.conversions USING btree (organization_id, sponsor_id, order_id, ((conversion_value < (0)::numeric))) NULLS NOT DISTINCT;
CREATE INDEX conversions_organization_id_occurred_at_idx ON sponsorship.conversions USING btree (organization_id, occurred_at DESC, conversion_id DESC);
CREATE INDEX conversions_pixel_id_idx ON sponsorship.conversions USING btree (pixel_id);
CREATE INDEX conversions_sponsor_id_occurred_at_idx ON sponsorship.conversions USING btree (sponsor_id, occurred_at);
ALTER TABLE sponsorship.conversions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.conversions TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.conversions TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.conversions FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.conversions TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.conversions TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.conversions IS 'Purchases, sign-ups, downloads and trials that a sponsor tells of, each once. Kept 2 years.';
COMMENT ON COLUMN sponsorship.conversions.conversion_id IS 'The conversion.';
COMMENT ON COLUMN sponsorship.conversions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.conversions.sponsor_id IS 'Whose customer it was; NULL when no code is known.';
COMMENT ON COLUMN sponsorship.conversions.occurred_at IS 'When.';
COMMENT ON COLUMN sponsorship.conversions.conversion_type IS 'What it was.';
COMMENT ON COLUMN sponsorship.conversions.conversion_value IS 'What it was worth; negative for a refund.';
COMMENT ON COLUMN sponsorship.conversions.currency IS 'Its currency, ISO 4217.';
COMMENT ON COLUMN sponsorship.conversions.order_id IS 'The sponsor''s id of it; told apart by it (AT02).';
COMMENT ON COLUMN sponsorship.conversions.source IS 'By which door it came.';
COMMENT ON COLUMN sponsorship.conversions.source_name IS 'By which file or program.';
COMMENT ON COLUMN sponsorship.conversions.ingested_at IS 'When it came.';
COMMENT ON COLUMN sponsorship.conversions.pixel_id IS 'The pixel that told of it.';
COMMENT ON COLUMN sponsorship.conversions.network_key IS 'The household it came from, hashed under the month''s key (AT07, AT12).';
COMMENT ON COLUMN sponsorship.conversions.network_key_prev IS 'The same under the key of the month before.';

CREATE TABLE sponsorship.credits (
  conversion_id uuid NOT NULL,
  model text NOT NULL,
  campaign_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  method text NOT NULL,
  weight numeric(7,6) NOT NULL,
  amount numeric(12,2) NOT NULL,
  currency character(3) NOT NULL,
  CONSTRAINT credits_pkey PRIMARY KEY (conversion_id, model, campaign_id),
  CONSTRAINT credits_model_check CHECK ((model IN ('first_touch', 'last_touch', 'linear', 'time_decay', 'position', 'markov', 'shapley'))),
  CONSTRAINT credits_weight_check CHECK (((weight > (0)::numeric) AND (weight <= (1)::numeric)))
);
CREATE INDEX credits_campaign_id_idx ON sponsorship.credits USING btree (campaign_id, model);
ALTER TABLE sponsorship.credits ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.credits TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.credits TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.credits FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.credits TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.credits TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.credits IS 'The share of a conversion that a campaign gets by a model; derived from the evidence at any time (AT09).';
COMMENT ON COLUMN sponsorship.credits.conversion_id IS 'The conversion.';
COMMENT ON COLUMN sponsorship.credits.model IS 'The model.';
COMMENT ON COLUMN sponsorship.credits.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.credits.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.credits.method IS 'The kind of sign that decided.';
COMMENT ON COLUMN sponsorship.credits.weight IS 'The share; shares of a conversion and model add up to 1.';
COMMENT ON COLUMN sponsorship.credits.amount IS 'The share in money; cents add up.';
COMMENT ON COLUMN sponsorship.credits.currency IS 'Its currency, ISO 4217.';

CREATE TABLE sponsorship.displaced_conversions (
  displaced_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  conversion_id uuid NOT NULL,
  source text NOT NULL,
  source_name text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  conversion_value numeric(12,2) NOT NULL,
  currency character(3) NOT NULL,
  promo_code text NOT NULL,
  reason text NOT NULL,
  displaced_at timestamp with time zone NOT NULL,
  CONSTRAINT displaced_conversions_pkey PRIMARY KEY (displaced_id),
  CONSTRAINT displaced_conversions_reason_check CHECK ((reason IN ('outranked', 'over_limit')))
);
CREATE INDEX displaced_conversions_conversion_id_idx ON sponsorship.displaced_conversions USING btree (organization_id, conversion_id);
ALTER TABLE sponsorship.displaced_conversions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.displaced_conversions TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.displaced_conversions TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.displaced_conversions FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT ON sponsorship.displaced_conversions TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.displaced_conversions TO wavehouse_operational_worker;
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

CREATE TABLE sponsorship.exchange_rates (
  rate_date date NOT NULL,
  base character(3) NOT NULL,
  quote character(3) NOT NULL,
  rate numeric(20,10) NOT NULL,
  source text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT exchange_rates_pkey PRIMARY KEY (rate_date, base, quote),
  CONSTRAINT exchange_rates_base_check CHECK ((base ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT exchange_rates_pair_check CHECK ((base <> quote)),
  CONSTRAINT exchange_rates_quote_check CHECK ((quote ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT exchange_rates_rate_check CHECK ((rate > (0)::numeric)),
  CONSTRAINT exchange_rates_source_check CHECK ((source <> ''::text))
);
REVOKE ALL ON sponsorship.exchange_rates FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON sponsorship.exchange_rates TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.exchange_rates TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.exchange_rates IS 'The stored rate of a day: the amount of a conversion is fixed at it (AT23).';
COMMENT ON COLUMN sponsorship.exchange_rates.rate_date IS 'The UTC day.';
COMMENT ON COLUMN sponsorship.exchange_rates.base IS 'One of this';
COMMENT ON COLUMN sponsorship.exchange_rates.quote IS 'is so much of this.';
COMMENT ON COLUMN sponsorship.exchange_rates.rate IS 'How much.';
COMMENT ON COLUMN sponsorship.exchange_rates.source IS 'Who says so.';
COMMENT ON COLUMN sponsorship.exchange_rates.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE sponsorship.lift_results (
  lift_result_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  segment_kind text DEFAULT 'all'::text NOT NULL,
  segment_value text DEFAULT ''::text NOT NULL,
  exposed bigint NOT NULL,
  control bigint NOT NULL,
  exposed_conversions bigint NOT NULL,
  control_conversions bigint NOT NULL,
  campaign_conversion_rate numeric(9,8),
  baseline_conversion_rate numeric(9,8),
  absolute_lift numeric(10,8),
  absolute_low numeric(10,8),
  absolute_high numeric(10,8),
  relative_lift numeric(14,6),
  relative_low numeric(14,6),
  relative_high numeric(14,6),
  confidence numeric(4,3) DEFAULT 0.95 NOT NULL,
  q_value numeric(9,8),
  suppressed boolean DEFAULT false NOT NULL,
  method text NOT NULL,
  data_as_of timestamp with time zone NOT NULL,
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT lift_results_pkey PRIMARY KEY (lift_result_id),
  CONSTRAINT lift_results_campaign_id_segment_kind_segment_value_method__key UNIQUE (campaign_id, segment_kind, segment_value, method, computed_at),
  CONSTRAINT lift_results_absolute_interval_check CHECK ((absolute_high >= absolute_low)),
  CONSTRAINT lift_results_absolute_lift_check CHECK (((absolute_lift >= ('-1'::integer)::numeric) AND (absolute_lift <= (1)::numeric))),
  CONSTRAINT lift_results_baseline_conversion_rate_check CHECK (((baseline_conversion_rate >= (0)::numeric) AND (baseline_conversion_rate <= (1)::numeric))),
  CONSTRAINT lift_results_campaign_conversion_rate_check CHECK (((campaign_conversion_rate >= (0)::numeric) AND (campaign_conversion_rate <= (1)::numeric))),
  CONSTRAINT lift_results_confidence_check CHECK (((confidence > (0)::numeric) AND (confidence < (1)::numeric))),
  CONSTRAINT lift_results_control_check CHECK ((control >= 0)),
  CONSTRAINT lift_results_control_conversions_check CHECK (((control_conversions >= 0) AND (control_conversions <= control))),
  CONSTRAINT lift_results_exposed_check CHECK ((exposed >= 0)),
  CONSTRAINT lift_results_exposed_conversions_check CHECK (((exposed_conversions >= 0) AND (exposed_conversions <= exposed))),
  CONSTRAINT lift_results_method_check CHECK ((method IN ('randomised', 'matched', 'difference_in_differences', 'synthetic_control'))),
  CONSTRAINT lift_results_q_value_check CHECK (((q_value >= (0)::numeric) AND (q_value <= (1)::numeric))),
  CONSTRAINT lift_results_relative_interval_check CHECK ((relative_high >= relative_low)),
  CONSTRAINT lift_results_relative_lift_check CHECK ((relative_lift >= ('-1'::integer)::numeric)),
  CONSTRAINT lift_results_segment_check CHECK (((segment_kind = 'all'::text) = (segment_value = ''::text))),
  CONSTRAINT lift_results_segment_kind_check CHECK ((segment_kind IN ('all', 'age_group', 'gender', 'location', 'device_type', 'week')))
);
CREATE INDEX lift_results_organization_id_idx ON sponsorship.lift_results USING btree (organization_id);
ALTER TABLE sponsorship.lift_results ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.lift_results TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.lift_results TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.lift_results FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON sponsorship.lift_results TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.lift_results TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.lift_results IS 'Lift of a campaign by segment, with its n, rates, interval and method (AT15 to AT20).';
COMMENT ON COLUMN sponsorship.lift_results.lift_result_id IS 'The result.';
COMMENT ON COLUMN sponsorship.lift_results.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.lift_results.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.lift_results.segment_kind IS 'By what the listeners are divided.';
COMMENT ON COLUMN sponsorship.lift_results.segment_value IS 'Which part.';
COMMENT ON COLUMN sponsorship.lift_results.exposed IS 'Listeners who were reached.';
COMMENT ON COLUMN sponsorship.lift_results.control IS 'Listeners who were not.';
COMMENT ON COLUMN sponsorship.lift_results.exposed_conversions IS 'Conversions among the reached.';
COMMENT ON COLUMN sponsorship.lift_results.control_conversions IS 'Conversions among the others.';
COMMENT ON COLUMN sponsorship.lift_results.campaign_conversion_rate IS 'Rate of the reached; NULL over zero.';
COMMENT ON COLUMN sponsorship.lift_results.baseline_conversion_rate IS 'Rate of the others; NULL over zero.';
COMMENT ON COLUMN sponsorship.lift_results.absolute_lift IS 'Difference of the two rates.';
COMMENT ON COLUMN sponsorship.lift_results.absolute_low IS 'Lower end of its interval.';
COMMENT ON COLUMN sponsorship.lift_results.absolute_high IS 'Upper end of its interval.';
COMMENT ON COLUMN sponsorship.lift_results.relative_lift IS 'Quotient of the two rates less one; NULL over zero.';
COMMENT ON COLUMN sponsorship.lift_results.relative_low IS 'Lower end of its interval.';
COMMENT ON COLUMN sponsorship.lift_results.relative_high IS 'Upper end of its interval.';
COMMENT ON COLUMN sponsorship.lift_results.confidence IS 'Of the intervals.';
COMMENT ON COLUMN sponsorship.lift_results.q_value IS 'After Benjamini and Hochberg over the segments.';
COMMENT ON COLUMN sponsorship.lift_results.suppressed IS 'Too few people to show (AT19).';
COMMENT ON COLUMN sponsorship.lift_results.method IS 'How the control was found.';
COMMENT ON COLUMN sponsorship.lift_results.data_as_of IS 'The data it was computed from.';
COMMENT ON COLUMN sponsorship.lift_results.computed_at IS 'When.';

CREATE TABLE sponsorship.pixels (
  pixel_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  public_key text NOT NULL,
  name text NOT NULL,
  conversion_type text DEFAULT 'purchase'::text NOT NULL,
  allowed_origins text[] DEFAULT '{}'::text[] NOT NULL,
  is_active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT pixels_pkey PRIMARY KEY (pixel_id),
  CONSTRAINT pixels_organization_id_pixel_id_key UNIQUE (organization_id, pixel_id),
  CONSTRAINT pixels_public_key_key UNIQUE (public_key),
  CONSTRAINT pixels_conversion_type_check CHECK ((conversion_type IN ('purchase', 'signup', 'download', 'trial'))),
  CONSTRAINT pixels_name_check CHECK ((name <> ''::text)),
  CONSTRAINT pixels_public_key_check CHECK ((public_key ~ '^[A-Za-z0-9_-]{16,64}$'::text))
);
CREATE INDEX pixels_campaign_id_idx ON sponsorship.pixels USING btree (campaign_id);
CREATE INDEX pixels_organization_id_idx ON sponsorship.pixels USING btree (organization_id);
CREATE TRIGGER pixels_touch BEFORE UPDATE ON sponsorship.pixels FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE sponsorship.pixels ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.pixels TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.pixels TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.pixels FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.pixels TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.pixels TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.pixels IS 'The sign that a sponsor''s page loads when something was bought.';
COMMENT ON COLUMN sponsorship.pixels.pixel_id IS 'The pixel.';
COMMENT ON COLUMN sponsorship.pixels.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.pixels.campaign_id IS 'Its campaign.';
COMMENT ON COLUMN sponsorship.pixels.public_key IS 'What the page names it by; no secret.';
COMMENT ON COLUMN sponsorship.pixels.name IS 'What people call it.';
COMMENT ON COLUMN sponsorship.pixels.conversion_type IS 'What it tells of.';
COMMENT ON COLUMN sponsorship.pixels.allowed_origins IS 'Pages it may be on; empty for any.';
COMMENT ON COLUMN sponsorship.pixels.is_active IS 'Whether it is listened to.';
COMMENT ON COLUMN sponsorship.pixels.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN sponsorship.pixels.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE sponsorship.promo_codes (
  promo_code_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  code text NOT NULL,
  code_normalised text NOT NULL,
  valid_from date NOT NULL,
  valid_to date NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT promo_codes_pkey PRIMARY KEY (promo_code_id),
  CONSTRAINT promo_codes_campaign_id_code_normalised_key UNIQUE (campaign_id, code_normalised),
  CONSTRAINT promo_codes_check CHECK ((valid_to >= valid_from)),
  CONSTRAINT promo_codes_code_check CHECK ((code <> ''::text)),
  CONSTRAINT promo_codes_code_normalised_check CHECK ((code_normalised <> ''::text))
);
CREATE INDEX promo_codes_code_normalised_idx ON sponsorship.promo_codes USING btree (organization_id, code_normalised);
ALTER TABLE sponsorship.promo_codes ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.promo_codes TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.promo_codes TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.promo_codes FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.promo_codes TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.promo_codes TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.promo_codes IS 'Codes that listeners type in.';
COMMENT ON COLUMN sponsorship.promo_codes.promo_code_id IS 'The code here.';
COMMENT ON COLUMN sponsorship.promo_codes.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.promo_codes.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.promo_codes.code IS 'As it is read aloud.';
COMMENT ON COLUMN sponsorship.promo_codes.code_normalised IS 'As it is compared (AT05).';
COMMENT ON COLUMN sponsorship.promo_codes.valid_from IS 'First UTC day on which a redemption counts.';
COMMENT ON COLUMN sponsorship.promo_codes.valid_to IS 'Last UTC day on which a redemption counts: end of flight and grace (AT05).';
COMMENT ON COLUMN sponsorship.promo_codes.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE sponsorship.reports (
  report_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  template_id character varying(100) NOT NULL,
  report_type character varying(50) NOT NULL,
  format character varying(50) NOT NULL,
  file_url character varying(1000),
  file_size_bytes bigint,
  includes_roi boolean DEFAULT false NOT NULL,
  includes_attribution boolean DEFAULT false NOT NULL,
  includes_benchmarks boolean DEFAULT false NOT NULL,
  date_range_start date NOT NULL,
  date_range_end date NOT NULL,
  generated_at timestamp with time zone NOT NULL,
  content_hash bytea NOT NULL,
  data_as_of timestamp with time zone,
  rule_versions jsonb DEFAULT '{}'::jsonb NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT reports_pkey PRIMARY KEY (report_id),
  CONSTRAINT reports_check CHECK ((date_range_end >= date_range_start)),
  CONSTRAINT reports_content_hash_check CHECK ((length(content_hash) = 32)),
  CONSTRAINT reports_file_size_bytes_check CHECK ((file_size_bytes >= 0)),
  CONSTRAINT reports_format_check CHECK (((format)::text IN ('pdf', 'csv', 'excel', 'json'))),
  CONSTRAINT reports_report_type_check CHECK (((report_type)::text IN ('sponsor_report', 'performance_summary', 'roi_report', 'custom')))
);
CREATE INDEX reports_campaign_id_idx ON sponsorship.reports USING btree (campaign_id);
CREATE INDEX reports_generated_at_idx ON sponsorship.reports USING btree (generated_at DESC);
CREATE INDEX reports_organization_id_generated_at_idx ON sponsorship.reports USING btree (organization_id, generated_at DESC, report_id DESC);
CREATE INDEX reports_organization_id_idx ON sponsorship.reports USING btree (organization_id);
CREATE INDEX reports_report_type_idx ON sponsorship.reports USING btree (report_type);
CREATE INDEX reports_user_id_generated_at_idx ON sponsorship.reports USING btree (user_id, generated_at);
CREATE INDEX reports_user_id_idx ON sponsorship.reports USING btree (user_id);
ALTER TABLE sponsorship.reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.reports TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.reports TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.reports FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.reports TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.reports TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.reports IS 'Reports as they were made: what they say can be recomputed. Kept 5 years.';
COMMENT ON COLUMN sponsorship.reports.report_id IS 'The report.';
COMMENT ON COLUMN sponsorship.reports.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.reports.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN sponsorship.reports.campaign_id IS 'The campaign.';
COMMENT ON COLUMN sponsorship.reports.template_id IS 'The template.';
COMMENT ON COLUMN sponsorship.reports.report_type IS 'What kind of report.';
COMMENT ON COLUMN sponsorship.reports.format IS 'The form of the file.';
COMMENT ON COLUMN sponsorship.reports.file_url IS 'Where the file is.';
COMMENT ON COLUMN sponsorship.reports.file_size_bytes IS 'How large it is.';
COMMENT ON COLUMN sponsorship.reports.includes_roi IS 'Whether return on investment is in it.';
COMMENT ON COLUMN sponsorship.reports.includes_attribution IS 'Whether attribution is in it.';
COMMENT ON COLUMN sponsorship.reports.includes_benchmarks IS 'Whether comparisons are in it.';
COMMENT ON COLUMN sponsorship.reports.date_range_start IS 'First UTC day.';
COMMENT ON COLUMN sponsorship.reports.date_range_end IS 'Last UTC day, included.';
COMMENT ON COLUMN sponsorship.reports.generated_at IS 'When it was made.';
COMMENT ON COLUMN sponsorship.reports.content_hash IS 'SHA-256 of what it says.';
COMMENT ON COLUMN sponsorship.reports.data_as_of IS 'The data it was made from.';
COMMENT ON COLUMN sponsorship.reports.rule_versions IS 'Editions of rules and lists behind its figures.';
COMMENT ON COLUMN sponsorship.reports.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE sponsorship.sponsors (
  sponsor_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  name character varying(255) NOT NULL,
  company character varying(255),
  email character varying(255),
  contact_name character varying(255),
  phone character varying(50),
  website character varying(1000),
  logo_url character varying(1000),
  industry character varying(100),
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT sponsors_pkey PRIMARY KEY (sponsor_id),
  CONSTRAINT sponsors_organization_id_sponsor_id_key UNIQUE (organization_id, sponsor_id),
  CONSTRAINT sponsors_name_check CHECK (((name)::text <> ''::text))
);
CREATE INDEX sponsors_name_idx ON sponsorship.sponsors USING btree (name);
CREATE UNIQUE INDEX sponsors_organization_name_key ON sponsorship.sponsors USING btree (organization_id, lower((name)::text));
CREATE INDEX sponsors_user_id_idx ON sponsorship.sponsors USING btree (user_id);
CREATE TRIGGER sponsors_touch BEFORE UPDATE ON sponsorship.sponsors FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE sponsorship.sponsors ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON sponsorship.sponsors TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON sponsorship.sponsors TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON sponsorship.sponsors FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.sponsors TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON sponsorship.sponsors TO wavehouse_operational_worker;
COMMENT ON TABLE sponsorship.sponsors IS 'Who pays for campaigns.';
COMMENT ON COLUMN sponsorship.sponsors.sponsor_id IS 'The sponsor.';
COMMENT ON COLUMN sponsorship.sponsors.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN sponsorship.sponsors.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN sponsorship.sponsors.name IS 'What people call them.';
COMMENT ON COLUMN sponsorship.sponsors.company IS 'The company.';
COMMENT ON COLUMN sponsorship.sponsors.email IS 'The address of the contact.';
COMMENT ON COLUMN sponsorship.sponsors.contact_name IS 'The contact.';
COMMENT ON COLUMN sponsorship.sponsors.phone IS 'Their telephone.';
COMMENT ON COLUMN sponsorship.sponsors.website IS 'Their page.';
COMMENT ON COLUMN sponsorship.sponsors.logo_url IS 'Their logo.';
COMMENT ON COLUMN sponsorship.sponsors.industry IS 'Their line of business.';
COMMENT ON COLUMN sponsorship.sponsors.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN sponsorship.sponsors.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN sponsorship.sponsors.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE studio.agent_memory (
  memory_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  project_id uuid NOT NULL,
  kind text NOT NULL,
  content text,
  valid_from timestamp with time zone NOT NULL,
  valid_to timestamp with time zone,
  recorded_at timestamp with time zone NOT NULL,
  superseded_by uuid,
  source_kind text NOT NULL,
  source_id text NOT NULL,
  confidence numeric(3,2) DEFAULT 1 NOT NULL,
  forgotten_at timestamp with time zone,
  CONSTRAINT agent_memory_pkey PRIMARY KEY (memory_id),
  CONSTRAINT agent_memory_organization_id_memory_id_key UNIQUE (organization_id, memory_id),
  CONSTRAINT agent_memory_project_id_source_kind_source_id_recorded_at_key UNIQUE (project_id, source_kind, source_id, recorded_at),
  CONSTRAINT agent_memory_confidence_check CHECK (((confidence >= (0)::numeric) AND (confidence <= (1)::numeric))),
  CONSTRAINT agent_memory_forgotten_check CHECK (((content IS NULL) = (forgotten_at IS NOT NULL))),
  CONSTRAINT agent_memory_kind_check CHECK ((kind IN ('fact', 'preference', 'decision', 'style', 'summary'))),
  CONSTRAINT agent_memory_source_kind_check CHECK ((source_kind IN ('note', 'chat', 'generation', 'person', 'import'))),
  CONSTRAINT agent_memory_supersedes_another_check CHECK ((superseded_by <> memory_id)),
  CONSTRAINT agent_memory_validity_check CHECK ((valid_to > valid_from))
);
CREATE INDEX agent_memory_organization_id_idx ON studio.agent_memory USING btree (organization_id);
CREATE INDEX agent_memory_project_id_recorded_at_idx ON studio.agent_memory USING btree (project_id, recorded_at DESC) WHERE (superseded_by IS NULL);
CREATE INDEX agent_memory_superseded_by_idx ON studio.agent_memory USING btree (superseded_by);
CREATE TRIGGER agent_memory_append_only BEFORE UPDATE ON studio.agent_memory FOR EACH ROW EXECUTE FUNCTION studio.guard_memory();
ALTER TABLE studio.agent_memory ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.agent_memory TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.agent_memory TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.agent_memory FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT, UPDATE ON studio.agent_memory TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.agent_memory TO wavehouse_operational_worker;
COMMENT ON TABLE studio.agent_memory IS 'What the machine believes of a project, with two times: when it holds and when it was learnt. A correction supersedes and never deletes; forgetting empties the content.';
COMMENT ON COLUMN studio.agent_memory.memory_id IS 'The memory.';
COMMENT ON COLUMN studio.agent_memory.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.agent_memory.project_id IS 'Its project.';
COMMENT ON COLUMN studio.agent_memory.kind IS 'What kind of memory.';
COMMENT ON COLUMN studio.agent_memory.content IS 'What is remembered; NULL is the tombstone of something forgotten.';
COMMENT ON COLUMN studio.agent_memory.valid_from IS 'From when it holds.';
COMMENT ON COLUMN studio.agent_memory.valid_to IS 'Until when it holds.';
COMMENT ON COLUMN studio.agent_memory.recorded_at IS 'When it was learnt.';
COMMENT ON COLUMN studio.agent_memory.superseded_by IS 'What replaced it.';
COMMENT ON COLUMN studio.agent_memory.source_kind IS 'Where it is from.';
COMMENT ON COLUMN studio.agent_memory.source_id IS 'Which one; an import names its place in projects.memories.';
COMMENT ON COLUMN studio.agent_memory.confidence IS 'How sure it is.';
COMMENT ON COLUMN studio.agent_memory.forgotten_at IS 'When the content was erased.';

CREATE TABLE studio.block_revisions (
  block_id uuid NOT NULL,
  revision integer NOT NULL,
  organization_id uuid NOT NULL,
  type text NOT NULL,
  body text NOT NULL,
  recorded_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT block_revisions_pkey PRIMARY KEY (block_id, revision),
  CONSTRAINT block_revisions_revision_check CHECK ((revision > 0)),
  CONSTRAINT block_revisions_type_check CHECK ((type IN ('markdown', 'speech', 'music', 'sound', 'advertisement')))
);
CREATE INDEX block_revisions_organization_id_idx ON studio.block_revisions USING btree (organization_id);
ALTER TABLE studio.block_revisions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.block_revisions TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.block_revisions TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.block_revisions FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON studio.block_revisions TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.block_revisions TO wavehouse_operational_worker;
COMMENT ON TABLE studio.block_revisions IS 'Every revision of a block as it was; a highlight refers to the revision it was made on.';
COMMENT ON COLUMN studio.block_revisions.block_id IS 'The block.';
COMMENT ON COLUMN studio.block_revisions.revision IS 'Number of the revision, from 1; counted by the database.';
COMMENT ON COLUMN studio.block_revisions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.block_revisions.type IS 'Type of the block in this revision.';
COMMENT ON COLUMN studio.block_revisions.body IS 'Body of the block in this revision.';
COMMENT ON COLUMN studio.block_revisions.recorded_at IS 'When the row was made; bookkeeping.';

CREATE TABLE studio.blocks (
  block_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  episode_id uuid NOT NULL,
  "position" integer NOT NULL,
  type text DEFAULT 'markdown'::text NOT NULL,
  body text NOT NULL,
  revision integer DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT blocks_pkey PRIMARY KEY (block_id),
  CONSTRAINT blocks_episode_id_position_key UNIQUE (episode_id, "position"),
  CONSTRAINT blocks_organization_id_block_id_key UNIQUE (organization_id, block_id),
  CONSTRAINT blocks_position_check CHECK (("position" >= 0)),
  CONSTRAINT blocks_revision_check CHECK ((revision > 0)),
  CONSTRAINT blocks_type_check CHECK ((type IN ('markdown', 'speech', 'music', 'sound', 'advertisement')))
);
CREATE INDEX blocks_organization_id_idx ON studio.blocks USING btree (organization_id);
CREATE TRIGGER blocks_count_revision BEFORE UPDATE ON studio.blocks FOR EACH ROW EXECUTE FUNCTION studio.count_revision();
CREATE TRIGGER blocks_keep_first AFTER INSERT ON studio.blocks FOR EACH ROW EXECUTE FUNCTION studio.keep_revision();
CREATE TRIGGER blocks_keep_next AFTER UPDATE ON studio.blocks FOR EACH ROW WHEN ((new.revision <> old.revision)) EXECUTE FUNCTION studio.keep_revision();
CREATE TRIGGER blocks_touch BEFORE UPDATE ON studio.blocks FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.blocks ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.blocks TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.blocks TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.blocks FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.blocks TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.blocks TO wavehouse_operational_worker;
COMMENT ON TABLE studio.blocks IS 'The parts of an episode''s script; one markdown block each at first.';
COMMENT ON COLUMN studio.blocks.block_id IS 'The block.';
COMMENT ON COLUMN studio.blocks.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.blocks.episode_id IS 'Its episode.';
COMMENT ON COLUMN studio.blocks."position" IS 'Its place, from 0.';
COMMENT ON COLUMN studio.blocks.type IS 'What it is.';
COMMENT ON COLUMN studio.blocks.body IS 'Its text.';
COMMENT ON COLUMN studio.blocks.revision IS 'Grows with every change of the text.';
COMMENT ON COLUMN studio.blocks.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.blocks.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.chat_messages (
  message_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  chat_session_id uuid NOT NULL,
  seq integer NOT NULL,
  parent_id uuid,
  role text NOT NULL,
  parts jsonb NOT NULL,
  schema_version integer DEFAULT 1 NOT NULL,
  status text DEFAULT 'complete'::text NOT NULL,
  model text,
  usage_event_id uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT chat_messages_pkey PRIMARY KEY (message_id),
  CONSTRAINT chat_messages_chat_session_id_seq_key UNIQUE (chat_session_id, seq),
  CONSTRAINT chat_messages_organization_id_message_id_key UNIQUE (organization_id, message_id),
  CONSTRAINT chat_messages_assistant_model_check CHECK (((role <> 'assistant'::text) OR (model IS NOT NULL))),
  CONSTRAINT chat_messages_parts_check CHECK ((jsonb_typeof(parts) = 'array'::text)),
  CONSTRAINT chat_messages_role_check CHECK ((role IN ('system', 'user', 'assistant', 'tool'))),
  CONSTRAINT chat_messages_schema_version_check CHECK ((schema_version > 0)),
  CONSTRAINT chat_messages_seq_check CHECK ((seq > 0)),
  CONSTRAINT chat_messages_status_check CHECK ((status IN ('streaming', 'complete', 'aborted', 'error')))
);
CREATE INDEX chat_messages_organization_id_idx ON studio.chat_messages USING btree (organization_id);
CREATE INDEX chat_messages_parent_id_idx ON studio.chat_messages USING btree (parent_id);
CREATE TRIGGER chat_messages_touch BEFORE UPDATE ON studio.chat_messages FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.chat_messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.chat_messages TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.chat_messages TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.chat_messages FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT, UPDATE ON studio.chat_messages TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.chat_messages TO wavehouse_operational_worker;
COMMENT ON TABLE studio.chat_messages IS 'Messages in the order of seq; the person''s is committed before the call, the answer''s parts as they come.';
COMMENT ON COLUMN studio.chat_messages.message_id IS 'The message.';
COMMENT ON COLUMN studio.chat_messages.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.chat_messages.chat_session_id IS 'Its session.';
COMMENT ON COLUMN studio.chat_messages.seq IS 'Its place, from 1.';
COMMENT ON COLUMN studio.chat_messages.parent_id IS 'What it answers; another child is a branch.';
COMMENT ON COLUMN studio.chat_messages.role IS 'Who speaks.';
COMMENT ON COLUMN studio.chat_messages.parts IS 'Texts, calls and results.';
COMMENT ON COLUMN studio.chat_messages.schema_version IS 'Version of the shape of the parts.';
COMMENT ON COLUMN studio.chat_messages.status IS 'Whether it is whole.';
COMMENT ON COLUMN studio.chat_messages.model IS 'Which model wrote it.';
COMMENT ON COLUMN studio.chat_messages.usage_event_id IS 'What it cost. No foreign key: usage is partitioned and leaves sooner.';
COMMENT ON COLUMN studio.chat_messages.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.chat_messages.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.chat_sessions (
  chat_session_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  project_id uuid NOT NULL,
  user_id uuid NOT NULL,
  title character varying(500),
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT chat_sessions_pkey PRIMARY KEY (chat_session_id),
  CONSTRAINT chat_sessions_organization_id_chat_session_id_key UNIQUE (organization_id, chat_session_id)
);
CREATE INDEX chat_sessions_organization_id_idx ON studio.chat_sessions USING btree (organization_id);
CREATE INDEX chat_sessions_project_id_idx ON studio.chat_sessions USING btree (project_id);
CREATE INDEX chat_sessions_user_id_updated_at_idx ON studio.chat_sessions USING btree (user_id, updated_at DESC);
CREATE TRIGGER chat_sessions_touch BEFORE UPDATE ON studio.chat_sessions FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.chat_sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.chat_sessions TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.chat_sessions TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.chat_sessions FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.chat_sessions TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.chat_sessions TO wavehouse_operational_worker;
COMMENT ON TABLE studio.chat_sessions IS 'A conversation about a project. Kept 2 years.';
COMMENT ON COLUMN studio.chat_sessions.chat_session_id IS 'The session.';
COMMENT ON COLUMN studio.chat_sessions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.chat_sessions.project_id IS 'Its project.';
COMMENT ON COLUMN studio.chat_sessions.user_id IS 'Whose it is.';
COMMENT ON COLUMN studio.chat_sessions.title IS 'Its title.';
COMMENT ON COLUMN studio.chat_sessions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.chat_sessions.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.episode_schedule_done (
  finished_at timestamp with time zone NOT NULL,
  slot_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  project_id uuid NOT NULL,
  episode_id uuid,
  local_date date NOT NULL,
  ordinal integer NOT NULL,
  slot_at timestamp with time zone NOT NULL,
  status text NOT NULL,
  attempts integer NOT NULL,
  errors jsonb DEFAULT '[]'::jsonb NOT NULL,
  cost numeric(20,12) DEFAULT 0 NOT NULL,
  worker_id uuid,
  CONSTRAINT episode_schedule_done_pkey PRIMARY KEY (finished_at, slot_id),
  CONSTRAINT episode_schedule_done_attempts_check CHECK ((attempts >= 0)),
  CONSTRAINT episode_schedule_done_cost_check CHECK ((cost >= (0)::numeric)),
  CONSTRAINT episode_schedule_done_errors_check CHECK ((jsonb_typeof(errors) = 'array'::text)),
  CONSTRAINT episode_schedule_done_ordinal_check CHECK ((ordinal >= 0)),
  CONSTRAINT episode_schedule_done_status_check CHECK ((status IN ('done', 'failed', 'dead', 'missed', 'cancelled')))
) PARTITION BY RANGE (finished_at);
CREATE INDEX episode_schedule_done_organization_id_idx ON studio.episode_schedule_done USING btree (organization_id);
CREATE INDEX episode_schedule_done_project_id_slot_at_idx ON studio.episode_schedule_done USING btree (project_id, slot_at DESC);
CREATE INDEX episode_schedule_done_slot_id_idx ON studio.episode_schedule_done USING btree (slot_id);
ALTER TABLE studio.episode_schedule_done ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.episode_schedule_done TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.episode_schedule_done TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.episode_schedule_done FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON studio.episode_schedule_done TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.episode_schedule_done TO wavehouse_operational_worker;
COMMENT ON TABLE studio.episode_schedule_done IS 'Slots that came to an end, each in exactly one way (Q7); retention drops a month at a time.';
COMMENT ON COLUMN studio.episode_schedule_done.finished_at IS 'When it ended; the month it lies in.';
COMMENT ON COLUMN studio.episode_schedule_done.slot_id IS 'The slot.';
COMMENT ON COLUMN studio.episode_schedule_done.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.episode_schedule_done.project_id IS 'Its project.';
COMMENT ON COLUMN studio.episode_schedule_done.episode_id IS 'The episode it made. No foreign key: the record outlives it.';
COMMENT ON COLUMN studio.episode_schedule_done.local_date IS 'Its date on the project''s clock.';
COMMENT ON COLUMN studio.episode_schedule_done.ordinal IS 'Which slot of that date.';
COMMENT ON COLUMN studio.episode_schedule_done.slot_at IS 'The instant.';
COMMENT ON COLUMN studio.episode_schedule_done.status IS 'How it ended.';
COMMENT ON COLUMN studio.episode_schedule_done.attempts IS 'How many attempts there were.';
COMMENT ON COLUMN studio.episode_schedule_done.errors IS 'One entry per failed attempt.';
COMMENT ON COLUMN studio.episode_schedule_done.cost IS 'What it cost.';
COMMENT ON COLUMN studio.episode_schedule_done.worker_id IS 'Who ran the last attempt.';

CREATE TABLE studio.episode_schedule_queue (
  slot_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  project_id uuid NOT NULL,
  episode_id uuid,
  local_date date NOT NULL,
  local_time time without time zone NOT NULL,
  ordinal integer NOT NULL,
  timezone text NOT NULL,
  tzdata_version text NOT NULL,
  slot_at timestamp with time zone NOT NULL,
  run_at timestamp with time zone NOT NULL,
  lane smallint DEFAULT 1 NOT NULL,
  status text DEFAULT 'pending'::text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  max_attempts integer DEFAULT 5 NOT NULL,
  errors jsonb DEFAULT '[]'::jsonb NOT NULL,
  lease_token uuid,
  worker_id uuid,
  claimed_at timestamp with time zone,
  deadline_at timestamp with time zone,
  cancel_requested_at timestamp with time zone,
  cost numeric(20,12) DEFAULT 0 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT episode_schedule_queue_pkey PRIMARY KEY (slot_id),
  CONSTRAINT episode_schedule_queue_project_id_local_date_ordinal_key UNIQUE (project_id, local_date, ordinal),
  CONSTRAINT episode_schedule_queue_project_id_slot_at_key UNIQUE (project_id, slot_at),
  CONSTRAINT episode_schedule_queue_attempts_check CHECK ((attempts >= 0)),
  CONSTRAINT episode_schedule_queue_claim_check CHECK ((((lease_token IS NULL) = (worker_id IS NULL)) AND ((lease_token IS NULL) = (claimed_at IS NULL)))),
  CONSTRAINT episode_schedule_queue_cost_check CHECK ((cost >= (0)::numeric)),
  CONSTRAINT episode_schedule_queue_errors_check CHECK ((jsonb_typeof(errors) = 'array'::text)),
  CONSTRAINT episode_schedule_queue_lane_check CHECK ((lane IN (0, 1, 2))),
  CONSTRAINT episode_schedule_queue_lease_check CHECK (((status = 'running'::text) = (lease_token IS NOT NULL))),
  CONSTRAINT episode_schedule_queue_max_attempts_check CHECK ((max_attempts > 0)),
  CONSTRAINT episode_schedule_queue_ordinal_check CHECK ((ordinal >= 0)),
  CONSTRAINT episode_schedule_queue_status_check CHECK ((status IN ('pending', 'running', 'blocked_budget'))),
  CONSTRAINT episode_schedule_queue_timezone_check CHECK ((timezone <> ''::text))
) WITH (fillfactor=80, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_cost_delay=0);
CREATE INDEX episode_schedule_queue_claim_idx ON studio.episode_schedule_queue USING btree (organization_id, lane, run_at, slot_id) WHERE (status = 'pending'::text);
CREATE INDEX episode_schedule_queue_episode_id_idx ON studio.episode_schedule_queue USING btree (episode_id);
CREATE INDEX episode_schedule_queue_organization_id_idx ON studio.episode_schedule_queue USING btree (organization_id);
CREATE INDEX episode_schedule_queue_worker_id_idx ON studio.episode_schedule_queue USING btree (worker_id) WHERE (status = 'running'::text);
CREATE TRIGGER episode_schedule_queue_touch BEFORE UPDATE ON studio.episode_schedule_queue FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.episode_schedule_queue ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.episode_schedule_queue TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.episode_schedule_queue TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.episode_schedule_queue FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON studio.episode_schedule_queue TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.episode_schedule_queue TO wavehouse_operational_worker;
COMMENT ON TABLE studio.episode_schedule_queue IS 'Live slots only, claimed with FOR UPDATE SKIP LOCKED; finished ones move to episode_schedule_done.';
COMMENT ON COLUMN studio.episode_schedule_queue.slot_id IS 'The slot.';
COMMENT ON COLUMN studio.episode_schedule_queue.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.episode_schedule_queue.project_id IS 'Its project.';
COMMENT ON COLUMN studio.episode_schedule_queue.episode_id IS 'The episode it makes.';
COMMENT ON COLUMN studio.episode_schedule_queue.local_date IS 'Its date on the project''s clock.';
COMMENT ON COLUMN studio.episode_schedule_queue.local_time IS 'Its time on the project''s clock.';
COMMENT ON COLUMN studio.episode_schedule_queue.ordinal IS 'Which slot of that date.';
COMMENT ON COLUMN studio.episode_schedule_queue.timezone IS 'The zone of that clock.';
COMMENT ON COLUMN studio.episode_schedule_queue.tzdata_version IS 'By which edition of the zone rules (Q5).';
COMMENT ON COLUMN studio.episode_schedule_queue.slot_at IS 'The instant; never moved by a retry.';
COMMENT ON COLUMN studio.episode_schedule_queue.run_at IS 'From when it may be claimed.';
COMMENT ON COLUMN studio.episode_schedule_queue.lane IS '0 interactive, 1 scheduled, 2 backfill (Q10).';
COMMENT ON COLUMN studio.episode_schedule_queue.status IS 'Live states; every other is an end.';
COMMENT ON COLUMN studio.episode_schedule_queue.attempts IS 'Counted at claim (Q17).';
COMMENT ON COLUMN studio.episode_schedule_queue.max_attempts IS 'Then it is dead.';
COMMENT ON COLUMN studio.episode_schedule_queue.errors IS 'One entry per failed attempt.';
COMMENT ON COLUMN studio.episode_schedule_queue.lease_token IS 'Random; every write after the claim must carry it (Q15, Q16).';
COMMENT ON COLUMN studio.episode_schedule_queue.worker_id IS 'Who runs it. No foreign key: a worker''s row leaves while its lease is judged.';
COMMENT ON COLUMN studio.episode_schedule_queue.claimed_at IS 'When the running attempt was claimed.';
COMMENT ON COLUMN studio.episode_schedule_queue.deadline_at IS 'When the running attempt is cut off.';
COMMENT ON COLUMN studio.episode_schedule_queue.cancel_requested_at IS 'Seen by the worker at its next heartbeat (Q22).';
COMMENT ON COLUMN studio.episode_schedule_queue.cost IS 'Spent on it so far.';
COMMENT ON COLUMN studio.episode_schedule_queue.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.episode_schedule_queue.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.episodes (
  episode_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  project_id uuid NOT NULL,
  title character varying(500) NOT NULL,
  status text DEFAULT 'planned'::text NOT NULL,
  scheduled_for timestamp with time zone,
  published_at timestamp with time zone,
  generation_attempts integer DEFAULT 0 NOT NULL,
  generation_errors jsonb DEFAULT '[]'::jsonb NOT NULL,
  content_id character varying(255),
  catalog_episode_id uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT episodes_pkey PRIMARY KEY (episode_id),
  CONSTRAINT episodes_organization_id_episode_id_key UNIQUE (organization_id, episode_id),
  CONSTRAINT episodes_generation_attempts_check CHECK ((generation_attempts >= 0)),
  CONSTRAINT episodes_generation_errors_check CHECK ((jsonb_typeof(generation_errors) = 'array'::text)),
  CONSTRAINT episodes_published_check CHECK (((status <> 'published'::text) OR (published_at IS NOT NULL))),
  CONSTRAINT episodes_scheduled_check CHECK (((status <> 'scheduled'::text) OR (scheduled_for IS NOT NULL))),
  CONSTRAINT episodes_status_check CHECK ((status IN ('planned', 'scheduled', 'generating', 'ready', 'published', 'failed', 'archived'))),
  CONSTRAINT episodes_title_check CHECK (((title)::text <> ''::text))
);
CREATE INDEX episodes_catalog_episode_id_idx ON studio.episodes USING btree (catalog_episode_id);
CREATE INDEX episodes_content_id_idx ON studio.episodes USING btree (content_id) WHERE (content_id IS NOT NULL);
CREATE INDEX episodes_organization_id_idx ON studio.episodes USING btree (organization_id);
CREATE INDEX episodes_project_id_scheduled_for_idx ON studio.episodes USING btree (project_id, scheduled_for);
CREATE INDEX episodes_status_idx ON studio.episodes USING btree (status) WHERE (status <> ALL (ARRAY['published'::text, 'archived'::text]));
CREATE TRIGGER episodes_touch BEFORE UPDATE ON studio.episodes FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.episodes ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.episodes TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.episodes TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.episodes FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.episodes TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.episodes TO wavehouse_operational_worker;
COMMENT ON TABLE studio.episodes IS 'An episode of a project, from plan to publication.';
COMMENT ON COLUMN studio.episodes.episode_id IS 'The episode.';
COMMENT ON COLUMN studio.episodes.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.episodes.project_id IS 'Its project.';
COMMENT ON COLUMN studio.episodes.title IS 'Its title.';
COMMENT ON COLUMN studio.episodes.status IS 'Where it stands.';
COMMENT ON COLUMN studio.episodes.scheduled_for IS 'When it is to appear.';
COMMENT ON COLUMN studio.episodes.published_at IS 'When it appeared.';
COMMENT ON COLUMN studio.episodes.generation_attempts IS 'How often generating was tried.';
COMMENT ON COLUMN studio.episodes.generation_errors IS 'One entry per attempt that failed.';
COMMENT ON COLUMN studio.episodes.content_id IS 'Its text in learning.content; opaque, no foreign key.';
COMMENT ON COLUMN studio.episodes.catalog_episode_id IS 'What it became in the catalogue.';
COMMENT ON COLUMN studio.episodes.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.episodes.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.generation_steps (
  generation_id uuid NOT NULL,
  step text NOT NULL,
  segment integer DEFAULT 0 NOT NULL,
  organization_id uuid NOT NULL,
  episode_id uuid NOT NULL,
  input_hash bytea NOT NULL,
  status text DEFAULT 'pending'::text NOT NULL,
  attempt integer DEFAULT 0 NOT NULL,
  output_ref character varying(1000),
  prompt_manifest jsonb DEFAULT '{}'::jsonb NOT NULL,
  reservation_id uuid,
  cost numeric(20,12) DEFAULT 0 NOT NULL,
  error text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT generation_steps_pkey PRIMARY KEY (generation_id, step, segment),
  CONSTRAINT generation_steps_attempt_check CHECK ((attempt >= 0)),
  CONSTRAINT generation_steps_completed_check CHECK (((status <> 'completed'::text) OR (output_ref IS NOT NULL))),
  CONSTRAINT generation_steps_cost_check CHECK ((cost >= (0)::numeric)),
  CONSTRAINT generation_steps_input_hash_check CHECK ((length(input_hash) = 32)),
  CONSTRAINT generation_steps_prompt_manifest_check CHECK ((jsonb_typeof(prompt_manifest) = 'object'::text)),
  CONSTRAINT generation_steps_segment_check CHECK ((segment >= 0)),
  CONSTRAINT generation_steps_status_check CHECK ((status IN ('pending', 'running', 'waiting', 'completed', 'failed', 'skipped'))),
  CONSTRAINT generation_steps_step_check CHECK ((step IN ('plan', 'outline', 'script', 'review', 'synthesize', 'assemble', 'encode', 'transcript', 'publish', 'notify')))
);
CREATE INDEX generation_steps_episode_id_step_input_hash_idx ON studio.generation_steps USING btree (episode_id, step, input_hash);
CREATE INDEX generation_steps_organization_id_idx ON studio.generation_steps USING btree (organization_id);
CREATE TRIGGER generation_steps_touch BEFORE UPDATE ON studio.generation_steps FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.generation_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.generation_steps TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.generation_steps TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.generation_steps FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON studio.generation_steps TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.generation_steps TO wavehouse_operational_worker;
COMMENT ON TABLE studio.generation_steps IS 'Steps of a generation; one that is finished for the same input is not run again.';
COMMENT ON COLUMN studio.generation_steps.generation_id IS 'The generation.';
COMMENT ON COLUMN studio.generation_steps.step IS 'The step.';
COMMENT ON COLUMN studio.generation_steps.segment IS 'Which segment of a step that has several.';
COMMENT ON COLUMN studio.generation_steps.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.generation_steps.episode_id IS 'The episode.';
COMMENT ON COLUMN studio.generation_steps.input_hash IS 'Hash of everything the step depends on.';
COMMENT ON COLUMN studio.generation_steps.status IS 'Where it stands.';
COMMENT ON COLUMN studio.generation_steps.attempt IS 'Which attempt.';
COMMENT ON COLUMN studio.generation_steps.output_ref IS 'Key of its result in the object store.';
COMMENT ON COLUMN studio.generation_steps.prompt_manifest IS 'Which notes and memories went into it.';
COMMENT ON COLUMN studio.generation_steps.reservation_id IS 'The budget reservation of its call. No foreign key: settled ones are deleted.';
COMMENT ON COLUMN studio.generation_steps.cost IS 'What it cost.';
COMMENT ON COLUMN studio.generation_steps.error IS 'Why it failed.';
COMMENT ON COLUMN studio.generation_steps.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.generation_steps.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.highlights (
  highlight_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  block_id uuid NOT NULL,
  block_revision integer NOT NULL,
  "exact" text NOT NULL,
  prefix text DEFAULT ''::text NOT NULL,
  suffix text DEFAULT ''::text NOT NULL,
  "start" integer NOT NULL,
  "end" integer NOT NULL,
  note text,
  colour character varying(20) DEFAULT 'yellow'::character varying NOT NULL,
  state text DEFAULT 'anchored'::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT highlights_pkey PRIMARY KEY (highlight_id),
  CONSTRAINT highlights_block_revision_check CHECK ((block_revision > 0)),
  CONSTRAINT highlights_exact_check CHECK ((exact <> ''::text)),
  CONSTRAINT highlights_span_check CHECK (("end" > start)),
  CONSTRAINT highlights_start_check CHECK ((start >= 0)),
  CONSTRAINT highlights_state_check CHECK ((state IN ('anchored', 'orphaned')))
);
CREATE INDEX highlights_block_id_idx ON studio.highlights USING btree (block_id);
CREATE INDEX highlights_organization_id_idx ON studio.highlights USING btree (organization_id);
CREATE INDEX highlights_user_id_idx ON studio.highlights USING btree (user_id);
CREATE TRIGGER highlights_touch BEFORE UPDATE ON studio.highlights FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.highlights ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.highlights TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.highlights TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.highlights FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.highlights TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.highlights TO wavehouse_operational_worker;
COMMENT ON TABLE studio.highlights IS 'Passages that someone marked, found again by their words when the block changes (W3C TextQuote and TextPosition).';
COMMENT ON COLUMN studio.highlights.highlight_id IS 'The highlight.';
COMMENT ON COLUMN studio.highlights.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.highlights.user_id IS 'Who marked it.';
COMMENT ON COLUMN studio.highlights.block_id IS 'In which block.';
COMMENT ON COLUMN studio.highlights.block_revision IS 'In which revision of it.';
COMMENT ON COLUMN studio.highlights."exact" IS 'The words.';
COMMENT ON COLUMN studio.highlights.prefix IS 'The words before.';
COMMENT ON COLUMN studio.highlights.suffix IS 'The words after.';
COMMENT ON COLUMN studio.highlights."start" IS 'First character.';
COMMENT ON COLUMN studio.highlights."end" IS 'First character after it.';
COMMENT ON COLUMN studio.highlights.note IS 'What they say of it.';
COMMENT ON COLUMN studio.highlights.colour IS 'Its colour.';
COMMENT ON COLUMN studio.highlights.state IS 'Whether the words are still there.';
COMMENT ON COLUMN studio.highlights.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.highlights.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.planning_notes (
  note_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  project_id uuid NOT NULL,
  episode_id uuid,
  author_id uuid NOT NULL,
  body text NOT NULL,
  kind text NOT NULL,
  state text DEFAULT 'open'::text NOT NULL,
  reason text,
  applied_to_episode_id uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT planning_notes_pkey PRIMARY KEY (note_id),
  CONSTRAINT planning_notes_applied_check CHECK (((applied_to_episode_id IS NULL) OR (state = 'applied'::text))),
  CONSTRAINT planning_notes_body_check CHECK ((body <> ''::text)),
  CONSTRAINT planning_notes_declined_check CHECK (((state <> 'declined'::text) OR (reason IS NOT NULL))),
  CONSTRAINT planning_notes_kind_check CHECK ((kind IN ('idea', 'feedback', 'correction'))),
  CONSTRAINT planning_notes_state_check CHECK ((state IN ('open', 'considered', 'applied', 'declined')))
);
CREATE INDEX planning_notes_applied_to_episode_id_idx ON studio.planning_notes USING btree (applied_to_episode_id);
CREATE INDEX planning_notes_author_id_idx ON studio.planning_notes USING btree (author_id);
CREATE INDEX planning_notes_episode_id_idx ON studio.planning_notes USING btree (episode_id);
CREATE INDEX planning_notes_organization_id_idx ON studio.planning_notes USING btree (organization_id);
CREATE INDEX planning_notes_project_id_created_at_idx ON studio.planning_notes USING btree (project_id, created_at) WHERE (state = 'open'::text);
CREATE INDEX planning_notes_project_id_idx ON studio.planning_notes USING btree (project_id);
CREATE TRIGGER planning_notes_touch BEFORE UPDATE ON studio.planning_notes FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.planning_notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.planning_notes TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.planning_notes TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.planning_notes FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.planning_notes TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.planning_notes TO wavehouse_operational_worker;
COMMENT ON TABLE studio.planning_notes IS 'What people want changed; a note left on one episode reaches the planning of the next, and the episode shows it.';
COMMENT ON COLUMN studio.planning_notes.note_id IS 'The note.';
COMMENT ON COLUMN studio.planning_notes.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.planning_notes.project_id IS 'Its project.';
COMMENT ON COLUMN studio.planning_notes.episode_id IS 'The episode it was left on.';
COMMENT ON COLUMN studio.planning_notes.author_id IS 'Who wrote it.';
COMMENT ON COLUMN studio.planning_notes.body IS 'What they wrote.';
COMMENT ON COLUMN studio.planning_notes.kind IS 'What kind of note.';
COMMENT ON COLUMN studio.planning_notes.state IS 'What became of it.';
COMMENT ON COLUMN studio.planning_notes.reason IS 'Why it was declined.';
COMMENT ON COLUMN studio.planning_notes.applied_to_episode_id IS 'The episode that it changed.';
COMMENT ON COLUMN studio.planning_notes.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.planning_notes.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.projects (
  project_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  owner_id uuid NOT NULL,
  title character varying(500) NOT NULL,
  brief text,
  language character varying(10) NOT NULL,
  cadence_config jsonb DEFAULT '{}'::jsonb NOT NULL,
  memories jsonb DEFAULT '[]'::jsonb NOT NULL,
  missed_policy text DEFAULT 'run_latest'::text NOT NULL,
  missed_limit integer,
  status text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT projects_pkey PRIMARY KEY (project_id),
  CONSTRAINT projects_organization_id_project_id_key UNIQUE (organization_id, project_id),
  CONSTRAINT projects_cadence_config_check CHECK ((jsonb_typeof(cadence_config) = 'object'::text)),
  CONSTRAINT projects_language_check CHECK (((language)::text ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'::text)),
  CONSTRAINT projects_memories_check CHECK ((jsonb_typeof(memories) = ANY (ARRAY['array'::text, 'object'::text]))),
  CONSTRAINT projects_missed_limit_check CHECK ((missed_limit > 0)),
  CONSTRAINT projects_missed_policy_check CHECK ((missed_policy IN ('run_latest', 'run_all', 'skip'))),
  CONSTRAINT projects_status_check CHECK ((status IN ('active', 'paused', 'archived'))),
  CONSTRAINT projects_title_check CHECK (((title)::text <> ''::text))
);
CREATE INDEX projects_organization_id_idx ON studio.projects USING btree (organization_id);
CREATE INDEX projects_owner_id_idx ON studio.projects USING btree (owner_id);
CREATE TRIGGER projects_touch BEFORE UPDATE ON studio.projects FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.projects ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.projects TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.projects TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.projects FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.projects TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.projects TO wavehouse_operational_worker;
COMMENT ON TABLE studio.projects IS 'A show that is made here.';
COMMENT ON COLUMN studio.projects.project_id IS 'The project.';
COMMENT ON COLUMN studio.projects.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.projects.owner_id IS 'Whose it is.';
COMMENT ON COLUMN studio.projects.title IS 'Its title.';
COMMENT ON COLUMN studio.projects.brief IS 'What it is to be, in the owner''s words.';
COMMENT ON COLUMN studio.projects.language IS 'The language it is spoken in; every script is checked against it.';
COMMENT ON COLUMN studio.projects.cadence_config IS 'Days, times, zone, start, end and dates to skip (Q3).';
COMMENT ON COLUMN studio.projects.memories IS 'What was remembered before agent_memory was; imported from here without loss.';
COMMENT ON COLUMN studio.projects.missed_policy IS 'What happens to slots that were missed (Q7).';
COMMENT ON COLUMN studio.projects.missed_limit IS 'How many at most, when all are run.';
COMMENT ON COLUMN studio.projects.status IS 'Whether slots are planned.';
COMMENT ON COLUMN studio.projects.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.projects.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.user_event_types (
  event_type text NOT NULL,
  version integer NOT NULL,
  description text NOT NULL,
  json_schema jsonb NOT NULL,
  retired_at timestamp with time zone,
  CONSTRAINT user_event_types_pkey PRIMARY KEY (event_type, version),
  CONSTRAINT user_event_types_event_type_check CHECK ((event_type ~ '^[a-z_]+([.][a-z_]+)*$'::text)),
  CONSTRAINT user_event_types_json_schema_check CHECK ((jsonb_typeof(json_schema) = 'object'::text)),
  CONSTRAINT user_event_types_version_check CHECK ((version > 0))
);
REVOKE ALL ON studio.user_event_types FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON studio.user_event_types TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.user_event_types TO wavehouse_operational_worker;
COMMENT ON TABLE studio.user_event_types IS 'The registry of events with the shape of their data: a new kind is a row here, not a change of the schema.';
COMMENT ON COLUMN studio.user_event_types.event_type IS 'The kind of event.';
COMMENT ON COLUMN studio.user_event_types.version IS 'Version of its shape.';
COMMENT ON COLUMN studio.user_event_types.description IS 'What it means.';
COMMENT ON COLUMN studio.user_event_types.json_schema IS 'The shape of its data.';
COMMENT ON COLUMN studio.user_event_types.retired_at IS 'From when it is not accepted any more.';

CREATE TABLE studio.user_events (
  event_id uuid DEFAULT uuidv7() NOT NULL,
  user_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  event_type text NOT NULL,
  event_data jsonb DEFAULT '{}'::jsonb NOT NULL,
  client_event_id character varying(255) NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  status text DEFAULT 'accepted'::text NOT NULL,
  CONSTRAINT user_events_pkey PRIMARY KEY (event_id),
  CONSTRAINT user_events_event_data_check CHECK ((jsonb_typeof(event_data) = 'object'::text)),
  CONSTRAINT user_events_event_type_check CHECK ((event_type <> ''::text)),
  CONSTRAINT user_events_status_check CHECK ((status IN ('accepted', 'quarantined')))
);
CREATE UNIQUE INDEX user_events_client_day_key ON studio.user_events USING btree (organization_id, client_event_id, (((occurred_at AT TIME ZONE 'UTC'::text))::date));
CREATE INDEX user_events_organization_id_event_type_occurred_at_idx ON studio.user_events USING btree (organization_id, event_type, occurred_at DESC);
CREATE INDEX user_events_user_id_occurred_at_idx ON studio.user_events USING btree (user_id, occurred_at DESC);
ALTER TABLE studio.user_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON studio.user_events TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON studio.user_events TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON studio.user_events FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON studio.user_events TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON studio.user_events TO wavehouse_operational_worker;
COMMENT ON TABLE studio.user_events IS 'What creators did, as events instead of flags. Kept 2 years.';
COMMENT ON COLUMN studio.user_events.event_id IS 'The event.';
COMMENT ON COLUMN studio.user_events.user_id IS 'Who did it.';
COMMENT ON COLUMN studio.user_events.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.user_events.event_type IS 'What was done; kinds that the registry does not know are quarantined.';
COMMENT ON COLUMN studio.user_events.event_data IS 'With what.';
COMMENT ON COLUMN studio.user_events.client_event_id IS 'The client''s id; counted once a day and organization.';
COMMENT ON COLUMN studio.user_events.occurred_at IS 'When.';
COMMENT ON COLUMN studio.user_events.status IS 'Whether its kind and shape are known.';

CREATE TABLE usage.budget_alerts (
  budget_id uuid NOT NULL,
  period_starts_at timestamp with time zone NOT NULL,
  threshold smallint NOT NULL,
  organization_id uuid NOT NULL,
  settled numeric(20,12) NOT NULL,
  raised_at timestamp with time zone NOT NULL,
  CONSTRAINT budget_alerts_pkey PRIMARY KEY (budget_id, period_starts_at, threshold),
  CONSTRAINT budget_alerts_threshold_check CHECK (((threshold >= 1) AND (threshold <= 100)))
);
CREATE INDEX budget_alerts_organization_id_idx ON usage.budget_alerts USING btree (organization_id);
ALTER TABLE usage.budget_alerts ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON usage.budget_alerts TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON usage.budget_alerts TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON usage.budget_alerts FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON usage.budget_alerts TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.budget_alerts TO wavehouse_operational_worker;
COMMENT ON TABLE usage.budget_alerts IS 'One row per threshold and period, so that each is told once (U7).';
COMMENT ON COLUMN usage.budget_alerts.budget_id IS 'The budget.';
COMMENT ON COLUMN usage.budget_alerts.period_starts_at IS 'The period.';
COMMENT ON COLUMN usage.budget_alerts.threshold IS 'The threshold that was passed.';
COMMENT ON COLUMN usage.budget_alerts.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.budget_alerts.settled IS 'What was spent by then.';
COMMENT ON COLUMN usage.budget_alerts.raised_at IS 'When.';

CREATE TABLE usage.budget_reservations (
  reservation_id uuid NOT NULL,
  budget_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  request_id text NOT NULL,
  amount numeric(20,12) NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT budget_reservations_pkey PRIMARY KEY (reservation_id, budget_id),
  CONSTRAINT budget_reservations_amount_check CHECK ((amount >= (0)::numeric)),
  CONSTRAINT budget_reservations_request_id_check CHECK ((request_id <> ''::text))
);
CREATE INDEX budget_reservations_budget_id_idx ON usage.budget_reservations USING btree (budget_id);
CREATE INDEX budget_reservations_expires_at_idx ON usage.budget_reservations USING btree (expires_at);
CREATE INDEX budget_reservations_organization_id_idx ON usage.budget_reservations USING btree (organization_id);
ALTER TABLE usage.budget_reservations ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON usage.budget_reservations TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON usage.budget_reservations TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON usage.budget_reservations FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.budget_reservations TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.budget_reservations TO wavehouse_operational_worker;
COMMENT ON TABLE usage.budget_reservations IS 'Amounts promised before a call; settled into an event, or swept when they expire (U4 to U6).';
COMMENT ON COLUMN usage.budget_reservations.reservation_id IS 'The reservation; one row per budget in its scope.';
COMMENT ON COLUMN usage.budget_reservations.budget_id IS 'The budget.';
COMMENT ON COLUMN usage.budget_reservations.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.budget_reservations.request_id IS 'The request it is for.';
COMMENT ON COLUMN usage.budget_reservations.amount IS 'An upper bound of what the call can cost.';
COMMENT ON COLUMN usage.budget_reservations.expires_at IS 'When the sweeper frees it.';
COMMENT ON COLUMN usage.budget_reservations.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE usage.budgets (
  budget_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  name text NOT NULL,
  scope text NOT NULL,
  scope_id uuid,
  period text NOT NULL,
  currency character(3) NOT NULL,
  hard_limit numeric(20,12) NOT NULL,
  soft_thresholds smallint[] DEFAULT '{50,80,100}'::smallint[] NOT NULL,
  settled numeric(20,12) DEFAULT 0 NOT NULL,
  reserved numeric(20,12) DEFAULT 0 NOT NULL,
  period_starts_at timestamp with time zone NOT NULL,
  period_ends_at timestamp with time zone NOT NULL,
  allow_unpriced boolean DEFAULT false NOT NULL,
  is_active boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT budgets_pkey PRIMARY KEY (budget_id),
  CONSTRAINT budgets_organization_id_budget_id_key UNIQUE (organization_id, budget_id),
  CONSTRAINT budgets_organization_id_scope_scope_id_period_key UNIQUE NULLS NOT DISTINCT (organization_id, scope, scope_id, period),
  CONSTRAINT budgets_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT budgets_hard_limit_check CHECK ((hard_limit >= (0)::numeric)),
  CONSTRAINT budgets_name_check CHECK ((name <> ''::text)),
  CONSTRAINT budgets_period_check CHECK ((period IN ('day', 'week', 'month', 'total'))),
  CONSTRAINT budgets_period_order_check CHECK ((period_ends_at > period_starts_at)),
  CONSTRAINT budgets_reserved_check CHECK ((reserved >= (0)::numeric)),
  CONSTRAINT budgets_scope_check CHECK ((scope IN ('organization', 'project', 'api_key'))),
  CONSTRAINT budgets_scope_id_check CHECK (((scope = 'organization'::text) = (scope_id IS NULL))),
  CONSTRAINT budgets_soft_thresholds_check CHECK (((0 < ALL (soft_thresholds)) AND (100 >= ALL (soft_thresholds))))
) WITH (fillfactor=80);
CREATE TRIGGER budgets_touch BEFORE UPDATE ON usage.budgets FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE usage.budgets ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON usage.budgets TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON usage.budgets TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON usage.budgets FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.budgets TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.budgets TO wavehouse_operational_worker;
COMMENT ON TABLE usage.budgets IS 'What may be spent in a period, and what is spent and reserved of it.';
COMMENT ON COLUMN usage.budgets.budget_id IS 'The budget.';
COMMENT ON COLUMN usage.budgets.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.budgets.name IS 'What people call it.';
COMMENT ON COLUMN usage.budgets.scope IS 'What it limits.';
COMMENT ON COLUMN usage.budgets.scope_id IS 'Which project or key; none for the organization.';
COMMENT ON COLUMN usage.budgets.period IS 'How often it starts anew.';
COMMENT ON COLUMN usage.budgets.currency IS 'Its currency.';
COMMENT ON COLUMN usage.budgets.hard_limit IS 'Nothing is reserved beyond it (U4).';
COMMENT ON COLUMN usage.budgets.soft_thresholds IS 'Per cent of the limit at which to warn (U7).';
COMMENT ON COLUMN usage.budgets.settled IS 'Spent in the period; late settlements may pass the limit.';
COMMENT ON COLUMN usage.budgets.reserved IS 'Promised to running requests.';
COMMENT ON COLUMN usage.budgets.period_starts_at IS 'First instant of the period.';
COMMENT ON COLUMN usage.budgets.period_ends_at IS 'First instant after it.';
COMMENT ON COLUMN usage.budgets.allow_unpriced IS 'Whether models without a price may run.';
COMMENT ON COLUMN usage.budgets.is_active IS 'Whether it is enforced.';
COMMENT ON COLUMN usage.budgets.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN usage.budgets.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE usage.model_prices (
  model_id uuid NOT NULL,
  unit text NOT NULL,
  tier text DEFAULT 'standard'::text NOT NULL,
  effective_from timestamp with time zone NOT NULL,
  price numeric(20,12) NOT NULL,
  currency character(3) NOT NULL,
  source text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT model_prices_pkey PRIMARY KEY (model_id, unit, tier, effective_from),
  CONSTRAINT model_prices_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT model_prices_price_check CHECK ((price >= (0)::numeric)),
  CONSTRAINT model_prices_source_check CHECK ((source <> ''::text)),
  CONSTRAINT model_prices_tier_check CHECK ((tier <> ''::text)),
  CONSTRAINT model_prices_unit_check CHECK ((unit IN ('input', 'output', 'cache_read', 'cache_write', 'reasoning', 'character', 'audio_second', 'request')))
);
REVOKE ALL ON usage.model_prices FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON usage.model_prices TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.model_prices TO wavehouse_operational_worker;
COMMENT ON TABLE usage.model_prices IS 'A price holds until the next one of its model, unit and tier starts: overlap is impossible by construction (U1).';
COMMENT ON COLUMN usage.model_prices.model_id IS 'The model.';
COMMENT ON COLUMN usage.model_prices.unit IS 'What is counted.';
COMMENT ON COLUMN usage.model_prices.tier IS 'Batch, priority and the like.';
COMMENT ON COLUMN usage.model_prices.effective_from IS 'From when it holds.';
COMMENT ON COLUMN usage.model_prices.price IS 'Per one unit.';
COMMENT ON COLUMN usage.model_prices.currency IS 'Its currency.';
COMMENT ON COLUMN usage.model_prices.source IS 'Where the price is from.';
COMMENT ON COLUMN usage.model_prices.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE usage.models (
  model_id uuid DEFAULT uuidv7() NOT NULL,
  provider character varying(100) NOT NULL,
  name character varying(255) NOT NULL,
  version character varying(100) NOT NULL,
  modality text NOT NULL,
  context_window integer,
  capabilities jsonb DEFAULT '{}'::jsonb NOT NULL,
  status text DEFAULT 'active'::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT models_pkey PRIMARY KEY (model_id),
  CONSTRAINT models_provider_name_version_key UNIQUE (provider, name, version),
  CONSTRAINT models_capabilities_check CHECK ((jsonb_typeof(capabilities) = 'object'::text)),
  CONSTRAINT models_context_window_check CHECK ((context_window > 0)),
  CONSTRAINT models_modality_check CHECK ((modality IN ('text', 'speech', 'audio', 'image', 'embedding'))),
  CONSTRAINT models_name_check CHECK (((name)::text <> ''::text)),
  CONSTRAINT models_provider_check CHECK (((provider)::text <> ''::text)),
  CONSTRAINT models_status_check CHECK ((status IN ('preview', 'active', 'deprecated', 'retired')))
);
CREATE TRIGGER models_touch BEFORE UPDATE ON usage.models FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
REVOKE ALL ON usage.models FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON usage.models TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.models TO wavehouse_operational_worker;
COMMENT ON TABLE usage.models IS 'The model registry.';
COMMENT ON COLUMN usage.models.model_id IS 'The model.';
COMMENT ON COLUMN usage.models.provider IS 'Who offers it.';
COMMENT ON COLUMN usage.models.name IS 'Its name there.';
COMMENT ON COLUMN usage.models.version IS 'Its version there; empty when it has none.';
COMMENT ON COLUMN usage.models.modality IS 'What it makes.';
COMMENT ON COLUMN usage.models.context_window IS 'Tokens it can take in.';
COMMENT ON COLUMN usage.models.capabilities IS 'What it can do beyond that.';
COMMENT ON COLUMN usage.models.status IS 'Where it is in its life.';
COMMENT ON COLUMN usage.models.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN usage.models.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN usage.models.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE usage.organization_periods (
  organization_id uuid NOT NULL,
  kind text NOT NULL,
  local_date date NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  timezone text NOT NULL,
  tzdata_version text NOT NULL,
  CONSTRAINT organization_periods_pkey PRIMARY KEY (organization_id, kind, local_date),
  CONSTRAINT organization_periods_organization_id_kind_starts_at_key UNIQUE (organization_id, kind, starts_at),
  CONSTRAINT organization_periods_kind_check CHECK ((kind IN ('day', 'week', 'month'))),
  CONSTRAINT organization_periods_order_check CHECK ((ends_at > starts_at)),
  CONSTRAINT organization_periods_timezone_check CHECK ((timezone <> ''::text))
);
ALTER TABLE usage.organization_periods ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON usage.organization_periods TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON usage.organization_periods TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON usage.organization_periods FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON usage.organization_periods TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.organization_periods TO wavehouse_operational_worker;
COMMENT ON TABLE usage.organization_periods IS 'Days and months of an organization''s zone as instants, computed by zoneinfo: SQL compares instants only (U8).';
COMMENT ON COLUMN usage.organization_periods.organization_id IS 'The organization.';
COMMENT ON COLUMN usage.organization_periods.kind IS 'What kind of period.';
COMMENT ON COLUMN usage.organization_periods.local_date IS 'Its first day on the organization''s clock.';
COMMENT ON COLUMN usage.organization_periods.starts_at IS 'Its first instant.';
COMMENT ON COLUMN usage.organization_periods.ends_at IS 'The first instant after it: a day has 23 to 25 hours.';
COMMENT ON COLUMN usage.organization_periods.timezone IS 'The zone it was computed in.';
COMMENT ON COLUMN usage.organization_periods.tzdata_version IS 'By which edition of the zone rules.';

CREATE TABLE usage.token_usage_daily (
  organization_id uuid NOT NULL,
  usage_date date NOT NULL,
  project_id uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
  model_id uuid NOT NULL,
  unit text NOT NULL,
  shard smallint DEFAULT 0 NOT NULL,
  quantity numeric(20,4) DEFAULT 0 NOT NULL,
  requests bigint DEFAULT 0 NOT NULL,
  errors bigint DEFAULT 0 NOT NULL,
  cost numeric(20,12) DEFAULT 0 NOT NULL,
  currency character(3) NOT NULL,
  revision bigint DEFAULT 1 NOT NULL,
  updated_at timestamp with time zone NOT NULL,
  CONSTRAINT token_usage_daily_pkey PRIMARY KEY (organization_id, usage_date, project_id, model_id, unit, shard),
  CONSTRAINT token_usage_daily_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT token_usage_daily_errors_of_requests_check CHECK (((errors >= 0) AND (errors <= requests))),
  CONSTRAINT token_usage_daily_requests_check CHECK ((requests >= 0)),
  CONSTRAINT token_usage_daily_revision_check CHECK ((revision > 0)),
  CONSTRAINT token_usage_daily_shard_check CHECK (((shard >= 0) AND (shard <= 7))),
  CONSTRAINT token_usage_daily_unit_check CHECK ((unit IN ('input', 'output', 'cache_read', 'cache_write', 'reasoning', 'character', 'audio_second', 'request')))
) WITH (fillfactor=80);
CREATE INDEX token_usage_daily_model_id_idx ON usage.token_usage_daily USING btree (model_id);
ALTER TABLE usage.token_usage_daily ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON usage.token_usage_daily TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON usage.token_usage_daily TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON usage.token_usage_daily FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT, UPDATE ON usage.token_usage_daily TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.token_usage_daily TO wavehouse_operational_worker;
COMMENT ON TABLE usage.token_usage_daily IS 'What was used a day, written in the events'' own transaction; cost control reads this and never raw events.';
COMMENT ON COLUMN usage.token_usage_daily.organization_id IS 'The organization.';
COMMENT ON COLUMN usage.token_usage_daily.usage_date IS 'The day in the organization''s zone (U8).';
COMMENT ON COLUMN usage.token_usage_daily.project_id IS 'The project; the nil id for none.';
COMMENT ON COLUMN usage.token_usage_daily.model_id IS 'The model.';
COMMENT ON COLUMN usage.token_usage_daily.unit IS 'What is counted.';
COMMENT ON COLUMN usage.token_usage_daily.shard IS 'Sub-row of a hot organization, summed on reading (U11).';
COMMENT ON COLUMN usage.token_usage_daily.quantity IS 'Units used.';
COMMENT ON COLUMN usage.token_usage_daily.requests IS 'Requests.';
COMMENT ON COLUMN usage.token_usage_daily.errors IS 'Of them errors.';
COMMENT ON COLUMN usage.token_usage_daily.cost IS 'What they cost.';
COMMENT ON COLUMN usage.token_usage_daily.currency IS 'Its currency.';
COMMENT ON COLUMN usage.token_usage_daily.revision IS 'Grows with every change, late events'' too (U9).';
COMMENT ON COLUMN usage.token_usage_daily.updated_at IS 'When it was last changed.';

CREATE TABLE usage.usage_events (
  occurred_at timestamp with time zone NOT NULL,
  event_id uuid DEFAULT uuidv7() NOT NULL,
  organization_id uuid NOT NULL,
  user_id uuid,
  api_key_id uuid,
  model_id uuid NOT NULL,
  project_id uuid,
  operation text NOT NULL,
  request_id text NOT NULL,
  input_tokens bigint DEFAULT 0 NOT NULL,
  output_tokens bigint DEFAULT 0 NOT NULL,
  cached_tokens bigint DEFAULT 0 NOT NULL,
  cost numeric(20,12) NOT NULL,
  currency character(3) NOT NULL,
  price_effective_from timestamp with time zone,
  latency_ms integer,
  status text NOT NULL,
  error_code text,
  adjusts_event_id uuid,
  late boolean DEFAULT false NOT NULL,
  ingested_at timestamp with time zone NOT NULL,
  metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT usage_events_pkey PRIMARY KEY (occurred_at, event_id),
  CONSTRAINT usage_events_amounts_check CHECK (((adjusts_event_id IS NOT NULL) OR ((input_tokens >= 0) AND (output_tokens >= 0) AND (cached_tokens >= 0) AND (cost >= (0)::numeric)))),
  CONSTRAINT usage_events_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT usage_events_error_check CHECK (((status = 'error'::text) = (error_code IS NOT NULL))),
  CONSTRAINT usage_events_latency_ms_check CHECK ((latency_ms >= 0)),
  CONSTRAINT usage_events_operation_check CHECK ((operation <> ''::text)),
  CONSTRAINT usage_events_request_id_check CHECK ((request_id <> ''::text)),
  CONSTRAINT usage_events_status_check CHECK ((status IN ('success', 'error')))
) PARTITION BY RANGE (occurred_at);
CREATE INDEX usage_events_model_id_occurred_at_idx ON usage.usage_events USING btree (model_id, occurred_at DESC);
CREATE INDEX usage_events_organization_id_occurred_at_idx ON usage.usage_events USING btree (organization_id, occurred_at DESC);
CREATE INDEX usage_events_project_id_occurred_at_idx ON usage.usage_events USING btree (project_id, occurred_at DESC) WHERE (project_id IS NOT NULL);
ALTER TABLE usage.usage_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON usage.usage_events TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON usage.usage_events TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON usage.usage_events FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON usage.usage_events TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.usage_events TO wavehouse_operational_worker;
COMMENT ON TABLE usage.usage_events IS 'One row per use of a model, never changed: a correction is a new event (U9). Kept 13 months.';
COMMENT ON COLUMN usage.usage_events.occurred_at IS 'When it was used; the month it lies in.';
COMMENT ON COLUMN usage.usage_events.event_id IS 'The event.';
COMMENT ON COLUMN usage.usage_events.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN usage.usage_events.user_id IS 'Who used it. No foreign key: totals outlive people.';
COMMENT ON COLUMN usage.usage_events.api_key_id IS 'By which key. No foreign key: totals outlive keys.';
COMMENT ON COLUMN usage.usage_events.model_id IS 'What was used.';
COMMENT ON COLUMN usage.usage_events.project_id IS 'For which project; opaque here.';
COMMENT ON COLUMN usage.usage_events.operation IS 'What for.';
COMMENT ON COLUMN usage.usage_events.request_id IS 'The caller''s id of the request; counted once.';
COMMENT ON COLUMN usage.usage_events.input_tokens IS 'Tokens in; negative only in an adjustment.';
COMMENT ON COLUMN usage.usage_events.output_tokens IS 'Tokens out; negative only in an adjustment.';
COMMENT ON COLUMN usage.usage_events.cached_tokens IS 'Tokens in that came from a cache.';
COMMENT ON COLUMN usage.usage_events.cost IS 'At the price of the event''s time; rounded only when shown.';
COMMENT ON COLUMN usage.usage_events.currency IS 'Its currency.';
COMMENT ON COLUMN usage.usage_events.price_effective_from IS 'Which price it was; NULL when unpriced was allowed.';
COMMENT ON COLUMN usage.usage_events.latency_ms IS 'How long it took.';
COMMENT ON COLUMN usage.usage_events.status IS 'How it ended.';
COMMENT ON COLUMN usage.usage_events.error_code IS 'What went wrong.';
COMMENT ON COLUMN usage.usage_events.adjusts_event_id IS 'The event that this one corrects.';
COMMENT ON COLUMN usage.usage_events.late IS 'Settled after its reservation had expired (U6).';
COMMENT ON COLUMN usage.usage_events.ingested_at IS 'When it was written.';
COMMENT ON COLUMN usage.usage_events.metadata IS 'Further facts that need no column of their own yet.';

CREATE TABLE usage.usage_requests (
  organization_id uuid NOT NULL,
  request_id text NOT NULL,
  event_id uuid NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  CONSTRAINT usage_requests_pkey PRIMARY KEY (organization_id, request_id),
  CONSTRAINT usage_requests_request_id_check CHECK ((request_id <> ''::text))
);
CREATE INDEX usage_requests_occurred_at_idx ON usage.usage_requests USING btree (occurred_at);
ALTER TABLE usage.usage_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON usage.usage_requests TO wavehouse_operational_worker USING (true);
CREATE POLICY tenant ON usage.usage_requests TO wavehouse_operational_app USING ((organization_id = accounts.current_organization()));
REVOKE ALL ON usage.usage_requests FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT INSERT, SELECT ON usage.usage_requests TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.usage_requests TO wavehouse_operational_worker;
COMMENT ON TABLE usage.usage_requests IS 'Makes a request idempotent across the months of usage_events (U3).';
COMMENT ON COLUMN usage.usage_requests.organization_id IS 'The organization.';
COMMENT ON COLUMN usage.usage_requests.request_id IS 'The caller''s id of the request.';
COMMENT ON COLUMN usage.usage_requests.event_id IS 'The event it became.';
COMMENT ON COLUMN usage.usage_requests.occurred_at IS 'Its time: with the id its key.';

ALTER TABLE accounts.api_keys ADD CONSTRAINT api_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE CASCADE;
ALTER TABLE accounts.api_keys ADD CONSTRAINT api_keys_rotated_from_fkey FOREIGN KEY (organization_id, rotated_from) REFERENCES accounts.api_keys(organization_id, api_key_id) ON DELETE SET NULL (rotated_from);
ALTER TABLE accounts.api_keys ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE CASCADE;

ALTER TABLE accounts.idempotency_keys ADD CONSTRAINT idempotency_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE CASCADE;
ALTER TABLE accounts.idempotency_keys ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE CASCADE;

ALTER TABLE accounts.login_links ADD CONSTRAINT login_links_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE CASCADE;
ALTER TABLE accounts.login_links ADD CONSTRAINT login_links_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE CASCADE;

ALTER TABLE accounts.login_sessions ADD CONSTRAINT login_sessions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE CASCADE;
ALTER TABLE accounts.login_sessions ADD CONSTRAINT login_sessions_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE CASCADE;

ALTER TABLE accounts.users ADD CONSTRAINT users_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE audit.audit_commitments ADD CONSTRAINT audit_commitments_audit_id_fkey FOREIGN KEY (audit_id) REFERENCES audit.audit_log(audit_id) ON DELETE RESTRICT;

ALTER TABLE audit.audit_leaves ADD CONSTRAINT audit_leaves_audit_id_fkey FOREIGN KEY (audit_id) REFERENCES audit.audit_log(audit_id) ON DELETE RESTRICT;

ALTER TABLE catalog.enclosures ADD CONSTRAINT enclosures_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES catalog.episodes(organization_id, episode_id) ON DELETE CASCADE;
ALTER TABLE catalog.enclosures ADD CONSTRAINT enclosures_from_episode_id_fkey FOREIGN KEY (organization_id, from_episode_id) REFERENCES catalog.episodes(organization_id, episode_id) ON DELETE CASCADE;
ALTER TABLE catalog.enclosures ADD CONSTRAINT enclosures_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id) REFERENCES catalog.podcasts(organization_id, podcast_id) ON DELETE CASCADE;

ALTER TABLE catalog.episodes ADD CONSTRAINT episodes_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id) REFERENCES catalog.podcasts(organization_id, podcast_id) ON DELETE CASCADE;

ALTER TABLE catalog.former_guids ADD CONSTRAINT former_guids_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES catalog.episodes(organization_id, episode_id) ON DELETE CASCADE;
ALTER TABLE catalog.former_guids ADD CONSTRAINT former_guids_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id) REFERENCES catalog.podcasts(organization_id, podcast_id) ON DELETE CASCADE;

ALTER TABLE catalog.hops ADD CONSTRAINT hops_enclosure_id_fkey FOREIGN KEY (organization_id, enclosure_id) REFERENCES catalog.enclosures(organization_id, enclosure_id) ON DELETE CASCADE;

ALTER TABLE catalog.media_revisions ADD CONSTRAINT media_revisions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE CASCADE;

ALTER TABLE catalog.merges ADD CONSTRAINT merges_changed_by_fkey FOREIGN KEY (organization_id, changed_by) REFERENCES accounts.users(organization_id, user_id) ON DELETE RESTRICT;
ALTER TABLE catalog.merges ADD CONSTRAINT merges_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES catalog.episodes(organization_id, episode_id) ON DELETE CASCADE;
ALTER TABLE catalog.merges ADD CONSTRAINT merges_into_episode_id_fkey FOREIGN KEY (organization_id, into_episode_id) REFERENCES catalog.episodes(organization_id, episode_id) ON DELETE CASCADE;

ALTER TABLE catalog.path_rules ADD CONSTRAINT path_rules_created_by_fkey FOREIGN KEY (organization_id, created_by) REFERENCES accounts.users(organization_id, user_id) ON DELETE RESTRICT;
ALTER TABLE catalog.path_rules ADD CONSTRAINT path_rules_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE CASCADE;

ALTER TABLE catalog.podcasts ADD CONSTRAINT podcasts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE catalog.podcasts ADD CONSTRAINT podcasts_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE RESTRICT;

ALTER TABLE catalog.segments ADD CONSTRAINT segments_enclosure_id_fkey FOREIGN KEY (organization_id, enclosure_id) REFERENCES catalog.enclosures(organization_id, enclosure_id) ON DELETE CASCADE;

ALTER TABLE catalog.transcripts ADD CONSTRAINT transcripts_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES catalog.episodes(organization_id, episode_id) ON DELETE CASCADE;
ALTER TABLE catalog.transcripts ADD CONSTRAINT transcripts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE governance.erasure_steps ADD CONSTRAINT erasure_steps_erasure_request_id_fkey FOREIGN KEY (erasure_request_id) REFERENCES governance.erasure_requests(erasure_request_id) ON DELETE CASCADE;

ALTER TABLE measurement.adoptions ADD CONSTRAINT adoptions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE CASCADE;

ALTER TABLE measurement.inclusion_validations ADD CONSTRAINT inclusion_validations_inclusion_id_fkey FOREIGN KEY (organization_id, inclusion_id) REFERENCES measurement.inclusions(organization_id, inclusion_id) ON DELETE CASCADE;

ALTER TABLE measurement.inclusions ADD CONSTRAINT inclusions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE CASCADE;

ALTER TABLE measurement.ingest_batches ADD CONSTRAINT ingest_batches_source_file_id_fkey FOREIGN KEY (organization_id, source_file_id) REFERENCES measurement.source_files(organization_id, source_file_id) ON DELETE CASCADE;

ALTER TABLE measurement.platform_metrics ADD CONSTRAINT platform_metrics_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES catalog.episodes(organization_id, episode_id) ON DELETE CASCADE;
ALTER TABLE measurement.platform_metrics ADD CONSTRAINT platform_metrics_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE measurement.platform_metrics ADD CONSTRAINT platform_metrics_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id) REFERENCES catalog.podcasts(organization_id, podcast_id) ON DELETE CASCADE;
ALTER TABLE measurement.platform_metrics ADD CONSTRAINT platform_metrics_source_file_id_fkey FOREIGN KEY (organization_id, source_file_id) REFERENCES measurement.source_files(organization_id, source_file_id) ON DELETE SET NULL (source_file_id);

ALTER TABLE measurement.quarantine ADD CONSTRAINT quarantine_source_file_id_fkey FOREIGN KEY (organization_id, source_file_id) REFERENCES measurement.source_files(organization_id, source_file_id) ON DELETE CASCADE;

ALTER TABLE measurement.source_files ADD CONSTRAINT source_files_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE queue.webhook_deliveries ADD CONSTRAINT webhook_deliveries_outbox_id_fkey FOREIGN KEY (organization_id, outbox_id) REFERENCES queue.outbox(organization_id, outbox_id) ON DELETE CASCADE;
ALTER TABLE queue.webhook_deliveries ADD CONSTRAINT webhook_deliveries_webhook_endpoint_id_fkey FOREIGN KEY (organization_id, webhook_endpoint_id) REFERENCES queue.webhook_endpoints(organization_id, webhook_endpoint_id) ON DELETE CASCADE;

ALTER TABLE sponsorship.attribution_events ADD CONSTRAINT attribution_events_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id) REFERENCES sponsorship.campaigns(organization_id, campaign_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.attribution_events ADD CONSTRAINT attribution_events_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES catalog.episodes(organization_id, episode_id) ON DELETE SET NULL (episode_id);
ALTER TABLE sponsorship.attribution_events ADD CONSTRAINT attribution_events_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.attribution_events ADD CONSTRAINT attribution_events_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id) REFERENCES catalog.podcasts(organization_id, podcast_id) ON DELETE RESTRICT;

ALTER TABLE sponsorship.attribution_evidence ADD CONSTRAINT attribution_evidence_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id) REFERENCES sponsorship.campaigns(organization_id, campaign_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.attribution_evidence ADD CONSTRAINT attribution_evidence_conversion_id_fkey FOREIGN KEY (organization_id, conversion_id) REFERENCES sponsorship.conversions(organization_id, conversion_id) ON DELETE CASCADE;

ALTER TABLE sponsorship.campaign_placements ADD CONSTRAINT campaign_placements_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id) REFERENCES sponsorship.campaigns(organization_id, campaign_id) ON DELETE CASCADE;
ALTER TABLE sponsorship.campaign_placements ADD CONSTRAINT campaign_placements_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES catalog.episodes(organization_id, episode_id) ON DELETE CASCADE;
ALTER TABLE sponsorship.campaign_placements ADD CONSTRAINT campaign_placements_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE sponsorship.campaign_states ADD CONSTRAINT campaign_states_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id) REFERENCES sponsorship.campaigns(organization_id, campaign_id) ON DELETE CASCADE;
ALTER TABLE sponsorship.campaign_states ADD CONSTRAINT campaign_states_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE sponsorship.campaigns ADD CONSTRAINT campaigns_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.campaigns ADD CONSTRAINT campaigns_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id) REFERENCES catalog.podcasts(organization_id, podcast_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.campaigns ADD CONSTRAINT campaigns_sponsor_id_fkey FOREIGN KEY (organization_id, sponsor_id) REFERENCES sponsorship.sponsors(organization_id, sponsor_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.campaigns ADD CONSTRAINT campaigns_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE RESTRICT;

ALTER TABLE sponsorship.conversions ADD CONSTRAINT conversions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.conversions ADD CONSTRAINT conversions_pixel_id_fkey FOREIGN KEY (organization_id, pixel_id) REFERENCES sponsorship.pixels(organization_id, pixel_id) ON DELETE SET NULL (pixel_id);
ALTER TABLE sponsorship.conversions ADD CONSTRAINT conversions_sponsor_id_fkey FOREIGN KEY (organization_id, sponsor_id) REFERENCES sponsorship.sponsors(organization_id, sponsor_id) ON DELETE RESTRICT;

ALTER TABLE sponsorship.credits ADD CONSTRAINT credits_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id) REFERENCES sponsorship.campaigns(organization_id, campaign_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.credits ADD CONSTRAINT credits_conversion_id_fkey FOREIGN KEY (organization_id, conversion_id) REFERENCES sponsorship.conversions(organization_id, conversion_id) ON DELETE CASCADE;

ALTER TABLE sponsorship.displaced_conversions ADD CONSTRAINT displaced_conversions_conversion_id_fkey FOREIGN KEY (organization_id, conversion_id) REFERENCES sponsorship.conversions(organization_id, conversion_id) ON DELETE CASCADE;
ALTER TABLE sponsorship.displaced_conversions ADD CONSTRAINT displaced_conversions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE sponsorship.lift_results ADD CONSTRAINT lift_results_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id) REFERENCES sponsorship.campaigns(organization_id, campaign_id) ON DELETE CASCADE;
ALTER TABLE sponsorship.lift_results ADD CONSTRAINT lift_results_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE sponsorship.pixels ADD CONSTRAINT pixels_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id) REFERENCES sponsorship.campaigns(organization_id, campaign_id) ON DELETE CASCADE;
ALTER TABLE sponsorship.pixels ADD CONSTRAINT pixels_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE sponsorship.promo_codes ADD CONSTRAINT promo_codes_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id) REFERENCES sponsorship.campaigns(organization_id, campaign_id) ON DELETE CASCADE;

ALTER TABLE sponsorship.reports ADD CONSTRAINT reports_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id) REFERENCES sponsorship.campaigns(organization_id, campaign_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.reports ADD CONSTRAINT reports_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.reports ADD CONSTRAINT reports_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE RESTRICT;

ALTER TABLE sponsorship.sponsors ADD CONSTRAINT sponsors_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.sponsors ADD CONSTRAINT sponsors_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE RESTRICT;

ALTER TABLE studio.agent_memory ADD CONSTRAINT agent_memory_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE studio.agent_memory ADD CONSTRAINT agent_memory_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES studio.projects(organization_id, project_id) ON DELETE CASCADE;
ALTER TABLE studio.agent_memory ADD CONSTRAINT agent_memory_superseded_by_fkey FOREIGN KEY (organization_id, superseded_by) REFERENCES studio.agent_memory(organization_id, memory_id) ON DELETE SET NULL (superseded_by);

ALTER TABLE studio.block_revisions ADD CONSTRAINT block_revisions_block_id_fkey FOREIGN KEY (organization_id, block_id) REFERENCES studio.blocks(organization_id, block_id) ON DELETE CASCADE;
ALTER TABLE studio.block_revisions ADD CONSTRAINT block_revisions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE studio.blocks ADD CONSTRAINT blocks_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES studio.episodes(organization_id, episode_id) ON DELETE CASCADE;
ALTER TABLE studio.blocks ADD CONSTRAINT blocks_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE studio.chat_messages ADD CONSTRAINT chat_messages_chat_session_id_fkey FOREIGN KEY (organization_id, chat_session_id) REFERENCES studio.chat_sessions(organization_id, chat_session_id) ON DELETE CASCADE;
ALTER TABLE studio.chat_messages ADD CONSTRAINT chat_messages_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE studio.chat_messages ADD CONSTRAINT chat_messages_parent_id_fkey FOREIGN KEY (organization_id, parent_id) REFERENCES studio.chat_messages(organization_id, message_id) ON DELETE CASCADE;

ALTER TABLE studio.chat_sessions ADD CONSTRAINT chat_sessions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE studio.chat_sessions ADD CONSTRAINT chat_sessions_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES studio.projects(organization_id, project_id) ON DELETE CASCADE;
ALTER TABLE studio.chat_sessions ADD CONSTRAINT chat_sessions_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE CASCADE;

ALTER TABLE studio.episode_schedule_done ADD CONSTRAINT episode_schedule_done_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE studio.episode_schedule_done ADD CONSTRAINT episode_schedule_done_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES studio.projects(organization_id, project_id) ON DELETE CASCADE;

ALTER TABLE studio.episode_schedule_queue ADD CONSTRAINT episode_schedule_queue_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES studio.episodes(organization_id, episode_id) ON DELETE SET NULL (episode_id);
ALTER TABLE studio.episode_schedule_queue ADD CONSTRAINT episode_schedule_queue_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE studio.episode_schedule_queue ADD CONSTRAINT episode_schedule_queue_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES studio.projects(organization_id, project_id) ON DELETE CASCADE;

ALTER TABLE studio.episodes ADD CONSTRAINT episodes_catalog_episode_id_fkey FOREIGN KEY (organization_id, catalog_episode_id) REFERENCES catalog.episodes(organization_id, episode_id) ON DELETE SET NULL (catalog_episode_id);
ALTER TABLE studio.episodes ADD CONSTRAINT episodes_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE studio.episodes ADD CONSTRAINT episodes_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES studio.projects(organization_id, project_id) ON DELETE CASCADE;

ALTER TABLE studio.generation_steps ADD CONSTRAINT generation_steps_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES studio.episodes(organization_id, episode_id) ON DELETE CASCADE;
ALTER TABLE studio.generation_steps ADD CONSTRAINT generation_steps_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE studio.highlights ADD CONSTRAINT highlights_block_id_fkey FOREIGN KEY (organization_id, block_id) REFERENCES studio.blocks(organization_id, block_id) ON DELETE CASCADE;
ALTER TABLE studio.highlights ADD CONSTRAINT highlights_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE studio.highlights ADD CONSTRAINT highlights_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE CASCADE;

ALTER TABLE studio.planning_notes ADD CONSTRAINT planning_notes_applied_to_episode_id_fkey FOREIGN KEY (organization_id, applied_to_episode_id) REFERENCES studio.episodes(organization_id, episode_id) ON DELETE SET NULL (applied_to_episode_id);
ALTER TABLE studio.planning_notes ADD CONSTRAINT planning_notes_author_id_fkey FOREIGN KEY (organization_id, author_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE RESTRICT;
ALTER TABLE studio.planning_notes ADD CONSTRAINT planning_notes_episode_id_fkey FOREIGN KEY (organization_id, episode_id) REFERENCES studio.episodes(organization_id, episode_id) ON DELETE SET NULL (episode_id);
ALTER TABLE studio.planning_notes ADD CONSTRAINT planning_notes_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE studio.planning_notes ADD CONSTRAINT planning_notes_project_id_fkey FOREIGN KEY (organization_id, project_id) REFERENCES studio.projects(organization_id, project_id) ON DELETE CASCADE;

ALTER TABLE studio.projects ADD CONSTRAINT projects_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE studio.projects ADD CONSTRAINT projects_owner_id_fkey FOREIGN KEY (organization_id, owner_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE RESTRICT;

ALTER TABLE studio.user_events ADD CONSTRAINT user_events_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;
ALTER TABLE studio.user_events ADD CONSTRAINT user_events_user_id_fkey FOREIGN KEY (organization_id, user_id) REFERENCES accounts.users(organization_id, user_id) ON DELETE CASCADE;

ALTER TABLE usage.budget_alerts ADD CONSTRAINT budget_alerts_budget_id_fkey FOREIGN KEY (organization_id, budget_id) REFERENCES usage.budgets(organization_id, budget_id) ON DELETE CASCADE;
ALTER TABLE usage.budget_alerts ADD CONSTRAINT budget_alerts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE usage.budget_reservations ADD CONSTRAINT budget_reservations_budget_id_fkey FOREIGN KEY (organization_id, budget_id) REFERENCES usage.budgets(organization_id, budget_id) ON DELETE CASCADE;
ALTER TABLE usage.budget_reservations ADD CONSTRAINT budget_reservations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE usage.budgets ADD CONSTRAINT budgets_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE usage.model_prices ADD CONSTRAINT model_prices_model_id_fkey FOREIGN KEY (model_id) REFERENCES usage.models(model_id) ON DELETE RESTRICT;

ALTER TABLE usage.organization_periods ADD CONSTRAINT organization_periods_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE usage.token_usage_daily ADD CONSTRAINT token_usage_daily_model_id_fkey FOREIGN KEY (model_id) REFERENCES usage.models(model_id) ON DELETE RESTRICT;
ALTER TABLE usage.token_usage_daily ADD CONSTRAINT token_usage_daily_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE usage.usage_events ADD CONSTRAINT usage_events_model_id_fkey FOREIGN KEY (model_id) REFERENCES usage.models(model_id) ON DELETE RESTRICT;
ALTER TABLE usage.usage_events ADD CONSTRAINT usage_events_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

ALTER TABLE usage.usage_requests ADD CONSTRAINT usage_requests_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES accounts.organizations(organization_id) ON DELETE RESTRICT;

CREATE VIEW asked.attribution_events WITH (security_invoker=true) AS
 SELECT event_id,
    "timestamp",
    campaign_id,
    podcast_id,
    episode_id,
    attribution_method,
    attribution_data,
    conversion_data,
    listener_event_id,
    user_id,
    session_id,
    device_id,
    cross_device_match_id,
    demographic_lift,
    metadata
   FROM sponsorship.attribution_events c;
REVOKE ALL ON asked.attribution_events FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON asked.attribution_events TO wavehouse_operational_app;
GRANT SELECT ON asked.attribution_events TO wavehouse_operational_worker;
COMMENT ON VIEW asked.attribution_events IS 'The table attribution_events as it was asked for; read-only, the rows are those of sponsorship.attribution_events.';
COMMENT ON COLUMN asked.attribution_events.event_id IS 'The event.';
COMMENT ON COLUMN asked.attribution_events."timestamp" IS 'When it happened; the month it lies in.';
COMMENT ON COLUMN asked.attribution_events.campaign_id IS 'The campaign.';
COMMENT ON COLUMN asked.attribution_events.podcast_id IS 'The show.';
COMMENT ON COLUMN asked.attribution_events.episode_id IS 'The episode, when it is known.';
COMMENT ON COLUMN asked.attribution_events.attribution_method IS 'By what it was matched.';
COMMENT ON COLUMN asked.attribution_events.attribution_data IS 'promo_code, utm_source, utm_medium, utm_campaign, pixel_id, referrer.';
COMMENT ON COLUMN asked.attribution_events.conversion_data IS 'conversion_type, conversion_value, currency, order_id, product_id.';
COMMENT ON COLUMN asked.attribution_events.listener_event_id IS 'The listener event that proves the exposure. No foreign key: raw events leave first.';
COMMENT ON COLUMN asked.attribution_events.user_id IS 'The sponsor''s id of the customer.';
COMMENT ON COLUMN asked.attribution_events.session_id IS 'The sponsor''s id of the visit.';
COMMENT ON COLUMN asked.attribution_events.device_id IS 'The sponsor''s id of the device.';
COMMENT ON COLUMN asked.attribution_events.cross_device_match_id IS 'Who belongs together by certain signs (AT11).';
COMMENT ON COLUMN asked.attribution_events.demographic_lift IS 'A projection of lift_results: absolute and relative named apart.';
COMMENT ON COLUMN asked.attribution_events.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.campaigns WITH (security_invoker=true) AS
 SELECT campaign_id,
    user_id,
    podcast_id,
    sponsor_id,
    name,
    status,
    ((start_date)::timestamp without time zone AT TIME ZONE 'UTC'::text) AS start_date,
    (((end_date + 1))::timestamp without time zone AT TIME ZONE 'UTC'::text) AS end_date,
    campaign_value,
    episode_ids,
    attribution_config,
    notes,
    created_at,
    updated_at,
    metadata
   FROM sponsorship.campaigns c;
REVOKE ALL ON asked.campaigns FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON asked.campaigns TO wavehouse_operational_app;
GRANT SELECT ON asked.campaigns TO wavehouse_operational_worker;
COMMENT ON VIEW asked.campaigns IS 'The table campaigns as it was asked for; read-only, the rows are those of sponsorship.campaigns.';
COMMENT ON COLUMN asked.campaigns.campaign_id IS 'The campaign.';
COMMENT ON COLUMN asked.campaigns.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN asked.campaigns.podcast_id IS 'The show that carries it.';
COMMENT ON COLUMN asked.campaigns.sponsor_id IS 'Who pays.';
COMMENT ON COLUMN asked.campaigns.name IS 'What people call it.';
COMMENT ON COLUMN asked.campaigns.status IS 'Where it stands.';
COMMENT ON COLUMN asked.campaigns.start_date IS 'Start of the first day, UTC.';
COMMENT ON COLUMN asked.campaigns.end_date IS 'End of the last day, UTC: the first instant after it.';
COMMENT ON COLUMN asked.campaigns.campaign_value IS 'What is paid for it.';
COMMENT ON COLUMN asked.campaigns.episode_ids IS 'The episodes that carry it; kept in step with the placements.';
COMMENT ON COLUMN asked.campaigns.attribution_config IS 'What it is tracked by: method, promo_code, pixel_url, utm_source, utm_medium, utm_campaign, custom_tracking_id, conversion_endpoint.';
COMMENT ON COLUMN asked.campaigns.notes IS 'Notes.';
COMMENT ON COLUMN asked.campaigns.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.campaigns.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.campaigns.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.episodes WITH (security_invoker=true) AS
 SELECT episode_id,
    podcast_id,
    guid,
    title,
    description,
    audio_url,
    duration_seconds,
    publish_date,
    link,
    author,
    categories,
    explicit,
    transcript_url,
    transcript_status,
    ad_slots,
    created_at,
    updated_at,
    metadata
   FROM catalog.episodes c;
REVOKE ALL ON asked.episodes FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON asked.episodes TO wavehouse_operational_app;
GRANT SELECT ON asked.episodes TO wavehouse_operational_worker;
COMMENT ON VIEW asked.episodes IS 'The table episodes as it was asked for; read-only, the rows are those of catalog.episodes.';
COMMENT ON COLUMN asked.episodes.episode_id IS 'The episode.';
COMMENT ON COLUMN asked.episodes.podcast_id IS 'The show.';
COMMENT ON COLUMN asked.episodes.guid IS 'Its id within its feed.';
COMMENT ON COLUMN asked.episodes.title IS 'Its title.';
COMMENT ON COLUMN asked.episodes.description IS 'What it is about.';
COMMENT ON COLUMN asked.episodes.audio_url IS 'Its media file, as the feed says.';
COMMENT ON COLUMN asked.episodes.duration_seconds IS 'Its length, as the feed says.';
COMMENT ON COLUMN asked.episodes.publish_date IS 'When it appeared.';
COMMENT ON COLUMN asked.episodes.link IS 'Its page.';
COMMENT ON COLUMN asked.episodes.author IS 'Who made it.';
COMMENT ON COLUMN asked.episodes.categories IS 'Its categories.';
COMMENT ON COLUMN asked.episodes.explicit IS 'Whether it is for adults.';
COMMENT ON COLUMN asked.episodes.transcript_url IS 'Its transcript, as the feed says.';
COMMENT ON COLUMN asked.episodes.transcript_status IS 'Where its transcript stands.';
COMMENT ON COLUMN asked.episodes.ad_slots IS 'Where advertisements are: start, end, campaign, how they were found, how surely.';
COMMENT ON COLUMN asked.episodes.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.episodes.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.episodes.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.listener_events WITH (security_invoker=true) AS
 SELECT event_id,
    "timestamp",
    podcast_id,
    episode_id,
    campaign_id,
    event_type,
    platform,
    country_code,
    device_type,
    device_os,
    listen_duration_seconds,
    completion_rate,
    user_agent,
    ip_address,
    session_id,
    metadata
   FROM measurement.listener_events c;
REVOKE ALL ON asked.listener_events FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON asked.listener_events TO wavehouse_operational_app;
GRANT SELECT ON asked.listener_events TO wavehouse_operational_worker;
COMMENT ON VIEW asked.listener_events IS 'The table listener_events as it was asked for; read-only, the rows are those of measurement.listener_events.';
COMMENT ON COLUMN asked.listener_events.event_id IS 'The event; a download''s own id for downloads.';
COMMENT ON COLUMN asked.listener_events."timestamp" IS 'When; the day it lies in.';
COMMENT ON COLUMN asked.listener_events.podcast_id IS 'The show.';
COMMENT ON COLUMN asked.listener_events.episode_id IS 'The episode.';
COMMENT ON COLUMN asked.listener_events.campaign_id IS 'The campaign.';
COMMENT ON COLUMN asked.listener_events.event_type IS 'What was done.';
COMMENT ON COLUMN asked.listener_events.platform IS 'The app or platform.';
COMMENT ON COLUMN asked.listener_events.country_code IS 'Country of the network, ISO 3166-1 alpha-2.';
COMMENT ON COLUMN asked.listener_events.device_type IS 'The kind of device.';
COMMENT ON COLUMN asked.listener_events.device_os IS 'Its operating system.';
COMMENT ON COLUMN asked.listener_events.listen_duration_seconds IS 'Seconds heard.';
COMMENT ON COLUMN asked.listener_events.completion_rate IS 'The share of the episode that was heard.';
COMMENT ON COLUMN asked.listener_events.user_agent IS 'The user agent, where a platform tells it.';
COMMENT ON COLUMN asked.listener_events.ip_address IS 'The network only (/24 or /48), never a full address.';
COMMENT ON COLUMN asked.listener_events.session_id IS 'The player''s session.';
COMMENT ON COLUMN asked.listener_events.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.podcasts WITH (security_invoker=true) AS
 SELECT podcast_id,
    user_id,
    title,
    description,
    author,
    image_url,
    feed_url,
    website_url,
    language,
    category,
    explicit,
    platform_configs,
    ingestion_status,
    last_ingested_at,
    created_at,
    updated_at,
    metadata
   FROM catalog.podcasts c;
REVOKE ALL ON asked.podcasts FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON asked.podcasts TO wavehouse_operational_app;
GRANT SELECT ON asked.podcasts TO wavehouse_operational_worker;
COMMENT ON VIEW asked.podcasts IS 'The table podcasts as it was asked for; read-only, the rows are those of catalog.podcasts.';
COMMENT ON COLUMN asked.podcasts.podcast_id IS 'The show.';
COMMENT ON COLUMN asked.podcasts.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN asked.podcasts.title IS 'Its title.';
COMMENT ON COLUMN asked.podcasts.description IS 'What it is about.';
COMMENT ON COLUMN asked.podcasts.author IS 'Who makes it.';
COMMENT ON COLUMN asked.podcasts.image_url IS 'Its picture.';
COMMENT ON COLUMN asked.podcasts.feed_url IS 'Its feed.';
COMMENT ON COLUMN asked.podcasts.website_url IS 'Its page.';
COMMENT ON COLUMN asked.podcasts.language IS 'Its language.';
COMMENT ON COLUMN asked.podcasts.category IS 'Its category.';
COMMENT ON COLUMN asked.podcasts.explicit IS 'Whether it is for adults.';
COMMENT ON COLUMN asked.podcasts.platform_configs IS 'Per platform: the sealed credential, the platform''s id of the show, the last synchronisation.';
COMMENT ON COLUMN asked.podcasts.ingestion_status IS 'Whether its feed is read.';
COMMENT ON COLUMN asked.podcasts.last_ingested_at IS 'When its feed was last read.';
COMMENT ON COLUMN asked.podcasts.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.podcasts.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.podcasts.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.reports WITH (security_invoker=true) AS
 SELECT report_id,
    user_id,
    campaign_id,
    template_id,
    report_type,
    format,
    file_url,
    file_size_bytes,
    includes_roi,
    includes_attribution,
    includes_benchmarks,
    ((date_range_start)::timestamp without time zone AT TIME ZONE 'UTC'::text) AS date_range_start,
    (((date_range_end + 1))::timestamp without time zone AT TIME ZONE 'UTC'::text) AS date_range_end,
    generated_at,
    metadata
   FROM sponsorship.reports c;
REVOKE ALL ON asked.reports FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON asked.reports TO wavehouse_operational_app;
GRANT SELECT ON asked.reports TO wavehouse_operational_worker;
COMMENT ON VIEW asked.reports IS 'The table reports as it was asked for; read-only, the rows are those of sponsorship.reports.';
COMMENT ON COLUMN asked.reports.report_id IS 'The report.';
COMMENT ON COLUMN asked.reports.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN asked.reports.campaign_id IS 'The campaign.';
COMMENT ON COLUMN asked.reports.template_id IS 'The template.';
COMMENT ON COLUMN asked.reports.report_type IS 'What kind of report.';
COMMENT ON COLUMN asked.reports.format IS 'The form of the file.';
COMMENT ON COLUMN asked.reports.file_url IS 'Where the file is.';
COMMENT ON COLUMN asked.reports.file_size_bytes IS 'How large it is.';
COMMENT ON COLUMN asked.reports.includes_roi IS 'Whether return on investment is in it.';
COMMENT ON COLUMN asked.reports.includes_attribution IS 'Whether attribution is in it.';
COMMENT ON COLUMN asked.reports.includes_benchmarks IS 'Whether comparisons are in it.';
COMMENT ON COLUMN asked.reports.date_range_start IS 'Start of the first day of the report, UTC.';
COMMENT ON COLUMN asked.reports.date_range_end IS 'End of the last day of the report, UTC: the first instant after it.';
COMMENT ON COLUMN asked.reports.generated_at IS 'When it was made.';
COMMENT ON COLUMN asked.reports.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.sponsors WITH (security_invoker=true) AS
 SELECT sponsor_id,
    user_id,
    name,
    company,
    email,
    contact_name,
    phone,
    website,
    logo_url,
    industry,
    created_at,
    updated_at,
    metadata
   FROM sponsorship.sponsors c;
REVOKE ALL ON asked.sponsors FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON asked.sponsors TO wavehouse_operational_app;
GRANT SELECT ON asked.sponsors TO wavehouse_operational_worker;
COMMENT ON VIEW asked.sponsors IS 'The table sponsors as it was asked for; read-only, the rows are those of sponsorship.sponsors.';
COMMENT ON COLUMN asked.sponsors.sponsor_id IS 'The sponsor.';
COMMENT ON COLUMN asked.sponsors.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN asked.sponsors.name IS 'What people call them.';
COMMENT ON COLUMN asked.sponsors.company IS 'The company.';
COMMENT ON COLUMN asked.sponsors.email IS 'The address of the contact.';
COMMENT ON COLUMN asked.sponsors.contact_name IS 'The contact.';
COMMENT ON COLUMN asked.sponsors.phone IS 'Their telephone.';
COMMENT ON COLUMN asked.sponsors.website IS 'Their page.';
COMMENT ON COLUMN asked.sponsors.logo_url IS 'Their logo.';
COMMENT ON COLUMN asked.sponsors.industry IS 'Their line of business.';
COMMENT ON COLUMN asked.sponsors.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.sponsors.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.sponsors.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.transcripts WITH (security_invoker=true) AS
 SELECT transcript_id,
    episode_id,
    status,
    source,
    language,
    transcript_text,
    transcript_json,
    word_count,
    duration_seconds,
    processing_started_at,
    processing_completed_at,
    error_message,
    created_at,
    updated_at,
    metadata
   FROM catalog.transcripts c;
REVOKE ALL ON asked.transcripts FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON asked.transcripts TO wavehouse_operational_app;
GRANT SELECT ON asked.transcripts TO wavehouse_operational_worker;
COMMENT ON VIEW asked.transcripts IS 'The table transcripts as it was asked for; read-only, the rows are those of catalog.transcripts.';
COMMENT ON COLUMN asked.transcripts.transcript_id IS 'The transcript.';
COMMENT ON COLUMN asked.transcripts.episode_id IS 'The episode.';
COMMENT ON COLUMN asked.transcripts.status IS 'Where it stands.';
COMMENT ON COLUMN asked.transcripts.source IS 'Where it is from.';
COMMENT ON COLUMN asked.transcripts.language IS 'Its language.';
COMMENT ON COLUMN asked.transcripts.transcript_text IS 'The words.';
COMMENT ON COLUMN asked.transcripts.transcript_json IS 'Segments, speakers and advertisements.';
COMMENT ON COLUMN asked.transcripts.word_count IS 'Words.';
COMMENT ON COLUMN asked.transcripts.duration_seconds IS 'Length of what it covers.';
COMMENT ON COLUMN asked.transcripts.processing_started_at IS 'When the work began.';
COMMENT ON COLUMN asked.transcripts.processing_completed_at IS 'When it ended.';
COMMENT ON COLUMN asked.transcripts.error_message IS 'Why it failed.';
COMMENT ON COLUMN asked.transcripts.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.transcripts.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.transcripts.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.users WITH (security_invoker=true) AS
 SELECT user_id,
    email,
    password_hash,
    name,
    role,
    subscription_tier,
    persona_segment,
    created_at,
    updated_at,
    last_login,
    is_active,
    metadata
   FROM accounts.users c;
REVOKE ALL ON asked.users FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON asked.users TO wavehouse_operational_app;
GRANT SELECT ON asked.users TO wavehouse_operational_worker;
COMMENT ON VIEW asked.users IS 'The table users as it was asked for; read-only, the rows are those of accounts.users.';
COMMENT ON COLUMN asked.users.user_id IS 'The person.';
COMMENT ON COLUMN asked.users.email IS 'The address to sign in with; unique without regard to case.';
COMMENT ON COLUMN asked.users.password_hash IS 'Hash of the password; an unusable mark for who signs in by link or elsewhere.';
COMMENT ON COLUMN asked.users.name IS 'What they are called.';
COMMENT ON COLUMN asked.users.role IS 'What they may do.';
COMMENT ON COLUMN asked.users.subscription_tier IS 'What they subscribed to.';
COMMENT ON COLUMN asked.users.persona_segment IS 'What kind of maker they are.';
COMMENT ON COLUMN asked.users.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.users.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.users.last_login IS 'When they last signed in.';
COMMENT ON COLUMN asked.users.is_active IS 'Whether they may sign in.';
COMMENT ON COLUMN asked.users.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW usage.model_registry WITH (security_invoker=true) AS
 SELECT model_id,
    provider,
    name,
    version,
    modality,
    context_window,
    capabilities,
    status
   FROM usage.models;
REVOKE ALL ON usage.model_registry FROM wavehouse_operational_app, wavehouse_operational_worker;
GRANT SELECT ON usage.model_registry TO wavehouse_operational_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON usage.model_registry TO wavehouse_operational_worker;
COMMENT ON VIEW usage.model_registry IS 'The model registry by the name that others ask for.';
COMMENT ON COLUMN usage.model_registry.model_id IS 'The model.';
COMMENT ON COLUMN usage.model_registry.provider IS 'Who offers it.';
COMMENT ON COLUMN usage.model_registry.name IS 'Its name there.';
COMMENT ON COLUMN usage.model_registry.version IS 'Its version there.';
COMMENT ON COLUMN usage.model_registry.modality IS 'What it makes.';
COMMENT ON COLUMN usage.model_registry.context_window IS 'Tokens it can take in.';
COMMENT ON COLUMN usage.model_registry.capabilities IS 'What it can do beyond that.';
COMMENT ON COLUMN usage.model_registry.status IS 'Where it is in its life.';
