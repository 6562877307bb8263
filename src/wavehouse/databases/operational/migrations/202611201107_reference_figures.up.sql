-- Versioned lists that counting refers to, figures that platforms report, and more doors for
-- files.

CREATE TABLE measurement.reference_lists (
  name         text NOT NULL CHECK (name <> ''),
  version      text NOT NULL CHECK (version <> ''),
  content_hash bytea NOT NULL CHECK (length(content_hash) = 32),
  entries      bigint NOT NULL CHECK (entries >= 0),
  source       text NOT NULL,
  licence      text NOT NULL,
  published_at timestamptz,
  loaded_at    timestamptz NOT NULL,
  is_current   boolean NOT NULL DEFAULT false,
  PRIMARY KEY (name, version)
);
CREATE UNIQUE INDEX reference_lists_current_key
  ON measurement.reference_lists (name) WHERE is_current;
GRANT SELECT ON measurement.reference_lists
  TO wavehouse_operational_app;
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

CREATE TABLE measurement.platform_metrics (
  platform_metric_id uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id    uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  podcast_id         uuid NOT NULL REFERENCES catalog.podcasts ON DELETE CASCADE,
  episode_id         uuid REFERENCES catalog.episodes ON DELETE CASCADE,
  platform           varchar(100) NOT NULL CHECK (platform <> ''),
  metric             varchar(100) NOT NULL CHECK (metric <> ''),
  unit               varchar(50) NOT NULL CHECK (unit <> ''),
  threshold          text,
  lag_hours          integer CHECK (lag_hours >= 0),
  first_day          date NOT NULL,
  last_day           date NOT NULL,
  dimension          varchar(50) NOT NULL DEFAULT '',
  dimension_value    varchar(255) NOT NULL DEFAULT '',
  value              numeric(20, 4) NOT NULL CHECK (value >= 0),
  as_of              timestamptz NOT NULL,
  source_file_id     uuid REFERENCES measurement.source_files ON DELETE SET NULL,
  UNIQUE NULLS NOT DISTINCT (organization_id, podcast_id, episode_id, platform, metric, first_day, last_day, dimension, dimension_value),
  CONSTRAINT platform_metrics_days_check CHECK (last_day >= first_day),
  CONSTRAINT platform_metrics_dimension_known_check
    CHECK ((dimension = '') = (dimension_value = ''))
);
CREATE INDEX platform_metrics_podcast_id_first_day_idx
  ON measurement.platform_metrics (podcast_id, first_day);
CREATE INDEX platform_metrics_episode_id_idx ON measurement.platform_metrics (episode_id);
CREATE INDEX platform_metrics_source_file_id_idx ON measurement.platform_metrics (source_file_id);
ALTER TABLE measurement.platform_metrics ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON measurement.platform_metrics TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON measurement.platform_metrics TO wavehouse_operational_worker USING (true);
GRANT SELECT ON measurement.platform_metrics
  TO wavehouse_operational_app;
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

ALTER TABLE measurement.source_files DROP CONSTRAINT source_files_format_check;
ALTER TABLE measurement.source_files ADD CONSTRAINT source_files_format_check CHECK (format IN
  ('cloudfront', 'combined', 'conversions', 'op3', 'fastly', 'cloudflare', 'platform'));
