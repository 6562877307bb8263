"""Backups of a real embedded server: whole or not listed, restored to a second, never silent."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from tests.migrated import copy_home
from tests.small_disk import small_disk
from tests.stopping import reachable_folder

from wavehouse import app, audit
from wavehouse.audit.types import Actor
from wavehouse.backups import adapters, catalogue, checks, prune, rules
from wavehouse.backups.cli import backup as backup_commands
from wavehouse.backups.service import checking, creating, restoring, states, undoing
from wavehouse.backups.types import Backup, Checked, Pending
from wavehouse.erasure.adapters.backup_dates import held_backups
from wavehouse.kernel import clock, config
from wavehouse.kernel.errors import DiskFull, InvalidInput, Refused, UsageError
from wavehouse.store import EmbeddedServer
from wavehouse.workspace import Workspace

AT = datetime(2026, 11, 1, 3, tzinfo=UTC)
BACKUP = Backup(
    backup_id="20261101T030000Z",
    format="wavehouse-backup/1",
    started_at=AT,
    finished_at=AT,
    product="0.1.0",
    postgres="18",
    migrations={},
    first_segment="000000010000000000000004",
    base_bytes=1,
)


@dataclass(frozen=True)
class Made:
    """A home with one backup, one entry before it and one after, and the instant between."""

    home: Path
    name: str
    between: datetime


def _act(workspace: Workspace, action: str) -> None:
    with workspace.stores.operational.worker() as tx:
        audit.record(
            tx,
            actor=Actor("system:test"),
            action=action,
            resource=("thing", "7"),
            organization_id=None,
        )


def _actions(home: Path) -> list[str]:
    with (
        app.open_workspace({"home": str(home)}) as workspace,
        workspace.stores.operational.worker() as tx,
    ):
        listed: list[str] = tx.values(
            "SELECT action FROM audit.audit_log WHERE resource_type = 'thing' ORDER BY at"
        )
    return listed


def _settings(home: Path) -> config.Settings:
    return config.load({"home": str(home)}, environment={})


def _stopped(_home: Path, _pending: Pending) -> tuple[list[Checked], str]:
    raise InterruptedError("power cut")


def _ready(_home: Path, _pending: Pending) -> tuple[list[Checked], str]:
    return [], "none"


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    """One server, started once: a backup, then a change that only the archived log has."""
    home = reachable_folder()
    copy_home(home)
    (home / "reports").mkdir()
    (home / "reports" / "first.pdf").write_bytes(b"%PDF first")
    with app.open_workspace({"home": str(home)}) as workspace:
        _act(workspace, "thing.before")
        folder = audit.SealFolder.of(workspace.settings)
        audit.seal(workspace.stores, identity=workspace.identity, folder=folder)
        listed = creating.create(workspace.stores, workspace.settings, identity=workspace.identity)
        _act(workspace, "thing.after")
        time.sleep(0.05)
        between = clock.now()
        time.sleep(0.05)
        _act(workspace, "thing.later")
        audit.seal(workspace.stores, identity=workspace.identity, folder=folder)
    yield Made(home, listed.backup.backup_id, between)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def new_home() -> Iterator[Path]:
    """A folder for a restored home."""
    folder = reachable_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


# --- what a backup is ----------------------------------------------------------------------------


def test_a_backup_is_private_and_says_what_it_leaves_out(made: Made) -> None:
    """Files 0600; the key that signs the audit log is not in it, nor are unsent emails."""
    folder = adapters.named(made.home, made.name)
    backup = adapters.read_manifest(folder)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder / "files").rglob("*.*")}

    assert {0o600} == modes
    assert 0o700 == stat.S_IMODE((folder / "base").stat().st_mode)
    assert {"server.secret", "reports/first.pdf", "audit/keys.pub"} <= {
        each.path for each in backup.files
    }
    assert "audit/key" not in {each.path for each in backup.files}
    assert any(line.startswith("audit/key: ") for line in backup.excluded)


def test_the_doctor_counts_one_backup_in_the_singular(made: Made) -> None:
    with app.open_workspace({"home": str(made.home)}) as workspace:
        message = checks.backups(workspace).message
    assert f"1 backup, the newest {made.name}" == message


def test_a_whole_backup_verifies_and_a_damaged_file_is_named(made: Made, new_home: Path) -> None:
    """In the databases' copy, among the files, and where one is missing."""
    assert [] == restoring.verify(made.home, made.name)
    copy = new_home / made.name
    shutil.copytree(adapters.named(made.home, made.name), copy)
    for path in (new_home, copy):
        path.chmod(0o711)
    EmbeddedServer(new_home).give_tree(copy / "base")
    damaged = copy / "base" / "global" / "pg_control"
    damaged.write_bytes(b"\0" + damaged.read_bytes()[1:])
    (copy / "files" / "reports" / "first.pdf").write_bytes(b"%PDF other")
    (copy / "files" / "server.secret").unlink()
    messages = [
        f"{fault.where} {fault.message}" for fault in restoring.verify(made.home, str(copy))
    ]

    assert 3 == len(messages)
    for part in ("pg_control", "first.pdf", "server.secret"):
        assert any(part in message for message in messages)
    with pytest.raises(InvalidInput, match="damaged"):
        restoring.restore(
            _settings(made.home), str(copy), into=new_home / "restored", finish=_ready
        )


