-- Projects, their schedule, what is generated, and what people and machine say to each other about
-- it.

CREATE TABLE studio.projects (
  project_id      uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  owner_id        uuid NOT NULL REFERENCES accounts.users ON DELETE RESTRICT,
  title           varchar(500) NOT NULL CHECK (title <> ''),
  brief           text,
  language        varchar(10) NOT NULL CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
  cadence_config  jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(cadence_config) = 'object'),
  memories        jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(memories) IN ('array', 'object')),
  missed_policy   text NOT NULL DEFAULT 'run_latest'
    CHECK (missed_policy IN ('run_latest', 'run_all', 'skip')),
  missed_limit    integer CHECK (missed_limit > 0),
  status          text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'archived')),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX projects_organization_id_idx ON studio.projects (organization_id);
CREATE INDEX projects_owner_id_idx ON studio.projects (owner_id);
CREATE TRIGGER projects_touch BEFORE UPDATE ON studio.projects
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.projects ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.projects TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.projects TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.projects
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.projects IS 'A show that is made here.';
COMMENT ON COLUMN studio.projects.project_id IS 'The project.';
COMMENT ON COLUMN studio.projects.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.projects.owner_id IS 'Whose it is.';
COMMENT ON COLUMN studio.projects.title IS 'Its title.';
COMMENT ON COLUMN studio.projects.brief IS 'What it is to be, in the owner''s words.';
COMMENT ON COLUMN studio.projects.language IS 'The language it is spoken in; every script is checked against it.';
COMMENT ON COLUMN studio.projects.cadence_config IS 'Days, times, zone, start, end and dates to skip (Q3).';
COMMENT ON COLUMN studio.projects.memories IS 'What was remembered before agent_memory was; imported from here without loss.';
COMMENT ON COLUMN studio.projects.missed_policy IS 'What happens to slots that were missed (Q7).';
COMMENT ON COLUMN studio.projects.missed_limit IS 'How many at most, when all are run.';
COMMENT ON COLUMN studio.projects.status IS 'Whether slots are planned.';
COMMENT ON COLUMN studio.projects.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.projects.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.episodes (
  episode_id          uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id     uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  project_id          uuid NOT NULL REFERENCES studio.projects ON DELETE CASCADE,
  title               varchar(500) NOT NULL CHECK (title <> ''),
  status              text NOT NULL DEFAULT 'planned'
    CHECK (status IN ('planned', 'scheduled', 'generating', 'ready', 'published', 'failed', 'archived')),
  scheduled_for       timestamptz,
  published_at        timestamptz,
  generation_attempts integer NOT NULL DEFAULT 0 CHECK (generation_attempts >= 0),
  generation_errors   jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(generation_errors) = 'array'),
  content_id          varchar(255),
  catalog_episode_id  uuid REFERENCES catalog.episodes ON DELETE SET NULL,
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT episodes_scheduled_check CHECK (status <> 'scheduled' OR scheduled_for IS NOT NULL),
  CONSTRAINT episodes_published_check CHECK (status <> 'published' OR published_at IS NOT NULL)
);
CREATE INDEX episodes_organization_id_idx ON studio.episodes (organization_id);
CREATE INDEX episodes_project_id_scheduled_for_idx ON studio.episodes (project_id, scheduled_for);
CREATE INDEX episodes_catalog_episode_id_idx ON studio.episodes (catalog_episode_id);
CREATE INDEX episodes_content_id_idx ON studio.episodes (content_id) WHERE content_id IS NOT NULL;
CREATE INDEX episodes_status_idx
  ON studio.episodes (status) WHERE status NOT IN ('published', 'archived');
