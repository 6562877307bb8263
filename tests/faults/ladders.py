"""Kill runners and their backends at random moments, recover with the program, compare results.

    .venv/bin/python -m tests.faults.ladders                 200 kills on PostgreSQL 16 and 18
    .venv/bin/python -m tests.faults.ladders --kills 20      a taste of it
    .venv/bin/python -m tests.faults.ladders --out FILE.md   the table as a document, too

Each round, a new database gets migrations whose second file is not transactional: three updates
that must not be applied twice, an insert, two indexes built concurrently, one dropped concurrently,
a table reindexed concurrently, and an ALTER. Names are in mixed case, with a dot and beyond ASCII,
and the file sets a search path and a setting of its own that all of it needs. The runner, or its
backend, is killed somewhere in its usual time; then `recover` and `apply` run, and nothing is
repaired by hand. The result is wrong when a row, an index or the history differs from an
undisturbed run. Exit code 1 if any does.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psycopg
from psycopg.conninfo import make_conninfo

from wavehouse import schema
from wavehouse.kernel import clock
from wavehouse.kernel.errors import WavehouseError
from wavehouse.store import EmbeddedServer

BLOWS = ("runner SIGKILL", "runner SIGTERM", "backend ended", "backend SIGKILL")
FILES = {
    "202611010900_base.up": """
CREATE SCHEMA "App.x";
CREATE TABLE "App.x"."T" (id int PRIMARY KEY, n int, m int);
INSERT INTO "App.x"."T" SELECT g, 0, g FROM generate_series(1, 60000) g;
CREATE INDEX "T_m_idx" ON "App.x"."T" (m);
CREATE TABLE "T" (id int, n int, m int);
CREATE TABLE said (what text);
""",
    "202611020900_many.up": """-- wavehouse: non-transactional
