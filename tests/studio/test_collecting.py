"""Stored files: unreferenced ones are collected, never one that a generation may still use."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.studio.conftest import NOW, Studio
from tests.studio.making import VOICES, Maker

from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused
from wavehouse.studio.adapters.objects import FolderStore
from wavehouse.studio.checks import files as check
from wavehouse.studio.jobs import collecting_files
from wavehouse.studio.service import collecting, generating
from wavehouse.studio.service.generation.places import place_of
from wavehouse.studio.types.production import Voice

LATER = NOW.replace(year=2099)
"""Rows keep the time of the database, so the tests look back from far ahead."""


@pytest.fixture
def maker(room: Studio) -> Maker:
    """A worker with the store of the workspace."""
    maker = Maker(room, Path("unused"))
    maker.place = place_of(room.workspace.stores.operational, room.workspace.settings)
    return maker


def aged(maker: Maker, ago: timedelta = timedelta(days=8)) -> None:
    """Let all files be last held some time before ``LATER``."""
    at = (LATER - ago).timestamp()
    for ref, _, _ in maker.place.store.stored():
        os.utime(maker.place.store.path(ref), (at, at))


def collect(maker: Maker, *, apply: bool = True) -> collecting.Collected:
    """Collect long afterwards."""
    with clock.frozen(LATER):
        return collecting.collect(
            maker.place.operational,
            maker.place.store,
            identity=maker.room.identity,
            apply=apply,
        )


def refs(maker: Maker, episode_id: UUID | None) -> dict[str, str]:
    """The outputs of an episode's latest steps, by step and segment."""
    assert episode_id is not None
    return {
        f"{step}:{segment}": str(row.output_ref)
        for (step, segment), row in maker.steps(episode_id).items()
    }


def test_what_an_earlier_generation_can_make_again_for_free_is_collected(maker: Maker) -> None:
    """Speech is kept, as it may have been paid for; the old sound and MP3 go, and come back."""
    project = maker.project()
    first = maker.make(project)
    before = refs(maker, first.episode_id)
    sound = maker.place.store.named_by(before["assemble:0"])
    maker.change(project, voices=(VOICES[0], Voice("Marco", variant="m1", speed=240)))
    maker.room.act(generating.regenerate_episode, episode_id=first.episode_id)
    maker.work()
    after = refs(maker, first.episode_id)
    aged(maker)

    planned = collect(maker, apply=False)
    done = collect(maker)

    store = maker.place.store
    gone = [before["assemble:0"], before["encode:0"], before["publish:0"], *sound]
    assert (len(gone), 0) == (planned.unreferenced, planned.deleted)
    assert (len(gone), len(gone)) == (done.unreferenced, done.deleted)
    assert not any(store.has(ref) for ref in gone)
    kept = {ref for step, ref in [*before.items(), *after.items()] if step[:6] != "notify"}
    assert all(store.has(ref) for ref in kept - set(gone))
    assert check(maker.room.workspace).ok
    assert 0 == collect(maker).unreferenced
    maker.change(project, voices=VOICES)
    maker.room.act(generating.regenerate_episode, episode_id=first.episode_id)
    (again,) = maker.work()
    assert "done" == again.status
    assert before["encode:0"] == refs(maker, first.episode_id)["encode:0"]
    assert store.has(before["encode:0"])


def test_a_file_younger_than_an_open_generation_or_a_week_is_kept(maker: Maker) -> None:
    """A step writes its file before its row: a slot that waits for a review has none yet."""
    project = maker.project()
    maker.change(project, review=True)
    maker.make(project)
    store = maker.place.store
    orphan = store.put(b"a line that was just spoken")
    aged(maker)
    os.utime(store.path(orphan), (clock_of(maker) + 60,) * 2)

    assert 0 == collect(maker).unreferenced

    with maker.place.operational.worker() as tx:
        tx.execute("DELETE FROM studio.episode_schedule_queue")
    os.utime(store.path(orphan), ((LATER - timedelta(days=6)).timestamp(),) * 2)
    assert 0 == collect(maker).unreferenced
    os.utime(store.path(orphan), ((LATER - timedelta(days=8)).timestamp(),) * 2)
    assert (1, False) == (collect(maker).deleted, store.has(orphan))


def clock_of(maker: Maker) -> float:
    """The database's time."""
    with maker.place.operational.worker() as tx:
        return float(tx.value("SELECT extract(epoch FROM clock_timestamp())"))


def test_a_file_that_is_held_while_it_is_collected_stays(tmp_path: Path) -> None:
    """Writing the same content again, or reusing it, makes it and the files it names young."""
    store = FolderStore(tmp_path)
    sound = store.put(b"RIFF sound")
    index = store.put(b'{"sound": "' + sound.encode() + b'"}')
    for ref in (sound, index):
        os.utime(store.path(ref), (1000, 1000))

    assert store.hold(index)
    assert [False, False] == [store.remove(ref, before=2000) for ref in (sound, index)]
    assert store.get(sound) == b"RIFF sound"
    os.utime(store.path(sound), (1000, 1000))
    assert sound == store.put(b"RIFF sound")
    assert not store.remove(sound, before=2000)
    os.utime(store.path(sound), (1000, 1000))
    assert store.remove(sound, before=2000)
    assert not store.remove(sound, before=2000)
    assert not store.hold(index), "a document whose sound is gone is made again"


def test_a_step_whose_document_names_a_missing_file_runs_again(maker: Maker) -> None:
    """The assembled sound was deleted: a new cover needs it, and it is joined again for free."""
    project = maker.project()
    made = maker.make(project)
    store, before = maker.place.store, refs(maker, made.episode_id)
    (sound,) = store.named_by(before["assemble:0"])
    store.path(sound).unlink()
    maker.change(project, author="Giulia Rossi")

    maker.room.act(generating.regenerate_episode, episode_id=made.episode_id)
    (again,) = maker.work()

    assert ("done", True) == (again.status, store.has(sound))


def test_a_store_of_another_database_is_not_emptied(maker: Maker) -> None:
    """Refused when no file is referenced; many unreferenced files are only reported by the job."""
    store = maker.place.store
    orphans = [store.put(f"orphan {n}".encode()) for n in range(3)]
    for ref in orphans:
        os.utime(store.path(ref), (1000, 1000))
    with pytest.raises(Refused, match="references none of the stored files"):
        collect(maker)
    made = maker.make(maker.project())
    more = [store.put(f"more {n}".encode()) for n in range(200)]
    for ref in more:
        os.utime(store.path(ref), (1000, 1000))
    work = collecting_files(maker.room.workspace)

    assert "nothing was deleted" in str(work())

    assert all(store.has(ref) for ref in [*orphans, *more])
    for ref in more:
        store.path(ref).unlink()
    assert "3 unreferenced files were deleted" == work()
    store.path(refs(maker, made.episode_id)["encode:0"]).unlink()
    finding = check(maker.room.workspace)
    assert (False, "wavehouse backup list") == (finding.ok, finding.command)
    assert "1 published audio files are missing" in finding.message