def test_a_backup_that_was_killed_is_never_listed(made: Made) -> None:
    """Killed while the databases are copied; the next one is whole, and prune removes the rest."""
    environment = {**os.environ, "WAVEHOUSE_HOME": str(made.home)}
    command = [sys.executable, "-m", "wavehouse", "backup", "create"]
    process = subprocess.Popen(
        command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL
    )
    limit = time.monotonic() + 120
    while not adapters.partial_folders(made.home) and time.monotonic() < limit:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    assert 1 == len(adapters.partial_folders(made.home))
    assert [made.name] == [each.backup.backup_id for each in catalogue(_settings(made.home))]


# --- restoring -----------------------------------------------------------------------------------


def test_a_second_between_two_changes_is_restored(made: Made, new_home: Path) -> None:
    """Not the backup's state and not the latest one; with the audit log's own proof."""
    restored = restoring.restore(
        _settings(made.home),
        made.name,
        into=new_home / "restored",
        to_time=made.between,
        finish=checking.finish,
    )

    assert restored.ok, restored.checks
    assert ["thing.before", "thing.after"] == _actions(new_home / "restored")
    assert b"%PDF first" == (new_home / "restored" / "reports" / "first.pdf").read_bytes()
    assert "fsync" not in (new_home / "restored/postgres/postgresql.auto.conf").read_text()


def test_a_restore_is_not_ready_until_it_is_finished(made: Made, new_home: Path) -> None:
    """Every other opening refuses; finishing again is enough. The ledger is taken along."""
    target = new_home / "restored"
    with pytest.raises(InterruptedError):
        restoring.restore(_settings(made.home), made.name, into=target, finish=_stopped)
    with (
        pytest.raises(Refused, match="erasures since the backup were not repeated"),
        app.open_workspace({"home": str(target)}),
    ):
        pass
    pending = adapters.read_pending(target)
    assert pending is not None
    restored = restoring.complete(target, pending, finish=checking.finish)

    assert restored.ok, restored.checks
    assert ["thing.before"] == _actions(target)


def test_a_restore_in_place_keeps_the_former_state_and_is_taken_back(made: Made) -> None:
    """The change is visible in both directions; the ledger of erasures is never replaced."""
    ledger = made.home / "erasure" / "kept.ndjson"
    ledger.parent.mkdir(exist_ok=True)
    ledger.write_text('{"since": "the backup"}\n')
    settings = _settings(made.home)
    restored = restoring.restore(settings, made.name, finish=checking.finish)
    after = _actions(made.home)
    undone = undoing.undo(settings, finish=checking.finish)

    assert (["thing.before"], True) == (after, restored.ok)
    assert undone is not None
    assert undone.ok, undone.checks
    assert ["thing.before", "thing.after", "thing.later"] == _actions(made.home)
    assert ledger.exists()
    with app.open_workspace({"home": str(made.home)}) as workspace:
        folder = audit.SealFolder.of(workspace.settings)
        results = audit.verify(workspace.stores, identity=workspace.identity, folder=folder)
    assert all(each.ok for each in results)


