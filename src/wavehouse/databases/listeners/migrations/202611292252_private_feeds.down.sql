DROP TABLE listeners.private_feeds;
