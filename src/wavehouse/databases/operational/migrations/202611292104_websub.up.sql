-- Feeds whose hub announces changes (WebSub): one subscription for each show.

CREATE TABLE catalog.websub_subscriptions (
  subscription_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id uuid NOT NULL,
  podcast_id      uuid NOT NULL,
  hub_url         varchar(2000) NOT NULL,
  topic_url       varchar(2000) NOT NULL,
  state           text NOT NULL DEFAULT 'wanted'
    CHECK (state IN ('wanted', 'requested', 'active', 'denied', 'failed')),
  message         text,
  failures        integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  next_try_at     timestamptz NOT NULL,
  requested_at    timestamptz,
  expires_at      timestamptz,
  announced_at    timestamptz,
  UNIQUE (organization_id, podcast_id),
  FOREIGN KEY (organization_id, podcast_id)
    REFERENCES catalog.podcasts (organization_id, podcast_id) ON DELETE CASCADE
);
CREATE INDEX websub_subscriptions_next_try_at_idx ON catalog.websub_subscriptions (next_try_at);
COMMENT ON TABLE catalog.websub_subscriptions IS 'Subscriptions to the hubs that feeds name (WebSub).';
COMMENT ON COLUMN catalog.websub_subscriptions.subscription_id IS 'The subscription; random, and a part of its callback''s address.';
COMMENT ON COLUMN catalog.websub_subscriptions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.websub_subscriptions.podcast_id IS 'The show.';
COMMENT ON COLUMN catalog.websub_subscriptions.hub_url IS 'The hub that the feed names.';
COMMENT ON COLUMN catalog.websub_subscriptions.topic_url IS 'The address under which the hub knows the feed.';
COMMENT ON COLUMN catalog.websub_subscriptions.state IS 'wanted, requested (the hub must verify it), active, denied by the hub, or failed.';
COMMENT ON COLUMN catalog.websub_subscriptions.message IS 'Why it failed or was denied.';
COMMENT ON COLUMN catalog.websub_subscriptions.failures IS 'Requests in a row that the hub did not verify.';
COMMENT ON COLUMN catalog.websub_subscriptions.next_try_at IS 'When it is requested next: for the first time, again, or to renew the lease.';
COMMENT ON COLUMN catalog.websub_subscriptions.requested_at IS 'When it was last requested.';
COMMENT ON COLUMN catalog.websub_subscriptions.expires_at IS 'End of the lease.';
COMMENT ON COLUMN catalog.websub_subscriptions.announced_at IS 'When the hub last announced a change.';
ALTER TABLE catalog.websub_subscriptions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON catalog.websub_subscriptions TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON catalog.websub_subscriptions TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.websub_subscriptions TO wavehouse_operational_app;
