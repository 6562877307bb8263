-- The archive of raw events: what they count to stays with the session, and the events are deleted.
-- Outcomes, counters and levels are in session_items and learner_counters already; this table keeps
-- the rollup of behaviour exact, also when the learner is erased later.

CREATE TABLE learning.session_activity (
  session_id      varchar(255) NOT NULL,
  day             date NOT NULL,
  content_id      varchar(255) NOT NULL,
  event_type      varchar(50) NOT NULL CHECK (event_type <> ''),
  organization_id uuid NOT NULL,
  events          integer NOT NULL CHECK (events > 0),
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (session_id, day, content_id, event_type),
  CONSTRAINT session_activity_session_id_fkey FOREIGN KEY (organization_id, session_id)
    REFERENCES learning.sessions (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT session_activity_content_id_fkey FOREIGN KEY (organization_id, content_id)
    REFERENCES learning.content (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX session_activity_organization_id_idx ON learning.session_activity (organization_id);
CREATE INDEX session_activity_content_id_idx ON learning.session_activity (content_id);
CREATE INDEX session_activity_day_idx ON learning.session_activity (day);
ALTER TABLE learning.session_activity ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.session_activity TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.session_activity TO wavehouse_learning_worker USING (true);
GRANT SELECT ON learning.session_activity TO wavehouse_learning_app;
COMMENT ON TABLE learning.session_activity IS 'Events of archived sessions, counted by day, content and type, after the raw events were deleted.';
COMMENT ON COLUMN learning.session_activity.session_id IS 'The session.';
COMMENT ON COLUMN learning.session_activity.day IS 'UTC day of the events.';
COMMENT ON COLUMN learning.session_activity.content_id IS 'The content.';
COMMENT ON COLUMN learning.session_activity.event_type IS 'Type of the events.';
COMMENT ON COLUMN learning.session_activity.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN learning.session_activity.events IS 'Number of events.';
COMMENT ON COLUMN learning.session_activity.created_at IS 'When the row was made; bookkeeping.';

CREATE INDEX sessions_archivable_idx ON learning.sessions (last_activity_at)
  WHERE archived_at IS NOT NULL;

-- Every five seconds a job asks for the generations that have not ended or were not announced.
CREATE INDEX generation_status_unfinished_idx
  ON learning.generation_status (organization_id, started_at, generation_id)
  WHERE project_id IS NOT NULL AND
    (status::text = ANY (ARRAY['generating'::text, 'processing'::text]) OR NOT webhook_sent);

CREATE FUNCTION learning.archivable_events(before timestamptz, OUT rows bigint, OUT oldest timestamptz)
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT count(*), min(e.timestamp)
  FROM learning.sessions s JOIN learning.behavioral_events e ON e.session_id = s.id
  WHERE s.archived_at IS NOT NULL AND s.last_activity_at < before
$$;
COMMENT ON FUNCTION learning.archivable_events(timestamptz) IS 'Number and oldest time of raw events of archived sessions without activity since a time.';

CREATE FUNCTION learning.archive_events(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SET search_path = '' AS $$
  WITH due AS MATERIALIZED (
    SELECT s.id FROM learning.sessions s
    WHERE s.archived_at IS NOT NULL AND s.last_activity_at < before
      AND EXISTS (SELECT FROM learning.behavioral_events e WHERE e.session_id = s.id)
    ORDER BY s.last_activity_at, s.id LIMIT most
    FOR NO KEY UPDATE OF s
  ), gone AS (
    DELETE FROM learning.behavioral_events e USING due WHERE e.session_id = due.id
    RETURNING e.session_id, e.organization_id, e.content_id, e.event_type, e.timestamp
  ), kept AS (
    INSERT INTO learning.session_activity AS a
      (session_id, day, content_id, event_type, organization_id, events)
    SELECT g.session_id, (g.timestamp AT TIME ZONE 'UTC')::date, g.content_id, g.event_type,
           g.organization_id, count(*)
    FROM gone g GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (session_id, day, content_id, event_type)
      DO UPDATE SET events = a.events + excluded.events
  )
  SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION learning.archive_events(timestamptz, integer) IS 'Counts the raw events of some archived sessions into session_activity and deletes them, a session whole; returns how many.';
REVOKE ALL ON FUNCTION learning.archive_events(timestamptz, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION learning.archivable_events(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION learning.archive_events(timestamptz, integer) TO wavehouse_learning_worker;
GRANT EXECUTE ON FUNCTION learning.archivable_events(timestamptz) TO wavehouse_learning_worker;
