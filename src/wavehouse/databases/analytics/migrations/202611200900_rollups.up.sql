-- Rollups of listener events: hourly in monthly partitions (kept 1 year), daily in yearly ones (kept
-- 7 years). Event types are columns; each table has one dimension beside the podcast. Counts are
-- recomputed for whole hours and days, never added to. An empty dimension ('') is "not known".

CREATE SCHEMA analytics;
GRANT USAGE ON SCHEMA analytics TO wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_analytics_app, wavehouse_analytics_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA analytics
  GRANT SELECT ON TABLES TO wavehouse_analytics_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA analytics
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wavehouse_analytics_worker;

-- The organization that the transaction acts for; NULL outside one, which then sees no row.
CREATE FUNCTION analytics.current_organization() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('wavehouse.organization_id', true), '')::uuid;

CREATE TABLE analytics.listener_events_hourly (
  hour timestamptz NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  episode_id uuid NOT NULL,
  downloads bigint NOT NULL,
  streams bigint NOT NULL,
  listen_starts bigint NOT NULL,
  listen_completes bigint NOT NULL,
  skips bigint NOT NULL,
  ad_starts bigint NOT NULL,
  ad_completes bigint NOT NULL,
  ad_skips bigint NOT NULL,
  listeners bigint NOT NULL,
  listen_seconds bigint NOT NULL,
  completion_basis_points bigint NOT NULL,
  completions_known bigint NOT NULL,
  events bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (podcast_id, hour, episode_id)
) PARTITION BY RANGE (hour);
ALTER TABLE analytics.listener_events_hourly ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.listener_events_hourly TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.listener_events_hourly TO wavehouse_analytics_worker USING (true);

CREATE TABLE analytics.listener_events_hourly_platform (
  hour timestamptz NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  platform varchar(100) NOT NULL,
  downloads bigint NOT NULL,
  streams bigint NOT NULL,
  listen_starts bigint NOT NULL,
  listen_completes bigint NOT NULL,
  skips bigint NOT NULL,
  ad_starts bigint NOT NULL,
  ad_completes bigint NOT NULL,
  ad_skips bigint NOT NULL,
  listeners bigint NOT NULL,
  listen_seconds bigint NOT NULL,
  completion_basis_points bigint NOT NULL,
  completions_known bigint NOT NULL,
  events bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (podcast_id, hour, platform)
) PARTITION BY RANGE (hour);
ALTER TABLE analytics.listener_events_hourly_platform ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.listener_events_hourly_platform TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.listener_events_hourly_platform TO wavehouse_analytics_worker USING (true);

CREATE TABLE analytics.listener_events_hourly_country (
  hour timestamptz NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  country_code varchar(2) NOT NULL,
  downloads bigint NOT NULL,
  streams bigint NOT NULL,
  listen_starts bigint NOT NULL,
  listen_completes bigint NOT NULL,
  skips bigint NOT NULL,
  ad_starts bigint NOT NULL,
  ad_completes bigint NOT NULL,
  ad_skips bigint NOT NULL,
  listeners bigint NOT NULL,
  listen_seconds bigint NOT NULL,
  completion_basis_points bigint NOT NULL,
  completions_known bigint NOT NULL,
  events bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (podcast_id, hour, country_code)
) PARTITION BY RANGE (hour);
ALTER TABLE analytics.listener_events_hourly_country ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.listener_events_hourly_country TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.listener_events_hourly_country TO wavehouse_analytics_worker USING (true);

CREATE TABLE analytics.listener_events_hourly_device (
  hour timestamptz NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  device_type varchar(50) NOT NULL,
  downloads bigint NOT NULL,
  streams bigint NOT NULL,
  listen_starts bigint NOT NULL,
  listen_completes bigint NOT NULL,
  skips bigint NOT NULL,
  ad_starts bigint NOT NULL,
  ad_completes bigint NOT NULL,
  ad_skips bigint NOT NULL,
  listeners bigint NOT NULL,
  listen_seconds bigint NOT NULL,
  completion_basis_points bigint NOT NULL,
  completions_known bigint NOT NULL,
  events bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (podcast_id, hour, device_type)
) PARTITION BY RANGE (hour);
ALTER TABLE analytics.listener_events_hourly_device ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.listener_events_hourly_device TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.listener_events_hourly_device TO wavehouse_analytics_worker USING (true);

CREATE TABLE analytics.listener_events_daily (
  day date NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  episode_id uuid NOT NULL,
  downloads bigint NOT NULL,
  streams bigint NOT NULL,
  listen_starts bigint NOT NULL,
  listen_completes bigint NOT NULL,
  skips bigint NOT NULL,
  ad_starts bigint NOT NULL,
  ad_completes bigint NOT NULL,
  ad_skips bigint NOT NULL,
  listeners bigint NOT NULL,
  listen_seconds bigint NOT NULL,
  completion_basis_points bigint NOT NULL,
  completions_known bigint NOT NULL,
  events bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (podcast_id, day, episode_id)
) PARTITION BY RANGE (day);
ALTER TABLE analytics.listener_events_daily ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.listener_events_daily TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.listener_events_daily TO wavehouse_analytics_worker USING (true);

