-- Which file an address means, and which episode a file is of (R03): the hops of redirecting
-- enclosures, rules from paths to files, former guids, merged episodes.

-- Places that a redirecting enclosure leads to. Logs of the servers there name them.
CREATE TABLE catalog.hops (
  enclosure_id    uuid NOT NULL REFERENCES catalog.enclosures ON DELETE CASCADE,
  media_host      text NOT NULL,
  media_path      text NOT NULL,
  organization_id uuid NOT NULL,
  seen_at         timestamptz NOT NULL,
  PRIMARY KEY (enclosure_id, media_host, media_path)
);
COMMENT ON TABLE catalog.hops IS 'Where a redirecting enclosure leads: each hop and the target, as the probe followed them (R03).';
COMMENT ON COLUMN catalog.hops.enclosure_id IS 'The version of the file whose address redirects.';
COMMENT ON COLUMN catalog.hops.media_host IS 'The host of the hop, without prefixes.';
COMMENT ON COLUMN catalog.hops.media_path IS 'Its path, with the parameters that can name a file.';
COMMENT ON COLUMN catalog.hops.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.hops.seen_at IS 'When the probe was last led there.';

CREATE TABLE catalog.path_rules (
  path_rule_id    uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE CASCADE,
  rule            text NOT NULL CHECK (rule <> ''),
  note            text,
  created_by      uuid NOT NULL REFERENCES accounts.users ON DELETE RESTRICT,
  created_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, rule)
);
CREATE INDEX path_rules_created_by_idx ON catalog.path_rules (created_by);
COMMENT ON TABLE catalog.path_rules IS 'Rules of an organization''s own: which file a path means that no feed names (R03).';
COMMENT ON COLUMN catalog.path_rules.path_rule_id IS 'The rule.';
COMMENT ON COLUMN catalog.path_rules.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.path_rules.rule IS 'Pattern and address, as wavehouse paths add takes them.';
COMMENT ON COLUMN catalog.path_rules.note IS 'Why, in words.';
COMMENT ON COLUMN catalog.path_rules.created_by IS 'The user that added it.';
COMMENT ON COLUMN catalog.path_rules.created_at IS 'When.';

CREATE TABLE catalog.former_guids (
  podcast_id      uuid NOT NULL REFERENCES catalog.podcasts ON DELETE CASCADE,
  guid            varchar(500) NOT NULL,
  episode_id      uuid NOT NULL REFERENCES catalog.episodes ON DELETE CASCADE,
  organization_id uuid NOT NULL,
  changed_at      timestamptz NOT NULL,
  PRIMARY KEY (podcast_id, guid)
);
CREATE INDEX former_guids_episode_id_idx ON catalog.former_guids (episode_id);
COMMENT ON TABLE catalog.former_guids IS 'Guids that an episode had before its feed changed them; file and date, or title, stayed (R03).';
COMMENT ON COLUMN catalog.former_guids.podcast_id IS 'The show.';
COMMENT ON COLUMN catalog.former_guids.guid IS 'The guid that the feed had.';
COMMENT ON COLUMN catalog.former_guids.episode_id IS 'The episode, which has another guid now.';
COMMENT ON COLUMN catalog.former_guids.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.former_guids.changed_at IS 'When the change was seen.';

CREATE TABLE catalog.merges (
  merge_id        uuid PRIMARY KEY DEFAULT uuidv7(),
  episode_id      uuid NOT NULL REFERENCES catalog.episodes ON DELETE CASCADE,
  into_episode_id uuid NOT NULL REFERENCES catalog.episodes ON DELETE CASCADE,
  organization_id uuid NOT NULL,
  merged_at       timestamptz NOT NULL,
  split_at        timestamptz,
  changed_by      uuid NOT NULL REFERENCES accounts.users ON DELETE RESTRICT,
  CHECK (episode_id <> into_episode_id),
  CHECK (split_at >= merged_at)
);
CREATE UNIQUE INDEX merges_episode_id_key ON catalog.merges (episode_id) WHERE split_at IS NULL;
CREATE INDEX merges_episode_id_idx ON catalog.merges (episode_id);
CREATE INDEX merges_into_episode_id_idx ON catalog.merges (into_episode_id);
CREATE INDEX merges_changed_by_idx ON catalog.merges (changed_by);
COMMENT ON TABLE catalog.merges IS 'Episodes that a person joined, or that were one and a person split; what was done can be undone.';
COMMENT ON COLUMN catalog.merges.merge_id IS 'The merge.';
COMMENT ON COLUMN catalog.merges.episode_id IS 'The episode whose files, and so whose requests, are the other''s.';
COMMENT ON COLUMN catalog.merges.into_episode_id IS 'The episode that they count for.';
COMMENT ON COLUMN catalog.merges.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.merges.merged_at IS 'When they became one.';
COMMENT ON COLUMN catalog.merges.split_at IS 'When they became two again; NULL while they are one.';
COMMENT ON COLUMN catalog.merges.changed_by IS 'The user that last changed it.';

-- How often the answer to "which file is this" has changed, apart from new files.
CREATE TABLE catalog.media_revisions (
  organization_id uuid PRIMARY KEY REFERENCES accounts.organizations ON DELETE CASCADE,
  revision        bigint NOT NULL DEFAULT 1
);
COMMENT ON TABLE catalog.media_revisions IS 'Counts the changes of hops, rules, guids and merges, so that stored requests are looked through again.';
COMMENT ON COLUMN catalog.media_revisions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.media_revisions.revision IS 'The number of changes so far.';

ALTER TABLE catalog.enclosures ADD COLUMN moved_at timestamptz;
ALTER TABLE catalog.enclosures ADD COLUMN from_episode_id uuid REFERENCES catalog.episodes ON DELETE CASCADE;
CREATE INDEX enclosures_from_episode_id_idx ON catalog.enclosures (from_episode_id);
COMMENT ON COLUMN catalog.enclosures.from_episode_id IS 'The episode that the feed names it for, while that one is merged into another; else NULL.';
COMMENT ON COLUMN catalog.enclosures.moved_at IS 'When its requests last came to count for another episode; NULL for never.';

ALTER TABLE catalog.hops ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.path_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.former_guids ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.merges ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.media_revisions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON catalog.hops TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON catalog.path_rules TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON catalog.former_guids TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON catalog.merges TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY tenant ON catalog.media_revisions TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON catalog.hops TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON catalog.path_rules TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON catalog.former_guids TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON catalog.merges TO wavehouse_operational_worker USING (true);
CREATE POLICY everyone ON catalog.media_revisions TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.hops, catalog.path_rules, catalog.former_guids,
  catalog.merges, catalog.media_revisions TO wavehouse_operational_app;
