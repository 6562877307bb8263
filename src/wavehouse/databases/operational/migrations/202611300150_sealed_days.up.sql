-- Sealed days: the raw rows of a UTC day as Parquet files, registered here (decision 1601).

-- Marks say that a day changed and are deleted when they have been worked off. This number remains:
-- a seal made from a snapshot with a smaller number is out of date.
CREATE TABLE measurement.day_changes (
  day     date PRIMARY KEY,
  changes bigint NOT NULL,
  CONSTRAINT day_changes_changes_check CHECK (changes > 0)
);
COMMENT ON TABLE measurement.day_changes IS 'How often the raw rows of a UTC day have changed; of the installation.';
COMMENT ON COLUMN measurement.day_changes.day IS 'The UTC day.';
COMMENT ON COLUMN measurement.day_changes.changes IS 'The number of worked-off groups of marks.';
ALTER TABLE measurement.day_changes ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.day_changes TO wavehouse_operational_worker USING (true);

CREATE FUNCTION measurement.note_counted_days() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  INSERT INTO measurement.day_changes (day, changes)
  SELECT DISTINCT g.day, 1 FROM gone g ORDER BY g.day
  ON CONFLICT (day) DO UPDATE SET changes = day_changes.changes + 1;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION measurement.note_counted_days() IS 'Counts a change of each day whose marks in count_log are deleted.';
CREATE FUNCTION measurement.note_rolled_days() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  INSERT INTO measurement.day_changes (day, changes)
  SELECT DISTINCT (g.hour AT TIME ZONE 'UTC')::date AS day, 1 FROM gone g ORDER BY day
  ON CONFLICT (day) DO UPDATE SET changes = day_changes.changes + 1;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION measurement.note_rolled_days() IS 'Counts a change of each day whose marks in dirty_log are deleted.';
CREATE TRIGGER counted_days AFTER DELETE ON measurement.count_log
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION measurement.note_counted_days();
CREATE TRIGGER rolled_days AFTER DELETE ON measurement.dirty_log
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION measurement.note_rolled_days();

CREATE TABLE measurement.sealed_days (
  day             date NOT NULL,
  generation      integer NOT NULL,
  store           text NOT NULL,
  manifest        text NOT NULL,
  manifest_sha256 bytea NOT NULL,
  requests        bigint NOT NULL,
  downloads       bigint NOT NULL,
  events          bigint NOT NULL,
  bytes           bigint NOT NULL,
  rollups_sha256  bytea NOT NULL,
  rule_version    text NOT NULL,
  list_version    text NOT NULL,
  changes         bigint NOT NULL,
  sealed_at       timestamptz NOT NULL,
  superseded_at   timestamptz,
  PRIMARY KEY (day, generation),
  CONSTRAINT sealed_days_generation_check CHECK (generation > 0),
  CONSTRAINT sealed_days_store_check CHECK (store <> ''),
  CONSTRAINT sealed_days_manifest_check CHECK (manifest <> ''),
  CONSTRAINT sealed_days_manifest_sha256_check CHECK (length(manifest_sha256) = 32),
  CONSTRAINT sealed_days_rollups_sha256_check CHECK (length(rollups_sha256) = 32),
  CONSTRAINT sealed_days_rows_check CHECK (requests >= 0 AND downloads >= 0 AND events >= 0),
  CONSTRAINT sealed_days_bytes_check CHECK (bytes >= 0),
  CONSTRAINT sealed_days_changes_check CHECK (changes >= 0),
  CONSTRAINT sealed_days_superseded_at_check CHECK (superseded_at >= sealed_at)
);
CREATE UNIQUE INDEX sealed_days_current_key ON measurement.sealed_days (day) WHERE superseded_at IS NULL;
COMMENT ON TABLE measurement.sealed_days IS 'Generations of sealed days; at most one of a day is current. Of the installation: a file holds rows of all organizations.';
COMMENT ON COLUMN measurement.sealed_days.day IS 'The UTC day.';
COMMENT ON COLUMN measurement.sealed_days.generation IS 'Counts up with each seal of the day.';
COMMENT ON COLUMN measurement.sealed_days.store IS 'Where the files are: file:///folder or s3://bucket/prefix.';
COMMENT ON COLUMN measurement.sealed_days.manifest IS 'The name of the manifest in the store; it names the files with their hashes.';
COMMENT ON COLUMN measurement.sealed_days.manifest_sha256 IS 'SHA-256 of the manifest.';
COMMENT ON COLUMN measurement.sealed_days.requests IS 'Rows of requests.';
COMMENT ON COLUMN measurement.sealed_days.downloads IS 'Rows of downloads.';
COMMENT ON COLUMN measurement.sealed_days.events IS 'Rows of listener events.';
COMMENT ON COLUMN measurement.sealed_days.bytes IS 'Bytes of the files.';
COMMENT ON COLUMN measurement.sealed_days.rollups_sha256 IS 'Digest of the day''s rollups, computed from the files and equal to the stored ones.';
COMMENT ON COLUMN measurement.sealed_days.rule_version IS 'The version of the counting rules.';
COMMENT ON COLUMN measurement.sealed_days.list_version IS 'The versions of the reference lists.';
COMMENT ON COLUMN measurement.sealed_days.changes IS 'measurement.day_changes at the time of the snapshot; a larger number now means that the seal is out of date.';
COMMENT ON COLUMN measurement.sealed_days.sealed_at IS 'When it was sealed.';
COMMENT ON COLUMN measurement.sealed_days.superseded_at IS 'When a newer generation took its place; NULL for the current one.';
ALTER TABLE measurement.sealed_days ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON measurement.sealed_days TO wavehouse_operational_worker USING (true);

-- Reading as one organization needs to know which files hold a day, not how much all others have.
CREATE FUNCTION measurement.sealed_between(first date, last date)
RETURNS TABLE (day date, generation integer, store text, manifest text, manifest_sha256 bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT s.day, s.generation, s.store, s.manifest, s.manifest_sha256
  FROM measurement.sealed_days s
  WHERE s.day BETWEEN first AND last AND s.superseded_at IS NULL ORDER BY s.day
$$;
COMMENT ON FUNCTION measurement.sealed_between(date, date) IS 'The current seals of a period.';
REVOKE ALL ON FUNCTION measurement.sealed_between(date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.sealed_between(date, date) TO wavehouse_operational_app, wavehouse_operational_worker;

-- Since the first seal, retention drops sealed days only.
CREATE FUNCTION measurement.complete_from() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT max(r.keep_from) FROM governance.retention_runs r
  WHERE r.action = 'drop_partition' AND r.rows_removed > 0 AND r.table_name IN
    ('measurement.requests', 'measurement.downloads', 'measurement.listener_events')
    AND r.started_at < coalesce((SELECT min(s.sealed_at) FROM measurement.sealed_days s), 'infinity')
$$;
COMMENT ON FUNCTION measurement.complete_from() IS 'The instant from which raw data is complete, in partitions or sealed files; NULL when none was dropped unsealed.';
REVOKE ALL ON FUNCTION measurement.complete_from() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION measurement.complete_from() TO wavehouse_operational_app, wavehouse_operational_worker;