SET search_path = "App.x", public;
SELECT set_config('app.step', '7', false);
UPDATE "T" SET n = n + 1 WHERE id <= 20000;
CREATE INDEX CONCURRENTLY "T_Größe_idx" ON "T" (n, m);
UPDATE "T" SET n = n + 10 WHERE id <= 20000;
INSERT INTO "T" VALUES (100001, 5, 5);
CREATE UNIQUE INDEX CONCURRENTLY "T_m_id_key" ON "T" (m, id);
DROP INDEX CONCURRENTLY "T_m_idx";
REINDEX TABLE CONCURRENTLY "T";
UPDATE "T" SET n = n + 100 WHERE id <= 20000;
ALTER TABLE "T" ADD COLUMN k int DEFAULT 3;
INSERT INTO said SELECT current_setting('app.step') || ' ' || current_setting('search_path');
""",
    "202611030900_last.up": "CREATE TABLE last (id int PRIMARY KEY); INSERT INTO last VALUES (1);",
}
RUNNER = """
import sys
from pathlib import Path
from wavehouse import schema
print("ready", flush=True)
schema.apply(sys.argv[1], Path(sys.argv[2]))
"""


@dataclass(slots=True)
class Cell:
    """The results for one version and one fault."""

    major: int
    blow: str
    kills: int = 0
    late: int = 0
    recovered: int = 0
    wrong: list[str] = field(default_factory=list)


@contextmanager
def servers() -> Iterator[dict[int, str]]:
    """Both versions, in separate folders."""
    folder = Path(tempfile.mkdtemp(prefix="wavehouse-ladders-"))
    folder.chmod(0o711)
    try:
        with (
            EmbeddedServer(folder / "18", major=18, lasting=False).running() as new,
            EmbeddedServer(folder / "16", major=16, lasting=False).running() as old,
        ):
            yield {
                major: server.conninfo("postgres", "wavehouse_root", server.superuser_password())
                for major, server in ((18, new), (16, old))
            }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(admin: str, name: str) -> Iterator[str]:
    """A new database; waits for a server that restarts after a backend was killed."""
    for _ in range(200):
        with suppress(psycopg.OperationalError), psycopg.connect(admin, autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}"')
            break
        time.sleep(0.05)
    yield make_conninfo(admin, dbname=name)
    with suppress(psycopg.OperationalError), psycopg.connect(admin, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def strike(conninfo: str, folder: Path, blow: str, after: float) -> bool:
    """Start a runner and kill it after some seconds; returns whether it was still working."""
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, conninfo, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert runner.stdout is not None
    runner.stdout.readline()
    time.sleep(after)
    alive = runner.poll() is None
    if alive and blow.startswith("runner"):
        runner.send_signal(signal.SIGKILL if blow.endswith("KILL") else signal.SIGTERM)
    elif alive:
        alive = _strike_backend(conninfo, blow)
    runner.wait(60)
    return alive


def _strike_backend(conninfo: str, blow: str) -> bool:
    with psycopg.connect(conninfo, autocommit=True) as killer:
        found = killer.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'wavehouse schema'"
        ).fetchone()
        if found is None:
            return False
        if blow == "backend ended":
            killer.execute("SELECT pg_terminate_backend(%s)", [found[0]])
        else:
            subprocess.run(["kill", "-9", str(found[0])], check=False)
    return True


def finish(conninfo: str, folder: Path) -> int:
    """Run the commands that the program suggests until it is done; returns the partial states."""
    half = 0
    for _ in range(200):
        try:
            half += schema.recover(conninfo, folder).recovered is not None
            schema.apply(conninfo, folder)
            return half
        except WavehouseError as error:
            if error.code not in ("unreachable", "schema_busy", "failed"):
                raise
            time.sleep(0.1)
    raise AssertionError("the server does not come back")


def end(conninfo: str) -> dict[str, object]:
    """The final state of a run: rows, indexes with their validity, the history."""
    with psycopg.connect(conninfo) as connection:
        one = connection.execute(
            "SELECT count(*), sum(n), sum(k), (SELECT count(*) FROM last),"
            " (SELECT string_agg(what, ',') FROM said), (SELECT count(*) FROM public.\"T\")"
            ' FROM "App.x"."T"'
        ).fetchone()
        indexes = connection.execute(
            "SELECT indexrelid::regclass::text, indisvalid FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname = 'T' OR NOT indisvalid"
            " ORDER BY 1"
        ).fetchall()
        history = connection.execute(
            "SELECT version, state FROM schema_ops.history ORDER BY version"
        ).fetchall()
    return {"rows": one, "indexes": indexes, "history": history}


def run(kills: int, *, seed: int = 1, majors: tuple[int, ...] = (18, 16)) -> list[Cell]:
    """Run every version with every fault until the wanted number of kills."""
    cells, dice = [], Random(seed)
    each = -(-kills // (len(majors) * len(BLOWS)))
    with servers() as admins, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for stem, text in FILES.items():
            (folder / f"{stem}.sql").write_text(text)
        for major in majors:
            with database(admins[major], "undisturbed") as conninfo:
                began = time.perf_counter()
                schema.apply(conninfo, folder)
                usual = time.perf_counter() - began
                wanted = end(conninfo)
            for blow in BLOWS:
                cell = Cell(major, blow)
                cells.append(cell)
                while cell.kills < each and cell.late < 3 * each:
                    _one(admins[major], folder, cell, dice.random() * usual, wanted)
                print(f"{major} {blow:16} {cell.kills} kills, wrong: {cell.wrong}", flush=True)
    return cells


def _one(admin: str, folder: Path, cell: Cell, after: float, wanted: dict[str, object]) -> None:
    with database(admin, f"struck_{cell.kills}_{cell.late}") as conninfo:
        if strike(conninfo, folder, cell.blow, after):
            cell.kills += 1
        else:
            cell.late += 1
        try:
            cell.recovered += finish(conninfo, folder)
            found = end(conninfo)
        except (WavehouseError, AssertionError, psycopg.Error) as error:
            cell.wrong.append(f"after {after:.2f} s: {error}")
            return
        if found != wanted:
            cell.wrong.append(f"after {after:.2f} s: {found}, not {wanted}")


def document(cells: list[Cell], seconds: float) -> str:
    """The results as a table, and the wrong ones."""
    total, wrong = sum(c.kills for c in cells), sum(len(c.wrong) for c in cells)
    lines = [
        (
            f"Measured {clock.today()} in {seconds:.0f} s: {total} kills, {wrong} ends wrong, "
            "0 wanted (`make ladders`)."
        ),
        "",
        "| PostgreSQL | blow | kills | of them partial, finished by `recover` | wrong |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {c.major} | {c.blow} | {c.kills} | {c.recovered} | {len(c.wrong)} |" for c in cells
    ]
    lines += ["", *(f"- {c.major}, {c.blow}: {text}" for c in cells for text in c.wrong)]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Run the rounds; 1 when a result was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=200, help="in all; default 200")
    parser.add_argument("--seed", type=int, default=1, help="other moments")
    parser.add_argument("--out", type=Path, help="write the table there as Markdown")
    chosen = parser.parse_args()
    began = time.perf_counter()
    cells = run(chosen.kills, seed=chosen.seed)
    text = document(cells, time.perf_counter() - began)
    print(text)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")
    return 1 if any(cell.wrong for cell in cells) else 0


if __name__ == "__main__":
    raise SystemExit(main())
