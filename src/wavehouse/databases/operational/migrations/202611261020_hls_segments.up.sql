-- R13: an HLS rendition is its playlist and the segments that the playlist names. What is counted
-- of it is time: positions are milliseconds of the programme, so that the rules of byte positions
-- (union, threshold) hold as they are. Decision 0607.

CREATE TABLE catalog.segments (
  enclosure_id    uuid NOT NULL REFERENCES catalog.enclosures ON DELETE CASCADE,
  media_host      text NOT NULL,
  media_path      text NOT NULL,
  organization_id uuid NOT NULL,
  start_ms        bigint NOT NULL CHECK (start_ms >= 0),
  duration_ms     bigint NOT NULL CHECK (duration_ms >= 0),
  bytes           bigint CHECK (bytes > 0),
  PRIMARY KEY (enclosure_id, media_host, media_path)
);
COMMENT ON TABLE catalog.segments IS 'What an HLS playlist names: segments with their place in the programme, and further playlists of no duration (R13).';
COMMENT ON COLUMN catalog.segments.enclosure_id IS 'The version of the rendition, whose address is the playlist''s.';
COMMENT ON COLUMN catalog.segments.media_host IS 'Where it is served, without prefixes.';
COMMENT ON COLUMN catalog.segments.media_path IS 'Its path there.';
COMMENT ON COLUMN catalog.segments.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN catalog.segments.start_ms IS 'Where in the programme it begins.';
COMMENT ON COLUMN catalog.segments.duration_ms IS 'How long it plays; 0 for playlists and initialisation.';
COMMENT ON COLUMN catalog.segments.bytes IS 'Its size; NULL when not known, then any answer with bytes is taken for the whole.';
COMMENT ON COLUMN catalog.enclosures.bytes IS 'How large it is; of an HLS rendition how long, in milliseconds (R13).';

ALTER TABLE catalog.segments ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON catalog.segments TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON catalog.segments TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.segments TO wavehouse_operational_app;
