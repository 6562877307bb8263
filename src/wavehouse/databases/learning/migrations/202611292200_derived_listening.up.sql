-- What events come to: one row for each piece in a session, from which counters, levels and figures of
-- content are derived. Everything in it can be made again from the events (L1).

CREATE TABLE learning.session_items (
  session_id      varchar(255) NOT NULL,
  content_id      varchar(255) NOT NULL,
  organization_id uuid NOT NULL,
  first_at        timestamptz NOT NULL,
  last_at         timestamptz NOT NULL,
  seconds         numeric(12, 2) NOT NULL CHECK (seconds >= 0),
  heard           numeric(5, 4) NOT NULL CHECK (heard BETWEEN 0 AND 1),
  replays         integer NOT NULL CHECK (replays >= 0),
  liked           boolean NOT NULL,
  closed          boolean NOT NULL,
  outcome         smallint CHECK (outcome BETWEEN 0 AND 4),
  difficulty      numeric(4, 2) NOT NULL CHECK (difficulty BETWEEN -3 AND 3),
  features        text[] NOT NULL DEFAULT '{}',
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (session_id, content_id),
  CONSTRAINT session_items_order_check CHECK (last_at >= first_at),
  CONSTRAINT session_items_closed_check CHECK (closed OR outcome IS NULL),
  CONSTRAINT session_items_session_id_fkey FOREIGN KEY (organization_id, session_id)
    REFERENCES learning.sessions (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT session_items_content_id_fkey FOREIGN KEY (organization_id, content_id)
    REFERENCES learning.content (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX session_items_organization_id_idx ON learning.session_items (organization_id);
CREATE INDEX session_items_content_id_idx ON learning.session_items (content_id);
CREATE INDEX session_items_open_idx ON learning.session_items (last_at) WHERE NOT closed;
CREATE INDEX session_items_updated_at_idx ON learning.session_items (updated_at);
CREATE TRIGGER session_items_touch BEFORE UPDATE ON learning.session_items
  FOR EACH ROW EXECUTE FUNCTION learning.touch_updated_at();
ALTER TABLE learning.session_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.session_items TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.session_items TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON learning.session_items TO wavehouse_learning_app;
COMMENT ON TABLE learning.session_items IS 'What the events of one piece in one session come to; derived from them.';
COMMENT ON COLUMN learning.session_items.session_id IS 'The session.';
COMMENT ON COLUMN learning.session_items.content_id IS 'The content.';
COMMENT ON COLUMN learning.session_items.organization_id IS 'The organization that the row belongs to.';
COMMENT ON COLUMN learning.session_items.first_at IS 'Time of its first event.';
COMMENT ON COLUMN learning.session_items.last_at IS 'Time of its last event.';
COMMENT ON COLUMN learning.session_items.seconds IS 'Seconds that were played, audio heard twice counted twice.';
COMMENT ON COLUMN learning.session_items.heard IS 'Share of the piece that was heard, from 0 to 1.';
COMMENT ON COLUMN learning.session_items.replays IS 'How often the learner went back 5 to 60 seconds.';
COMMENT ON COLUMN learning.session_items.liked IS 'Whether its last like or unlike was a like.';
COMMENT ON COLUMN learning.session_items.closed IS 'Whether it ended, was skipped, was left for 30 minutes, or its session ended.';
COMMENT ON COLUMN learning.session_items.outcome IS 'Class of its outcome when closed: 0 clean, 1 some replays, 2 heavy replays, 3 left early, 4 left late. Empty when nothing was heard.';
COMMENT ON COLUMN learning.session_items.difficulty IS 'Difficulty of the piece when it was heard, from -3 to 3.';
COMMENT ON COLUMN learning.session_items.features IS 'What the piece was about when it was heard, as name:value.';
COMMENT ON COLUMN learning.session_items.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN learning.session_items.updated_at IS 'When the row last changed; kept by a trigger.';

-- Fitted tables of outcomes, by version. One of an organization is in use; none: the one that is shipped.
CREATE TABLE learning.models (
  organization_id uuid NOT NULL,
  version         varchar(50) NOT NULL CHECK (version <> ''),
  parameters      jsonb NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
  is_active       boolean NOT NULL DEFAULT false,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, version)
);
CREATE UNIQUE INDEX models_active_key ON learning.models (organization_id) WHERE is_active;
ALTER TABLE learning.models ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON learning.models TO wavehouse_learning_app
  USING (organization_id = learning.current_organization());
CREATE POLICY everyone ON learning.models TO wavehouse_learning_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON learning.models TO wavehouse_learning_app;
COMMENT ON TABLE learning.models IS 'Fitted learner models of an organization, by version.';
COMMENT ON COLUMN learning.models.organization_id IS 'The organization that the row belongs to.';
COMMENT ON COLUMN learning.models.version IS 'Name of the version.';
COMMENT ON COLUMN learning.models.parameters IS 'The table as `wavehouse learning fit` writes it.';
COMMENT ON COLUMN learning.models.is_active IS 'Whether levels and choices are computed with it.';
COMMENT ON COLUMN learning.models.created_at IS 'When the row was made; bookkeeping.';

ALTER TABLE learning.learners
  ADD COLUMN desired_understanding numeric(3, 2) NOT NULL DEFAULT 0.85
    CONSTRAINT learners_desired_understanding_check CHECK (desired_understanding BETWEEN 0.5 AND 0.99);
COMMENT ON COLUMN learning.learners.desired_understanding IS 'How much of what they hear the learner wants to understand, from 0.5 to 0.99.';

ALTER TABLE learning.sessions ADD COLUMN ended_at timestamptz;
COMMENT ON COLUMN learning.sessions.ended_at IS 'When the session ended: what is open in it counts as left.';

ALTER TABLE learning.recommendations
  ADD COLUMN policy varchar(20) NOT NULL DEFAULT 'greedy' CHECK (policy <> '');
COMMENT ON COLUMN learning.recommendations.policy IS 'The policy that chose.';

-- A session's history moves to an account when it is claimed.
GRANT UPDATE (learner_id, slot) ON learning.recommendations TO wavehouse_learning_app;

-- The queries that run: the events of a piece in a session, and what may come next.
CREATE INDEX behavioral_events_item_idx
  ON learning.behavioral_events (session_id, content_id, timestamp, id);
CREATE INDEX content_candidates_idx ON learning.content (organization_id, language, id);