@pytest.mark.parametrize("stop", ["set_aside", "_copy_back", "_keep_keys", "write_pending"])
def test_a_restore_that_is_killed_is_never_an_empty_home(
    made: Made, monkeypatch: pytest.MonkeyPatch, stop: str
) -> None:
    """Killed before, while and after it moves or copies: commands are refused until it is undone.

    The next command made a new, empty server, and the earlier state was only in a folder.
    """
    settings = _settings(made.home)
    before = _actions(made.home)

    def killed(*_args: object, **_named: object) -> None:
        monkeypatch.setattr(restoring, "_give_up", lambda *_a, **_n: None)
        raise KeyboardInterrupt

    if stop == "write_pending":  # the second one: the earlier state has just been moved
        calls: list[int] = []
        real = adapters.write_pending

        def second(home: Path, pending: Pending) -> None:
            calls.append(1)
            if len(calls) == 2:
                killed()
            real(home, pending)

        monkeypatch.setattr(adapters, "write_pending", second)
    else:
        monkeypatch.setattr(states if stop == "set_aside" else restoring, stop, killed)
    with pytest.raises(KeyboardInterrupt):
        restoring.restore(settings, made.name, finish=_ready)
    monkeypatch.undo()

    with pytest.raises(Refused, match="stopped before its files were in place"):
        _actions(made.home)
    with pytest.raises(Refused, match="stopped before its files were in place"):
        restoring.restore(settings, made.name, finish=_ready)
    pending = adapters.read_pending(made.home)
    assert pending is not None
    with pytest.raises(Refused, match="cannot be finished"):
        restoring.complete(made.home, pending, finish=_ready)
    undoing.undo(settings, finish=_ready)
    assert before == _actions(made.home)
    assert adapters.read_pending(made.home) is None


