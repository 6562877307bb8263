"""Watched folders: new, appended, renamed and rotated files, and unfinished ones."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import pytest

from wavehouse.kernel.errors import InvalidInput
from wavehouse.measurement.rules.settling import Seen, Settling, is_candidate
from wavehouse.measurement.service.watching import Watch, watch, watch_once


@pytest.fixture
def folder(desk: Any) -> Path:
    """The folder that is watched."""
    made: Path = desk.folder / "in"
    made.mkdir()
    return made


def looks(watching: Watch, count: int = 2) -> tuple[int, int]:
    """Look several times; returns all stored requests and added downloads."""
    done = [watching.look() for _ in range(count)]
    return sum(one.tally.stored for one in done), sum(one.downloads for one in done)


def line(hit: Any, host: int) -> str:
    """A download from a distinct address."""
    return str(hit.but(ip=f"198.51.100.{host}").combined()) + "\n"


def test_what_arrives_is_read_counted_and_rolled_up_once(desk: Any, hit: Any, folder: Path) -> None:
    """New, appended, renamed, compressed, in a subfolder: each line once."""
    watching = Watch(
        desk.place.stores, desk.place.settings, identity=desk.place.identity, folders=[folder]
    )
    path = folder / "access.log"
    path.write_text(line(hit, 1) + line(hit, 2))
    assert (2, 2) == looks(watching)
    assert (0, 0) == looks(watching)

    with path.open("a") as file:
        file.write(line(hit, 3))
    assert (1, 1) == looks(watching)

    path.rename(folder / "access.log.1")  # a rotation: the old log continues under a new name
    path.write_text(line(hit, 4))
    assert (1, 1) == looks(watching)

    (folder / "access.log.2.gz").write_bytes(gzip.compress((folder / "access.log.1").read_bytes()))
    (folder / "access.log.1").unlink()
    (folder / "below").mkdir()
    shutil.copy(path, folder / "below" / "copy.log")
    assert (0, 0) == looks(watching)
    assert 4 == desk.total()


def test_a_file_that_is_still_being_made_is_left_alone(desk: Any, hit: Any, folder: Path) -> None:
    """A gzip that grows between looks; hidden files and .tmp always."""
    packed = gzip.compress((line(hit, 1) * 1 + line(hit, 2)).encode())
    path = folder / "a.log.gz"
    watching = Watch(
        desk.place.stores, desk.place.settings, identity=desk.place.identity, folders=[folder]
    )
    for name in (".hidden.log", "b.log.tmp", "c.log.part"):
        (folder / name).write_text(line(hit, 9))
    for end in range(20, len(packed), 20):
        path.write_bytes(packed[:end])
        assert () == watching.look().files
    path.write_bytes(packed)

    assert (2, 2) == looks(watching)
    assert {} == desk.filtered()
    assert [] == desk.rows("SELECT 1 FROM measurement.quarantine")


def test_a_log_that_never_stands_still_is_read_while_it_grows(
    desk: Any, hit: Any, folder: Path
) -> None:
    """A busy server's log is read after some looks, and no line is doubled."""
    watching, path = (
        Watch(
            desk.place.stores, desk.place.settings, identity=desk.place.identity, folders=[folder]
        ),
        folder / "busy.log",
    )
    stored = []
    for host in range(1, 9):
        whole = line(hit, host)
        with path.open("a") as file:
            file.write(whole[:50])
        stored.append(watching.look().tally.stored)
        with path.open("a") as file:
            file.write(whole[50:])
    assert 0 < sum(stored) < 8

    looks(watching)
    assert 8 == desk.total()
    assert [] == desk.rows("SELECT 1 FROM measurement.quarantine WHERE status = 'open'")


def test_once_reads_what_lies_there_and_ends(desk: Any, hit: Any, folder: Path) -> None:
    """Two looks; a second run finds nothing new; a bad file does not stop the others."""
    (folder / "a.log").write_text(line(hit, 1))
    (folder / "story.txt").write_text("Once upon a time\n")
    (done,) = watch_once(
        desk.place.stores,
        desk.place.settings,
        identity=desk.place.identity,
        folders=[folder],
        wait=lambda _: False,
        patience=0,
    )
    assert (1, 1, True) == (done.tally.stored, done.downloads, done.found_faults)

    (again,) = watch_once(
        desk.place.stores,
        desk.place.settings,
        identity=desk.place.identity,
        folders=[folder],
        wait=lambda _: False,
        patience=0,
    )
    assert (0, 0) == (again.tally.stored, again.downloads)


def test_a_watch_goes_on_until_it_is_told_to_stop(desk: Any, hit: Any, folder: Path) -> None:
    """Files arrive between its looks; the result of a look is reported immediately."""
    arriving = [line(hit, host) for host in (1, 2)]

    def wait(_: float) -> bool:
        if arriving:
            (folder / f"{len(arriving)}.log").write_text(arriving.pop())
            return False
        waits.append(1)
        return len(waits) > 3

    waits: list[int] = []
    done = list(
        watch(
            desk.place.stores,
            desk.place.settings,
            identity=desk.place.identity,
            folders=[folder],
            interval=1,
            wait=wait,
        )
    )
    assert 2 == sum(one.downloads for one in done) == desk.total()


def test_a_folder_that_is_gone_is_a_sentence(desk: Any, folder: Path) -> None:
    """It must not watch in vain without saying so."""
    watching = Watch(
        desk.place.stores, desk.place.settings, identity=desk.place.identity, folders=[folder]
    )
    folder.rmdir()

    with pytest.raises(InvalidInput, match="does not exist"):
        watching.look()


def test_names_of_files_in_the_making() -> None:
    """Hidden, temporary and partial files."""
    good = ("access.log", "access.log.1", "a.gz", "E2.2026-11-18-23.gz")
    bad = (".a.log", "a.tmp", "a.PART", "a.log~", "a.crdownload")

    assert [True] * 4 == [is_candidate(name) for name in good]
    assert [False] * 5 == [is_candidate(name) for name in bad]


def test_a_file_is_read_again_only_when_it_changed_since_that_look() -> None:
    """Data appended during a look is read by a later look."""
    settling, first = Settling(), Seen(1, 7, 100, 1)
    assert [] == settling.ready({"a": first})
    assert ["a"] == settling.ready({"a": first})
    settling.was_read(first)
    assert [] == settling.ready({"a": first})
    grown = Seen(1, 7, 160, 2)
    assert [] == settling.ready({"a": grown})
    assert ["a"] == settling.ready({"a": grown})