CREATE TRIGGER episodes_touch BEFORE UPDATE ON studio.episodes
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.episodes ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.episodes TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.episodes TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.episodes
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.episodes IS 'An episode of a project, from plan to publication.';
COMMENT ON COLUMN studio.episodes.episode_id IS 'The episode.';
COMMENT ON COLUMN studio.episodes.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.episodes.project_id IS 'Its project.';
COMMENT ON COLUMN studio.episodes.title IS 'Its title.';
COMMENT ON COLUMN studio.episodes.status IS 'Where it stands.';
COMMENT ON COLUMN studio.episodes.scheduled_for IS 'When it is to appear.';
COMMENT ON COLUMN studio.episodes.published_at IS 'When it appeared.';
COMMENT ON COLUMN studio.episodes.generation_attempts IS 'How often generating was tried.';
COMMENT ON COLUMN studio.episodes.generation_errors IS 'One entry per attempt that failed.';
COMMENT ON COLUMN studio.episodes.content_id IS 'Its text in learning.content; opaque, no foreign key.';
COMMENT ON COLUMN studio.episodes.catalog_episode_id IS 'What it became in the catalogue.';
COMMENT ON COLUMN studio.episodes.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.episodes.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.blocks (
  block_id        uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  episode_id      uuid NOT NULL REFERENCES studio.episodes ON DELETE CASCADE,
  position        integer NOT NULL CHECK (position >= 0),
  type            text NOT NULL DEFAULT 'markdown'
    CHECK (type IN ('markdown', 'speech', 'music', 'sound', 'advertisement')),
  body            text NOT NULL,
  revision        integer NOT NULL DEFAULT 1 CHECK (revision > 0),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (episode_id, position)
);
CREATE INDEX blocks_organization_id_idx ON studio.blocks (organization_id);
CREATE TRIGGER blocks_touch BEFORE UPDATE ON studio.blocks
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.blocks ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.blocks TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.blocks TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.blocks
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.blocks IS 'The parts of an episode''s script; one markdown block each at first.';
COMMENT ON COLUMN studio.blocks.block_id IS 'The block.';
COMMENT ON COLUMN studio.blocks.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.blocks.episode_id IS 'Its episode.';
COMMENT ON COLUMN studio.blocks.position IS 'Its place, from 0.';
COMMENT ON COLUMN studio.blocks.type IS 'What it is.';
COMMENT ON COLUMN studio.blocks.body IS 'Its text.';
COMMENT ON COLUMN studio.blocks.revision IS 'Grows with every change of the text.';
COMMENT ON COLUMN studio.blocks.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.blocks.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.episode_schedule_queue (
  slot_id             uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id     uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  project_id          uuid NOT NULL REFERENCES studio.projects ON DELETE CASCADE,
  episode_id          uuid REFERENCES studio.episodes ON DELETE SET NULL,
  local_date          date NOT NULL,
  local_time          time NOT NULL,
  ordinal             integer NOT NULL CHECK (ordinal >= 0),
  timezone            text NOT NULL CHECK (timezone <> ''),
  tzdata_version      text NOT NULL,
  slot_at             timestamptz NOT NULL,
  run_at              timestamptz NOT NULL,
  lane                smallint NOT NULL DEFAULT 1 CHECK (lane IN (0, 1, 2)),
  status              text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'running', 'blocked_budget')),
  attempts            integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  max_attempts        integer NOT NULL DEFAULT 5 CHECK (max_attempts > 0),
  errors              jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(errors) = 'array'),
  lease_token         uuid,
  worker_id           uuid,
  claimed_at          timestamptz,
  deadline_at         timestamptz,
  cancel_requested_at timestamptz,
  cost                numeric(20, 12) NOT NULL DEFAULT 0 CHECK (cost >= 0),
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now(),
  UNIQUE (project_id, slot_at),
  UNIQUE (project_id, local_date, ordinal),
  CONSTRAINT episode_schedule_queue_lease_check
    CHECK ((status = 'running') = (lease_token IS NOT NULL)),
  CONSTRAINT episode_schedule_queue_claim_check
    CHECK ((lease_token IS NULL) = (worker_id IS NULL) AND (lease_token IS NULL) = (claimed_at IS NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX episode_schedule_queue_claim_idx
  ON studio.episode_schedule_queue (organization_id, lane, run_at, slot_id) WHERE status = 'pending';
CREATE INDEX episode_schedule_queue_organization_id_idx
  ON studio.episode_schedule_queue (organization_id);
CREATE INDEX episode_schedule_queue_episode_id_idx ON studio.episode_schedule_queue (episode_id);
CREATE INDEX episode_schedule_queue_worker_id_idx
  ON studio.episode_schedule_queue (worker_id) WHERE status = 'running';
CREATE TRIGGER episode_schedule_queue_touch BEFORE UPDATE ON studio.episode_schedule_queue
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.episode_schedule_queue ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.episode_schedule_queue TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.episode_schedule_queue TO wavehouse_operational_worker USING (true);
GRANT SELECT ON studio.episode_schedule_queue
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.episode_schedule_queue IS 'Live slots only, claimed with FOR UPDATE SKIP LOCKED; finished ones move to episode_schedule_done.';
COMMENT ON COLUMN studio.episode_schedule_queue.slot_id IS 'The slot.';
COMMENT ON COLUMN studio.episode_schedule_queue.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.episode_schedule_queue.project_id IS 'Its project.';
COMMENT ON COLUMN studio.episode_schedule_queue.episode_id IS 'The episode it makes.';
COMMENT ON COLUMN studio.episode_schedule_queue.local_date IS 'Its date on the project''s clock.';
COMMENT ON COLUMN studio.episode_schedule_queue.local_time IS 'Its time on the project''s clock.';
COMMENT ON COLUMN studio.episode_schedule_queue.ordinal IS 'Which slot of that date.';
COMMENT ON COLUMN studio.episode_schedule_queue.timezone IS 'The zone of that clock.';
COMMENT ON COLUMN studio.episode_schedule_queue.tzdata_version IS 'By which edition of the zone rules (Q5).';
COMMENT ON COLUMN studio.episode_schedule_queue.slot_at IS 'The instant; never moved by a retry.';
COMMENT ON COLUMN studio.episode_schedule_queue.run_at IS 'From when it may be claimed.';
COMMENT ON COLUMN studio.episode_schedule_queue.lane IS '0 interactive, 1 scheduled, 2 backfill (Q10).';
COMMENT ON COLUMN studio.episode_schedule_queue.status IS 'Live states; every other is an end.';
COMMENT ON COLUMN studio.episode_schedule_queue.attempts IS 'Counted at claim (Q17).';
COMMENT ON COLUMN studio.episode_schedule_queue.max_attempts IS 'Then it is dead.';
COMMENT ON COLUMN studio.episode_schedule_queue.errors IS 'One entry per failed attempt.';
COMMENT ON COLUMN studio.episode_schedule_queue.lease_token IS 'Random; every write after the claim must carry it (Q15, Q16).';
COMMENT ON COLUMN studio.episode_schedule_queue.worker_id IS 'Who runs it. No foreign key: a worker''s row leaves while its lease is judged.';
COMMENT ON COLUMN studio.episode_schedule_queue.claimed_at IS 'When the running attempt was claimed.';
COMMENT ON COLUMN studio.episode_schedule_queue.deadline_at IS 'When the running attempt is cut off.';
COMMENT ON COLUMN studio.episode_schedule_queue.cancel_requested_at IS 'Seen by the worker at its next heartbeat (Q22).';
COMMENT ON COLUMN studio.episode_schedule_queue.cost IS 'Spent on it so far.';
COMMENT ON COLUMN studio.episode_schedule_queue.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.episode_schedule_queue.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.episode_schedule_done (
  finished_at     timestamptz NOT NULL,
  slot_id         uuid NOT NULL,
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  project_id      uuid NOT NULL REFERENCES studio.projects ON DELETE CASCADE,
  episode_id      uuid,
  local_date      date NOT NULL,
  ordinal         integer NOT NULL CHECK (ordinal >= 0),
  slot_at         timestamptz NOT NULL,
  status          text NOT NULL CHECK (status IN ('done', 'failed', 'dead', 'missed', 'cancelled')),
  attempts        integer NOT NULL CHECK (attempts >= 0),
  errors          jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(errors) = 'array'),
  cost            numeric(20, 12) NOT NULL DEFAULT 0 CHECK (cost >= 0),
  worker_id       uuid,
  PRIMARY KEY (finished_at, slot_id)
) PARTITION BY RANGE (finished_at);
CREATE INDEX episode_schedule_done_organization_id_idx
  ON studio.episode_schedule_done (organization_id);
CREATE INDEX episode_schedule_done_project_id_slot_at_idx
  ON studio.episode_schedule_done (project_id, slot_at DESC);
CREATE INDEX episode_schedule_done_slot_id_idx ON studio.episode_schedule_done (slot_id);
ALTER TABLE studio.episode_schedule_done ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.episode_schedule_done TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.episode_schedule_done TO wavehouse_operational_worker USING (true);
GRANT SELECT ON studio.episode_schedule_done
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.episode_schedule_done IS 'Slots that came to an end, each in exactly one way (Q7); retention drops a month at a time.';
COMMENT ON COLUMN studio.episode_schedule_done.finished_at IS 'When it ended; the month it lies in.';
COMMENT ON COLUMN studio.episode_schedule_done.slot_id IS 'The slot.';
COMMENT ON COLUMN studio.episode_schedule_done.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.episode_schedule_done.project_id IS 'Its project.';
COMMENT ON COLUMN studio.episode_schedule_done.episode_id IS 'The episode it made. No foreign key: the record outlives it.';
COMMENT ON COLUMN studio.episode_schedule_done.local_date IS 'Its date on the project''s clock.';
COMMENT ON COLUMN studio.episode_schedule_done.ordinal IS 'Which slot of that date.';
COMMENT ON COLUMN studio.episode_schedule_done.slot_at IS 'The instant.';
COMMENT ON COLUMN studio.episode_schedule_done.status IS 'How it ended.';
COMMENT ON COLUMN studio.episode_schedule_done.attempts IS 'How many attempts there were.';
COMMENT ON COLUMN studio.episode_schedule_done.errors IS 'One entry per failed attempt.';
COMMENT ON COLUMN studio.episode_schedule_done.cost IS 'What it cost.';
COMMENT ON COLUMN studio.episode_schedule_done.worker_id IS 'Who ran the last attempt.';

CREATE TABLE studio.planning_notes (
  note_id               uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id       uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  project_id            uuid NOT NULL REFERENCES studio.projects ON DELETE CASCADE,
  episode_id            uuid REFERENCES studio.episodes ON DELETE SET NULL,
  author_id             uuid NOT NULL REFERENCES accounts.users ON DELETE RESTRICT,
  body                  text NOT NULL CHECK (body <> ''),
  kind                  text NOT NULL CHECK (kind IN ('idea', 'feedback', 'correction')),
  state                 text NOT NULL DEFAULT 'open'
    CHECK (state IN ('open', 'considered', 'applied', 'declined')),
  reason                text,
  applied_to_episode_id uuid REFERENCES studio.episodes ON DELETE SET NULL,
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT planning_notes_declined_check CHECK (state <> 'declined' OR reason IS NOT NULL),
  CONSTRAINT planning_notes_applied_check
    CHECK (applied_to_episode_id IS NULL OR state = 'applied')
);
CREATE INDEX planning_notes_organization_id_idx ON studio.planning_notes (organization_id);
CREATE INDEX planning_notes_project_id_created_at_idx
  ON studio.planning_notes (project_id, created_at) WHERE state = 'open';
CREATE INDEX planning_notes_project_id_idx ON studio.planning_notes (project_id);
CREATE INDEX planning_notes_episode_id_idx ON studio.planning_notes (episode_id);
CREATE INDEX planning_notes_author_id_idx ON studio.planning_notes (author_id);
CREATE INDEX planning_notes_applied_to_episode_id_idx
  ON studio.planning_notes (applied_to_episode_id);
CREATE TRIGGER planning_notes_touch BEFORE UPDATE ON studio.planning_notes
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.planning_notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.planning_notes TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.planning_notes TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.planning_notes
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.planning_notes IS 'What people want changed; a note left on one episode reaches the planning of the next, and the episode shows it.';
COMMENT ON COLUMN studio.planning_notes.note_id IS 'The note.';
COMMENT ON COLUMN studio.planning_notes.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.planning_notes.project_id IS 'Its project.';
COMMENT ON COLUMN studio.planning_notes.episode_id IS 'The episode it was left on.';
COMMENT ON COLUMN studio.planning_notes.author_id IS 'Who wrote it.';
COMMENT ON COLUMN studio.planning_notes.body IS 'What they wrote.';
COMMENT ON COLUMN studio.planning_notes.kind IS 'What kind of note.';
COMMENT ON COLUMN studio.planning_notes.state IS 'What became of it.';
COMMENT ON COLUMN studio.planning_notes.reason IS 'Why it was declined.';
COMMENT ON COLUMN studio.planning_notes.applied_to_episode_id IS 'The episode that it changed.';
COMMENT ON COLUMN studio.planning_notes.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.planning_notes.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.agent_memory (
  memory_id       uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  project_id      uuid NOT NULL REFERENCES studio.projects ON DELETE CASCADE,
  kind            text NOT NULL
    CHECK (kind IN ('fact', 'preference', 'decision', 'style', 'summary')),
  content         text,
  valid_from      timestamptz NOT NULL,
  valid_to        timestamptz,
  recorded_at     timestamptz NOT NULL,
  superseded_by   uuid REFERENCES studio.agent_memory ON DELETE SET NULL,
  source_kind     text NOT NULL
    CHECK (source_kind IN ('note', 'chat', 'generation', 'person', 'import')),
  source_id       text NOT NULL,
  confidence      numeric(3, 2) NOT NULL DEFAULT 1 CHECK (confidence BETWEEN 0 AND 1),
  forgotten_at    timestamptz,
  UNIQUE (project_id, source_kind, source_id, recorded_at),
  CONSTRAINT agent_memory_validity_check CHECK (valid_to > valid_from),
  CONSTRAINT agent_memory_forgotten_check CHECK ((content IS NULL) = (forgotten_at IS NOT NULL)),
  CONSTRAINT agent_memory_supersedes_another_check CHECK (superseded_by <> memory_id)
);
CREATE INDEX agent_memory_organization_id_idx ON studio.agent_memory (organization_id);
CREATE INDEX agent_memory_project_id_recorded_at_idx
  ON studio.agent_memory (project_id, recorded_at DESC) WHERE superseded_by IS NULL;
CREATE INDEX agent_memory_superseded_by_idx ON studio.agent_memory (superseded_by);
ALTER TABLE studio.agent_memory ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.agent_memory TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.agent_memory TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON studio.agent_memory
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.agent_memory IS 'What the machine believes of a project, with two times: when it holds and when it was learnt. A correction supersedes and never deletes; forgetting empties the content.';
COMMENT ON COLUMN studio.agent_memory.memory_id IS 'The memory.';
COMMENT ON COLUMN studio.agent_memory.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.agent_memory.project_id IS 'Its project.';
COMMENT ON COLUMN studio.agent_memory.kind IS 'What kind of memory.';
COMMENT ON COLUMN studio.agent_memory.content IS 'What is remembered; NULL is the tombstone of something forgotten.';
COMMENT ON COLUMN studio.agent_memory.valid_from IS 'From when it holds.';
COMMENT ON COLUMN studio.agent_memory.valid_to IS 'Until when it holds.';
COMMENT ON COLUMN studio.agent_memory.recorded_at IS 'When it was learnt.';
COMMENT ON COLUMN studio.agent_memory.superseded_by IS 'What replaced it.';
COMMENT ON COLUMN studio.agent_memory.source_kind IS 'Where it is from.';
COMMENT ON COLUMN studio.agent_memory.source_id IS 'Which one; an import names its place in projects.memories.';
COMMENT ON COLUMN studio.agent_memory.confidence IS 'How sure it is.';
COMMENT ON COLUMN studio.agent_memory.forgotten_at IS 'When the content was erased.';

CREATE FUNCTION studio.guard_memory() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF (NEW.memory_id, NEW.project_id, NEW.kind, NEW.valid_from, NEW.recorded_at, NEW.source_kind, NEW.source_id)
     IS DISTINCT FROM
     (OLD.memory_id, OLD.project_id, OLD.kind, OLD.valid_from, OLD.recorded_at, OLD.source_kind, OLD.source_id)
     OR (NEW.content IS NOT NULL AND NEW.content IS DISTINCT FROM OLD.content)
  THEN
    RAISE EXCEPTION 'a memory is append-only: supersede it or forget it'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION studio.guard_memory() IS 'Lets a memory be superseded, ended or forgotten, and nothing else.';
CREATE TRIGGER agent_memory_append_only BEFORE UPDATE ON studio.agent_memory
  FOR EACH ROW EXECUTE FUNCTION studio.guard_memory();

CREATE TABLE studio.user_event_types (
  event_type  text NOT NULL CHECK (event_type ~ '^[a-z_]+([.][a-z_]+)*$'),
  version     integer NOT NULL CHECK (version > 0),
  description text NOT NULL,
  json_schema jsonb NOT NULL CHECK (jsonb_typeof(json_schema) = 'object'),
  retired_at  timestamptz,
  PRIMARY KEY (event_type, version)
);
GRANT SELECT ON studio.user_event_types
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.user_event_types IS 'The registry of events with the shape of their data: a new kind is a row here, not a change of the schema.';
COMMENT ON COLUMN studio.user_event_types.event_type IS 'The kind of event.';
COMMENT ON COLUMN studio.user_event_types.version IS 'Version of its shape.';
COMMENT ON COLUMN studio.user_event_types.description IS 'What it means.';
COMMENT ON COLUMN studio.user_event_types.json_schema IS 'The shape of its data.';
COMMENT ON COLUMN studio.user_event_types.retired_at IS 'From when it is not accepted any more.';

CREATE TABLE studio.user_events (
  event_id        uuid PRIMARY KEY DEFAULT uuidv7(),
  user_id         uuid NOT NULL REFERENCES accounts.users ON DELETE CASCADE,
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  event_type      text NOT NULL CHECK (event_type <> ''),
  event_data      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(event_data) = 'object'),
  client_event_id varchar(255) NOT NULL,
  occurred_at     timestamptz NOT NULL,
  status          text NOT NULL DEFAULT 'accepted' CHECK (status IN ('accepted', 'quarantined'))
);
CREATE INDEX user_events_user_id_occurred_at_idx ON studio.user_events (user_id, occurred_at DESC);
CREATE INDEX user_events_organization_id_event_type_occurred_at_idx
  ON studio.user_events (organization_id, event_type, occurred_at DESC);
