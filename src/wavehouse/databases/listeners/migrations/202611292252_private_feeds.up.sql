-- Feeds that one listener reads by a token, as long as they are entitled to the show.

ALTER TABLE listeners.entitlement_ledger VALIDATE CONSTRAINT entitlement_ledger_generation_check;

CREATE TABLE listeners.private_feeds (
  feed_id     uuid PRIMARY KEY DEFAULT uuidv7(),
  listener_id uuid NOT NULL REFERENCES listeners.listeners ON DELETE CASCADE,
  resource    varchar(255) NOT NULL CHECK (resource <> ''),
  token_hash  bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  generation  integer NOT NULL DEFAULT 1 CHECK (generation > 0),
  created_at  timestamptz NOT NULL,
  rotated_at  timestamptz,
  revoked_at  timestamptz,
  UNIQUE (listener_id, resource)
);
ALTER TABLE listeners.private_feeds ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON listeners.private_feeds TO wavehouse_listeners_app
  USING (listener_id = ANY (listeners.current_listeners()));
CREATE POLICY everyone ON listeners.private_feeds TO wavehouse_listeners_worker USING (true);
COMMENT ON TABLE listeners.private_feeds IS 'Addresses of private feeds: one per listener and resource. Access is checked at each request.';
COMMENT ON COLUMN listeners.private_feeds.feed_id IS 'The feed.';
COMMENT ON COLUMN listeners.private_feeds.listener_id IS 'The listener that it is for.';
COMMENT ON COLUMN listeners.private_feeds.resource IS 'The resource that the listener must be entitled to.';
COMMENT ON COLUMN listeners.private_feeds.token_hash IS 'SHA-256 of the token, which was shown once.';
COMMENT ON COLUMN listeners.private_feeds.generation IS 'Grows with each new token; links of earlier ones end.';
COMMENT ON COLUMN listeners.private_feeds.created_at IS 'When it was made.';
COMMENT ON COLUMN listeners.private_feeds.rotated_at IS 'When it last got a new token.';
COMMENT ON COLUMN listeners.private_feeds.revoked_at IS 'When it was closed by hand.';
