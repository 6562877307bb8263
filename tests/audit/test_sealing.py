"""The seal on real databases: late committers, restarts, tampering behind the triggers, erasure."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from wavehouse import audit
from wavehouse.audit.adapters import SealFolder
from wavehouse.audit.rules import checking
from wavehouse.audit.rules.canonical import hash_of
from wavehouse.audit.service import sealing, verifying
from wavehouse.audit.types import LOGS, Actor, Fault, StoredEntry
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused
from wavehouse.store import Operational, Tx
from wavehouse.workspace import Workspace

AT = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
PERSON = UUID(int=77)
STRANGE = {"a": 1.50, 'é\t"\\': [1e20, None, True], "B": {"": "\x7f \u2028"}, "aa": 10**30}


def _record(tx: Tx[Operational], name: str = "thing.done", **values: Any) -> None:
    audit.record(
        tx,
        actor=Actor("system:test"),
        action=name,
        resource=("thing", "7"),
        organization_id=None,
        **values,
    )


def _entries(workspace: Workspace, count: int) -> None:
    with workspace.stores.operational.worker() as tx:
        for number in range(count):
            _record(tx, metadata={"number": number})


def _folder(workspace: Workspace) -> SealFolder:
    return SealFolder(workspace.settings.home / "audit")


def _seal(workspace: Workspace) -> list[audit.Sealed]:
    return audit.seal(
        workspace.stores,
        identity=workspace.identity,
        folder=_folder(workspace),
        logs=["operational"],
    )


def _faults(workspace: Workspace) -> list[Fault]:
    verified = audit.verify(
        workspace.stores,
        identity=workspace.identity,
        folder=_folder(workspace),
        logs=["operational"],
    )
    return [finding.fault for finding in verified[0].findings]


def _exported(workspace: Workspace) -> list[bytes]:
    lines: list[bytes] = []
    verifying.export(
        workspace.stores,
        identity=workspace.identity,
        folder=_folder(workspace),
        log="operational",
        write=lines.append,
    )
    return lines


@contextmanager
def _behind_the_triggers(workspace: Workspace) -> Iterator[psycopg.Connection[Any]]:
    """The owner of the server, who can switch triggers off."""
    with psycopg.connect(workspace.stores.operational.place.admin) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def test_the_database_and_python_compute_the_same_leaf(workspace: Workspace) -> None:
    """Two implementations, of strange texts, numbers, NULLs and microseconds."""
    with clock.frozen(AT), workspace.stores.operational.worker() as tx:
        _record(tx, metadata=STRANGE, personal={"name": "Zoë"}, subject_pseudonym=PERSON)
        _record(tx)
    _seal(workspace)
    lines = _exported(workspace)
    rows = [msgspec.json.decode(line, type=StoredEntry) for line in lines[1:]]

    assert 3 == len(rows)
    assert [row.content_hash for row in rows] == [hash_of(row).hex() for row in rows]
    assert checking.verify_export(lines).ok
    assert [] == _faults(workspace)


def test_no_writer_chooses_its_hash_or_its_transaction(workspace: Workspace) -> None:
    """What is sent for them is replaced, so no entry can claim to be old."""
    with psycopg.connect(workspace.stores.operational.place.conninfo("worker")) as connection:
        row = connection.execute(
            "INSERT INTO audit.audit_log (at, actor, action, resource_type, resource_id, xact_id,"
            " encoding, content_hash) VALUES (now(), 'a', 'b.c', 'd', 'e', '3', 1, %s)"
            " RETURNING xact_id = pg_current_xact_id(), encoding, content_hash <> %s",
            [bytes(32), bytes(32)],
        ).fetchone()

    assert (True, 2, True) == row


def test_nothing_lands_behind_a_seal(workspace: Workspace) -> None:
    """An older transaction that commits late makes the seal wait, and is sealed in its turn."""
    stores = workspace.stores
    with stores.operational.worker() as late:
        _record(late, "thing.late")
        _entries(workspace, 2)
        waiting = _seal(workspace)[0]
    sealed = _seal(workspace)[0]
    with stores.operational.worker() as tx:
        order = tx.values(
            "SELECT e.action FROM audit.audit_leaves JOIN audit.audit_log e USING (audit_id)"
            " ORDER BY leaf_index"
        )

    assert (1, 3) == (waiting.entries, sealed.entries)
    assert ["organization.created", "thing.late", "thing.done", "thing.done"] == order
    assert [] == _faults(workspace)


def test_a_seal_goes_on_in_batches_and_where_it_stopped(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop between commit and publication is repaired by the next seal."""
    monkeypatch.setattr(sealing, "BATCH", 3)
    _entries(workspace, 7)
    with monkeypatch.context() as stopped:
        stopped.setattr(SealFolder, "publish", lambda *_: None)
        assert 8 == _seal(workspace)[0].entries
    assert 0 == _folder(workspace).last_size("operational")

    assert 0 == _seal(workspace)[0].entries
    assert 8 == _folder(workspace).last_size("operational")
    assert [3, 6, 8] == [
        json.loads(line)["note"].split("\n")[1] and int(json.loads(line)["note"].split("\n")[1])
        for line in _folder(workspace).checkpoint_file("operational").read_text().splitlines()
    ]
    assert [] == _faults(workspace)


