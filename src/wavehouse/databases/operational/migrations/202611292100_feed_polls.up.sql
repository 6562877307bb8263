-- Feeds are polled: the result of the last poll, and the addresses that a feed moved from.

CREATE TABLE catalog.feed_polls (
  podcast_id      uuid PRIMARY KEY,
  organization_id uuid NOT NULL,
  outcome         text NOT NULL CHECK (outcome IN ('read', 'not_modified', 'failed', 'gone')),
  message         text,
  polled_at       timestamptz NOT NULL,
  read_at         timestamptz,
  failures        integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  failing_since   timestamptz,
  unmeasured      integer NOT NULL DEFAULT 0 CHECK (unmeasured >= 0),
  pages           integer NOT NULL DEFAULT 1 CHECK (pages > 0),
  next_page_url   varchar(2000),
  CONSTRAINT feed_polls_failing_check CHECK ((failures > 0) = (failing_since IS NOT NULL)),
  FOREIGN KEY (organization_id, podcast_id)
    REFERENCES catalog.podcasts (organization_id, podcast_id) ON DELETE CASCADE
);
CREATE INDEX feed_polls_organization_id_idx ON catalog.feed_polls (organization_id, podcast_id);
COMMENT ON TABLE catalog.feed_polls IS 'The result of the last poll of each feed.';
COMMENT ON COLUMN catalog.feed_polls.podcast_id IS 'The show.';
COMMENT ON COLUMN catalog.feed_polls.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.feed_polls.outcome IS 'read, not_modified (304), failed, or gone (410: not polled any more).';
COMMENT ON COLUMN catalog.feed_polls.message IS 'Why it failed, or what was left out; NULL when all went well.';
COMMENT ON COLUMN catalog.feed_polls.polled_at IS 'When.';
COMMENT ON COLUMN catalog.feed_polls.read_at IS 'When the document was last read as a whole; NULL for never.';
COMMENT ON COLUMN catalog.feed_polls.failures IS 'Failed polls in a row; they make the wait longer.';
COMMENT ON COLUMN catalog.feed_polls.failing_since IS 'Time of the first of them; NULL when the last poll succeeded.';
COMMENT ON COLUMN catalog.feed_polls.unmeasured IS 'Media files that the last poll left for the next one to measure.';
COMMENT ON COLUMN catalog.feed_polls.pages IS 'Pages of the feed that were fetched in all (RFC 5005).';
COMMENT ON COLUMN catalog.feed_polls.next_page_url IS 'The page at which the next poll reads on; NULL when all pages were read.';

CREATE TABLE catalog.feed_moves (
  feed_move_id    uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL,
  podcast_id      uuid NOT NULL,
  from_url        varchar(1000) NOT NULL,
  to_url          varchar(1000) NOT NULL,
  moved_at        timestamptz NOT NULL,
  CONSTRAINT feed_moves_to_url_check CHECK (to_url <> from_url),
  FOREIGN KEY (organization_id, podcast_id)
    REFERENCES catalog.podcasts (organization_id, podcast_id) ON DELETE CASCADE
);
CREATE INDEX feed_moves_organization_id_idx ON catalog.feed_moves (organization_id, podcast_id);
CREATE INDEX feed_moves_from_url_idx ON catalog.feed_moves (organization_id, from_url);
COMMENT ON TABLE catalog.feed_moves IS 'Addresses that a feed had before it moved for good (301, 308).';
COMMENT ON COLUMN catalog.feed_moves.feed_move_id IS 'The move.';
COMMENT ON COLUMN catalog.feed_moves.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.feed_moves.podcast_id IS 'The show.';
COMMENT ON COLUMN catalog.feed_moves.from_url IS 'The address before.';
COMMENT ON COLUMN catalog.feed_moves.to_url IS 'The address after.';
COMMENT ON COLUMN catalog.feed_moves.moved_at IS 'When the move was seen.';

CREATE INDEX podcasts_next_poll_at_idx ON catalog.podcasts (next_poll_at) WHERE next_poll_at IS NOT NULL;

ALTER TABLE catalog.feed_polls ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.feed_moves ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON catalog.feed_polls TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON catalog.feed_moves TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON catalog.feed_polls TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON catalog.feed_moves TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.feed_polls, catalog.feed_moves
  TO wavehouse_operational_app;
