-- The dashboard asks for all shows of an organization over some days, split by one dimension. The keys
-- begin with the show: such a question read the whole year. These are read alone, in their order.

CREATE INDEX listener_events_daily_organization_id_day_idx
  ON analytics.listener_events_daily (organization_id, day)
  INCLUDE (episode_id, podcast_id, downloads);
CREATE INDEX listener_events_daily_platform_organization_id_day_idx
  ON analytics.listener_events_daily_platform (organization_id, day)
  INCLUDE (platform, podcast_id, downloads);
CREATE INDEX listener_events_daily_country_organization_id_day_idx
  ON analytics.listener_events_daily_country (organization_id, day)
  INCLUDE (country_code, podcast_id, downloads);