CREATE UNIQUE INDEX user_events_client_day_key
  ON studio.user_events (organization_id, client_event_id, ((occurred_at AT TIME ZONE 'UTC')::date));
ALTER TABLE studio.user_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.user_events TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.user_events TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT ON studio.user_events
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.user_events IS 'What creators did, as events instead of flags. Kept 2 years.';
COMMENT ON COLUMN studio.user_events.event_id IS 'The event.';
COMMENT ON COLUMN studio.user_events.user_id IS 'Who did it.';
COMMENT ON COLUMN studio.user_events.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.user_events.event_type IS 'What was done; kinds that the registry does not know are quarantined.';
COMMENT ON COLUMN studio.user_events.event_data IS 'With what.';
COMMENT ON COLUMN studio.user_events.client_event_id IS 'The client''s id; counted once a day and organization.';
COMMENT ON COLUMN studio.user_events.occurred_at IS 'When.';
COMMENT ON COLUMN studio.user_events.status IS 'Whether its kind and shape are known.';

CREATE TABLE studio.chat_sessions (
  chat_session_id uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  project_id      uuid NOT NULL REFERENCES studio.projects ON DELETE CASCADE,
  user_id         uuid NOT NULL REFERENCES accounts.users ON DELETE CASCADE,
  title           varchar(500),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX chat_sessions_organization_id_idx ON studio.chat_sessions (organization_id);
CREATE INDEX chat_sessions_project_id_idx ON studio.chat_sessions (project_id);
CREATE INDEX chat_sessions_user_id_updated_at_idx
  ON studio.chat_sessions (user_id, updated_at DESC);
CREATE TRIGGER chat_sessions_touch BEFORE UPDATE ON studio.chat_sessions
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.chat_sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.chat_sessions TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.chat_sessions TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.chat_sessions
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.chat_sessions IS 'A conversation about a project. Kept 2 years.';
COMMENT ON COLUMN studio.chat_sessions.chat_session_id IS 'The session.';
COMMENT ON COLUMN studio.chat_sessions.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.chat_sessions.project_id IS 'Its project.';
COMMENT ON COLUMN studio.chat_sessions.user_id IS 'Whose it is.';
COMMENT ON COLUMN studio.chat_sessions.title IS 'Its title.';
COMMENT ON COLUMN studio.chat_sessions.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.chat_sessions.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.chat_messages (
  message_id      uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  chat_session_id uuid NOT NULL REFERENCES studio.chat_sessions ON DELETE CASCADE,
  seq             integer NOT NULL CHECK (seq > 0),
  parent_id       uuid REFERENCES studio.chat_messages ON DELETE CASCADE,
  role            text NOT NULL CHECK (role IN ('system', 'user', 'assistant', 'tool')),
  parts           jsonb NOT NULL CHECK (jsonb_typeof(parts) = 'array'),
  schema_version  integer NOT NULL DEFAULT 1 CHECK (schema_version > 0),
  status          text NOT NULL DEFAULT 'complete'
    CHECK (status IN ('streaming', 'complete', 'aborted', 'error')),
  model           text,
  usage_event_id  uuid,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  UNIQUE (chat_session_id, seq),
  CONSTRAINT chat_messages_assistant_model_check CHECK (role <> 'assistant' OR model IS NOT NULL)
);
CREATE INDEX chat_messages_organization_id_idx ON studio.chat_messages (organization_id);
CREATE INDEX chat_messages_parent_id_idx ON studio.chat_messages (parent_id);
CREATE TRIGGER chat_messages_touch BEFORE UPDATE ON studio.chat_messages
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.chat_messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.chat_messages TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.chat_messages TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON studio.chat_messages
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.chat_messages IS 'Messages in the order of seq; the person''s is committed before the call, the answer''s parts as they come.';
COMMENT ON COLUMN studio.chat_messages.message_id IS 'The message.';
COMMENT ON COLUMN studio.chat_messages.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.chat_messages.chat_session_id IS 'Its session.';
COMMENT ON COLUMN studio.chat_messages.seq IS 'Its place, from 1.';
COMMENT ON COLUMN studio.chat_messages.parent_id IS 'What it answers; another child is a branch.';
COMMENT ON COLUMN studio.chat_messages.role IS 'Who speaks.';
COMMENT ON COLUMN studio.chat_messages.parts IS 'Texts, calls and results.';
COMMENT ON COLUMN studio.chat_messages.schema_version IS 'Version of the shape of the parts.';
COMMENT ON COLUMN studio.chat_messages.status IS 'Whether it is whole.';
COMMENT ON COLUMN studio.chat_messages.model IS 'Which model wrote it.';
COMMENT ON COLUMN studio.chat_messages.usage_event_id IS 'What it cost. No foreign key: usage is partitioned and leaves sooner.';
COMMENT ON COLUMN studio.chat_messages.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.chat_messages.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.highlights (
  highlight_id    uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  user_id         uuid NOT NULL REFERENCES accounts.users ON DELETE CASCADE,
  block_id        uuid NOT NULL REFERENCES studio.blocks ON DELETE CASCADE,
  block_revision  integer NOT NULL CHECK (block_revision > 0),
  exact           text NOT NULL CHECK (exact <> ''),
  prefix          text NOT NULL DEFAULT '',
  suffix          text NOT NULL DEFAULT '',
  start           integer NOT NULL CHECK (start >= 0),
  "end"           integer NOT NULL,
  note            text,
  colour          varchar(20) NOT NULL DEFAULT 'yellow',
  state           text NOT NULL DEFAULT 'anchored' CHECK (state IN ('anchored', 'orphaned')),
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT highlights_span_check CHECK ("end" > start)
);
CREATE INDEX highlights_organization_id_idx ON studio.highlights (organization_id);
CREATE INDEX highlights_user_id_idx ON studio.highlights (user_id);
CREATE INDEX highlights_block_id_idx ON studio.highlights (block_id);
CREATE TRIGGER highlights_touch BEFORE UPDATE ON studio.highlights
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.highlights ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.highlights TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.highlights TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.highlights
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.highlights IS 'Passages that someone marked, found again by their words when the block changes (W3C TextQuote and TextPosition).';
COMMENT ON COLUMN studio.highlights.highlight_id IS 'The highlight.';
COMMENT ON COLUMN studio.highlights.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.highlights.user_id IS 'Who marked it.';
COMMENT ON COLUMN studio.highlights.block_id IS 'In which block.';
COMMENT ON COLUMN studio.highlights.block_revision IS 'In which revision of it.';
COMMENT ON COLUMN studio.highlights.exact IS 'The words.';
COMMENT ON COLUMN studio.highlights.prefix IS 'The words before.';
COMMENT ON COLUMN studio.highlights.suffix IS 'The words after.';
COMMENT ON COLUMN studio.highlights.start IS 'First character.';
COMMENT ON COLUMN studio.highlights."end" IS 'First character after it.';
COMMENT ON COLUMN studio.highlights.note IS 'What they say of it.';
COMMENT ON COLUMN studio.highlights.colour IS 'Its colour.';
COMMENT ON COLUMN studio.highlights.state IS 'Whether the words are still there.';
COMMENT ON COLUMN studio.highlights.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.highlights.updated_at IS 'When the row last changed; kept by a trigger.';

CREATE TABLE studio.generation_steps (
  generation_id   uuid NOT NULL,
  step            text NOT NULL
    CHECK (step IN ('plan', 'outline', 'script', 'review', 'synthesize', 'assemble', 'encode', 'transcript', 'publish', 'notify')),
  segment         integer NOT NULL DEFAULT 0 CHECK (segment >= 0),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  episode_id      uuid NOT NULL REFERENCES studio.episodes ON DELETE CASCADE,
  input_hash      bytea NOT NULL CHECK (length(input_hash) = 32),
  status          text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'running', 'waiting', 'completed', 'failed', 'skipped')),
  attempt         integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  output_ref      varchar(1000),
  prompt_manifest jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(prompt_manifest) = 'object'),
  reservation_id  uuid,
  cost            numeric(20, 12) NOT NULL DEFAULT 0 CHECK (cost >= 0),
  error           text,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (generation_id, step, segment),
  CONSTRAINT generation_steps_completed_check
    CHECK (status <> 'completed' OR output_ref IS NOT NULL)
);
CREATE INDEX generation_steps_organization_id_idx ON studio.generation_steps (organization_id);
CREATE INDEX generation_steps_episode_id_step_input_hash_idx
  ON studio.generation_steps (episode_id, step, input_hash);