def test_half_a_line_of_a_kill_is_replaced(workspace: Workspace) -> None:
    """The file of checkpoints stays readable."""
    _seal(workspace)
    path = _folder(workspace).checkpoint_file("operational")
    with path.open("ab") as file:
        file.write(b'{"note": "wave')
    _entries(workspace, 1)
    _seal(workspace)

    assert 2 == len(path.read_text().splitlines())
    assert [] == _faults(workspace)


def test_the_key_is_private_and_outside_the_database(workspace: Workspace) -> None:
    """Mode 0600; a damaged key is an error, never a silent new one."""
    _seal(workspace)
    key = _folder(workspace).folder / "key"
    mode = stat.S_IMODE(key.stat().st_mode)
    key.write_text("PRIVATE+KEY+damaged")
    _entries(workspace, 1)

    assert 0o600 == mode
    with pytest.raises(Exception, match="the key that signs the audit log cannot be used"):
        _seal(workspace)


TAMPERS = {
    "UPDATE audit.audit_log SET actor = 'user:other' WHERE metadata ->> 'number' = '1'": {
        Fault.CHANGED
    },
    "UPDATE audit.audit_log SET at = at + interval '1 microsecond'": {Fault.CHANGED},
    "UPDATE audit.audit_log SET content_hash = sha256('x')": {Fault.CHANGED},
    "UPDATE audit.audit_log SET metadata = metadata || '{\"more\": 1}', encoding = 2": {
        Fault.CHANGED
    },
    "UPDATE audit.audit_leaves SET leaf_hash = sha256('x') WHERE leaf_index = 2": {
        Fault.CHANGED,
        Fault.ROOT,
    },
    "DELETE FROM audit.audit_log WHERE metadata ->> 'number' = '1'": {Fault.REMOVED},
    "DELETE FROM audit.audit_leaves WHERE leaf_index = 2": {
        Fault.REMOVED,
        Fault.CUT,
        Fault.INSERTED,
    },
    # the tail, with its leaves and checkpoints: only the file outside knows of it
    "DELETE FROM audit.audit_checkpoints; DELETE FROM audit.audit_leaves; "
    "DELETE FROM audit.audit_log": {Fault.CUT},
    "INSERT INTO audit.audit_log SELECT (jsonb_populate_record(e, jsonb_build_object("
    "'audit_id', gen_random_uuid()))).* FROM audit.audit_log e LIMIT 1": {
        Fault.INSERTED,
        Fault.CHANGED,
    },
    "UPDATE audit.audit_log e SET actor = 'user:other', content_hash = sha256('x');"
    "UPDATE audit.audit_log e SET content_hash = audit.leaf_hash(e);"
    "UPDATE audit.audit_leaves l SET leaf_hash = e.content_hash FROM audit.audit_log e "
    "WHERE e.audit_id = l.audit_id": {Fault.ROOT},
    "UPDATE audit.audit_checkpoints SET root_hash = sha256('x')": {Fault.CHANGED},
    "UPDATE audit.audit_checkpoints SET signed_note = replace(signed_note, 'time 2', 'time 1')": {
        Fault.SIGNATURE
    },
    "UPDATE audit.audit_commitments SET value = 'Eve'": {Fault.COMMITMENT},
    "DELETE FROM audit.audit_commitments": {Fault.COMMITMENT},
}


