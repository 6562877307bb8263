"""Notes reach the next planning exactly once, and name their episode (CRE-3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.studio.conftest import NOW, Studio

from wavehouse import studio
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.studio import Decision, Note, Project, StudioEpisode


def taken(room: Studio, project: Project, episode: StudioEpisode, **more: bool) -> list[str]:
    """The bodies of the notes that an episode's planning takes."""
    notes: list[Note] = room.act(
        studio.open_notes,
        project_id=project.project_id,
        for_episode_id=episode.episode_id,
        **more,
    )
    return [note.body for note in notes]


def test_cre3_a_note_on_one_episode_reaches_the_planning_of_the_next(room: Studio) -> None:
    """The note is taken once, and names the episode that it changed."""
    project = room.project()
    first = room.episode(project, "First", scheduled_for=NOW - timedelta(days=1))
    room.execute("UPDATE studio.episodes SET status = 'published', published_at = now()")
    second = room.episode(project, "Second", scheduled_for=NOW + timedelta(days=1))
    added = room.note(project, "Less music.", episode_id=first.episode_id)
    notes = taken(room, project, second)
    decided = room.act(
        studio.consume,
        episode_id=second.episode_id,
        decisions=[Decision(added.note.note_id, applied=True)],
    )

    assert ("Second", second.episode_id) == (added.reach.title, added.reach.episode_id)
    assert ["Less music."] == notes
    assert [("applied", second.episode_id)] == [(n.state, n.applied_to_episode_id) for n in decided]
    assert [added.note.note_id] == [
        n.note_id for n in room.act(studio.notes_left_on, episode_id=first.episode_id)
    ]


def test_cre3_a_note_during_generation_reaches_the_next_episode_and_says_so(room: Studio) -> None:
    """A repeated planning has the same notes."""
    project = room.project()
    running = room.episode(project, "Running", scheduled_for=NOW)
    coming = room.episode(project, "Coming", scheduled_for=NOW + timedelta(days=1))
    early = room.note(project, "Early.")
    room.execute("UPDATE studio.episodes SET status = 'generating' WHERE title = 'Running'")
    still = room.note(project, "In time.")
    first = taken(room, project, running)
    late = room.note(project, "Late.")

    assert ["Running", "Running", "Coming"] == [n.reach.title for n in (early, still, late)]
    assert ["Early.", "In time."] == first == taken(room, project, running)
    assert ["Late."] == taken(room, project, coming)


def test_cre3_a_second_generation_of_an_episode_takes_newer_notes(room: Studio) -> None:
    """Newer notes are taken only on request."""
    project = room.project()
    episode = room.episode(project)
    room.note(project, "One.")
    assert ["One."] == taken(room, project, episode)
    with clock.frozen(NOW + timedelta(minutes=1)):
        room.note(project, "Two.")

    assert ["One."] == taken(room, project, episode)
    assert ["One.", "Two."] == taken(room, project, episode, again=True)


def test_cre3_notes_of_a_generation_that_failed_reach_the_next_planning(room: Studio) -> None:
    """Earlier decisions stay."""
    project = room.project()
    failed, after = room.episode(project, "Failed"), room.episode(project, "After")
    kept, _ = room.note(project, "Kept."), room.note(project, "Given back.")
    taken(room, project, failed)
    decisions = [Decision(kept.note.note_id, applied=False, reason="Out of scope.")]
    room.act(studio.consume, episode_id=failed.episode_id, decisions=decisions)

    assert 1 == room.act(studio.release_notes, episode_id=failed.episode_id)
    room.execute("UPDATE studio.episodes SET status = 'failed' WHERE title = 'Failed'")
    assert ["Given back."] == taken(room, project, after)


def test_cre3_a_decision_is_stored_once_and_needs_a_reason_to_decline(room: Studio) -> None:
    """Repeating the decision changes nothing; another decision, or another's note, is refused."""
    project = room.project()
    episode, other = room.episode(project, "One"), room.episode(project, "Other")
    note = room.note(project).note
    taken(room, project, episode)
    decline = [Decision(note.note_id, applied=False, reason="Too short already.")]

    with pytest.raises(InvalidInput, match="needs a reason"):
        room.act(
            studio.consume,
            episode_id=episode.episode_id,
            decisions=[Decision(note.note_id, applied=False, reason=" ")],
        )
    with pytest.raises(Conflict, match="does not include"):
        room.act(studio.consume, episode_id=other.episode_id, decisions=decline)
    first = room.act(studio.consume, episode_id=episode.episode_id, decisions=decline)
    assert first == room.act(studio.consume, episode_id=episode.episode_id, decisions=decline)
    with pytest.raises(Conflict, match="already declined"):
        room.act(
            studio.consume,
            episode_id=episode.episode_id,
            decisions=[Decision(note.note_id, applied=True)],
        )
    with pytest.raises(Conflict, match="only open notes"):
        room.act(studio.withdraw_note, note_id=note.note_id)


def test_cre3_a_note_names_its_slot_while_there_is_no_episode(room: Studio) -> None:
    """It names nothing when nothing is scheduled."""
    project = room.project()
    nowhere = room.note(project).reach
    room.execute(
        "INSERT INTO studio.episode_schedule_queue (organization_id, project_id, local_date,"
        " local_time, ordinal, timezone, tzdata_version, slot_at, run_at) VALUES"
        " (%s, %s, '2026-11-23', '06:00', 0, 'Europe/Rome', '2026c', %s, %s)",
        room.identity.organization_id,
        project.project_id,
        NOW + timedelta(days=3),
        NOW + timedelta(days=3),
    )
    slot = room.note(project).reach

    assert (None, None, None) == (nowhere.episode_id, nowhere.title, nowhere.at)
    assert (None, NOW + timedelta(days=3)) == (slot.episode_id, slot.at)


def test_a_note_on_another_projects_episode_is_refused(room: Studio) -> None:
    """An empty note is refused as well."""
    project, other = room.project(), room.project("Sera")
    episode = room.episode(other)

    with pytest.raises(NotFound, match="in this project"):
        room.note(project, episode_id=episode.episode_id)
    with pytest.raises(NotFound, match="in this project"):
        taken(room, project, episode)
    with pytest.raises(InvalidInput, match="the note is empty"):
        room.note(project, " \u2066\n ")
