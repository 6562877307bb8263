-- Episodes that learning asks for: one slot and one announcement for each request.

ALTER TABLE studio.productions ADD COLUMN for_learners boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN studio.productions.for_learners IS 'Whether learning may ask for episodes when a learner has nothing suitable left.';

CREATE TABLE studio.episode_requests (
  request_id      uuid NOT NULL CONSTRAINT episode_requests_pkey PRIMARY KEY,
  organization_id uuid NOT NULL,
  project_id      uuid NOT NULL,
  slot_id         uuid NOT NULL CONSTRAINT episode_requests_slot_id_key UNIQUE,
  level           text NOT NULL
    CONSTRAINT episode_requests_level_check CHECK (level IN ('beginner', 'intermediate', 'advanced')),
  announced_at    timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT episode_requests_project_id_fkey FOREIGN KEY (organization_id, project_id)
    REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE
);
CREATE INDEX episode_requests_organization_id_project_id_idx
  ON studio.episode_requests (organization_id, project_id);
CREATE TRIGGER episode_requests_touch BEFORE UPDATE ON studio.episode_requests
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.episode_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.episode_requests TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.episode_requests TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.episode_requests TO wavehouse_operational_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.episode_requests TO wavehouse_operational_worker;
COMMENT ON TABLE studio.episode_requests IS 'An episode that another part of the product asked for, at a level of its own.';
COMMENT ON COLUMN studio.episode_requests.request_id IS 'The request; asking twice with it makes one slot.';
COMMENT ON COLUMN studio.episode_requests.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.episode_requests.project_id IS 'The project that makes it.';
COMMENT ON COLUMN studio.episode_requests.slot_id IS 'Its slot. No foreign key: slots move when they end.';
COMMENT ON COLUMN studio.episode_requests.level IS 'Level of the script and pace of the voices, instead of the project''s.';
COMMENT ON COLUMN studio.episode_requests.announced_at IS 'When its end was announced by webhook; once.';
COMMENT ON COLUMN studio.episode_requests.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.episode_requests.updated_at IS 'When the row last changed; kept by a trigger.';