@pytest.mark.parametrize("statement", TAMPERS, ids=range(len(TAMPERS)))
def test_tampering_by_the_owner_of_the_server_is_found(
    workspace: Workspace, statement: str
) -> None:
    """Behind switched-off triggers, with hashes computed again or not."""
    _entries(workspace, 4)
    with workspace.stores.operational.worker() as tx:
        _record(tx, personal={"name": "Zoë"}, subject_pseudonym=PERSON)
    _seal(workspace)
    assert [] == _faults(workspace)
    with _behind_the_triggers(workspace) as connection:
        for part in statement.split(";"):
            connection.execute(part)

    found = set(_faults(workspace))
    assert found
    assert found <= TAMPERS[statement]


def test_a_seal_refuses_a_log_that_is_shorter_than_what_was_published(
    workspace: Workspace,
) -> None:
    """It would sign a second history."""
    _entries(workspace, 4)
    _seal(workspace)
    with _behind_the_triggers(workspace) as connection:
        connection.execute("DELETE FROM audit.audit_checkpoints")
        connection.execute("DELETE FROM audit.audit_leaves")

    with pytest.raises(Refused, match="more entries than the log"):
        _seal(workspace)


def test_a_seal_refuses_leaves_without_the_root_of_their_checkpoint(workspace: Workspace) -> None:
    """A changed frontier or leaf never gets a new signature."""
    _entries(workspace, 4)
    _seal(workspace)
    with _behind_the_triggers(workspace) as connection:
        connection.execute("UPDATE audit.audit_checkpoints SET frontier = sha256('x') || frontier")
        connection.execute("UPDATE audit.audit_checkpoints SET frontier = substr(frontier, 1, 64)")
    _entries(workspace, 1)

    with pytest.raises(Refused, match="do not match the root"):
        _seal(workspace)


def test_a_log_that_a_dump_brought_to_another_server_is_sealed_on(workspace: Workspace) -> None:
    """The other server counts transactions from less: all entries without a leaf are read."""
    _entries(workspace, 2)
    _seal(workspace)
    with _behind_the_triggers(workspace) as connection:
        connection.execute("UPDATE audit.audit_checkpoints SET sealed_below = '900000000'")
    _entries(workspace, 2)

    assert 2 == _seal(workspace)[0].entries
    assert [] == _faults(workspace)


def test_entries_from_before_the_tree_are_sealed_first(workspace: Workspace) -> None:
    """They keep the hash that they had, which becomes part of their leaf."""
    with _behind_the_triggers(workspace) as connection:
        connection.execute(
            "UPDATE audit.audit_log SET encoding = 1, content_hash = sha256('before')"
        )
    _entries(workspace, 1)
    _seal(workspace)

    assert [] == _faults(workspace)
    assert checking.verify_export(_exported(workspace)).ok
    with _behind_the_triggers(workspace) as connection:
        connection.execute("UPDATE audit.audit_log SET content_hash = sha256('x') WHERE encoding=1")
    assert [Fault.CHANGED] == _faults(workspace)


