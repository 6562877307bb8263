-- Generated from the database: wavehouse schema docs generate

CREATE SCHEMA analytics;
GRANT USAGE ON SCHEMA analytics TO wavehouse_analytics_app;
GRANT USAGE ON SCHEMA analytics TO wavehouse_analytics_worker;
CREATE SCHEMA governance;
GRANT USAGE ON SCHEMA governance TO wavehouse_analytics_app;
GRANT USAGE ON SCHEMA governance TO wavehouse_analytics_worker;
CREATE SCHEMA schema_ops;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_analytics_app;
GRANT USAGE ON SCHEMA schema_ops TO wavehouse_analytics_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA analytics GRANT SELECT ON TABLES TO wavehouse_analytics_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA analytics GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_analytics_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA governance GRANT DELETE, INSERT, SELECT, UPDATE ON TABLES TO wavehouse_analytics_worker;

CREATE OR REPLACE FUNCTION analytics.current_organization()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('wavehouse.organization_id'::text, true), ''::text))::uuid;
REVOKE ALL ON FUNCTION analytics.current_organization() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analytics.current_organization() TO PUBLIC;

CREATE OR REPLACE FUNCTION analytics.ensure_period(day date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
REVOKE ALL ON FUNCTION analytics.ensure_period(day date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analytics.ensure_period(day date) TO wavehouse_analytics_worker;

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
GRANT EXECUTE ON FUNCTION schema_ops.ensure_partition(parent regclass, day date, span text) TO wavehouse_analytics_worker;

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

CREATE TABLE analytics.audience_daily (
  "day" date NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  downloads bigint NOT NULL,
  listeners bigint NOT NULL,
  events bigint NOT NULL,
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT audience_daily_pkey PRIMARY KEY (organization_id, podcast_id, day)
);
ALTER TABLE analytics.audience_daily ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.audience_daily TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.audience_daily TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.audience_daily FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.audience_daily TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.audience_daily TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.audience_daily IS 'Downloads and distinct listeners of a day, by show and, under the nil id, in all: distinct counts do not add up.';
COMMENT ON COLUMN analytics.audience_daily."day" IS 'The UTC day.';
COMMENT ON COLUMN analytics.audience_daily.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.audience_daily.podcast_id IS 'The show; the nil id for all shows together.';
COMMENT ON COLUMN analytics.audience_daily.downloads IS 'Downloads (R34).';
COMMENT ON COLUMN analytics.audience_daily.listeners IS 'Distinct listeners; does not add up over rows (R43).';
COMMENT ON COLUMN analytics.audience_daily.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.audience_daily.computed_at IS 'When.';

CREATE TABLE analytics.listener_events_daily (
  "day" date NOT NULL,
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
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT listener_events_daily_pkey PRIMARY KEY (podcast_id, day, episode_id)
) PARTITION BY RANGE (day);
CREATE INDEX listener_events_daily_organization_id_day_idx ON analytics.listener_events_daily USING btree (organization_id, day) INCLUDE (episode_id, podcast_id, downloads);
ALTER TABLE analytics.listener_events_daily ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.listener_events_daily TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.listener_events_daily TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.listener_events_daily FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.listener_events_daily TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.listener_events_daily TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.listener_events_daily IS 'Listener events by UTC day, show and episode; in yearly partitions, kept 7 years.';
COMMENT ON COLUMN analytics.listener_events_daily."day" IS 'The UTC day.';
COMMENT ON COLUMN analytics.listener_events_daily.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.listener_events_daily.podcast_id IS 'The show.';
COMMENT ON COLUMN analytics.listener_events_daily.episode_id IS 'The episode.';
COMMENT ON COLUMN analytics.listener_events_daily.downloads IS 'Downloads (R34).';
COMMENT ON COLUMN analytics.listener_events_daily.streams IS 'Events of the type stream.';
COMMENT ON COLUMN analytics.listener_events_daily.listen_starts IS 'Events of the type listen_start.';
COMMENT ON COLUMN analytics.listener_events_daily.listen_completes IS 'Events of the type listen_complete.';
COMMENT ON COLUMN analytics.listener_events_daily.skips IS 'Events of the type skip.';
COMMENT ON COLUMN analytics.listener_events_daily.ad_starts IS 'Events of the type ad_start.';
COMMENT ON COLUMN analytics.listener_events_daily.ad_completes IS 'Events of the type ad_complete.';
COMMENT ON COLUMN analytics.listener_events_daily.ad_skips IS 'Events of the type ad_skip.';
COMMENT ON COLUMN analytics.listener_events_daily.listeners IS 'Distinct listeners; does not add up over rows (R43).';
COMMENT ON COLUMN analytics.listener_events_daily.listen_seconds IS 'Seconds heard.';
COMMENT ON COLUMN analytics.listener_events_daily.completion_basis_points IS 'Sum of the completion rates that are known, in hundredths of a per cent.';
COMMENT ON COLUMN analytics.listener_events_daily.completions_known IS 'How many completion rates are known.';
COMMENT ON COLUMN analytics.listener_events_daily.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.listener_events_daily.computed_at IS 'When.';

CREATE TABLE analytics.listener_events_daily_country (
  "day" date NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  country_code character varying(2) NOT NULL,
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
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT listener_events_daily_country_pkey PRIMARY KEY (podcast_id, day, country_code)
) PARTITION BY RANGE (day);
CREATE INDEX listener_events_daily_country_organization_id_day_idx ON analytics.listener_events_daily_country USING btree (organization_id, day) INCLUDE (country_code, podcast_id, downloads);
ALTER TABLE analytics.listener_events_daily_country ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.listener_events_daily_country TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.listener_events_daily_country TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.listener_events_daily_country FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.listener_events_daily_country TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.listener_events_daily_country TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.listener_events_daily_country IS 'Listener events by UTC day, show and country; in yearly partitions, kept 7 years.';
COMMENT ON COLUMN analytics.listener_events_daily_country."day" IS 'The UTC day.';
COMMENT ON COLUMN analytics.listener_events_daily_country.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.listener_events_daily_country.podcast_id IS 'The show.';
COMMENT ON COLUMN analytics.listener_events_daily_country.country_code IS 'The country; empty when not known.';
COMMENT ON COLUMN analytics.listener_events_daily_country.downloads IS 'Downloads (R34).';
COMMENT ON COLUMN analytics.listener_events_daily_country.streams IS 'Events of the type stream.';
COMMENT ON COLUMN analytics.listener_events_daily_country.listen_starts IS 'Events of the type listen_start.';
COMMENT ON COLUMN analytics.listener_events_daily_country.listen_completes IS 'Events of the type listen_complete.';
COMMENT ON COLUMN analytics.listener_events_daily_country.skips IS 'Events of the type skip.';
COMMENT ON COLUMN analytics.listener_events_daily_country.ad_starts IS 'Events of the type ad_start.';
COMMENT ON COLUMN analytics.listener_events_daily_country.ad_completes IS 'Events of the type ad_complete.';
COMMENT ON COLUMN analytics.listener_events_daily_country.ad_skips IS 'Events of the type ad_skip.';
COMMENT ON COLUMN analytics.listener_events_daily_country.listeners IS 'Distinct listeners; does not add up over rows (R43).';
COMMENT ON COLUMN analytics.listener_events_daily_country.listen_seconds IS 'Seconds heard.';
COMMENT ON COLUMN analytics.listener_events_daily_country.completion_basis_points IS 'Sum of the completion rates that are known, in hundredths of a per cent.';
COMMENT ON COLUMN analytics.listener_events_daily_country.completions_known IS 'How many completion rates are known.';
COMMENT ON COLUMN analytics.listener_events_daily_country.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.listener_events_daily_country.computed_at IS 'When.';

CREATE TABLE analytics.listener_events_daily_device (
  "day" date NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  device_type character varying(50) NOT NULL,
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
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT listener_events_daily_device_pkey PRIMARY KEY (podcast_id, day, device_type)
) PARTITION BY RANGE (day);
ALTER TABLE analytics.listener_events_daily_device ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.listener_events_daily_device TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.listener_events_daily_device TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.listener_events_daily_device FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.listener_events_daily_device TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.listener_events_daily_device TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.listener_events_daily_device IS 'Listener events by UTC day, show and device; in yearly partitions, kept 7 years.';
COMMENT ON COLUMN analytics.listener_events_daily_device."day" IS 'The UTC day.';
COMMENT ON COLUMN analytics.listener_events_daily_device.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.listener_events_daily_device.podcast_id IS 'The show.';
COMMENT ON COLUMN analytics.listener_events_daily_device.device_type IS 'The kind of device; empty when not known.';
COMMENT ON COLUMN analytics.listener_events_daily_device.downloads IS 'Downloads (R34).';
COMMENT ON COLUMN analytics.listener_events_daily_device.streams IS 'Events of the type stream.';
COMMENT ON COLUMN analytics.listener_events_daily_device.listen_starts IS 'Events of the type listen_start.';
COMMENT ON COLUMN analytics.listener_events_daily_device.listen_completes IS 'Events of the type listen_complete.';
COMMENT ON COLUMN analytics.listener_events_daily_device.skips IS 'Events of the type skip.';
COMMENT ON COLUMN analytics.listener_events_daily_device.ad_starts IS 'Events of the type ad_start.';
COMMENT ON COLUMN analytics.listener_events_daily_device.ad_completes IS 'Events of the type ad_complete.';
COMMENT ON COLUMN analytics.listener_events_daily_device.ad_skips IS 'Events of the type ad_skip.';
COMMENT ON COLUMN analytics.listener_events_daily_device.listeners IS 'Distinct listeners; does not add up over rows (R43).';
COMMENT ON COLUMN analytics.listener_events_daily_device.listen_seconds IS 'Seconds heard.';
COMMENT ON COLUMN analytics.listener_events_daily_device.completion_basis_points IS 'Sum of the completion rates that are known, in hundredths of a per cent.';
COMMENT ON COLUMN analytics.listener_events_daily_device.completions_known IS 'How many completion rates are known.';
COMMENT ON COLUMN analytics.listener_events_daily_device.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.listener_events_daily_device.computed_at IS 'When.';

CREATE TABLE analytics.listener_events_daily_platform (
  "day" date NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  platform character varying(100) NOT NULL,
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
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT listener_events_daily_platform_pkey PRIMARY KEY (podcast_id, day, platform)
) PARTITION BY RANGE (day);
CREATE INDEX listener_events_daily_platform_organization_id_day_idx ON analytics.listener_events_daily_platform USING btree (organization_id, day) INCLUDE (platform, podcast_id, downloads);
ALTER TABLE analytics.listener_events_daily_platform ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.listener_events_daily_platform TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.listener_events_daily_platform TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.listener_events_daily_platform FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.listener_events_daily_platform TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.listener_events_daily_platform TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.listener_events_daily_platform IS 'Listener events by UTC day, show and platform; in yearly partitions, kept 7 years.';
COMMENT ON COLUMN analytics.listener_events_daily_platform."day" IS 'The UTC day.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.podcast_id IS 'The show.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.platform IS 'The app or platform; empty when not known.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.downloads IS 'Downloads (R34).';
COMMENT ON COLUMN analytics.listener_events_daily_platform.streams IS 'Events of the type stream.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.listen_starts IS 'Events of the type listen_start.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.listen_completes IS 'Events of the type listen_complete.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.skips IS 'Events of the type skip.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.ad_starts IS 'Events of the type ad_start.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.ad_completes IS 'Events of the type ad_complete.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.ad_skips IS 'Events of the type ad_skip.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.listeners IS 'Distinct listeners; does not add up over rows (R43).';
COMMENT ON COLUMN analytics.listener_events_daily_platform.listen_seconds IS 'Seconds heard.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.completion_basis_points IS 'Sum of the completion rates that are known, in hundredths of a per cent.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.completions_known IS 'How many completion rates are known.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.listener_events_daily_platform.computed_at IS 'When.';

CREATE TABLE analytics.listener_events_hourly (
  hour timestamp with time zone NOT NULL,
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
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT listener_events_hourly_pkey PRIMARY KEY (podcast_id, hour, episode_id)
) PARTITION BY RANGE (hour);
ALTER TABLE analytics.listener_events_hourly ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.listener_events_hourly TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.listener_events_hourly TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.listener_events_hourly FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.listener_events_hourly TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.listener_events_hourly TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.listener_events_hourly IS 'Listener events by hour, show and episode; in monthly partitions, kept 1 year.';
COMMENT ON COLUMN analytics.listener_events_hourly.hour IS 'The UTC hour, by its first instant.';
COMMENT ON COLUMN analytics.listener_events_hourly.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.listener_events_hourly.podcast_id IS 'The show.';
COMMENT ON COLUMN analytics.listener_events_hourly.episode_id IS 'The episode.';
COMMENT ON COLUMN analytics.listener_events_hourly.downloads IS 'Downloads (R34).';
COMMENT ON COLUMN analytics.listener_events_hourly.streams IS 'Events of the type stream.';
COMMENT ON COLUMN analytics.listener_events_hourly.listen_starts IS 'Events of the type listen_start.';
COMMENT ON COLUMN analytics.listener_events_hourly.listen_completes IS 'Events of the type listen_complete.';
COMMENT ON COLUMN analytics.listener_events_hourly.skips IS 'Events of the type skip.';
COMMENT ON COLUMN analytics.listener_events_hourly.ad_starts IS 'Events of the type ad_start.';
COMMENT ON COLUMN analytics.listener_events_hourly.ad_completes IS 'Events of the type ad_complete.';
COMMENT ON COLUMN analytics.listener_events_hourly.ad_skips IS 'Events of the type ad_skip.';
COMMENT ON COLUMN analytics.listener_events_hourly.listeners IS 'Distinct listeners; does not add up over rows (R43).';
COMMENT ON COLUMN analytics.listener_events_hourly.listen_seconds IS 'Seconds heard.';
COMMENT ON COLUMN analytics.listener_events_hourly.completion_basis_points IS 'Sum of the completion rates that are known, in hundredths of a per cent.';
COMMENT ON COLUMN analytics.listener_events_hourly.completions_known IS 'How many completion rates are known.';
COMMENT ON COLUMN analytics.listener_events_hourly.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.listener_events_hourly.computed_at IS 'When.';

CREATE TABLE analytics.listener_events_hourly_country (
  hour timestamp with time zone NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  country_code character varying(2) NOT NULL,
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
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT listener_events_hourly_country_pkey PRIMARY KEY (podcast_id, hour, country_code)
) PARTITION BY RANGE (hour);
ALTER TABLE analytics.listener_events_hourly_country ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.listener_events_hourly_country TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.listener_events_hourly_country TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.listener_events_hourly_country FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.listener_events_hourly_country TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.listener_events_hourly_country TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.listener_events_hourly_country IS 'Listener events by hour, show and country; in monthly partitions, kept 1 year.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.hour IS 'The UTC hour, by its first instant.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.podcast_id IS 'The show.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.country_code IS 'The country; empty when not known.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.downloads IS 'Downloads (R34).';
COMMENT ON COLUMN analytics.listener_events_hourly_country.streams IS 'Events of the type stream.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.listen_starts IS 'Events of the type listen_start.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.listen_completes IS 'Events of the type listen_complete.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.skips IS 'Events of the type skip.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.ad_starts IS 'Events of the type ad_start.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.ad_completes IS 'Events of the type ad_complete.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.ad_skips IS 'Events of the type ad_skip.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.listeners IS 'Distinct listeners; does not add up over rows (R43).';
COMMENT ON COLUMN analytics.listener_events_hourly_country.listen_seconds IS 'Seconds heard.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.completion_basis_points IS 'Sum of the completion rates that are known, in hundredths of a per cent.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.completions_known IS 'How many completion rates are known.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.listener_events_hourly_country.computed_at IS 'When.';

CREATE TABLE analytics.listener_events_hourly_device (
  hour timestamp with time zone NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  device_type character varying(50) NOT NULL,
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
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT listener_events_hourly_device_pkey PRIMARY KEY (podcast_id, hour, device_type)
) PARTITION BY RANGE (hour);
ALTER TABLE analytics.listener_events_hourly_device ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.listener_events_hourly_device TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.listener_events_hourly_device TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.listener_events_hourly_device FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.listener_events_hourly_device TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.listener_events_hourly_device TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.listener_events_hourly_device IS 'Listener events by hour, show and device; in monthly partitions, kept 1 year.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.hour IS 'The UTC hour, by its first instant.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.podcast_id IS 'The show.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.device_type IS 'The kind of device; empty when not known.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.downloads IS 'Downloads (R34).';
COMMENT ON COLUMN analytics.listener_events_hourly_device.streams IS 'Events of the type stream.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.listen_starts IS 'Events of the type listen_start.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.listen_completes IS 'Events of the type listen_complete.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.skips IS 'Events of the type skip.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.ad_starts IS 'Events of the type ad_start.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.ad_completes IS 'Events of the type ad_complete.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.ad_skips IS 'Events of the type ad_skip.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.listeners IS 'Distinct listeners; does not add up over rows (R43).';
COMMENT ON COLUMN analytics.listener_events_hourly_device.listen_seconds IS 'Seconds heard.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.completion_basis_points IS 'Sum of the completion rates that are known, in hundredths of a per cent.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.completions_known IS 'How many completion rates are known.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.listener_events_hourly_device.computed_at IS 'When.';

CREATE TABLE analytics.listener_events_hourly_platform (
  hour timestamp with time zone NOT NULL,
  organization_id uuid NOT NULL,
  podcast_id uuid NOT NULL,
  platform character varying(100) NOT NULL,
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
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT listener_events_hourly_platform_pkey PRIMARY KEY (podcast_id, hour, platform)
) PARTITION BY RANGE (hour);
ALTER TABLE analytics.listener_events_hourly_platform ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.listener_events_hourly_platform TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.listener_events_hourly_platform TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.listener_events_hourly_platform FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.listener_events_hourly_platform TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.listener_events_hourly_platform TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.listener_events_hourly_platform IS 'Listener events by hour, show and platform; in monthly partitions, kept 1 year.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.hour IS 'The UTC hour, by its first instant.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.podcast_id IS 'The show.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.platform IS 'The app or platform; empty when not known.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.downloads IS 'Downloads (R34).';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.streams IS 'Events of the type stream.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.listen_starts IS 'Events of the type listen_start.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.listen_completes IS 'Events of the type listen_complete.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.skips IS 'Events of the type skip.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.ad_starts IS 'Events of the type ad_start.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.ad_completes IS 'Events of the type ad_complete.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.ad_skips IS 'Events of the type ad_skip.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.listeners IS 'Distinct listeners; does not add up over rows (R43).';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.listen_seconds IS 'Seconds heard.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.completion_basis_points IS 'Sum of the completion rates that are known, in hundredths of a per cent.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.completions_known IS 'How many completion rates are known.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.listener_events_hourly_platform.computed_at IS 'When.';

CREATE TABLE analytics.reconciliations (
  reconciliation_id uuid DEFAULT uuidv7() NOT NULL,
  checked_at timestamp with time zone NOT NULL,
  first_hour timestamp with time zone,
  last_hour timestamp with time zone,
  hours bigint NOT NULL,
  raw_events bigint NOT NULL,
  rollup_events bigint NOT NULL,
  mismatches bigint NOT NULL,
  detail jsonb DEFAULT '[]'::jsonb NOT NULL,
  subject text DEFAULT 'listener_events'::text NOT NULL,
  CONSTRAINT reconciliations_pkey PRIMARY KEY (reconciliation_id),
  CONSTRAINT reconciliations_subject_check CHECK ((subject IN ('listener_events', 'usage_events')))
);
CREATE INDEX reconciliations_checked_at_idx ON analytics.reconciliations USING btree (checked_at DESC);
REVOKE ALL ON analytics.reconciliations FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.reconciliations TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.reconciliations TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.reconciliations IS 'Comparisons of rollups with the raw events they were computed from.';
COMMENT ON COLUMN analytics.reconciliations.reconciliation_id IS 'The comparison.';
COMMENT ON COLUMN analytics.reconciliations.checked_at IS 'When.';
COMMENT ON COLUMN analytics.reconciliations.first_hour IS 'The first hour that was compared.';
COMMENT ON COLUMN analytics.reconciliations.last_hour IS 'The last one.';
COMMENT ON COLUMN analytics.reconciliations.hours IS 'How many hours.';
COMMENT ON COLUMN analytics.reconciliations.raw_events IS 'Raw events in them.';
COMMENT ON COLUMN analytics.reconciliations.rollup_events IS 'Events by the rollups.';
COMMENT ON COLUMN analytics.reconciliations.mismatches IS 'Hours that differ.';
COMMENT ON COLUMN analytics.reconciliations.detail IS 'Which ones, and by how much.';
COMMENT ON COLUMN analytics.reconciliations.subject IS 'Which raw events were compared.';

CREATE TABLE analytics.usage_daily (
  "day" date NOT NULL,
  organization_id uuid NOT NULL,
  model_id uuid NOT NULL,
  project_id uuid NOT NULL,
  requests bigint NOT NULL,
  errors bigint NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  cost numeric(20,12) NOT NULL,
  currency character(3) NOT NULL,
  latency_ms_total bigint NOT NULL,
  latency_known bigint NOT NULL,
  latency_ms_max bigint,
  events bigint NOT NULL,
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT usage_daily_pkey PRIMARY KEY (organization_id, day, model_id, project_id, currency),
  CONSTRAINT usage_daily_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT usage_daily_errors_check CHECK ((errors >= 0)),
  CONSTRAINT usage_daily_errors_of_requests_check CHECK ((errors <= requests)),
  CONSTRAINT usage_daily_events_check CHECK ((events >= 0)),
  CONSTRAINT usage_daily_latency_known_check CHECK ((latency_known >= 0)),
  CONSTRAINT usage_daily_latency_ms_max_check CHECK ((latency_ms_max >= 0)),
  CONSTRAINT usage_daily_latency_ms_total_check CHECK ((latency_ms_total >= 0)),
  CONSTRAINT usage_daily_requests_check CHECK ((requests >= 0))
) PARTITION BY RANGE (day);
ALTER TABLE analytics.usage_daily ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.usage_daily TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.usage_daily TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.usage_daily FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.usage_daily TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.usage_daily TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.usage_daily IS 'Usage by UTC day, model and project; in yearly partitions, kept 7 years.';
COMMENT ON COLUMN analytics.usage_daily."day" IS 'The UTC day.';
COMMENT ON COLUMN analytics.usage_daily.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.usage_daily.model_id IS 'The model.';
COMMENT ON COLUMN analytics.usage_daily.project_id IS 'The project; the nil id for none.';
COMMENT ON COLUMN analytics.usage_daily.requests IS 'Requests.';
COMMENT ON COLUMN analytics.usage_daily.errors IS 'Of them errors.';
COMMENT ON COLUMN analytics.usage_daily.input_tokens IS 'Tokens in.';
COMMENT ON COLUMN analytics.usage_daily.output_tokens IS 'Tokens out.';
COMMENT ON COLUMN analytics.usage_daily.cached_tokens IS 'Tokens in that came from a cache.';
COMMENT ON COLUMN analytics.usage_daily.cost IS 'What they cost.';
COMMENT ON COLUMN analytics.usage_daily.currency IS 'Its currency.';
COMMENT ON COLUMN analytics.usage_daily.latency_ms_total IS 'Sum of the latencies that are known.';
COMMENT ON COLUMN analytics.usage_daily.latency_known IS 'How many are known.';
COMMENT ON COLUMN analytics.usage_daily.latency_ms_max IS 'The longest.';
COMMENT ON COLUMN analytics.usage_daily.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.usage_daily.computed_at IS 'When.';

CREATE TABLE analytics.usage_hourly (
  hour timestamp with time zone NOT NULL,
  organization_id uuid NOT NULL,
  model_id uuid NOT NULL,
  project_id uuid NOT NULL,
  requests bigint NOT NULL,
  errors bigint NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  cost numeric(20,12) NOT NULL,
  currency character(3) NOT NULL,
  latency_ms_total bigint NOT NULL,
  latency_known bigint NOT NULL,
  latency_ms_max bigint,
  events bigint NOT NULL,
  computed_at timestamp with time zone NOT NULL,
  CONSTRAINT usage_hourly_pkey PRIMARY KEY (organization_id, hour, model_id, project_id, currency),
  CONSTRAINT usage_hourly_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  CONSTRAINT usage_hourly_errors_check CHECK ((errors >= 0)),
  CONSTRAINT usage_hourly_errors_of_requests_check CHECK ((errors <= requests)),
  CONSTRAINT usage_hourly_events_check CHECK ((events >= 0)),
  CONSTRAINT usage_hourly_hour_check CHECK ((hour = date_trunc('hour'::text, hour, 'UTC'::text))),
  CONSTRAINT usage_hourly_latency_known_check CHECK ((latency_known >= 0)),
  CONSTRAINT usage_hourly_latency_ms_max_check CHECK ((latency_ms_max >= 0)),
  CONSTRAINT usage_hourly_latency_ms_total_check CHECK ((latency_ms_total >= 0)),
  CONSTRAINT usage_hourly_requests_check CHECK ((requests >= 0))
) PARTITION BY RANGE (hour);
ALTER TABLE analytics.usage_hourly ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON analytics.usage_hourly TO wavehouse_analytics_worker USING (true);
CREATE POLICY tenant ON analytics.usage_hourly TO wavehouse_analytics_app USING ((organization_id = analytics.current_organization()));
REVOKE ALL ON analytics.usage_hourly FROM wavehouse_analytics_app, wavehouse_analytics_worker;
GRANT SELECT ON analytics.usage_hourly TO wavehouse_analytics_app;
GRANT DELETE, INSERT, SELECT, UPDATE ON analytics.usage_hourly TO wavehouse_analytics_worker;
COMMENT ON TABLE analytics.usage_hourly IS 'Usage by hour, model and project; in monthly partitions, kept 1 year.';
COMMENT ON COLUMN analytics.usage_hourly.hour IS 'The UTC hour.';
COMMENT ON COLUMN analytics.usage_hourly.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN analytics.usage_hourly.model_id IS 'The model.';
COMMENT ON COLUMN analytics.usage_hourly.project_id IS 'The project; the nil id for none.';
COMMENT ON COLUMN analytics.usage_hourly.requests IS 'Requests.';
COMMENT ON COLUMN analytics.usage_hourly.errors IS 'Of them errors.';
COMMENT ON COLUMN analytics.usage_hourly.input_tokens IS 'Tokens in.';
COMMENT ON COLUMN analytics.usage_hourly.output_tokens IS 'Tokens out.';
COMMENT ON COLUMN analytics.usage_hourly.cached_tokens IS 'Tokens in that came from a cache.';
COMMENT ON COLUMN analytics.usage_hourly.cost IS 'What they cost.';
COMMENT ON COLUMN analytics.usage_hourly.currency IS 'Its currency.';
COMMENT ON COLUMN analytics.usage_hourly.latency_ms_total IS 'Sum of the latencies that are known.';
COMMENT ON COLUMN analytics.usage_hourly.latency_known IS 'How many are known.';
COMMENT ON COLUMN analytics.usage_hourly.latency_ms_max IS 'The longest.';
COMMENT ON COLUMN analytics.usage_hourly.events IS 'How many raw events it was computed from.';
COMMENT ON COLUMN analytics.usage_hourly.computed_at IS 'When.';

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
REVOKE ALL ON governance.lineage_edges FROM wavehouse_analytics_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.lineage_edges TO wavehouse_analytics_worker;
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
REVOKE ALL ON governance.lineage_events FROM wavehouse_analytics_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.lineage_events TO wavehouse_analytics_worker;
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
REVOKE ALL ON governance.quality_results FROM wavehouse_analytics_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.quality_results TO wavehouse_analytics_worker;
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
REVOKE ALL ON governance.retention_runs FROM wavehouse_analytics_worker;
GRANT DELETE, INSERT, SELECT, UPDATE ON governance.retention_runs TO wavehouse_analytics_worker;
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
