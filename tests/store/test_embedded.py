"""The embedded server: created, shared, taken over, stopped; and what it refuses.

These tests start separate servers, because they test starting and stopping.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from wavehouse.kernel.errors import Refused, Unreachable
from wavehouse.store import EmbeddedServer, binaries, postmaster

PROGRAM = """
import signal, sys, time
from pathlib import Path
from wavehouse.__main__ import _leave
from wavehouse.store import EmbeddedServer
signal.signal(signal.SIGTERM, _leave)
signal.signal(signal.SIGHUP, _leave)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & makes it ignored
with EmbeddedServer(Path(sys.argv[1])).running():
    print("ready", flush=True)
    time.sleep(600)
"""
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL changes account for root only")


def _query(server: EmbeddedServer, statement: str) -> object:
    conninfo = server.conninfo("postgres", "wavehouse_root", server.superuser_password())
    with psycopg.connect(conninfo, autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
    return row[0] if row else None


def _make_table(server: EmbeddedServer) -> None:
    conninfo = server.conninfo("postgres", "wavehouse_root", server.superuser_password())
    with psycopg.connect(conninfo) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")


def _postmaster(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def _wait_for(condition: Callable[[], bool]) -> bool:
    for _ in range(1500):
        if condition():
            return True
        time.sleep(0.02)
    return False


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextmanager
def _program(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that uses the same folder's server."""
    command = [sys.executable, "-c", PROGRAM, str(home)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        assert "ready\n" == running.stdout.readline()
        yield running
    finally:
        running.kill()
        running.wait()
        if running.stdout is not None:
            running.stdout.close()


@pytest.fixture
def made(home_folder: Path) -> Iterator[Path]:
    """A home with a new server; a server left running by a test is stopped."""
    yield home_folder
    server = EmbeddedServer(home_folder)
    if server.is_running():
        server._stop()


def test_the_server_runs_while_it_is_used_and_not_longer(made: Path) -> None:
    """The cluster is as specified: 18, UTF-8, builtin locale, checksums, UTC."""
    server = EmbeddedServer(made)
    with server.running():
        assert server.is_running()
        assert "180000" <= str(_query(server, "SHOW server_version_num"))
        assert "UTF8" == _query(server, "SHOW server_encoding")
        assert "on" == _query(server, "SHOW data_checksums")
        assert "UTC" == _query(server, "SHOW timezone")
        assert "b/C.UTF-8" == _query(
            server,
            "SELECT format('%s/%s', datlocprovider, datlocale) FROM pg_database "
            "WHERE datname = 'postgres'",
        )
        assert "" == _query(server, "SHOW listen_addresses")
    assert not server.is_running()


def test_data_is_there_after_a_restart(made: Path) -> None:
    """The second start uses the first one's folder."""
    server = EmbeddedServer(made)
    with server.running():
        _make_table(server)
    with server.running():
        assert 1000 == _query(server, "SELECT count(*) FROM kept")


def test_secrets_and_data_are_closed_to_others(made: Path) -> None:
    """The secret has mode 0600, the data 0700; other accounts may only pass through the home."""
    with EmbeddedServer(made).running():
        modes = {
            name: stat.S_IMODE((made / name).stat().st_mode)
            for name in ("server.secret", "postgres")
        }
        home = stat.S_IMODE(made.stat().st_mode)

    assert {"server.secret": 0o600, "postgres": 0o700} == modes
    assert 0 == home & 0o066


def test_signing_in_needs_the_password(made: Path) -> None:
    """The socket requires SCRAM for everyone, including the superuser."""
    server = EmbeddedServer(made)
    with server.running(), pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(server.conninfo("postgres", "wavehouse_root", "a guess"))


def test_two_programs_on_one_folder_share_the_server(made: Path) -> None:
    """When one exits, the server keeps running for the other."""
    server = EmbeddedServer(made)
    with server.running():
        first = _postmaster(made)
        with _program(made) as other:
            assert first == _postmaster(made)
            other.send_signal(signal.SIGTERM)
            assert 128 + signal.SIGTERM == other.wait(60)
        assert server.is_running()
        assert first == _postmaster(made)
    assert not server.is_running()


def test_the_last_program_stops_the_server(made: Path) -> None:
    """The program that started it exits first; the other one stops it."""
    server = EmbeddedServer(made)
    with server.running():
        starter = _program(made)
        other = starter.__enter__()
    try:
        assert server.is_running()
        other.send_signal(signal.SIGTERM)
        other.wait(60)
        assert not server.is_running()
    finally:
        starter.__exit__(None, None, None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_stops_the_program_and_its_server(made: Path, number: signal.Signals) -> None:
    """SIGTERM, SIGHUP and Ctrl-C unwind, so that no postmaster remains."""
    with _program(made) as program:
        postmaster = _postmaster(made)
        program.send_signal(number)
        program.wait(60)

    assert _wait_for(lambda: not _is_alive(postmaster))


def test_an_orphan_is_taken_over_and_then_stopped(made: Path) -> None:
    """After kill -9 of the program, the next one uses the postmaster and stops it."""
    with _program(made) as program:
        orphan = _postmaster(made)
        program.kill()
        program.wait(60)
    assert _is_alive(orphan)

    server = EmbeddedServer(made)
    with server.running():
        assert orphan == _postmaster(made)
        assert 1 == _query(server, "SELECT 1")
    assert not _is_alive(orphan)


def test_a_crashed_server_is_started_again_with_what_was_committed(made: Path) -> None:
    """After kill -9 of the postmaster the next start recovers every committed row."""
    server = EmbeddedServer(made)
    with _program(made) as program:
        _make_table(server)
        crashed = _postmaster(made)
        os.kill(crashed, signal.SIGKILL)
        assert _wait_for(lambda: not _is_alive(crashed))
        program.kill()
        program.wait(60)

    with server.running():
        assert crashed != _postmaster(made)
        assert 1000 == _query(server, "SELECT count(*) FROM kept")


@pytest.mark.parametrize("owner", ["another program", "nobody", "a zombie"])
def test_a_lock_file_that_outlived_its_server_does_not_hinder_a_start(
    made: Path, owner: str
) -> None:
    """In a restarted container process ids repeat, so the process is checked."""
    server = EmbeddedServer(made)
    with server.running():
        kept = {
            name: (made / "postgres" / name).read_text().partition("\n")[2]
            for name in ("postmaster.pid", ".s.PGSQL.5432.lock")
        }
    sleeper = subprocess.Popen(["sleep", "60"])
    number = {"another program": sleeper.pid, "nobody": 2**22 - 1, "a zombie": sleeper.pid}[owner]
    if owner == "a zombie":
        sleeper.kill()
        assert _wait_for(lambda: not _is_alive(sleeper.pid))
    for name, rest in kept.items():
        stale = made / "postgres" / name
        stale.write_text(f"{number}\n{rest}")
        os.chown(stale, server.account.uid, server.account.gid)
    try:
        assert not server.is_running()
        with server.running():
            assert number != _postmaster(made)
            assert 1 == _query(server, "SELECT 1")
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_server_that_was_killed_under_a_program_does_not_hinder_its_end(made: Path) -> None:
    """The program exits without an error, as the server has already stopped."""
    server = EmbeddedServer(made)
    with server.running():
        crashed = _postmaster(made)
        os.kill(crashed, signal.SIGKILL)
        assert _wait_for(lambda: not _is_alive(crashed))
    assert not server.is_running()


def test_a_half_made_cluster_is_made_again(made: Path) -> None:
    """A kill during initdb leaves ``postgres.new``, which the next start removes."""
    rubble = made / "postgres.new"
    rubble.mkdir()
    (rubble / "PG_VERSION").write_text("18\n")

    with EmbeddedServer(made).running():
        assert not rubble.exists()


def test_a_long_path_gets_a_short_private_socket_folder(made: Path) -> None:
    """A socket path is limited to 107 bytes; a deep WAVEHOUSE_HOME still works."""
    deep = made / ("d" * 60) / ("e" * 60)
    for folder in (deep.parent, deep):
        folder.mkdir()
        folder.chmod(0o711)
    server = EmbeddedServer(deep)
    with server.running():
        assert 1 == _query(server, "SELECT 1")
        assert server.data != server.socket_folder
        assert len(os.fsencode(server.socket_folder)) < 60
        assert 0o700 == stat.S_IMODE(server.socket_folder.stat().st_mode)
    server.socket_folder.rmdir()


def test_a_socket_folder_of_someone_else_is_refused(made: Path) -> None:
    """A folder created by another account must not contain our socket."""
    deep = made / ("f" * 60) / ("g" * 60)
    for folder in (deep.parent, deep):
        folder.mkdir()
        folder.chmod(0o711)
    server = EmbeddedServer(deep)
    server.socket_folder.mkdir(mode=0o777)
    server.socket_folder.chmod(0o777)
    try:
        with pytest.raises(Refused, match="belongs to another account"), server.running():
            pass
    finally:
        server.socket_folder.rmdir()


def test_a_folder_of_another_major_version_is_refused(made: Path) -> None:
    """One sentence with the next step; the folder is not changed."""
    data = made / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("16\n")

    with pytest.raises(Refused, match="created by PostgreSQL 16") as caught:
        EmbeddedServer(made).running().__enter__()

    assert "pg_dumpall" in str(caught.value.next_steps())
    assert ["PG_VERSION"] == [entry.name for entry in data.iterdir()]


def test_a_server_that_cannot_start_says_why(made: Path) -> None:
    """The message has the reason from the server's log, and the log's path."""
    server = EmbeddedServer(made)
    with server.running():
        pass
    (made / "postgres" / "postgresql.conf").write_text("nonsense = 1\n")

    with pytest.raises(Unreachable) as caught, server.running():
        pass

    assert "nonsense" in str(caught.value) or "configuration file" in str(caught.value)
    assert "server.log" in str(caught.value.where)


def test_a_port_opens_the_loopback_and_nothing_else(made: Path) -> None:
    """Only the socket is open unless a port is requested."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = EmbeddedServer(made, port=port)
    with server.running():
        assert "127.0.0.1" == _query(server, "SHOW listen_addresses")
        conninfo = server.conninfo("postgres", "wavehouse_root", server.superuser_password())
        with psycopg.connect(conninfo, host="127.0.0.1") as connection:
            assert port == connection.info.port


def test_the_log_of_the_server_repeats_no_secret_and_no_statement(made: Path) -> None:
    """A failing statement may contain an address or a password: the log has only its error."""
    server = EmbeddedServer(made)
    with server.running():
        secret = server.superuser_password()
        conninfo = server.conninfo("postgres", "wavehouse_root", secret)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            with pytest.raises(psycopg.errors.UndefinedTable):
                connection.execute("SELECT * FROM missing WHERE address = '203.0.113.77'")
            with pytest.raises(psycopg.errors.DivisionByZero):
                connection.execute("SELECT 1 / %s WHERE %s <> ''", [0, "very secret"])
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.conninfo("postgres", "wavehouse_root", "a wrong guess"))
    log = (made / "postgres" / "server.log").read_text()

    assert "division by zero" in log
    for text in (secret, "203.0.113.77", "very secret", "a wrong guess", "SCRAM-SHA-256$"):
        assert text not in log


# --- as root ---------------------------------------------------------------------------------


@AS_ROOT
def test_for_root_the_server_runs_as_an_account_of_its_own(made: Path) -> None:
    """PostgreSQL refuses root: data and processes belong to ``postgres`` or ``nobody``."""
    messages: list[str] = []
    server = EmbeddedServer(made, say=messages.append)
    with server.running():
        owner = Path(f"/proc/{_postmaster(made)}").stat().st_uid

    assert binaries.server_account().uid == owner == (made / "postgres").stat().st_uid
    assert 0 != owner
    assert 1 == len([text for text in messages if "refuses root" in text])


@AS_ROOT
def test_for_root_a_folder_below_a_closed_one_is_refused(made: Path) -> None:
    """No parent's permissions are changed; the message names the closed folder."""
    closed = made / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(Refused, match="has no access to") as caught:
        EmbeddedServer(closed / "home").running().__enter__()

    assert str(closed) in str(caught.value)
    assert 0o700 == stat.S_IMODE(closed.stat().st_mode)
    assert [] == list(closed.iterdir())


@pytest.mark.parametrize("below", ["", "below"])
def test_a_home_that_is_a_file_is_refused_and_left_alone(home_folder: Path, below: str) -> None:
    """As root, a typing error would otherwise change a file's permissions."""
    file = home_folder / "passwd"
    file.write_text("root:x:0:0\n")
    file.chmod(0o644)

    with pytest.raises(Refused) as refused, EmbeddedServer(file / below).running():
        pass

    assert "WAVEHOUSE_HOME" in str(refused.value.command)
    assert 0o644 == stat.S_IMODE(file.stat().st_mode)
    assert ["passwd"] == [path.name for path in home_folder.iterdir()]


def _restarted(log: Path, before: int) -> bool:
    """Whether the server was reinitialized more often than before."""
    return log.read_text().count("reinitializing") > before


def _ended(number: int, data: Path) -> bool:
    """Whether the server's process has ended or is ending."""
    return not Path(f"/proc/{number}").exists() or postmaster.is_stopping(data)


def test_a_server_that_restarts_after_a_crash_finishes_that_before_it_is_stopped(
    made: Path,
) -> None:
    """Otherwise the program would wait half a minute for a stop that never comes."""
    log = made / "postgres" / "server.log"
    with EmbeddedServer(made).running() as server:
        begun = log.read_text().count("reinitializing")
        conninfo = server.conninfo("postgres", "wavehouse_root", server.superuser_password())
        struck = psycopg.connect(conninfo)
        os.kill(struck.info.backend_pid, signal.SIGKILL)
        assert _wait_for(partial(_restarted, log, begun))
        struck.close()

    assert "immediate shutdown" not in log.read_text()


def test_a_server_that_never_finishes_stopping_is_ended_and_started_again(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is stopped while restarting after a crash, PostgreSQL 18 may never end."""
    monkeypatch.setattr("wavehouse.store.embedded._STOP_PATIENCE", 1)
    log = made / "postgres" / "server.log"
    with EmbeddedServer(made).running() as server:
        _make_table(server)
        for _ in range(5):
            conninfo = server.conninfo("postgres", "wavehouse_root", server.superuser_password())
            begun = log.read_text().count("reinitializing")
            # kept: a discarded connection would close the session itself
            struck = psycopg.connect(conninfo)
            os.kill(struck.info.backend_pid, signal.SIGKILL)
            assert _wait_for(partial(_restarted, log, begun))
            struck.close()
            number = _postmaster(made)
            os.kill(number, signal.SIGINT)
            _wait_for(partial(_ended, number, made / "postgres"))
            time.sleep(0.3)
            if not server.is_running():
                server.revive()
                continue
            with EmbeddedServer(made).running() as again:
                assert 1000 == _query(again, "SELECT count(*) FROM kept")
            break
        server.revive()
        assert 1000 == _query(server, "SELECT count(*) FROM kept")
