-- Every revision of a block, and the optional indexes of raw listener events.

CREATE TABLE studio.block_revisions (
  block_id        uuid NOT NULL,
  revision        integer NOT NULL CHECK (revision > 0),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  type            text NOT NULL
    CHECK (type IN ('markdown', 'speech', 'music', 'sound', 'advertisement')),
  body            text NOT NULL,
  recorded_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (block_id, revision),
  CONSTRAINT block_revisions_block_id_fkey FOREIGN KEY (organization_id, block_id)
    REFERENCES studio.blocks (organization_id, block_id) ON DELETE CASCADE
);
CREATE INDEX block_revisions_organization_id_idx ON studio.block_revisions (organization_id);
ALTER TABLE studio.block_revisions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.block_revisions TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.block_revisions TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT ON studio.block_revisions TO wavehouse_operational_app;
COMMENT ON TABLE studio.block_revisions IS 'Every revision of a block as it was; a highlight refers to the revision it was made on.';
COMMENT ON COLUMN studio.block_revisions.block_id IS 'The block.';
COMMENT ON COLUMN studio.block_revisions.revision IS 'Number of the revision, from 1; counted by the database.';
COMMENT ON COLUMN studio.block_revisions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.block_revisions.type IS 'Type of the block in this revision.';
COMMENT ON COLUMN studio.block_revisions.body IS 'Body of the block in this revision.';
COMMENT ON COLUMN studio.block_revisions.recorded_at IS 'When the row was made; bookkeeping.';

INSERT INTO studio.block_revisions (block_id, revision, organization_id, type, body)
  SELECT block_id, revision, organization_id, type, body FROM studio.blocks;

-- The number is the database's, so that no writer can change a body and keep its revision.
CREATE FUNCTION studio.count_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  NEW.revision := OLD.revision;
  IF (NEW.type, NEW.body) IS DISTINCT FROM (OLD.type, OLD.body) THEN
    NEW.revision := OLD.revision + 1;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION studio.count_revision() IS 'Raises the revision of a block whose type or body changes.';
CREATE FUNCTION studio.keep_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  INSERT INTO studio.block_revisions (block_id, revision, organization_id, type, body)
  VALUES (NEW.block_id, NEW.revision, NEW.organization_id, NEW.type, NEW.body);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION studio.keep_revision() IS 'Stores a new revision of a block.';
CREATE TRIGGER blocks_count_revision BEFORE UPDATE ON studio.blocks
  FOR EACH ROW EXECUTE FUNCTION studio.count_revision();
CREATE TRIGGER blocks_keep_first AFTER INSERT ON studio.blocks
  FOR EACH ROW EXECUTE FUNCTION studio.keep_revision();
CREATE TRIGGER blocks_keep_next AFTER UPDATE ON studio.blocks
  FOR EACH ROW WHEN (NEW.revision <> OLD.revision) EXECUTE FUNCTION studio.keep_revision();

-- The indexes that were asked for on listener events cost more than the data; three of the five are an
-- option (`wavehouse indexes full`). The worker has no right to make an index, so owner's functions do.
CREATE FUNCTION measurement.event_index_name(wanted text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $$
BEGIN
  IF wanted IS NULL OR wanted NOT IN ('podcast_id', 'platform', 'event_type') THEN
    RAISE EXCEPTION 'no optional index of listener events is by %', wanted
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN 'listener_events_' || wanted || '_timestamp_idx';
END
$$;
COMMENT ON FUNCTION measurement.event_index_name(text) IS 'The name of an optional index of listener events; refuses other columns.';
CREATE FUNCTION measurement.begin_event_index(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  EXECUTE pg_catalog.format(
    'CREATE INDEX IF NOT EXISTS %I ON ONLY measurement.listener_events (%I, "timestamp" DESC)',
    measurement.event_index_name(wanted), wanted);
END
$$;
COMMENT ON FUNCTION measurement.begin_event_index(text) IS 'Makes an optional index for new days; older days follow by index_event_day.';
CREATE FUNCTION measurement.index_event_day(wanted text, part regclass) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
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
$$;
COMMENT ON FUNCTION measurement.index_event_day(text, regclass) IS 'Makes an optional index on one day; false when it was there. Writers of that day wait.';
CREATE FUNCTION measurement.drop_event_index(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  EXECUTE pg_catalog.format(
    'DROP INDEX IF EXISTS measurement.%I', measurement.event_index_name(wanted));
END
$$;
COMMENT ON FUNCTION measurement.drop_event_index(text) IS 'Drops an optional index of listener events from every day.';
REVOKE ALL ON FUNCTION measurement.begin_event_index(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION measurement.index_event_day(text, regclass) FROM PUBLIC;
REVOKE ALL ON FUNCTION measurement.drop_event_index(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.begin_event_index(text) TO wavehouse_operational_worker;
GRANT EXECUTE ON FUNCTION measurement.index_event_day(text, regclass) TO wavehouse_operational_worker;
GRANT EXECUTE ON FUNCTION measurement.drop_event_index(text) TO wavehouse_operational_worker;
