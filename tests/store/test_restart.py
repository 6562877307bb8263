"""Restarting after a crash, a full disk, a lost secret: it starts, or says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from wavehouse.kernel import config
from wavehouse.kernel.errors import Refused
from wavehouse.store import EmbeddedServer, open_stores, postmaster, provision
from wavehouse.store.conf import settings


def _answers(server: EmbeddedServer) -> bool:
    conninfo = server.conninfo("postgres", "wavehouse_root", server.superuser_password())
    with psycopg.connect(conninfo) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture
def made(home_folder: Path) -> EmbeddedServer:
    """A server that was created and has stopped."""
    server = EmbeddedServer(home_folder)
    with server.running():
        pass
    return server


def _left(path: Path, content: bytes, owner: tuple[int, int]) -> None:
    path.write_bytes(content)
    os.chown(path, *owner)


def test_broken_lock_files_do_not_hinder_a_start(made: EmbeddedServer) -> None:
    """Empty (a full disk), without a number, of another account, or a link: all are stale."""
    owner = (made.account.uid, made.account.gid)
    lock = made.data / "postmaster.pid"
    for content in (b"", b"\n", b"nonsense\n", b"99999999999999999999\n", b"-1\n", b"\xff\x00"):
        _left(lock, content, owner)
        _left(made.data / ".s.PGSQL.5432.lock", content, owner)
        with made.running():
            assert _answers(made)
    _left(lock, f"1\n{made.data}\n".encode(), (os.geteuid(), os.getegid()))
    with made.running():
        assert _answers(made)


def test_a_start_waits_for_the_processes_that_a_killed_server_left(tmp_path: Path) -> None:
    """They hold its shared memory: PostgreSQL would refuse to start beside them."""
    name, sleep = tmp_path / "postgres", shutil.which("sleep")
    assert sleep is not None
    name.symlink_to(sleep)
    data = tmp_path / "data"
    data.mkdir()
    postmaster.lock_file(data).write_text("4194305\n")
    with subprocess.Popen([name, "1"], cwd=data) as orphan:
        postmaster.wait_for_orphans(data)

        assert 0 == orphan.poll()


def test_a_folder_in_place_of_a_lock_file_is_named(made: EmbeddedServer) -> None:
    """It belongs to somebody else, so it is not removed; the sentence has its full path."""
    lock = made.data / "postmaster.pid"
    lock.mkdir()

    with pytest.raises(Refused, match="is a folder") as caught, made.running():
        pass
    lock.rmdir()

    assert str(lock) == caught.value.where


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user needs no other account")
def test_a_home_below_a_link_to_nowhere_is_named(home_folder: Path) -> None:
    """Earlier the message blamed the server account's permissions."""
    (home_folder / "link").symlink_to(home_folder / "nowhere")

    with (
        pytest.raises(Refused, match="a link to a folder that does not exist"),
        EmbeddedServer(home_folder / "link" / "home").running(),
    ):
        pass


def test_an_empty_lock_file_over_a_living_server_is_named_and_left(made: EmbeddedServer) -> None:
    """Two servers on one folder would destroy it."""
    with made.running():
        kept = (made.data / "postmaster.pid").read_bytes()
        os.truncate(made.data / "postmaster.pid", 0)
        try:
            with pytest.raises(Refused, match="still uses the data folder") as caught:
                made._prepare_start()
            assert "kill -INT" in str(caught.value.command)
        finally:
            with (made.data / "postmaster.pid").open("r+b") as file:
                file.write(kept)


def test_a_lost_secret_is_replaced_and_said(home_folder: Path) -> None:
    """The data is unchanged; the superuser and the roles get new passwords."""
    options = config.load({"home": str(home_folder)}, environment={})
    with open_stores(options) as stores:
        for place in stores.places:
            provision(place)
    before = (home_folder / "server.secret").read_text()
    for loss in ("removed", "emptied"):
        if loss == "removed":
            (home_folder / "server.secret").unlink()
        else:
            os.truncate(home_folder / "server.secret", 0)
        said: list[str] = []
        with open_stores(options, said.append) as stores:
            for place in stores.places:
                provision(place)
            assert stores.operational.answer().version.startswith("18")
        assert 1 == len([text for text in said if "server.secret was missing" in text])
    assert before != (home_folder / "server.secret").read_text()
    assert 0o600 == (home_folder / "server.secret").stat().st_mode & 0o777


def test_a_lost_secret_of_a_server_in_use_is_refused_with_a_sentence(
    made: EmbeddedServer,
) -> None:
    """The other program continues; a new password can only be set after it has stopped."""
    with made.running():
        (made.home / "server.secret").unlink()
        with (
            pytest.raises(Refused, match="another wavehouse process uses the server"),
            EmbeddedServer(made.home).running(),
        ):
            pass
    with made.running():
        assert _answers(made)


@pytest.mark.parametrize(
    "name", ["with space", "it's", 'a "quoted" one', "a,b", "$HOME `id` \\x;&"]
)
def test_a_path_with_odd_characters_works(home_folder: Path, name: str) -> None:
    """Also with a missing parent folder; no part of the path reaches a shell."""
    server = EmbeddedServer(home_folder / "not yet there" / name)
    with server.running():
        assert _answers(server)
    if server.socket_folder != server.data:
        server.socket_folder.rmdir()


def test_paths_are_quoted_for_the_settings_file() -> None:
    """As an element of a list within a string of the file."""
    text = settings(Path('/it\'s/"a"/b\\c'), None, lasting=True)

    assert 'unix_socket_directories = \'"/it\'\'s/""a""/b\\\\c"\'\n' in text


def test_a_folder_that_is_not_a_data_folder_is_refused_and_kept(home_folder: Path) -> None:
    """Other files in ``postgres`` are neither removed nor mixed with the cluster."""
    (home_folder / "postgres").mkdir()
    (home_folder / "postgres" / "letter").write_text("mine")

    with pytest.raises(Refused, match="not a PostgreSQL data folder"):
        EmbeddedServer(home_folder).running().__enter__()

    assert "mine" == (home_folder / "postgres" / "letter").read_text()
