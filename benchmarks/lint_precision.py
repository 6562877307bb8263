"""The precision of lint, compared with PostgreSQL's real behaviour and with squawk.

Not part of `make bench`: it takes minutes (`make precision`). Every statement of
``lint_statements.toml`` runs on PostgreSQL 16 and 18 in a database with *filled* tables, and its
behaviour there is the truth. Our lint sees the same statement with empty tables, as in use; squawk
sees its text. The file of statements does not state the right result.

**What counts as blocking.** A file blocks when, at some statement, it holds a lock that stops
writers (SHARE or stronger; of a materialized view, which nobody writes, only ACCESS EXCLUSIVE) on a
relation that existed before it, *and* that statement does work that grows with a table that existed
before it. Work is measured independently of lint: half of the blocks of a table or of one of its
indexes were fetched, or a new file half as large as the old one, or an index of many blocks, was
written. Locks are those of ``pg_locks`` in the open transaction; where none is allowed, those that
``plan`` sees while a reader blocks them.

**Short locks.** ACCESS EXCLUSIVE for a moment (ADD COLUMN, DROP INDEX, RENAME) is *not* blocking:
its time does not grow. Rules about short locks and queues (ours of group C but for
``works-while-locked``; squawk's on dropping indexes, detaching, time limits) and rules about style,
clients or lost data do not count either way: only rules about rewriting, reading, building or
waiting for those count. For squawk these are the rules in ``PEER_BLOCKING``; doubtful ones were
decided in its favour.

``--corpus DIR:LAYOUT`` (repeatable) counts findings per file on other projects' folders, both
programs with their default rules on the same files.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import ground
import psycopg
from psycopg.conninfo import make_conninfo

from wavehouse.schema.adapters.measuring import Measurer
from wavehouse.schema.adapters.shadow import Shadow, shadow
from wavehouse.schema.rules.layouts import Layout
from wavehouse.schema.rules.recipes import RULES
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.rules.text import sql_file
from wavehouse.schema.service.ladder import read_ladder
from wavehouse.schema.service.linting import lint
from wavehouse.schema.types import Effect, Migration, Script, strength

STATEMENTS = Path(__file__).with_name("lint_statements.toml")
PEER = "squawk-cli==2.70.0"
PEER_BLOCKING = frozenset(
    {
        "adding-field-with-default",
        "adding-foreign-key-constraint",
        "adding-not-nullable-field",
        "adding-serial-primary-key-field",
        "ban-alter-domain-with-add-constraint",
        "changing-column-type",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
        "prefer-repack",
        "require-concurrent-index-creation",
        "require-concurrent-reindex",
    }
)
GOAL_PRECISION, GOAL_RECALL, GOAL_PER_FILE = 0.95, 0.97, 0.8
OUTSIDE = "-- wavehouse: non-transactional\n"
DOES_NOT_RUN = ("does-not-run", "does-not-parse", "concurrently-in-transaction")
_ALONE_BLOCKS = 4
"""An index with fewer blocks than this belongs to an empty table."""

_STANDING = """
    SELECT c.oid, coalesce(i.indrelid, c.oid), c.relkind::text, pg_relation_filenode(c.oid),
           pg_relation_size(c.oid) / 8192
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relnamespace >= 16384 OR c.relnamespace = 'public'::regnamespace
"""
_FETCHED = """
    SELECT c.oid, {} FROM pg_class c WHERE c.relkind IN ('r', 'm', 'i')
"""
_IN_TRANSACTION = "coalesce(pg_stat_get_xact_blocks_fetched(c.oid), 0)"
_IN_ALL = "coalesce(pg_stat_get_blocks_fetched(c.oid), 0)"
_LOCKS = """
    SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A statement of the file."""

    group: str
    name: str
    sql: str
    setup: str = ""
    since: int = 0
    outside: bool = False

    @property
    def title(self) -> str:
        """Its name in the table of failures."""
        return f"{self.group}: {self.name}"


@dataclass(slots=True)
class Score:
    """How often a program was right, and the statements where it was not."""

    right: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, case: Case, truth: bool, accused: bool) -> None:
        """Count one statement."""
        self.right += truth and accused
        if accused and not truth:
            self.false.append(case.title)
        if truth and not accused:
            self.missed.append(case.title)

    @property
    def precision(self) -> float:
        """The share of reports that are right."""
        return self.right / max(self.right + len(self.false), 1)

    @property
    def recall(self) -> float:
        """The share of blocking statements that are reported."""
        return self.right / max(self.right + len(self.missed), 1)


def cases(file: Path) -> tuple[str, str, list[Case]]:
    """The base schema, the SQL that fills it, and the statements."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    base = told.pop("base")
    return (
        base["sql"],
        base["fill"],
        [
            Case(group, name, **(one if isinstance(one, dict) else {"sql": one}))
            for group, section in told.items()
            for name, one in section.items()
        ],
    )