CREATE TRIGGER generation_steps_touch BEFORE UPDATE ON studio.generation_steps
  FOR EACH ROW EXECUTE FUNCTION accounts.touch_updated_at();
ALTER TABLE studio.generation_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.generation_steps TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.generation_steps TO wavehouse_operational_worker USING (true);
GRANT SELECT ON studio.generation_steps
  TO wavehouse_operational_app;
COMMENT ON TABLE studio.generation_steps IS 'Steps of a generation; one that is finished for the same input is not run again.';
COMMENT ON COLUMN studio.generation_steps.generation_id IS 'The generation.';
COMMENT ON COLUMN studio.generation_steps.step IS 'The step.';
COMMENT ON COLUMN studio.generation_steps.segment IS 'Which segment of a step that has several.';
COMMENT ON COLUMN studio.generation_steps.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.generation_steps.episode_id IS 'The episode.';
COMMENT ON COLUMN studio.generation_steps.input_hash IS 'Hash of everything the step depends on.';
COMMENT ON COLUMN studio.generation_steps.status IS 'Where it stands.';
COMMENT ON COLUMN studio.generation_steps.attempt IS 'Which attempt.';
COMMENT ON COLUMN studio.generation_steps.output_ref IS 'Key of its result in the object store.';
COMMENT ON COLUMN studio.generation_steps.prompt_manifest IS 'Which notes and memories went into it.';
COMMENT ON COLUMN studio.generation_steps.reservation_id IS 'The budget reservation of its call. No foreign key: settled ones are deleted.';
COMMENT ON COLUMN studio.generation_steps.cost IS 'What it cost.';
COMMENT ON COLUMN studio.generation_steps.error IS 'Why it failed.';
COMMENT ON COLUMN studio.generation_steps.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN studio.generation_steps.updated_at IS 'When the row last changed; kept by a trigger.';
