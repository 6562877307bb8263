DROP INDEX catalog.podcasts_next_poll_at_idx;
DROP TABLE catalog.feed_moves;
DROP TABLE catalog.feed_polls;