def test_an_erased_value_is_gone_and_the_tree_still_verifies(workspace: Workspace) -> None:
    """The leaf has a salted commitment; salt and value are emptied, and nothing else may change."""
    stores = workspace.stores
    with stores.operational.worker() as tx:
        _record(tx, personal={"name": "Zoë", "email": "zoe@x.example"}, subject_pseudonym=PERSON)
        _record(tx, personal={"name": "Ole"}, subject_pseudonym=UUID(int=78))
    _seal(workspace)
    with stores.operational.worker() as tx:
        erased = audit.redact(tx, person=PERSON)
    with stores.operational.worker() as tx:
        left = tx.values("SELECT value FROM audit.audit_commitments WHERE value IS NOT NULL")

    assert (2, ["Ole"]) == (erased, left)
    assert [] == _faults(workspace)
    # Whole values: two letters occur in a hash in base64 by chance, once in some runs.
    exported = b"".join(_exported(workspace))
    assert [] == [w for w in (b"Zo\xc3\xab", b"Zo\\u00eb", b"zoe@x") if w in exported]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.audit_commitments SET value = 'Eve'",
        "UPDATE audit.audit_commitments SET commitment = sha256('x'), salt = NULL, value = NULL",
        "DELETE FROM audit.audit_commitments",
        "TRUNCATE audit.audit_commitments",
    ],
)
def test_a_personal_value_can_only_be_erased(workspace: Workspace, statement: str) -> None:
    """By the administrator as well."""
    with workspace.stores.operational.worker() as tx:
        _record(tx, personal={"name": "Zoë"}, subject_pseudonym=PERSON)
    with (
        psycopg.connect(workspace.stores.operational.place.admin) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_a_proof_of_one_entry_needs_no_other(workspace: Workspace) -> None:
    """Inclusion and growth, verified from their JSON; a changed proof is found."""
    _entries(workspace, 5)
    _seal(workspace)
    _entries(workspace, 6)
    _seal(workspace)
    keys = _folder(workspace).public_keys()
    with workspace.stores.operational.worker() as tx:
        audit_id = tx.value("SELECT audit_id FROM audit.audit_leaves WHERE leaf_index = 3")
    shared: dict[str, Any] = {"identity": workspace.identity, "log": "operational"}
    included = verifying.prove_entry(workspace.stores, audit_id=audit_id, **shared)
    grown = verifying.prove_growth(workspace.stores, old=6, **shared)

    for proof in (included, grown):
        data = msgspec.json.encode(proof)
        assert [] == checking.verify_proof(data, trusted=keys)
        assert checking.verify_proof(data, trusted=[])
        proof["proof"] = proof["proof"][1:]
        assert checking.verify_proof(msgspec.json.encode(proof), trusted=keys)


def test_every_log_is_sealed_and_the_doctor_reports_what_waits(workspace: Workspace) -> None:
    """An entry that is not sealed for over an hour is a finding."""
    from wavehouse.audit.checks import audit_log

    with workspace.stores.listeners.app(None) as tx:
        audit.record_for_listeners(
            tx, actor=Actor("system:test"), action="thing.done", resource=("thing", "7")
        )
    folder = _folder(workspace)
    sealed = audit.seal(workspace.stores, identity=workspace.identity, folder=folder)
    fine = audit_log(workspace)
    with clock.frozen(clock.now() - timedelta(hours=2)):
        _entries(workspace, 1)

    assert list(LOGS) == [each.log for each in sealed]
    assert [1, 0, 1] == [each.entries for each in sealed]
    assert (True, False) == (fine.ok, audit_log(workspace).ok)
    assert all(
        each.ok
        for each in audit.verify(workspace.stores, identity=workspace.identity, folder=folder)
    )


def test_checkpoints_go_to_a_further_folder_too(workspace: Workspace, tmp_path: Path) -> None:
    """Such as a mount of another host."""
    folder = SealFolder(workspace.settings.home / "audit", tmp_path / "elsewhere")
    audit.seal(workspace.stores, identity=workspace.identity, folder=folder)

    assert (
        1
        == len((tmp_path / "elsewhere" / "checkpoints-operational.ndjson").read_text().split("\n"))
        - 1
    )
