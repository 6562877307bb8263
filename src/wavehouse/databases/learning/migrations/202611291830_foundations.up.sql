-- The separate database of people who learn: its schemas, who may use them, the makers of partitions.
-- Nothing in it refers to another database; organizations are opaque ids here.

CREATE SCHEMA learning;
CREATE SCHEMA audit;
CREATE SCHEMA queue;
CREATE SCHEMA governance;

GRANT USAGE ON SCHEMA learning, audit, queue, governance, schema_ops
  TO wavehouse_learning_app, wavehouse_learning_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA learning, queue, governance
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wavehouse_learning_worker;

CREATE FUNCTION learning.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  NEW.updated_at := pg_catalog.now();
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION learning.touch_updated_at() IS 'Keeps updated_at; bookkeeping, so it reads the real clock.';

-- The organization that the transaction acts for; NULL outside one, which then sees no row.
CREATE FUNCTION learning.current_organization() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('wavehouse.organization_id', true), '')::uuid;
COMMENT ON FUNCTION learning.current_organization() IS 'The organization of this transaction, for row security.';

-- Partitions of any table by day, month or year of UTC. SECURITY DEFINER, so that the worker needs no
-- right to make tables. ATTACH takes a lighter lock than CREATE … PARTITION OF.
CREATE FUNCTION schema_ops.ensure_partition(parent regclass, day date, span text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET timezone = 'UTC' AS $$
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
$$;
COMMENT ON FUNCTION schema_ops.ensure_partition(regclass, date, text) IS 'Makes the partition of a table that holds a UTC day; false when it was there.';
REVOKE ALL ON FUNCTION schema_ops.ensure_partition(regclass, date, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION schema_ops.ensure_partition(regclass, date, text) TO wavehouse_learning_worker;

-- What retention may take away. Detaching is the caller's: CONCURRENTLY runs in no function.
CREATE FUNCTION schema_ops.partitions_before(parent regclass, day date)
RETURNS TABLE (part regclass, holds_until timestamptz)
LANGUAGE sql STABLE SET search_path = '' SET timezone = 'UTC' AS $$
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
$$;
COMMENT ON FUNCTION schema_ops.partitions_before(regclass, date) IS 'The attached partitions of a table that hold nothing from a UTC day on, oldest first.';

-- A retention run that was stopped between detaching and dropping leaves a table that no parent
-- drops; a rollback must not fail over it.
CREATE FUNCTION schema_ops.drop_leftovers(space text, base text) RETURNS integer
LANGUAGE plpgsql SET search_path = '' AS $$
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
$$;
COMMENT ON FUNCTION schema_ops.drop_leftovers(text, text) IS 'Drops the detached partitions of a table; how many there were.';
REVOKE ALL ON FUNCTION schema_ops.drop_leftovers(text, text) FROM PUBLIC;
