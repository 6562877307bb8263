DROP TABLE studio.document_chunks;
DROP TABLE studio.documents;
REVOKE UPDATE (status, reason) ON studio.user_events FROM wavehouse_operational_app;
ALTER TABLE studio.user_events DROP COLUMN reason;
ALTER TABLE studio.chat_sessions DROP COLUMN episode_id;
CREATE OR REPLACE FUNCTION studio.guard_memory() RETURNS trigger
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
ALTER TABLE studio.agent_memory DROP COLUMN origin_id, DROP COLUMN content_type;
CREATE OR REPLACE FUNCTION studio.keep_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  INSERT INTO studio.block_revisions (block_id, revision, organization_id, type, body)
  VALUES (NEW.block_id, NEW.revision, NEW.organization_id, NEW.type, NEW.body);
  RETURN NULL;
END
$$;
ALTER TABLE studio.block_revisions DROP COLUMN written_by;
ALTER TABLE studio.blocks DROP COLUMN written_by;
ALTER TABLE studio.episodes DROP COLUMN notes_closed_at;
ALTER TABLE studio.planning_notes
  DROP COLUMN considered_by_episode_id, DROP COLUMN considered_at, DROP COLUMN decided_at;