@pytest.mark.parametrize("moves", [0, 2, 5])
def test_an_undo_that_is_killed_goes_on(
    made: Made, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    """Killed after so many moves of files and folders, in both directions; then, after the last.

    Until it is done, every command and another restore are refused, and no state has lost a file.
    """
    settings = _settings(made.home)
    before = _actions(made.home)
    restoring.restore(settings, made.name, finish=_ready)
    real = Path.rename
    done: list[str] = []

    def rename(path: Path, target: Path) -> Path:
        if path.parent == made.home or path.parent.name.startswith("before-restore-"):
            if len(done) == moves:
                raise KeyboardInterrupt
            done.append(path.name)
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        undoing.undo(settings, finish=_ready)
    monkeypatch.undo()
    assert moves == len(done)

    for refused in (
        lambda: _actions(made.home),
        lambda: restoring.restore(settings, made.name, finish=_ready),
    ):
        with pytest.raises(Refused, match="stopped before its files were in place"):
            refused()
    with pytest.raises(InterruptedError):
        undoing.undo(settings, finish=_stopped)
    with pytest.raises(Refused, match="were not repeated"):
        _actions(made.home)
    undone = undoing.undo(settings, finish=_ready)
    assert undone is not None
    assert before == _actions(made.home)
    assert undone.kept_aside is not None
    assert (undone.kept_aside / "postgres" / "PG_VERSION").is_file()
    assert [] == list(made.home.glob("before-restore-*"))
    shutil.rmtree(undone.kept_aside)


def test_a_gap_in_the_archive_is_said_and_not_taken_for_its_end(made: Made, new_home: Path) -> None:
    """A segment that is missing, then one that is damaged: exit code 3, and where it stopped."""
    settings = _settings(made.home)
    archive = made.home / "backups" / "wal"
    with app.open_workspace({"home": str(made.home)}) as workspace:
        place = workspace.stores.operational.place.admin
        with psycopg.connect(place, autocommit=True) as admin:
            for _ in range(4):
                admin.execute("SELECT pg_logical_emit_message(true, 'test', 'a record')")
                admin.execute("SELECT pg_switch_wal()")
            row = admin.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
            current = str(row[0]) if row else ""
            deadline = time.monotonic() + 60
            segments: list[str] = []
            while time.monotonic() < deadline:
                names = sorted(adapters.archived(archive))
                segments = [n for n in names if len(n) == 24 and n.startswith(current[:8])]
                if segments and segments[-1] >= f"{int(current, 16) - 1:024X}":
                    break
                time.sleep(0.1)
    whole = archive / segments[-3]
    content = whole.read_bytes()
    checks = []
    for number, damaged in enumerate((None, b"\xff" * len(content))):
        whole.unlink()
        if damaged is not None:
            whole.write_bytes(damaged)
            shutil.chown(whole, archive.owner(), archive.group())
        try:
            restored = restoring.restore(
                settings, made.name, into=new_home / str(number), latest=True, finish=_ready
            )
        finally:
            whole.write_bytes(content)
            shutil.chown(whole, archive.owner(), archive.group())
        checks.append([(each.name, each.ok) for each in restored.checks])
        assert segments[-1] in restored.checks[-1].message
        assert not restored.ok
    assert [[("archive", False)]] * 2 == checks
    restored = restoring.restore(
        settings, made.name, into=new_home / "whole", latest=True, finish=_ready
    )
    assert () == restored.checks


def test_a_time_that_the_archive_does_not_reach_changes_nothing(made: Made) -> None:
    """Too early is refused before anything moves; too late puts the former state back."""
    settings = _settings(made.home)
    before = _actions(made.home)
    with pytest.raises(UsageError, match="ended after that time"):
        restoring.restore(settings, made.name, to_time=AT, finish=_ready)
    with pytest.raises(Exception, match=r"recover|did not start"):
        restoring.restore(
            settings, made.name, to_time=clock.now() + timedelta(days=1), finish=_ready
        )

    assert before == _actions(made.home)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"postgres": "17"}, "PostgreSQL 17"),
        ({"migrations": {"listeners": "209901010000"}}, "lacks"),
        ({"format": "wavehouse-backup/9"}, "wavehouse-backup/9"),
    ],
)
def test_a_backup_of_another_version_is_refused(
    made: Made, new_home: Path, change: dict[str, object], message: str
) -> None:
    """Before anything is copied, and with the version that can restore it."""
    copy = new_home / "copy"
    copy.mkdir()
    content = json.loads((adapters.named(made.home, made.name) / "backup.json").read_text())
    (copy / "backup.json").write_text(json.dumps({**content, **change}))

    with pytest.raises(Refused, match=message):
        restoring.restore(_settings(made.home), str(copy), into=new_home / "x", finish=_ready)


def test_a_folder_with_content_and_a_server_in_use_are_refused(made: Made, new_home: Path) -> None:
    """A restore writes over nothing."""
    (new_home / "mine").write_text("mine")
    settings = _settings(made.home)
    with pytest.raises(Refused, match="not empty"):
        restoring.restore(settings, made.name, into=new_home, finish=_ready)
    with (
        EmbeddedServer(made.home).running(),
        pytest.raises(Refused, match="another wavehouse process uses"),
    ):
        restoring.restore(settings, made.name, finish=_ready)


