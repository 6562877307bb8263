-- Behavioural events of learners by day, content and event type; computed again from the raw events.

CREATE TABLE analytics.behavior_daily (
  day             date NOT NULL,
  organization_id uuid NOT NULL,
  content_id      varchar(255) NOT NULL,
  event_type      varchar(50) NOT NULL,
  events          bigint NOT NULL CONSTRAINT behavior_daily_events_check CHECK (events > 0),
  sessions        bigint NOT NULL,
  computed_at     timestamptz NOT NULL,
  CONSTRAINT behavior_daily_pkey PRIMARY KEY (organization_id, day, content_id, event_type),
  CONSTRAINT behavior_daily_sessions_check CHECK (sessions BETWEEN 1 AND events)
);
CREATE INDEX behavior_daily_day_idx ON analytics.behavior_daily (day);
ALTER TABLE analytics.behavior_daily ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.behavior_daily TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.behavior_daily TO wavehouse_analytics_worker USING (true);
GRANT SELECT ON analytics.behavior_daily TO wavehouse_analytics_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON analytics.behavior_daily TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.behavior_daily IS 'Behavioural events of learners by day, content and event type; derived from learning.behavioral_events.';
COMMENT ON COLUMN analytics.behavior_daily.day IS 'UTC day of the events.';
COMMENT ON COLUMN analytics.behavior_daily.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.behavior_daily.content_id IS 'The content, on the learning database.';
COMMENT ON COLUMN analytics.behavior_daily.event_type IS 'Type of the events.';
COMMENT ON COLUMN analytics.behavior_daily.events IS 'Number of events.';
COMMENT ON COLUMN analytics.behavior_daily.sessions IS 'Number of sessions that sent one; they do not add up over days.';
COMMENT ON COLUMN analytics.behavior_daily.computed_at IS 'When it was computed.';
