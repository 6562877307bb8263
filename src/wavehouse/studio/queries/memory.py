"""SQL for agent memory."""

from __future__ import annotations

from datetime import datetime

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.ids import MemoryId, ProjectId
from wavehouse.studio.types.memory import GivenMemory, Memory


def recalled(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: ProjectId,
    valid_at: datetime,
    known_at: datetime,
) -> list[Memory]:
    """Memories valid at ``valid_at`` and recorded until ``known_at``; forgotten rows never."""
    return tx.rows(
        Memory,
        """
        SELECT m.memory_id, m.project_id, m.kind, m.content, m.content_type, m.valid_from,
          m.valid_to, m.recorded_at, m.superseded_by, m.origin_id, m.source_kind, m.source_id,
          m.confidence, m.forgotten_at
        FROM studio.agent_memory m
        LEFT JOIN studio.agent_memory later
          ON later.organization_id = m.organization_id AND later.memory_id = m.superseded_by
        WHERE m.organization_id = %(organization_id)s AND m.project_id = %(project_id)s
          AND m.content IS NOT NULL AND m.recorded_at <= %(known_at)s
          AND m.valid_from <= %(valid_at)s
          AND (m.valid_to IS NULL OR m.valid_to > %(valid_at)s)
          AND (later.memory_id IS NULL OR later.recorded_at > %(known_at)s)
        ORDER BY m.recorded_at, m.source_kind, m.source_id, m.memory_id LIMIT 2000
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "valid_at": valid_at,
            "known_at": known_at,
        },
    )


def insert_memory(tx: Tx[Operational], *, organization_id: OrganizationId, memory: Memory) -> None:
    """Append a memory."""
    tx.execute(
        """
        INSERT INTO studio.agent_memory (memory_id, organization_id, project_id, kind, content,
          content_type, valid_from, valid_to, recorded_at, origin_id, source_kind, source_id,
          confidence)
        VALUES (%(memory_id)s, %(organization_id)s, %(project_id)s, %(kind)s, %(content)s,
          %(content_type)s, %(valid_from)s, %(valid_to)s, %(recorded_at)s, %(origin_id)s,
          %(source_kind)s, %(source_id)s, %(confidence)s)
        """,
        {
            "memory_id": memory.memory_id,
            "organization_id": organization_id,
            "project_id": memory.project_id,
            "kind": memory.kind,
            "content": memory.content,
            "content_type": memory.content_type,
            "valid_from": memory.valid_from,
            "valid_to": memory.valid_to,
            "recorded_at": memory.recorded_at,
            "origin_id": memory.origin_id,
            "source_kind": memory.source_kind,
            "source_id": memory.source_id,
            "confidence": memory.confidence,
        },
    )


def supersede(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    memory_id: MemoryId,
    superseded_by: MemoryId,
) -> None:
    """Store the memory that replaced another one."""
    tx.execute(
        """
        UPDATE studio.agent_memory SET superseded_by = %(superseded_by)s
        WHERE organization_id = %(organization_id)s AND memory_id = %(memory_id)s
        """,
        {
            "organization_id": organization_id,
            "memory_id": memory_id,
            "superseded_by": superseded_by,
        },
    )


def lock_memory(
    tx: Tx[Operational], *, organization_id: OrganizationId, memory_id: MemoryId
) -> Memory | None:
    """A memory by its id, locked until the transaction ends."""
    return tx.maybe(
        Memory,
        """
        SELECT memory_id, project_id, kind, content, content_type, valid_from, valid_to,
          recorded_at, superseded_by, origin_id, source_kind, source_id, confidence, forgotten_at
        FROM studio.agent_memory
        WHERE organization_id = %(organization_id)s AND memory_id = %(memory_id)s
        FOR NO KEY UPDATE
        """,
        {"organization_id": organization_id, "memory_id": memory_id},
    )


def history(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: ProjectId
) -> list[Memory]:
    """The latest 5,000 rows of a project's memory, superseded and forgotten ones included."""
    return tx.rows(
        Memory,
        """
        SELECT memory_id, project_id, kind, content, content_type, valid_from, valid_to,
          recorded_at, superseded_by, origin_id, source_kind, source_id, confidence, forgotten_at
        FROM studio.agent_memory
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
        ORDER BY recorded_at DESC, memory_id DESC LIMIT 5000
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )


def forget(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    memory_id: MemoryId,
    at: datetime,
) -> int:
    """Erase the content of a memory and of its repetitions; returns the number of rows."""
    return tx.execute(
        """
        UPDATE studio.agent_memory SET content = NULL, forgotten_at = %(at)s
        WHERE organization_id = %(organization_id)s AND content IS NOT NULL
          AND (memory_id = %(memory_id)s OR origin_id = %(memory_id)s)
        """,
        {"organization_id": organization_id, "memory_id": memory_id, "at": at},
    )


def set_project_memories(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: ProjectId, memories: str
) -> None:
    """Store a JSON array or object in ``projects.memories``, unchanged as text."""
    tx.execute(
        """
        UPDATE studio.projects SET memories = %(memories)s::text::jsonb
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "memories": memories,
        },
    )


