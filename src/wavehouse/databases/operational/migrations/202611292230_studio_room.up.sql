-- What people do in the studio: which episode took a note, who wrote a script, what a memory repeats,
-- which episode a chat is about, why an event is in quarantine; and source documents.

-- Notes: the episode that took a note, whatever was decided; an episode closes for notes once.
ALTER TABLE studio.planning_notes
  ADD COLUMN considered_by_episode_id uuid,
  ADD COLUMN considered_at timestamptz,
  ADD COLUMN decided_at timestamptz,
  ADD CONSTRAINT planning_notes_considered_by_episode_id_fkey
    FOREIGN KEY (organization_id, considered_by_episode_id)
    REFERENCES studio.episodes (organization_id, episode_id)
    ON DELETE SET NULL (considered_by_episode_id) NOT VALID;
CREATE INDEX planning_notes_considered_by_episode_id_idx
  ON studio.planning_notes (considered_by_episode_id);
COMMENT ON COLUMN studio.planning_notes.considered_by_episode_id IS 'The episode whose planning took the note.';
COMMENT ON COLUMN studio.planning_notes.considered_at IS 'When that planning took it.';
COMMENT ON COLUMN studio.planning_notes.decided_at IS 'When it was applied or declined.';
ALTER TABLE studio.episodes ADD COLUMN notes_closed_at timestamptz;
COMMENT ON COLUMN studio.episodes.notes_closed_at IS 'From when notes reach the next episode instead of this one.';

-- Blocks: the author of each revision; NULL is the generation.
ALTER TABLE studio.blocks
  ADD COLUMN written_by uuid,
  ADD CONSTRAINT blocks_written_by_fkey FOREIGN KEY (organization_id, written_by)
    REFERENCES accounts.memberships (organization_id, user_id)
    ON DELETE SET NULL (written_by) NOT VALID;
CREATE INDEX blocks_written_by_idx ON studio.blocks (written_by);
COMMENT ON COLUMN studio.blocks.written_by IS 'The person that wrote this revision; NULL is the generation.';
ALTER TABLE studio.block_revisions
  ADD COLUMN written_by uuid,
  ADD CONSTRAINT block_revisions_written_by_fkey FOREIGN KEY (organization_id, written_by)
    REFERENCES accounts.memberships (organization_id, user_id)
    ON DELETE SET NULL (written_by) NOT VALID;
CREATE INDEX block_revisions_written_by_idx ON studio.block_revisions (written_by);
COMMENT ON COLUMN studio.block_revisions.written_by IS 'The person that wrote this revision; NULL is the generation.';
CREATE OR REPLACE FUNCTION studio.keep_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  INSERT INTO studio.block_revisions (block_id, revision, organization_id, type, body, written_by)
  VALUES (NEW.block_id, NEW.revision, NEW.organization_id, NEW.type, NEW.body, NEW.written_by);
  RETURN NULL;
END
$$;

-- Memory: JSON that was imported stays JSON, and a row that repeats a memory with another validity
-- says so. Only superseding and forgetting may change a row, each once.
ALTER TABLE studio.agent_memory
  ADD COLUMN content_type text NOT NULL DEFAULT 'text'
    CONSTRAINT agent_memory_content_type_check CHECK (content_type IN ('text', 'json')),
  ADD COLUMN origin_id uuid,
  ADD CONSTRAINT agent_memory_origin_id_fkey FOREIGN KEY (organization_id, origin_id)
    REFERENCES studio.agent_memory (organization_id, memory_id)
    ON DELETE SET NULL (origin_id) NOT VALID;
CREATE INDEX agent_memory_origin_id_idx ON studio.agent_memory (origin_id);
COMMENT ON COLUMN studio.agent_memory.content_type IS 'text, or json: a value of projects.memories that was not a text.';
COMMENT ON COLUMN studio.agent_memory.origin_id IS 'The memory that this row repeats with another validity; both are forgotten together.';
CREATE OR REPLACE FUNCTION studio.guard_memory() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE v_old jsonb := to_jsonb(OLD); v_new jsonb := to_jsonb(NEW);
BEGIN
  IF v_old - '{content,forgotten_at,superseded_by,origin_id}'::text[]
     IS DISTINCT FROM v_new - '{content,forgotten_at,superseded_by,origin_id}'::text[]
     OR (OLD.superseded_by IS NOT NULL AND NEW.superseded_by IS NOT NULL
         AND NEW.superseded_by <> OLD.superseded_by)
     OR (NEW.content IS NOT NULL AND NEW.content IS DISTINCT FROM OLD.content)
     OR (OLD.forgotten_at IS NOT NULL AND NEW.forgotten_at IS DISTINCT FROM OLD.forgotten_at)
     OR (NEW.origin_id IS NOT NULL AND NEW.origin_id IS DISTINCT FROM OLD.origin_id)
  THEN
    RAISE EXCEPTION 'a memory is append-only: supersede it or forget it'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;

-- Chat about one episode.
ALTER TABLE studio.chat_sessions
  ADD COLUMN episode_id uuid,
  ADD CONSTRAINT chat_sessions_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
    REFERENCES studio.episodes (organization_id, episode_id)
    ON DELETE SET NULL (episode_id) NOT VALID;
