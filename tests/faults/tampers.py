"""Tampers with sealed audit logs, in the database and in exports; every one must be found.

    python -m tests.faults.tampers 1000

Each tamper in the database is done behind switched-off triggers, verified, and undone by copies of
the tables; the untouched log is verified before each, which must find nothing. Exit code 3 when a
tamper is missed or an untouched log has a finding.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import psycopg
from tests.audit.exports import KEY, TAMPERS, entry, export

from wavehouse import app, audit
from wavehouse.audit import Actor, SealFolder
from wavehouse.audit.rules import checking
from wavehouse.kernel import config
from wavehouse.store import open_stores
from wavehouse.workspace import Workspace

ENTRIES = 300
TABLES = ("audit_log", "audit_leaves", "audit_checkpoints", "audit_commitments")
ROW = "audit_id = (SELECT audit_id FROM audit.audit_leaves WHERE leaf_index = %(row)s)"
REHASH = (
    f"UPDATE audit.audit_log e SET content_hash = audit.leaf_hash(e) WHERE {ROW};"
    "UPDATE audit.audit_leaves l SET leaf_hash = e.content_hash FROM audit.audit_log e "
    "WHERE e.audit_id = l.audit_id AND l.leaf_index = %(row)s"
)
IN_DATABASE = {
    **{
        f"{column} changed": f"UPDATE audit.audit_log SET {column} = {value} WHERE {ROW}"
        for column, value in {
            "actor": "'user:other'",
            "action": "action || 'x'",
            "resource_id": "resource_id || '0'",
            "at": "at + interval '1 microsecond'",
            "metadata": "metadata || '{\"more\": 1}'",
            "organization_id": "gen_random_uuid()",
            "request_id": "'r-' || clock_timestamp()",
            "content_hash": "sha256('x')",
            "encoding": "3 - encoding",
        }.items()
    },
    "changed and hashed again": f"UPDATE audit.audit_log SET actor = 'user:x' WHERE {ROW};{REHASH}",
    "entry removed": f"DELETE FROM audit.audit_log WHERE {ROW}",
    "leaf removed": "DELETE FROM audit.audit_leaves WHERE leaf_index = %(row)s",
    "entry and leaf removed": f"DELETE FROM audit.audit_log WHERE {ROW};"
    "DELETE FROM audit.audit_leaves WHERE leaf_index = %(row)s",
    "leaf changed": "UPDATE audit.audit_leaves SET leaf_hash = sha256('x') "
    "WHERE leaf_index = %(row)s",
    "two entries exchanged": "UPDATE audit.audit_leaves SET leaf_index = 9000000 WHERE leaf_index "
    "= %(row)s; UPDATE audit.audit_leaves SET leaf_index = %(row)s WHERE leaf_index = %(row)s - 1;"
    "UPDATE audit.audit_leaves SET leaf_index = %(row)s - 1 WHERE leaf_index = 9000000",
    "entry inserted": "INSERT INTO audit.audit_log SELECT (jsonb_populate_record(e, "
    f"jsonb_build_object('audit_id', gen_random_uuid()))).* FROM audit.audit_log e WHERE {ROW}",
    "tail removed": "DELETE FROM audit.audit_log e USING audit.audit_leaves l WHERE l.audit_id = "
    "e.audit_id AND l.leaf_index >= %(row)s; DELETE FROM audit.audit_leaves WHERE leaf_index >= "
    "%(row)s; DELETE FROM audit.audit_checkpoints WHERE tree_size > %(row)s",
    "checkpoint's root changed": "UPDATE audit.audit_checkpoints SET root_hash = sha256('x')",
    "checkpoint's text changed": "UPDATE audit.audit_checkpoints SET signed_note = "
    "replace(signed_note, 'wavehouse-', 'wavehousf-')",
    "personal value changed": "UPDATE audit.audit_commitments SET value = 'Eve' WHERE audit_id = "
    "(SELECT audit_id FROM audit.audit_commitments ORDER BY audit_id LIMIT 1)",
    "personal value removed": "DELETE FROM audit.audit_commitments WHERE audit_id = "
    "(SELECT audit_id FROM audit.audit_commitments ORDER BY audit_id DESC LIMIT 1)",
}


def in_database(workspace: Workspace, number: int, rng: random.Random) -> tuple[Counter[str], int]:
    """Missed tampers by kind, and false alarms."""
    folder = SealFolder.of(workspace.settings)
    _fill(workspace, folder)
    missed: Counter[str] = Counter()
    alarms = 0
    kinds = list(IN_DATABASE)
    with psycopg.connect(workspace.stores.operational.place.admin, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("CREATE SCHEMA copies")
        for table in TABLES:
            connection.execute(f"CREATE TABLE copies.{table} AS TABLE audit.{table}".encode())
        for turn in range(number):
            alarms += not _verify(workspace, folder)
            kind = kinds[turn % len(kinds)]
            row = rng.randrange(1, ENTRIES - 1)
            for statement in IN_DATABASE[kind].split(";"):
                connection.execute(statement.encode(), {"row": row})
            if _verify(workspace, folder):
                missed[kind] += 1
            for table in TABLES:
                connection.execute(f"TRUNCATE audit.{table} CASCADE".encode())
            for table in TABLES:
                connection.execute(f"INSERT INTO audit.{table} TABLE copies.{table}".encode())
    return missed, alarms


def _fill(workspace: Workspace, folder: SealFolder) -> None:
    for batch in range(6):
        with workspace.stores.operational.worker() as tx:
            for number in range(ENTRIES // 6):
                audit.record(
                    tx,
                    actor=Actor(f"user:{number % 7}"),
                    action="thing.done",
                    resource=("thing", f"{batch}-{number}"),
                    organization_id=None,
                    metadata={"number": number, "title": "Zoë, 1:2"},
                    personal={"name": "Zoë"} if number % 10 == 0 else {},
                )
        audit.seal(workspace.stores, identity=workspace.identity, folder=folder)


def _verify(workspace: Workspace, folder: SealFolder) -> bool:
    results = audit.verify(
        workspace.stores, identity=workspace.identity, folder=folder, logs=["operational"]
    )
    return all(each.ok for each in results)


def in_exports(number: int, rng: random.Random) -> tuple[Counter[str], int, int]:
    """Missed tampers by kind, false alarms, and how many tampers there were."""
    missed: Counter[str] = Counter()
    alarms = done = 0
    kinds = list(TAMPERS)
    while done < number:
        lines = export([entry(n) for n in range(rng.randrange(5, 60))])
        alarms += not checking.verify_export(lines, trusted=[KEY]).ok
        kind = kinds[done % len(kinds)]
        made = TAMPERS[kind](lines, rng)
        if made == lines:
            continue
        done += 1
        if checking.verify_export(made, trusted=[KEY]).ok:
            missed[kind] += 1
    return missed, alarms, done


def main(number: int) -> int:
    """Print both counts."""
    rng = random.Random(7)
    home = Path(tempfile.mkdtemp(prefix="wavehouse-tampers-"))
    home.chmod(0o711)
    settings = config.load({"home": str(home)}, environment={})
    with open_stores(settings) as stores:
        app.migrate(stores)
        missed, alarms = in_database(app.entered(settings, stores), number, rng)
    print(
        f"in the database: {number - missed.total():,} of {number:,} tampers of "
        f"{len(IN_DATABASE)} kinds found, {alarms} false alarms in {number:,} verifications"
    )
    more, further, done = in_exports(number, rng)
    print(
        f"in exports: {done - more.total():,} of {done:,} tampers of {len(TAMPERS)} kinds found, "
        f"{further} false alarms"
    )
    for kind, count in (missed + more).items():
        print(f"  missed {count}: {kind}")
    return 3 if missed or more or alarms or further else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
