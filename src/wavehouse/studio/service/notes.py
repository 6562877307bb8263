"""Use cases of planning notes: leave, list, assign to an episode's planning, decide (CRE-3).

A note is open until the planning of an episode takes it (``open_notes``). From then on the episode
is closed for notes: a note left during its generation reaches the next one. ``consume`` stores the
generation's decision about each note.
"""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse import accounts, audit
from wavehouse.accounts import Access, Identity
from wavehouse.kernel import clock, words
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import notes as queries
from wavehouse.studio.queries.projects import lock_project
from wavehouse.studio.rules import entered
from wavehouse.studio.service.episodes import lock_episode, show_episode
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.ids import NoteId, ProjectId, StudioEpisodeId
from wavehouse.studio.types.notes import AddedNote, Decision, Note, NoteKind, NoteState, Reach

_LONGEST_NOTE = 4_000
_LONGEST_REASON = 1_000
NOWHERE = Reach(None, None, None)


def add_note(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    body: str,
    kind: NoteKind = NoteKind.FEEDBACK,
    episode_id: StudioEpisodeId | None = None,
) -> AddedNote:
    """Leave a note on a project or one of its episodes; returns it with the episode it will reach.

    NotFound without the project or when the episode is of another project.
    """
    accounts.require(identity.role, Access.WRITE)
    _lock(tx, identity, project_id)
    if episode_id is not None:
        episode = show_episode(tx, identity=identity, episode_id=episode_id)
        if episode.project_id != project_id:
            raise NotFound("there is no such episode in this project", where="episode_id")
    note_id = queries.insert_note(
        tx,
        identity=identity,
        project_id=project_id,
        episode_id=episode_id,
        body=entered.text_of(body, "note", longest=_LONGEST_NOTE),
        kind=kind,
        at=clock.now(),
    )
    _record(tx, identity, note_id, "note.left")
    note = show_note(tx, identity=identity, note_id=note_id)
    return AddedNote(note, reach(tx, identity=identity, project_id=project_id))


def list_notes(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId | None = None,
    state: NoteState | None = None,
) -> list[Note]:
    """The latest 1,000 notes, oldest first: of one project, in one state, or all."""
    return queries.notes(
        tx, organization_id=identity.organization_id, project_id=project_id, state=state
    )


