DROP TABLE analytics.behavior_daily;
