DROP FUNCTION analytics.ensure_period(date);
DROP TABLE analytics.reconciliations;
DROP TABLE analytics.audience_daily;
DROP TABLE analytics.listener_events_daily_device;
DROP TABLE analytics.listener_events_daily_country;
DROP TABLE analytics.listener_events_daily_platform;
DROP TABLE analytics.listener_events_daily;
DROP TABLE analytics.listener_events_hourly_device;
DROP TABLE analytics.listener_events_hourly_country;
DROP TABLE analytics.listener_events_hourly_platform;
DROP TABLE analytics.listener_events_hourly;
DROP FUNCTION analytics.current_organization();
ALTER DEFAULT PRIVILEGES IN SCHEMA analytics
  REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM wavehouse_analytics_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA analytics
  REVOKE SELECT ON TABLES FROM wavehouse_analytics_app;
REVOKE USAGE ON SCHEMA schema_ops FROM wavehouse_analytics_app, wavehouse_analytics_worker;
DROP SCHEMA analytics;
