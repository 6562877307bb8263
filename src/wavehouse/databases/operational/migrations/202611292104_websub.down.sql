DROP TABLE catalog.websub_subscriptions;
