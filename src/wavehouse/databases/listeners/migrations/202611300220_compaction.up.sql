-- Compaction of actions (RT1): actions that are older than the retention period are folded into a
-- base, a checkpoint that is never deleted, and then deleted. A cursor from before them gets the
-- current state.

ALTER TABLE listeners.playback_checkpoints ADD COLUMN is_base boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN listeners.playback_checkpoints.is_base IS 'Whether the actions up to this one were deleted by compaction (RT1).';

ALTER TABLE listeners.listener_sync ADD COLUMN compacted_seq bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN listeners.listener_sync.compacted_seq IS 'The highest cursor of a compacted action; a client with an older one is sent the current state.';

CREATE FUNCTION listeners.actions_to_compact(before timestamptz, who uuid[] DEFAULT NULL)
RETURNS TABLE (listener_id uuid, chapter_id varchar, action_id uuid, received_at timestamptz)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = '' AS $$
BEGIN
  RETURN QUERY SELECT o.listener_id, o.chapter_id, o.action_id, o.received_at
  FROM (
    SELECT a.listener_id, a.chapter_id, a.action_id, a.received_at,
           row_number() OVER (PARTITION BY a.listener_id, a.chapter_id
             ORDER BY a.effective_at DESC, a.action_id DESC) AS place,
           b.action_id IS NOT NULL
             AND (a.effective_at, a.action_id) <= (b.effective_at, b.action_id) AS is_covered,
           count(*) FILTER (
             WHERE a.received_at >= before
               AND (b.action_id IS NULL OR (a.effective_at, a.action_id) > (b.effective_at, b.action_id)))
             OVER (PARTITION BY a.listener_id, a.chapter_id
               ORDER BY a.effective_at, a.action_id) AS younger
    FROM (SELECT DISTINCT p.listener_id, p.chapter_id FROM listeners.playback_actions p
          WHERE p.received_at < before AND (who IS NULL OR p.listener_id = ANY (who))) c
      JOIN listeners.playback_actions a
        ON a.listener_id = c.listener_id AND a.chapter_id = c.chapter_id
      LEFT JOIN listeners.playback_checkpoints b
        ON b.listener_id = a.listener_id AND b.chapter_id = a.chapter_id AND b.is_base
  ) o
  WHERE o.received_at < before AND o.place > 1 AND (o.is_covered OR o.younger = 0);
END
$$;
COMMENT ON FUNCTION listeners.actions_to_compact(timestamptz, uuid[]) IS 'Actions received before a time that compaction deletes: neither the last of their chapter nor later than an action that is kept.';