def notes_left_on(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> list[Note]:
    """The notes left on an episode."""
    return queries.notes(tx, organization_id=identity.organization_id, left_on=episode_id)


def notes_taken_by(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> list[Note]:
    """The notes that the planning of an episode took, with the decisions about them."""
    return queries.notes(tx, organization_id=identity.organization_id, taken_by=episode_id)


def show_note(tx: Tx[Operational], *, identity: Identity, note_id: NoteId) -> Note:
    """A note. NotFound for an unknown one."""
    rows = queries.notes(tx, organization_id=identity.organization_id, note_id=note_id)
    if not rows:
        raise NotFound("there is no such note", command="wavehouse studio notes list")
    return rows[0]


def withdraw_note(tx: Tx[Operational], *, identity: Identity, note_id: NoteId) -> None:
    """Delete a note that no planning has taken yet. Conflict when one has."""
    accounts.require(identity.role, Access.WRITE)
    note = show_note(tx, identity=identity, note_id=note_id)
    if not queries.withdraw(tx, organization_id=identity.organization_id, note_id=note_id):
        raise Conflict(f"the note is {note.state}; only open notes can be withdrawn")
    _record(tx, identity, note_id, "note.withdrawn")


def reach(tx: Tx[Operational], *, identity: Identity, project_id: ProjectId) -> Reach:
    """The episode that the open notes of a project will reach: the next unplanned one.

    Empty when nothing is scheduled: the note then waits for the next episode.
    """
    row = queries.next_reach(tx, organization_id=identity.organization_id, project_id=project_id)
    return row or NOWHERE


def open_notes(
    tx: Tx[Operational],
    *,
    identity: Identity,
    project_id: ProjectId,
    for_episode_id: StudioEpisodeId,
    again: bool = False,
) -> list[Note]:
    """Take the open notes of a project for the planning of an episode, oldest first.

    The first call closes the episode for notes; a repeated call returns the same notes, so that a
    repeated planning has the same input. ``again`` takes newer notes as well: for an episode that
    is generated again. Call it in the transaction that stores the plan. NotFound when the episode
    is not of this project.
    """
    _lock(tx, identity, project_id)
    episode = lock_episode(tx, identity=identity, episode_id=for_episode_id)
    if episode.project_id != project_id:
        raise NotFound("there is no such episode in this project", where="for_episode_id")
    organization_id, at = identity.organization_id, clock.now()
    if episode.notes_closed_at is None or again:
        queries.take_notes(
            tx,
            organization_id=organization_id,
            project_id=project_id,
            episode_id=for_episode_id,
            at=at,
        )
        queries.close_for_notes(
            tx, organization_id=organization_id, episode_id=for_episode_id, at=at
        )
    return notes_taken_by(tx, identity=identity, episode_id=for_episode_id)


def consume(
    tx: Tx[Operational],
    *,
    identity: Identity,
    episode_id: StudioEpisodeId,
    decisions: Sequence[Decision],
) -> list[Note]:
    """Store the generation's decisions about an episode's notes; returns these notes.

    Repeating the same decisions changes nothing. Conflict for a note that another episode's
    planning took, or for another decision; InvalidInput for declining without a reason.
    """
    lock_episode(tx, identity=identity, episode_id=episode_id)
    organization_id = identity.organization_id
    rows = queries.notes_by_id(
        tx, organization_id=organization_id, note_ids=[each.note_id for each in decisions]
    )
    known = {note.note_id: note for note in rows}
    for decision in decisions:
        note = known.get(decision.note_id)
        if note is None:
            raise NotFound("there is no such note", where=str(decision.note_id))
        reason = _reason(decision)
        if not _is_new(note, decision, reason, episode_id):
            continue
        queries.decide(
            tx,
            organization_id=organization_id,
            note_id=note.note_id,
            episode_id=episode_id,
            applied=decision.applied,
            reason=reason,
            at=clock.now(),
        )
        verb = "applied" if decision.applied else "declined"
        _record(tx, identity, note.note_id, f"note.{verb}")
    return notes_taken_by(tx, identity=identity, episode_id=episode_id)


def release_notes(tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId) -> int:
    """Open an episode's undecided notes again, after its generation ended without an episode.

    They reach the next planning. Returns the number.
    """
    project_id = show_episode(tx, identity=identity, episode_id=episode_id).project_id
    _lock(tx, identity, project_id)
    lock_episode(tx, identity=identity, episode_id=episode_id)
    queries.close_for_notes(
        tx, organization_id=identity.organization_id, episode_id=episode_id, at=None
    )
    return queries.reopen_notes(tx, organization_id=identity.organization_id, episode_id=episode_id)


def _lock(tx: Tx[Operational], identity: Identity, project_id: ProjectId) -> None:
    """Lock the project: a note is left before or after a planning takes notes, never in between."""
    if not lock_project(tx, organization_id=identity.organization_id, project_id=project_id):
        show_project(tx, identity=identity, project_id=project_id)


def _reason(decision: Decision) -> str | None:
    reason = words.paragraphs(decision.reason or "").strip()[:_LONGEST_REASON] or None
    if not decision.applied and reason is None:
        raise InvalidInput("a declined note needs a reason", where="reason")
    return reason


def _is_new(
    note: Note, decision: Decision, reason: str | None, episode_id: StudioEpisodeId
) -> bool:
    if note.considered_by_episode_id != episode_id:
        raise Conflict(
            "the plan of this episode does not include the note", where=str(note.note_id)
        )
    if note.state == NoteState.CONSIDERED:
        return True
    if (note.state == NoteState.APPLIED) != decision.applied or note.reason != reason:
        raise Conflict(f"the note is already {note.state}", where=str(note.note_id))
    return False


def _record(tx: Tx[Operational], identity: Identity, note_id: NoteId, action: str) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("planning_note", note_id),
        organization_id=identity.organization_id,
    )