CREATE INDEX chat_sessions_episode_id_idx ON studio.chat_sessions (episode_id);
COMMENT ON COLUMN studio.chat_sessions.episode_id IS 'The episode that the conversation is about, if one.';

-- Events: why one is in quarantine; replay accepts it later.
ALTER TABLE studio.user_events ADD COLUMN reason text;
COMMENT ON COLUMN studio.user_events.reason IS 'Why the event is in quarantine.';
GRANT UPDATE (status, reason) ON studio.user_events TO wavehouse_operational_app;

CREATE TABLE studio.documents (
  document_id     uuid PRIMARY KEY DEFAULT uuidv7(),
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  project_id      uuid NOT NULL,
  added_by        uuid NOT NULL,
  kind            text NOT NULL CONSTRAINT documents_kind_check CHECK (kind IN ('text', 'url', 'pdf')),
  title           varchar(500) NOT NULL CONSTRAINT documents_title_check CHECK (title <> ''),
  address         varchar(2000),
  digest          bytea NOT NULL CONSTRAINT documents_digest_check CHECK (length(digest) = 32),
  pages           integer CONSTRAINT documents_pages_check CHECK (pages > 0),
  removed_at      timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT documents_organization_id_document_id_key UNIQUE (organization_id, document_id),
  CONSTRAINT documents_project_id_fkey FOREIGN KEY (organization_id, project_id)
    REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE,
  CONSTRAINT documents_added_by_fkey FOREIGN KEY (organization_id, added_by)
    REFERENCES accounts.memberships (organization_id, user_id) ON DELETE RESTRICT
);
CREATE INDEX documents_project_id_idx ON studio.documents (project_id);
CREATE INDEX documents_added_by_idx ON studio.documents (added_by);
CREATE UNIQUE INDEX documents_project_id_digest_key
  ON studio.documents (project_id, digest) WHERE removed_at IS NULL;
ALTER TABLE studio.documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.documents TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.documents TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON studio.documents TO wavehouse_operational_app;
COMMENT ON TABLE studio.documents IS 'Source documents of a project, stored as text; scripts cite their chunks. They are data, never instructions.';
COMMENT ON COLUMN studio.documents.document_id IS 'The document.';
COMMENT ON COLUMN studio.documents.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.documents.project_id IS 'Its project.';
COMMENT ON COLUMN studio.documents.added_by IS 'The person that added it.';
COMMENT ON COLUMN studio.documents.kind IS 'text, url or pdf.';
COMMENT ON COLUMN studio.documents.title IS 'Its title.';
COMMENT ON COLUMN studio.documents.address IS 'The web address it was read from.';
COMMENT ON COLUMN studio.documents.digest IS 'SHA-256 of its text.';
COMMENT ON COLUMN studio.documents.pages IS 'Number of pages of a PDF.';
COMMENT ON COLUMN studio.documents.removed_at IS 'When it was removed: its text is deleted, the row and the numbers of its chunks are kept.';
COMMENT ON COLUMN studio.documents.created_at IS 'When the row was made; bookkeeping.';

CREATE TABLE studio.document_chunks (
  organization_id uuid NOT NULL REFERENCES accounts.organizations ON DELETE RESTRICT,
  project_id      uuid NOT NULL,
  number          integer NOT NULL CONSTRAINT document_chunks_number_check CHECK (number > 0),
  document_id     uuid NOT NULL,
  start           integer NOT NULL CONSTRAINT document_chunks_start_check CHECK (start >= 0),
  body            text NOT NULL,
  PRIMARY KEY (project_id, number),
  CONSTRAINT document_chunks_project_id_fkey FOREIGN KEY (organization_id, project_id)
    REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE,
  CONSTRAINT document_chunks_document_id_fkey FOREIGN KEY (organization_id, document_id)
    REFERENCES studio.documents (organization_id, document_id) ON DELETE CASCADE
);
CREATE INDEX document_chunks_organization_id_idx ON studio.document_chunks (organization_id);
CREATE INDEX document_chunks_document_id_idx ON studio.document_chunks (document_id);
ALTER TABLE studio.document_chunks ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON studio.document_chunks TO wavehouse_operational_app
  USING (organization_id = accounts.current_organization());
CREATE POLICY everyone ON studio.document_chunks TO wavehouse_operational_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON studio.document_chunks TO wavehouse_operational_app;
COMMENT ON TABLE studio.document_chunks IS 'The text of source documents in parts that a script can cite as [S1], [S2] …';
COMMENT ON COLUMN studio.document_chunks.organization_id IS 'The organization the row belongs to; row security compares it.';
COMMENT ON COLUMN studio.document_chunks.project_id IS 'Its project.';
COMMENT ON COLUMN studio.document_chunks.number IS 'Its number in the project, from 1: chunk 1 is cited as [S1]. Never used again.';
COMMENT ON COLUMN studio.document_chunks.document_id IS 'Its document.';
COMMENT ON COLUMN studio.document_chunks.start IS 'Position of its first character in the text of the document.';
COMMENT ON COLUMN studio.document_chunks.body IS 'Its text; empty after the document was removed.';
