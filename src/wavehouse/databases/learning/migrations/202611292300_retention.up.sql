-- Retention drops whole partitions. SECURITY DEFINER, so that the worker needs no right to drop tables.

CREATE FUNCTION governance.drop_partition(parent regclass, part regclass, day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' SET timezone = 'UTC' AS $$
BEGIN
  IF day > (coalesce(nullif(pg_catalog.current_setting('wavehouse.now', true), '')::timestamptz,
      pg_catalog.now()) - interval '7 days')::date THEN
    RAISE EXCEPTION 'partitions of the last seven days are never dropped'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF parent IS NULL OR part IS NULL
    OR part NOT IN (SELECT p.part FROM schema_ops.partitions_before(parent, day) p) THEN
    RAISE EXCEPTION '% is not a partition of % that ends before %', part, parent, day
      USING ERRCODE = 'wrong_object_type';
  END IF;
  EXECUTE pg_catalog.format('DROP TABLE %s', part);
END
$$;
COMMENT ON FUNCTION governance.drop_partition(regclass, regclass, date) IS 'Drops a partition of a table that holds nothing from a UTC day on; never one of the last seven days.';
REVOKE ALL ON FUNCTION governance.drop_partition(regclass, regclass, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance.drop_partition(regclass, regclass, date) TO wavehouse_learning_worker;
