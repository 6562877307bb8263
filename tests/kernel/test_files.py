"""Private files: created with their mode, and never through links of other accounts."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from wavehouse.kernel import files
from wavehouse.kernel.errors import Refused

NOBODY = 65534
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of others")


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """Set an open umask: modes must not depend on the umask of the calling shell."""
    before = os.umask(0)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_files_and_folders_are_closed_whatever_the_umask(tmp_path: Path) -> None:
    """0600 and 0700, including folders created on the way."""
    files.create(tmp_path / "secret", b"s")
    files.replace(tmp_path / "report", b"r")
    made = files.folder(tmp_path / "a" / "b")
    os.close(files.opened(tmp_path / "lock", os.O_RDWR | os.O_CREAT))

    assert [0o600] * 3 == [_mode(tmp_path / name) for name in ("secret", "report", "lock")]
    assert [0o700, 0o700] == [_mode(made), _mode(made.parent)]


@AS_ROOT
def test_an_output_file_never_goes_into_a_file_of_another_account(tmp_path: Path) -> None:
    """Neither into a file that was there, nor through a link; a device is written to."""
    theirs, link = tmp_path / "theirs.json", tmp_path / "link.json"
    theirs.write_bytes(b"")
    os.chown(theirs, NOBODY, NOBODY)
    theirs.chmod(0o666)
    held = theirs.open("rb")
    link.symlink_to(tmp_path / "elsewhere")
    for path in (theirs, link, Path(os.devnull)):
        files.write_output(path, b"personal data")

    assert b"" == held.read()
    assert (0, 0o600) == (theirs.stat().st_uid, _mode(theirs))
    assert not link.is_symlink()
    assert not (tmp_path / "elsewhere").exists()
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_secret_is_never_readable_by_others_while_it_is_made(tmp_path: Path) -> None:
    """A process that polls the folder never sees a mode other than 0600."""
    seen: set[int] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            with suppress(OSError):
                seen.update(_mode(path) for path in tmp_path.iterdir())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for n in range(200):
        files.create(tmp_path / f"secret{n}", b"x" * 4096)
    stop.set()
    watcher.join()

    assert seen <= {0o600}


def test_a_name_that_is_taken_is_not_written_to(tmp_path: Path) -> None:
    """Neither a file nor a dangling link is opened for writing."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    for name in ("file", "link"):
        with pytest.raises((FileExistsError, Refused)):
            files.create(tmp_path / name, b"s")

    assert ("mine", False) == (
        (tmp_path / "file").read_text(),
        (tmp_path / "elsewhere").exists(),
    )


def test_replacing_replaces_the_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    """No unfinished file remains."""
    (tmp_path / "target").write_text("kept")
    (tmp_path / "name").symlink_to("target")

    files.replace(tmp_path / "name", b"new")

    assert "kept" == (tmp_path / "target").read_text()
    assert b"new" == (tmp_path / "name").read_bytes()
    assert ["name", "target"] == sorted(path.name for path in tmp_path.iterdir())


WAYS: dict[str, Callable[[Path], object]] = {
    "create": lambda path: files.create(path, b"x"),
    "replace": lambda path: files.replace(path, b"x"),
    "read": files.read,
    "open": lambda path: os.close(files.opened(path, os.O_RDWR | os.O_CREAT)),
    "remove": files.remove,
    "folder": lambda path: files.folder(path / "below"),
}


@AS_ROOT
@pytest.mark.parametrize("way", WAYS)
def test_a_folder_link_of_another_account_is_refused(tmp_path: Path, way: str) -> None:
    """In any part of the path; the link's target is unchanged."""
    private = tmp_path / "private"
    private.mkdir()
    (private / "name").write_text("kept")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, NOBODY, NOBODY)
    (theirs / "link").symlink_to(private)
    os.chown(theirs / "link", NOBODY, NOBODY, follow_symlinks=False)

    with pytest.raises(Refused, match="symbolic link"):
        WAYS[way](theirs / "link" / "name")

    assert "kept" == (private / "name").read_text()
    assert ["name"] == [path.name for path in private.iterdir()]


def test_links_of_this_account_are_followed(tmp_path: Path) -> None:
    """An administrator may link the home to another disk, relatively or absolutely."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "absolute").symlink_to(tmp_path / "disk")
    (tmp_path / "relative").symlink_to("../" + tmp_path.name + "/disk")

    files.create(tmp_path / "absolute" / "a", b"1")
    files.create(tmp_path / "relative" / "b", b"2")

    assert ["a", "b"] == sorted(path.name for path in (tmp_path / "disk").iterdir())


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    """Resolving it terminates."""
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")

    with pytest.raises(Refused):
        files.create(tmp_path / "one" / "name", b"x")


def test_a_pipe_in_the_place_of_a_file_is_refused_at_once(tmp_path: Path) -> None:
    """Opening it would block until there is a writer."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(Refused, match="not a regular file"):
        files.read(tmp_path / "pipe")


def test_files_for_a_team_keep_the_users_umask(tmp_path: Path) -> None:
    """Migrations are shared sources, so they are not made private."""
    os.umask(0o002)
    files.close_umask()
    (tmp_path / "own").touch()
    with files.shared():
        (tmp_path / "team").touch()

    assert (0o600, 0o664) == (_mode(tmp_path / "own"), _mode(tmp_path / "team"))


def test_commands_write_their_files_by_this_module() -> None:
    """Methods of Path follow links and write into existing files."""
    root = Path(files.__file__).parents[1]
    rooms = [path for path in root.rglob("*.py") if "cli" in path.relative_to(root).as_posix()]
    writing = [
        path.name
        for path in rooms
        if any(call in path.read_text() for call in (".write_text(", ".write_bytes("))
    ]

    assert ["sample.py"] == writing  # a mark in the home