CREATE TABLE analytics.listener_events_daily_platform (
  day date NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  platform varchar(100) NOT NULL,
  downloads bigint NOT NULL,
  streams bigint NOT NULL,
  listen_starts bigint NOT NULL,
  listen_completes bigint NOT NULL,
  skips bigint NOT NULL,
  ad_starts bigint NOT NULL,
  ad_completes bigint NOT NULL,
  ad_skips bigint NOT NULL,
  listeners bigint NOT NULL,
  listen_seconds bigint NOT NULL,
  completion_basis_points bigint NOT NULL,
  completions_known bigint NOT NULL,
  events bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (podcast_id, day, platform)
) PARTITION BY RANGE (day);
ALTER TABLE analytics.listener_events_daily_platform ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.listener_events_daily_platform TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.listener_events_daily_platform TO wavehouse_analytics_worker USING (true);

CREATE TABLE analytics.listener_events_daily_country (
  day date NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  country_code varchar(2) NOT NULL,
  downloads bigint NOT NULL,
  streams bigint NOT NULL,
  listen_starts bigint NOT NULL,
  listen_completes bigint NOT NULL,
  skips bigint NOT NULL,
  ad_starts bigint NOT NULL,
  ad_completes bigint NOT NULL,
  ad_skips bigint NOT NULL,
  listeners bigint NOT NULL,
  listen_seconds bigint NOT NULL,
  completion_basis_points bigint NOT NULL,
  completions_known bigint NOT NULL,
  events bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (podcast_id, day, country_code)
) PARTITION BY RANGE (day);
ALTER TABLE analytics.listener_events_daily_country ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.listener_events_daily_country TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.listener_events_daily_country TO wavehouse_analytics_worker USING (true);

CREATE TABLE analytics.listener_events_daily_device (
  day date NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  device_type varchar(50) NOT NULL,
  downloads bigint NOT NULL,
  streams bigint NOT NULL,
  listen_starts bigint NOT NULL,
  listen_completes bigint NOT NULL,
  skips bigint NOT NULL,
  ad_starts bigint NOT NULL,
  ad_completes bigint NOT NULL,
  ad_skips bigint NOT NULL,
  listeners bigint NOT NULL,
  listen_seconds bigint NOT NULL,
  completion_basis_points bigint NOT NULL,
  completions_known bigint NOT NULL,
  events bigint NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (podcast_id, day, device_type)
) PARTITION BY RANGE (day);
ALTER TABLE analytics.listener_events_daily_device ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.listener_events_daily_device TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.listener_events_daily_device TO wavehouse_analytics_worker USING (true);

-- Distinct listeners of a day do not add up over podcasts, so the day's total is a row of its own
-- (podcast_id is the nil UUID there).
CREATE TABLE analytics.audience_daily (
  day             date NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id      uuid NOT NULL,
  downloads       bigint NOT NULL,
  listeners       bigint NOT NULL,
  events          bigint NOT NULL,
  computed_at     timestamptz NOT NULL,
  PRIMARY KEY (organization_id, podcast_id, day)
);
ALTER TABLE analytics.audience_daily ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.audience_daily TO wavehouse_analytics_app
  USING (organization_id = analytics.current_organization());
CREATE POLICY everyone ON analytics.audience_daily TO wavehouse_analytics_worker USING (true);

CREATE TABLE analytics.reconciliations (
  reconciliation_id uuid PRIMARY KEY DEFAULT uuidv7(),
  checked_at        timestamptz NOT NULL,
  first_hour        timestamptz,
  last_hour         timestamptz,
  hours             bigint NOT NULL,
  raw_events        bigint NOT NULL,
  rollup_events     bigint NOT NULL,
  mismatches        bigint NOT NULL,
  detail            jsonb NOT NULL DEFAULT '[]'
);

-- Makes the partitions that hold a day: its month for hourly tables, its year for daily ones.
CREATE FUNCTION analytics.ensure_period(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  parent text;
  part text;
  first date;
  next date;
BEGIN
  FOREACH parent IN ARRAY ARRAY['listener_events_hourly', 'listener_events_hourly_platform', 'listener_events_hourly_country', 'listener_events_hourly_device',
    'listener_events_daily', 'listener_events_daily_platform', 'listener_events_daily_country', 'listener_events_daily_device'] LOOP
    IF parent LIKE 'listener_events_hourly%' THEN
      first := pg_catalog.date_trunc('month', day::timestamp)::date;
      next := (first + interval '1 month')::date;
      part := parent || '_' || pg_catalog.to_char(first, 'YYYYMM');
    ELSE
      first := pg_catalog.date_trunc('year', day::timestamp)::date;
      next := (first + interval '1 year')::date;
      part := parent || '_' || pg_catalog.to_char(first, 'YYYY');
    END IF;
    IF pg_catalog.to_regclass('analytics.' || part) IS NULL THEN
      PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('analytics.ensure_period', 0));
      IF pg_catalog.to_regclass('analytics.' || part) IS NULL THEN
        EXECUTE pg_catalog.format(
          'CREATE TABLE analytics.%I (LIKE analytics.%I INCLUDING ALL)', part, parent);
        IF parent LIKE 'listener_events_hourly%' THEN
          EXECUTE pg_catalog.format(
            'ALTER TABLE analytics.%I ATTACH PARTITION analytics.%I FOR VALUES FROM (%L) TO (%L)',
            parent, part, first::timestamp AT TIME ZONE 'UTC', next::timestamp AT TIME ZONE 'UTC');
        ELSE
          EXECUTE pg_catalog.format(
            'ALTER TABLE analytics.%I ATTACH PARTITION analytics.%I FOR VALUES FROM (%L) TO (%L)',
            parent, part, first, next);
        END IF;
      END IF;
    END IF;
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION analytics.ensure_period(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analytics.ensure_period(date) TO wavehouse_analytics_worker;
