"""SQL for planning notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wavehouse.accounts import Identity
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.ids import NoteId, ProjectId, StudioEpisodeId
from wavehouse.studio.types.notes import Note, Reach


def insert_note(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    episode_id: StudioEpisodeId | None,
    body: str,
    kind: str,
    at: datetime,
) -> NoteId:
    """Add an open note of the acting user."""
    return NoteId(
        tx.value(
            """
            INSERT INTO studio.planning_notes
              (organization_id, project_id, episode_id, author_id, body, kind, created_at)
            VALUES (%(organization_id)s, %(project_id)s, %(episode_id)s, %(author_id)s, %(body)s,
              %(kind)s, %(at)s)
            RETURNING note_id
            """,
            {
                "organization_id": identity.organization_id,
                "project_id": project_id,
                "episode_id": episode_id,
                "author_id": identity.user_id,
                "body": body,
                "kind": kind,
                "at": at,
            },
        )
    )


def notes(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: ProjectId | None = None,
    note_id: NoteId | None = None,
    left_on: StudioEpisodeId | None = None,
    taken_by: StudioEpisodeId | None = None,
    state: str | None = None,
) -> list[Note]:
    """The latest 1,000 matching notes, oldest first: by project, id, episode or state."""
    return tx.rows(
        Note,
        """
        SELECT * FROM (
          SELECT n.note_id, n.project_id, n.episode_id, n.author_id, u.name AS author, n.body,
            n.kind, n.state, n.reason, n.considered_by_episode_id, n.applied_to_episode_id,
            n.created_at, n.decided_at
          FROM studio.planning_notes n JOIN accounts.users u ON u.user_id = n.author_id
          WHERE n.organization_id = %(organization_id)s
            AND (%(project_id)s::uuid IS NULL OR n.project_id = %(project_id)s)
            AND (%(note_id)s::uuid IS NULL OR n.note_id = %(note_id)s)
            AND (%(left_on)s::uuid IS NULL OR n.episode_id = %(left_on)s)
            AND (%(taken_by)s::uuid IS NULL OR n.considered_by_episode_id = %(taken_by)s)
            AND (%(state)s::text IS NULL OR n.state = %(state)s)
          ORDER BY n.created_at DESC, n.note_id DESC LIMIT 1000
        ) AS latest ORDER BY created_at, note_id
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "note_id": note_id,
            "left_on": left_on,
            "taken_by": taken_by,
            "state": state,
        },
    )


def notes_by_id(
    tx: Tx[Operational], *, organization_id: OrganizationId, note_ids: Sequence[NoteId]
) -> list[Note]:
    """The notes with these ids, oldest first."""
    return tx.rows(
        Note,
        """
        SELECT n.note_id, n.project_id, n.episode_id, n.author_id, u.name AS author, n.body,
          n.kind, n.state, n.reason, n.considered_by_episode_id, n.applied_to_episode_id,
          n.created_at, n.decided_at
        FROM studio.planning_notes n JOIN accounts.users u ON u.user_id = n.author_id
        WHERE n.organization_id = %(organization_id)s AND n.note_id = ANY (%(note_ids)s)
        ORDER BY n.created_at, n.note_id
        """,
        {"organization_id": organization_id, "note_ids": list(note_ids)},
    )


def take_notes(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    project_id: ProjectId,
    episode_id: StudioEpisodeId,
    at: datetime,
) -> int:
    """Assign every open note of a project to the planning of an episode; returns the number."""
    return tx.execute(
        """
        UPDATE studio.planning_notes
        SET state = 'considered', considered_by_episode_id = %(episode_id)s,
          considered_at = %(at)s
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
          AND state = 'open'
        """,
        {
            "organization_id": organization_id,
            "project_id": project_id,
            "episode_id": episode_id,
            "at": at,
        },
    )


def close_for_notes(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    episode_id: StudioEpisodeId,
    at: datetime | None,
) -> None:
    """Let further notes reach the next episode; None opens the episode for notes again."""
    tx.execute(
        """
        UPDATE studio.episodes SET notes_closed_at = %(at)s
        WHERE organization_id = %(organization_id)s AND episode_id = %(episode_id)s
        """,
        {"organization_id": organization_id, "episode_id": episode_id, "at": at},
    )


def decide(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    note_id: NoteId,
    episode_id: StudioEpisodeId,
    applied: bool,
    reason: str | None,
    at: datetime,
) -> None:
    """Apply a considered note to the episode, or decline it with a reason."""
    tx.execute(
        """
        UPDATE studio.planning_notes SET
          state = CASE WHEN %(applied)s THEN 'applied' ELSE 'declined' END,
          applied_to_episode_id = CASE WHEN %(applied)s THEN %(episode_id)s::uuid END,
          reason = %(reason)s, decided_at = %(at)s
        WHERE organization_id = %(organization_id)s AND note_id = %(note_id)s
        """,
        {
            "organization_id": organization_id,
            "note_id": note_id,
            "episode_id": episode_id,
            "applied": applied,
            "reason": reason,
            "at": at,
        },
    )


def reopen_notes(
    tx: Tx[Operational], *, organization_id: OrganizationId, episode_id: StudioEpisodeId
) -> int:
    """Open the undecided notes of an episode's planning again; returns the number."""
    return tx.execute(
        """
        UPDATE studio.planning_notes
        SET state = 'open', considered_by_episode_id = NULL, considered_at = NULL
        WHERE organization_id = %(organization_id)s AND considered_by_episode_id = %(episode_id)s
          AND state = 'considered'
        """,
        {"organization_id": organization_id, "episode_id": episode_id},
    )


def next_reach(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: ProjectId
) -> Reach | None:
    """The first episode that still takes notes, or the first slot without an episode."""
    return tx.maybe(
        Reach,
        """
        SELECT episode_id, title, at FROM (
          SELECT e.episode_id, e.title::text AS title, coalesce(q.slot_at, e.scheduled_for) AS at,
            e.status = 'generating' AS running
          FROM studio.episodes e
          LEFT JOIN studio.episode_schedule_queue q USING (organization_id, episode_id)
          WHERE e.organization_id = %(organization_id)s AND e.project_id = %(project_id)s
            AND e.notes_closed_at IS NULL
            AND e.status IN ('planned', 'scheduled', 'generating')
          UNION ALL
          SELECT NULL, NULL, q.slot_at, false FROM studio.episode_schedule_queue q
          WHERE q.organization_id = %(organization_id)s AND q.project_id = %(project_id)s
            AND q.episode_id IS NULL
        ) AS coming
        ORDER BY running DESC, at NULLS LAST, episode_id LIMIT 1
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )


def withdraw(tx: Tx[Operational], *, organization_id: OrganizationId, note_id: NoteId) -> int:
    """Delete an open note; returns the number."""
    return tx.execute(
        """
        DELETE FROM studio.planning_notes
        WHERE organization_id = %(organization_id)s AND note_id = %(note_id)s AND state = 'open'
        """,
        {"organization_id": organization_id, "note_id": note_id},
    )