def given_memories(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: ProjectId
) -> list[GivenMemory]:
    """The values of ``projects.memories`` with their places, as text, in their order.

    Numbers keep all their digits. A value whose key is too long for a place keeps its key.
    """
    return tx.rows(
        GivenMemory,
        """
        WITH given AS (
          SELECT memories FROM studio.projects
          WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
        ), entries AS (
          SELECT e.number, 'projects.memories[' || (e.number - 1) || ']' AS place, e.value
          FROM given CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(memories) WHEN 'array' THEN memories ELSE '[]' END
          ) WITH ORDINALITY AS e (value, number)
          UNION ALL
          SELECT e.number,
            CASE WHEN length(e.key) <= 200 THEN 'projects.memories.' || to_jsonb(e.key)::text
              ELSE 'projects.memories#' || encode(sha256(convert_to(e.key, 'UTF8')), 'hex') END,
            CASE WHEN length(e.key) <= 200 THEN e.value
              ELSE jsonb_build_object(e.key, e.value) END
          FROM given CROSS JOIN LATERAL jsonb_each(
            CASE jsonb_typeof(memories) WHEN 'object' THEN memories ELSE '{}' END
          ) WITH ORDINALITY AS e (key, value, number)
        )
        SELECT place AS source_id,
          CASE jsonb_typeof(value) WHEN 'string' THEN value #>> '{}' ELSE value::text
            END AS content,
          CASE jsonb_typeof(value) WHEN 'string' THEN 'text' ELSE 'json' END AS content_type
        FROM entries ORDER BY number
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )


def imported_memories(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: ProjectId
) -> list[Memory]:
    """The last import of each place, without places removed since."""
    return tx.rows(
        Memory,
        """
        SELECT * FROM (
          SELECT DISTINCT ON (m.source_id) m.memory_id, m.project_id, m.kind, m.content,
            m.content_type, m.valid_from, m.valid_to, m.recorded_at, m.superseded_by, m.origin_id,
            m.source_kind, m.source_id, m.confidence, m.forgotten_at
          FROM studio.agent_memory m
          WHERE m.organization_id = %(organization_id)s AND m.project_id = %(project_id)s
            AND m.source_kind = 'import' AND m.origin_id IS NULL
          ORDER BY m.source_id, m.recorded_at DESC
        ) AS last
        WHERE NOT EXISTS (SELECT FROM studio.agent_memory e
          WHERE e.organization_id = %(organization_id)s AND e.memory_id = last.superseded_by
            AND e.origin_id = last.memory_id)
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )


def exported_memories(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: ProjectId
) -> str:
    """The imported JSON, rebuilt from agent memory; null for forgotten values."""
    return str(
        tx.value(
            r"""
            WITH last AS (
              SELECT DISTINCT ON (source_id) * FROM studio.agent_memory
              WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
                AND source_kind = 'import' AND origin_id IS NULL
              ORDER BY source_id, recorded_at DESC
            ), kept AS (
              SELECT l.source_id AS place, CASE
                  WHEN l.content IS NULL THEN 'null'::jsonb
                  WHEN l.content_type = 'text' THEN to_jsonb(l.content)
                  ELSE l.content::jsonb END AS value
              FROM last l
              WHERE NOT EXISTS (SELECT FROM studio.agent_memory e
                WHERE e.organization_id = l.organization_id AND e.memory_id = l.superseded_by
                  AND e.origin_id = l.memory_id)
            ), pairs AS (
              SELECT (substr(place, 19)::jsonb) #>> '{}' AS key, value
              FROM kept WHERE place LIKE 'projects.memories.%%'
              UNION ALL
              SELECT e.key, e.value FROM kept k CROSS JOIN LATERAL jsonb_each(k.value) AS e
              WHERE k.place LIKE 'projects.memories#%%' AND jsonb_typeof(k.value) = 'object'
            )
            SELECT CASE jsonb_typeof(p.memories)
              WHEN 'object' THEN
                (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM pairs)
              ELSE (SELECT coalesce(jsonb_agg(value ORDER BY
                  substring(place FROM '\[(\d+)\]$')::integer), '[]')
                FROM kept WHERE place LIKE 'projects.memories[%%')
              END::text
            FROM studio.projects p
            WHERE p.organization_id = %(organization_id)s AND p.project_id = %(project_id)s
            """,
            {"organization_id": organization_id, "project_id": project_id},
        )
    )


def erase_given(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: ProjectId,
    path: str | None,
    index: int | None,
    digest: str | None,
) -> None:
    """Set a value of ``projects.memories`` to null: by key, by index, or by the key's digest."""
    tx.execute(
        """
        UPDATE studio.projects p SET memories = CASE jsonb_typeof(memories)
          WHEN 'array' THEN CASE WHEN %(index)s::integer < jsonb_array_length(memories)
            THEN jsonb_set(memories, ARRAY[%(index)s::integer::text], 'null') ELSE memories END
          ELSE (SELECT coalesce(jsonb_object_agg(e.key, CASE
              WHEN e.key = %(path)s::text
                OR encode(sha256(convert_to(e.key, 'UTF8')), 'hex') = %(digest)s::text
              THEN 'null' ELSE e.value END), '{}') FROM jsonb_each(memories) AS e)
          END
        WHERE p.organization_id = %(organization_id)s AND p.project_id = %(project_id)s
          AND ((jsonb_typeof(memories) = 'array') = (%(index)s::integer IS NOT NULL))
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "path": path,
            "index": index,
            "digest": digest,
        },
    )