def test_verify_with_restore_leaves_nothing_behind(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scratch server is started, checked and removed; the checks are printed."""
    monkeypatch.setenv("WAVEHOUSE_HOME", str(made.home))
    before = sorted(made.home.joinpath("backups").iterdir())
    result = CliRunner().invoke(backup_commands, ["verify", made.name, "--restore", "--json"])

    assert 0 == result.exit_code, result.output
    assert {"schema", "audit log", "sealed days", "rollups", "rows"} == {
        each["name"] for each in json.loads(result.stdout)["checks"]
    }
    assert before == sorted(made.home.joinpath("backups").iterdir())


# --- refusals, space, expiry ---------------------------------------------------------------------


def test_servers_at_urls_are_refused_with_the_tools_that_back_them_up(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with how erasures are repeated there."""
    with pytest.raises(Refused) as refused:
        creating.create(workspace.stores, workspace.settings, identity=workspace.identity)
    monkeypatch.setenv("WAVEHOUSE_LISTENERS_URL", "postgresql://x:y@db.example/listeners")
    restored = CliRunner().invoke(backup_commands, ["list"])

    for error in (refused.value, restored.exception):
        assert isinstance(error, Refused)
        assert "pgBackRest" in str(error.hint)
        assert "erasure replay" in str(error.hint)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk")
def test_a_full_disk_is_said_before_anything_is_copied(made: Made) -> None:
    """The folder of backups is a disk of its own here."""
    with small_disk(8) as disk, app.open_workspace({"home": str(made.home)}) as workspace:
        backups = made.home / "backups"
        aside = made.home / "backups-aside"
        backups.rename(aside)
        backups.symlink_to(disk)
        try:
            with pytest.raises(DiskFull, match="not enough disk space"):
                creating.create(workspace.stores, workspace.settings, identity=workspace.identity)
            assert [] == adapters.partial_folders(made.home)
        finally:
            backups.unlink()
            aside.rename(backups)


def test_the_newest_backup_and_what_it_needs_are_never_pruned() -> None:
    """However old it is; older ones go when their days are over, with their segments."""
    old = [
        replace(BACKUP, backup_id=f"b{days}", finished_at=AT - timedelta(days))
        for days in (90, 60, 40)
    ]
    expired, kept = rules.removable(old, now=AT, keep=timedelta(days=35))
    names = [f"00000001000000000000000{n}" for n in range(1, 7)] + ["00000002.history"]

    assert (["b90", "b60"], ["b40"]) == (
        [each.backup_id for each in expired],
        [each.backup_id for each in kept],
    )
    assert names[:3] == rules.unneeded_segments(names, "000000020000000000000004")
    assert names[:6] == rules.unneeded_segments(names, None)


def test_the_latest_expiry_is_that_of_backups_from_before_an_erasure(made: Made) -> None:
    """A certificate states it; later backups do not have the erased rows."""
    settings = _settings(made.home)
    listed = catalogue(settings)[0]

    assert listed.backup.finished_at + timedelta(days=35) == listed.expires_at
    held = held_backups(settings, at=clock.now())
    assert (1, listed.expires_at, ()) == (held.backups, held.expires_at, held.unreadable)
    earlier = held_backups(settings, at=listed.backup.started_at - timedelta(seconds=1))
    assert (0, None) == (earlier.backups, earlier.expires_at)


def test_prune_removes_stopped_backups_and_not_a_running_one(home_folder: Path) -> None:
    """One that was written to within the last hour may still be running."""
    backups = home_folder / "backups"
    for name in ("20261101T030000Z.partial", "20261102T030000Z.partial"):
        (backups / name).mkdir(parents=True)
    os.utime(backups / "20261101T030000Z.partial", (0, 0))
    removed = prune(_settings(home_folder), identity=None)  # type: ignore[arg-type]

    assert ["20261101T030000Z.partial"] == removed
    assert ["20261102T030000Z.partial"] == [each.name for each in backups.iterdir()]


def test_a_ledger_in_two_copies_becomes_their_union(tmp_path: Path) -> None:
    """No line of either is lost, and none is doubled."""
    backup, home = tmp_path / "backup", tmp_path / "home"
    backup.write_text("1\n2\n")
    home.write_text("2\n3\n")
    adapters.merge_lines(backup, home)

    assert "2\n3\n1\n" == home.read_text()