# -- the truth -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """A relation before the file: its table and its size."""

    table: int
    kind: str
    node: int | None
    blocks: int


class Filled:
    """Filled databases like the base; a new one for each statement."""

    def __init__(self, server: Shadow, base: str, fill: str) -> None:
        self._server = server
        self._template = "precision_base"
        with psycopg.connect(server.admin, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {self._template}")
            admin.execute(f"CREATE DATABASE {self._template} TEMPLATE template0")
            if not admin.execute("SELECT FROM pg_tablespace WHERE spcname = 'elsewhere'").rowcount:
                admin.execute("SET allow_in_place_tablespaces = on")
                admin.execute("CREATE TABLESPACE elsewhere LOCATION ''")
        conninfo = make_conninfo(server.admin, dbname=self._template)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(base)
            connection.execute(fill)
            connection.execute("VACUUM ANALYZE")

    def blocks(self, case: Case) -> bool:
        """Whether a statement blocks for a time that grows with a table."""
        with (
            self._server.database(self._template) as conninfo,
            psycopg.connect(conninfo, autocommit=True) as connection,
        ):
            # Blocks fetched by parallel workers are not counted for this session.
            connection.execute("SET max_parallel_maintenance_workers = 0")
            connection.execute("SET max_parallel_workers_per_gather = 0")
            if case.setup:
                connection.execute(case.setup)
            script = script_of(case)
            standing = _standing(connection)
            if case.outside:
                return any(_outside(connection, script, standing))
            with connection.transaction(force_rollback=True):
                return any(_inside(connection, script, standing))


Relations = dict[int, Standing]


def _standing(connection: psycopg.Connection) -> Relations:
    return {row[0]: Standing(*row[1:]) for row in connection.execute(_STANDING)}


def _inside(connection: psycopg.Connection, script: Script, standing: Relations) -> Iterator[bool]:
    for statement in script.statements:
        before = _fetched(connection, _IN_TRANSACTION)
        were = _standing(connection)
        connection.execute(statement.text)
        work = _worked(connection, standing, were, before, _IN_TRANSACTION)
        locks = connection.execute(_LOCKS).fetchall()
        yield work and any(_stops(standing, oid, mode) for oid, mode in locks)


def _outside(connection: psycopg.Connection, script: Script, standing: Relations) -> Iterator[bool]:
    measurer = Measurer(connection)
    names = {
        str(name): oid
        for oid, name in connection.execute(
            "SELECT oid, relnamespace::regnamespace || '.' || relname FROM pg_class"
        )
    }
    for statement in script.statements:
        connection.execute("SELECT pg_stat_force_next_flush()")
        before = _fetched(connection, _IN_ALL)
        were = _standing(connection)
        seen: Effect = measurer.measured_outside(
            lambda text=statement.text: connection.execute(text)
        )
        connection.execute("SELECT pg_stat_force_next_flush()")
        work = _worked(connection, standing, were, before, _IN_ALL)
        yield work and any(_stops(standing, names[one.relation], one.mode) for one in seen.locks)


def _fetched(connection: psycopg.Connection, counter: str) -> dict[int, int]:
    return {int(oid): int(n) for oid, n in connection.execute(_FETCHED.format(counter))}


def _worked(
    connection: psycopg.Connection,
    standing: Relations,
    were: Relations,
    before: dict[int, int],
    counter: str,
) -> bool:
    """Whether a statement read, rewrote or indexed a table that existed before its file."""
    fetched, now = _fetched(connection, counter), _standing(connection)
    for oid, old in standing.items():
        few = old.blocks < _ALONE_BLOCKS
        if not few and fetched.get(oid, 0) - before.get(oid, 0) >= old.blocks / 2:
            return True
        new = now.get(oid)
        if not few and new and new.node != were[oid].node and new.blocks >= old.blocks / 2:
            return True
    nodes = {old.node for old in were.values()}
    return any(
        new.table in standing
        and new.kind == "i"
        and new.node not in nodes
        and new.blocks >= _ALONE_BLOCKS
        for new in now.values()
    )


def _stops(standing: Relations, oid: int, mode: str) -> bool:
    old = standing.get(oid)
    if old is None or old.kind not in "rpm":
        return False
    least = "AccessExclusiveLock" if old.kind == "m" else "ShareLock"
    return strength(mode) >= strength(least)


# -- the programs ----------------------------------------------------------------------------------


def migration(number: int, text: str) -> Migration:
    """A file of a ladder with a down file, so that only its statements are judged."""
    path = Path(f"20261101{number:04}_case.up.sql")
    down = sql_file(path.with_name(path.name.replace(".up.", ".down.")), b"SELECT 1;")
    return Migration(path.name[:12], "case", sql_file(path, text.encode()), down)


def script_of(case: Case) -> Script:
    """A statement as read by our runner."""
    return read_script(migration(900, OUTSIDE * case.outside + case.sql).up)


def accused_by_us(server: Shadow, base: str, case: Case) -> bool:
    """Whether our lint reports that a statement works under a lock."""
    ladder = [migration(700, base)]
    if case.setup:
        ladder.append(migration(800, case.setup))
    chosen = migration(900, OUTSIDE * case.outside + case.sql)
    found = lint(server, ladder, [chosen]).findings
    stopped = [one.message for one in found if one.rule in DOES_NOT_RUN]
    assert not stopped, f"{case.title}: {stopped[0]}"
    return any(is_blocking(one.rule) for one in found)


def is_blocking(rule: str) -> bool:
    """Whether one of our rules is about work under a lock."""
    group = RULES[rule].group
    return group[0] in "AB" or group == "C5"


@contextmanager
def peer() -> Iterator[Path]:
    """The peer's program in a temporary environment; it is never a dependency."""
    with tempfile.TemporaryDirectory(prefix="wh-peer-") as folder:
        venv.create(folder, with_pip=True)
        subprocess.run(
            [
                f"{folder}/bin/python",
                "-m",
                "pip",
                "--disable-pip-version-check",
                "-q",
                "install",
                PEER,
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        yield Path(folder) / "bin" / "squawk"


def peer_findings(
    program: Path, files: Sequence[Path], major: int, *, together: bool
) -> dict[Path, list[str]]:
    """The peer's findings in each file, with its default rules.

    ``together`` assumes a transaction around each file: the peer then knows, as we do, that a table
    is new.
    """
    found: dict[Path, list[str]] = {file: [] for file in files}
    words = [str(program), f"--pg-version={major}.0", "--reporter=json"]
    if together:
        words.append("--assume-in-transaction")
    for n in range(0, len(files), 100):
        done = subprocess.run(
            [*words, *map(str, files[n : n + 100])], capture_output=True, text=True, check=False
        )
        for one in json.loads(done.stdout or "[]"):
            found[Path(one["file"])].append(str(one["rule_name"]))
    return found


def peer_accused(program: Path, listed: Sequence[Case], major: int, folder: Path) -> list[bool]:
    """Whether the peer reports for each statement that it works under a lock."""
    files = [folder / f"{n:04}_{major}.sql" for n in range(len(listed))]
    for file, case in zip(files, listed, strict=True):
        file.write_text(case.sql.rstrip(";") + ";\n", encoding="utf-8")
    paired = list(zip(files, listed, strict=True))
    within = [file for file, case in paired if not case.outside]
    without = [file for file, case in paired if case.outside]
    found = peer_findings(program, within, major, together=True)
    found |= peer_findings(program, without, major, together=False)
    return [bool(PEER_BLOCKING.intersection(found[file])) for file in files]


# -- the run ---------------------------------------------------------------------------------------


def judged(
    server: Shadow, program: Path, folder: Path, wanted: str
) -> tuple[int, int, Score, Score]:
    """The statements, those that block, and the scores of both programs on one major version."""
    base, fill, every = cases(STATEMENTS)
    listed = [
        case for case in every if case.since <= server.major and re.search(wanted, case.title)
    ]
    filled = Filled(server, base, fill)
    theirs = peer_accused(program, listed, server.major, folder)
    ours, peers, blocking = Score(), Score(), 0
    for case, accused in zip(listed, theirs, strict=True):
        truth = filled.blocks(case)
        blocking += truth
        ours.add(case, truth, accused_by_us(server, base, case))
        peers.add(case, truth, accused)
    return len(listed), blocking, ours, peers


def on_corpus(server: Shadow, program: Path, word: str, top: int) -> tuple[str, ...]:
    """A row: files, findings per file by us and the peer, and the most frequent rules."""
    name, _, layout = word.rpartition(":")
    ladder = read_ladder(Path(name), Layout(layout))
    result = lint(server, (), ladder, pattern=layout == Layout.WAVEHOUSE)
    stopped = [one for one in result.findings if one.rule in DOES_NOT_RUN]
    last = stopped[-1].file if stopped else ""
    files = [one.up.path for one in ladder]
    if last:
        files = files[: [file.name for file in files].index(last)]
    findings = [one for one in result.open if one.rule not in DOES_NOT_RUN]
    theirs = [
        rule
        for rules in peer_findings(program, files, server.major, together=True).values()
        for rule in rules
    ]
    return (
        f"{Path(name).name}{f', as far as {last}' if last else ''}",
        str(len(files)),
        f"{len(findings) / max(len(files), 1):.3f}",
        f"{len(theirs) / max(len(files), 1):.3f}",
        _most((one.rule for one in findings), top),
        _most(theirs, top),
    )


def _most(rules: Iterator[str] | list[str], top: int) -> str:
    return ", ".join(f"{rule} {n}" for rule, n in Counter(rules).most_common(top))


def _print(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print(f"| {' | '.join(headings)} |\n|{'---|' * len(headings)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print()


def _losses(major: int, name: str, score: Score) -> None:
    for what, titles in (("false", score.false), ("missed", score.missed)):
        for title in titles:
            print(f"- {major}, {name}, {what}: {title}")


def main() -> int:
    """Print the tables; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", action="append", default=[], metavar="DIR:LAYOUT")
    parser.add_argument("--only", default="", metavar="PATTERN", help="statements so named")
    parser.add_argument("--major", type=int, action="append", choices=(16, 18))
    parser.add_argument("--peer", type=Path, metavar="FILE", help="a squawk that is there")
    parser.add_argument("--top", type=int, default=6, help="how many rules to name by corpus")
    given = parser.parse_args()
    if given.peer:
        return _measured(given, given.peer)
    with peer() as program:
        return _measured(given, program)


def _measured(given: argparse.Namespace, program: Path) -> int:
    scores: list[tuple[int, str, Score]] = []
    rows, found, missed = [], [], False
    with ground.folder() as home:
        for major in given.major or (16, 18):
            with shadow(home, major=major) as server:
                number, blocking, ours, theirs = judged(server, program, home, given.only)
                for name, score in (("wavehouse", ours), ("squawk", theirs)):
                    scores.append((major, name, score))
                    rows.append(
                        (
                            str(major),
                            name,
                            str(number),
                            str(blocking),
                            f"{score.precision:.3f}",
                            f"{score.recall:.3f}",
                            str(len(score.false)),
                            str(len(score.missed)),
                        )
                    )
                missed |= ours.precision < GOAL_PRECISION or ours.recall < GOAL_RECALL
                if major == (given.major or [18])[-1]:
                    found = [on_corpus(server, program, one, given.top) for one in given.corpus]
    _print(
        (
            "PostgreSQL",
            "program",
            "statements",
            "blocking",
            "precision",
            "recall",
            "false",
            "missed",
        ),
        rows,
    )
    if found:
        headings = ("corpus", "files", "ours a file", "squawk a file", "ours, most", "squawk, most")
        _print(headings, found)
        missed |= any(float(row[2]) > GOAL_PER_FILE for row in found)
    for major, name, score in scores:
        _losses(major, name, score)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
