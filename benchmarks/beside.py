"""`wavehouse schema apply` and dbmate on the same files and server: speed, honesty, crowds, queues.

Not part of `make bench`: it takes minutes (`make beside`). dbmate is fetched from npm into a
temporary folder. Both are measured as whole processes on one embedded PostgreSQL 18 with ``fsync``
on, and both read the same folder in dbmate's layout; each round has separate databases. Prints one
table in Markdown.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import ground
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wavehouse.workspace import Workspace

ROUNDS = 5
RUNNERS = 8
HOLD = 4.0


@dataclass(frozen=True, slots=True)
class Server:
    """The server for the databases, and dbmate's program."""

    admin: str
    dbmate: str

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A new database; dropped afterwards."""
        with psycopg.connect(self.admin, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
            try:
                yield make_conninfo(self.admin, dbname=name)
            finally:
                admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def ours(self, conninfo: str, folder: Path) -> list[str]:
        """Our command."""
        parts = conninfo_to_dict(conninfo)
        url = (
            f"postgresql://{parts['user']}:{quote(str(parts['password']))}@/{parts['dbname']}"
            f"?host={quote(str(parts['host']), safe='')}&port={parts['port']}"
        )
        command = [sys.executable, "-m", "wavehouse", "schema", "apply", "--layout", "dbmate"]
        return [*command, "--dir", str(folder), "--url", url]

    def theirs(self, conninfo: str, folder: Path) -> list[str]:
        """Dbmate's command."""
        parts = conninfo_to_dict(conninfo)
        url = (
            f"postgres://{parts['user']}:{quote(str(parts['password']))}@:{parts['port']}"
            f"/{parts['dbname']}?socket={quote(str(parts['host']), safe='')}&sslmode=disable"
        )
        return [self.dbmate, "--url", url, "-d", str(folder), "--no-dump-schema", "migrate"]


Command = Callable[[str, Path], list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    ours: str
    theirs: str
    goal: str

    def __str__(self) -> str:
        return f"| {self.what} | {self.ours} | {self.theirs} | {self.goal} |"


def both(server: Server) -> tuple[tuple[str, Command], ...]:
    """Both programs."""
    return (("wavehouse", server.ours), ("dbmate", server.theirs))


def run(command: list[str]) -> tuple[int, str, float]:
    """The exit code, the last output, and the seconds."""
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    return done.returncode, (done.stderr or done.stdout).strip()[-300:], took


def _must(name: str, done: tuple[int, str, float]) -> float:
    code, words, seconds = done
    if code:
        sys.exit(f"{name} exits {code}: {words}")
    return seconds


def write(folder: Path, number: int, up: str, down: str, *, outside: bool = False) -> None:
    """One migration in dbmate's layout."""
    folder.mkdir(parents=True, exist_ok=True)
    option = " transaction:false" if outside else ""
    text = f"-- migrate:up{option}\n{up}\n\n-- migrate:down{option}\n{down}\n"
    (folder / f"2026010100{number:04}_step_{number}.sql").write_text(text)


def ladder(folder: Path, files: int) -> Path:
    """A number of files: tables, columns, indexes, keys, views, functions in turn."""
    for n in range(files):
        table = f"t{n // 6}"
        up, down = [
            (
                f"CREATE TABLE {table} (id bigint PRIMARY KEY, a text NOT NULL, at timestamptz);",
                f"DROP TABLE {table};",
            ),
            (
                f"ALTER TABLE {table} ADD COLUMN b integer DEFAULT 0;",
                f"ALTER TABLE {table} DROP COLUMN b;",
            ),
            (f"CREATE INDEX {table}_a_idx ON {table} (a);", f"DROP INDEX {table}_a_idx;"),
            (
                f"ALTER TABLE {table} ADD COLUMN parent_id bigint REFERENCES {table};",
                f"ALTER TABLE {table} DROP COLUMN parent_id;",
            ),
            (
                f"CREATE VIEW {table}_v AS SELECT id, a FROM {table};",
                f"DROP VIEW {table}_v;",
            ),
            (
                f"CREATE FUNCTION {table}_f() RETURNS bigint LANGUAGE sql AS 'SELECT 1';",
                f"DROP FUNCTION {table}_f();",
            ),
        ][n % 6]
        write(folder, n, up, down)
    return folder


def speed(server: Server, home: Path) -> list[Row]:
    """Whole processes, alternating."""
    rows = []
    for files in (120, 5):
        folder = ladder(home / f"ladder{files}", files)
        took: dict[str, list[float]] = {"wavehouse": [], "dbmate": []}
        idle: dict[str, list[float]] = {"wavehouse": [], "dbmate": []}
        for n in range(ROUNDS):
            for name, command in both(server):
                with server.database(f"speed_{files}_{n}_{name}") as conninfo:
                    took[name].append(_must(name, run(command(conninfo, folder))))
                    idle[name].append(_must(name, run(command(conninfo, folder))))
        for what, found, goal in ((f"{files} files", took, 1.5), ("nothing pending", idle, None)):
            ours, theirs = (statistics.median(found[name]) for name in ("wavehouse", "dbmate"))
            verdict = "–"
            if goal is not None:
                met = "met" if ours <= goal * theirs else "**missed**"
                verdict = f"≤ {goal} ×: {met} ({ours / theirs:.1f} ×)"
            rows.append(Row(what, f"{ours:.2f} s", f"{theirs:.2f} s", verdict))
    return rows


def _state(conninfo: str, index: str) -> str:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [index]
        ).fetchone()
    return "no index" if row is None else "a valid index" if row[0] else "an INVALID index"


def _recorded(conninfo: str, name: str, number: int) -> str:
    """Whether a program's own history lists a file as applied."""
    table, condition = "public.schema_migrations", "true"
    if name == "wavehouse":
        table, condition = "schema_ops.history", "state = 'applied'"
    with psycopg.connect(conninfo) as connection:
        if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
            return "not recorded"
        found = connection.execute(
            sql.SQL("SELECT count(*) FROM {} WHERE version = %s AND {}").format(
                sql.Identifier(*table.split(".")), sql.SQL(condition)
            ),
            [f"2026010100{number:04}"],
        ).fetchone()
    return "recorded" if found == (1,) else "not recorded"


def honesty(server: Server, home: Path) -> list[Row]:
    """A unique index that cannot be built, tried twice: with checks, without, and by dbmate."""
    folder, first = home / "honesty", home / "first"
    for one in (folder, first):
        write(one, 1, "CREATE TABLE people (name text);", "DROP TABLE people;")
    index = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS people_name ON people (name);"
    write(folder, 2, index, "DROP INDEX CONCURRENTLY people_name;", outside=True)
    told = []
    for name, command, more in (
        ("wavehouse", server.ours, []),
        ("wavehouse", server.ours, ["--no-checks"]),
        ("dbmate", server.theirs, []),
    ):
        with server.database("honesty") as conninfo:
            _must(name, run(command(conninfo, first)))
            with psycopg.connect(conninfo) as connection:
                connection.execute("INSERT INTO people VALUES ('a'), ('a')")
            codes = [run([*command(conninfo, folder), *more])[0] for _ in range(2)]
            ends = f"{_recorded(conninfo, name, 2)}, {_state(conninfo, 'people_name')}"
            told.append(f"exits {codes[0]}, then {codes[1]}; {ends}")
    goal = "never recorded beside an invalid index"
    what = "a unique index that cannot be built, IF NOT EXISTS, run twice"
    return [Row(what, told[0], told[2], goal), Row(f"{what}, --no-checks", told[1], "–", goal)]


def crowd(server: Server, home: Path) -> list[Row]:
    """Eight concurrent runners, with an index built concurrently."""
    folder = home / "crowd"
    tables = "CREATE TABLE big (n int); CREATE TABLE ran (file int);"
    write(folder, 1, tables, "DROP TABLE big, ran;")
    many = "INSERT INTO big SELECT generate_series(1, 200000); INSERT INTO ran VALUES (2);"
    write(folder, 2, many, "SELECT 1;")
    index = "CREATE INDEX CONCURRENTLY big_n ON big (n);"
    write(folder, 3, index, "DROP INDEX CONCURRENTLY big_n;", outside=True)
    write(folder, 4, "INSERT INTO ran VALUES (4);", "SELECT 1;")
    told = []
    for name, command in both(server):
        with server.database(f"crowd_{name}") as conninfo:
            with ThreadPoolExecutor(RUNNERS) as pool:
                done = list(pool.map(run, [command(conninfo, folder)] * RUNNERS))
            with psycopg.connect(conninfo) as connection:
                ran = dict(
                    connection.execute("SELECT file, count(*) FROM ran GROUP BY file").fetchall()
                )
            codes = ", ".join(
                f"{count} exit {code}"
                for code, count in sorted(Counter(code for code, _, _ in done).items())
            )
            words = Counter(said.splitlines()[-1][:90] for code, said, _ in done if code)
            errors = "; ".join(f"{count} × {said}" for said, count in words.items())
            told.append(
                f"{codes}; files 2 and 4 ran {ran.get(2, 0)} and {ran.get(4, 0)} times, "
                f"{_state(conninfo, 'big_n')}; {errors or 'no error'}"
            )
    goal = "no error, no deadlock, each file once"
    return [Row(f"{RUNNERS} runners at once, with CREATE INDEX CONCURRENTLY", *told, goal)]


def killed(server: Server, home: Path) -> list[Row]:
    """Kill -9 during an index build; then run again, and for ours `recover`, as its message says.

    dbmate sends a file's statements together, which CONCURRENTLY refuses: its file of several
    statements fails before it could be killed. So there is also one with a single statement.
    """
    index = "CREATE INDEX CONCURRENTLY IF NOT EXISTS many_n ON many (md5(n::text));"
    down = "DROP INDEX CONCURRENTLY many_n;"
    write(home / "several", 1, f"UPDATE counted SET x = x + 1;\n{index}", down, outside=True)
    write(home / "single", 1, index, down, outside=True)
    goal = "each statement once, a valid index"
    return [
        Row(
            f"killed (−9) in {words}, run again",
            *(_killed(server, name, command, home / part) for name, command in both(server)),
            goal,
        )
        for part, words in (("several", "UPDATE x = x + 1, then an index"), ("single", "an index"))
    ]


def _killed(server: Server, name: str, command: Command, folder: Path) -> str:
    with server.database(f"killed_{name}") as conninfo:
        with psycopg.connect(conninfo) as connection:
            connection.execute("CREATE TABLE many AS SELECT generate_series(1, 600000) AS n")
            connection.execute("CREATE TABLE counted AS SELECT 0 AS x")
        running = subprocess.Popen(
            command(conninfo, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        told = ""
        if _begun(conninfo, "many_n", running):
            os.kill(running.pid, signal.SIGKILL)
            running.wait()
            with psycopg.connect(conninfo, autocommit=True) as connection:
                # A server whose client died continues building; an operator would end it.
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        else:
            told = f"exits {running.wait()} before the kill; "
        code, words, _ = run(command(conninfo, folder))
        told += f"exits {code}"
        if name == "wavehouse" and code:
            recover = ["recover" if word == "apply" else word for word in command(conninfo, folder)]
            told += f", `recover` exits {run(recover)[0]}"
        elif code:
            told += f" ({words.splitlines()[-1][:80]})"
        with psycopg.connect(conninfo) as connection:
            counted = connection.execute("SELECT x FROM counted").fetchone()
        assert counted is not None
        updates = f"x = {counted[0]}, " if folder.name == "several" else ""
        ends = f"{_recorded(conninfo, name, 1)}, {updates}{_state(conninfo, 'many_n')}"
        return f"{told}; {ends}"


def _begun(conninfo: str, index: str, running: subprocess.Popen[bytes]) -> bool:
    """Wait for a running index build; False when the program ended without one."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while running.poll() is None:
            if connection.execute("SELECT to_regclass(%s)", [index]).fetchone() != (None,):
                return True
            time.sleep(0.005)
    return False


def queue(server: Server, home: Path) -> list[Row]:
    """The longest stall of readers while ADD COLUMN waits behind a four-second transaction."""
    folder = home / "queue"
    write(folder, 1, "ALTER TABLE busy ADD COLUMN b int;", "ALTER TABLE busy DROP COLUMN b;")
    ways: tuple[Callable[[str], int], ...] = (
        lambda conninfo: run(server.ours(conninfo, folder))[0],
        lambda conninfo: run(server.theirs(conninfo, folder))[0],
        lambda conninfo: _plain(conninfo, "0"),
        lambda conninfo: _plain(conninfo, "2s"),
    )
    ours, theirs, plain, patient = (_stalled(server, way) for way in ways)
    what = f"ADD COLUMN behind a transaction of {HOLD:.0f} s: the longest stall of three readers"
    return [
        Row(what, ours, theirs, "≤ 150 ms, and it succeeds"),
        Row("the same by ALTER TABLE without lock_timeout", "–", plain, "–"),
        Row("the same by ALTER TABLE with lock_timeout 2 s and retries", "–", patient, "–"),
    ]


def _stalled(server: Server, way: Callable[[str], int]) -> str:
    stalls: list[float] = []
    stop, held = threading.Event(), threading.Event()
    with server.database("queue") as conninfo:
        with psycopg.connect(conninfo) as connection:
            connection.execute("CREATE TABLE busy AS SELECT 1 AS a")

        def read() -> None:
            with psycopg.connect(conninfo, autocommit=True) as connection:
                while not stop.is_set():
                    began = time.perf_counter()
                    connection.execute("SELECT a FROM busy").fetchall()
                    stalls.append(time.perf_counter() - began)
                    time.sleep(0.02)

        def hold() -> None:
            with psycopg.connect(conninfo) as connection:
                connection.execute("SELECT a FROM busy").fetchall()
                held.set()
                time.sleep(HOLD)

        threads = [threading.Thread(target=work) for work in (hold, read, read, read)]
        for thread in threads:
            thread.start()
        held.wait()
        began = time.perf_counter()
        code = way(conninfo)
        took = time.perf_counter() - began
        stop.set()
        for thread in threads:
            thread.join()
    return f"{max(stalls) * 1000:,.0f} ms; exits {code} after {took:.1f} s"


def _plain(conninfo: str, lock_timeout: str) -> int:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SELECT set_config('lock_timeout', %s, false)", [lock_timeout])
        for _ in range(10):
            try:
                connection.execute("ALTER TABLE busy ADD COLUMN b int")
            except psycopg.errors.LockNotAvailable:
                time.sleep(0.1)
            else:
                return 0
    return 1


def _fetched(folder: Path) -> str:
    subprocess.run(
        ["npm", "install", "--silent", "--prefix", str(folder), "dbmate"],
        check=True,
        capture_output=True,
    )
    found = next(folder.glob("node_modules/@dbmate/*/bin/dbmate"), None)
    if found is None:
        sys.exit("npm brought no dbmate for this machine")
    return str(found)


def _server(workspace: Workspace, dbmate: str) -> Server:
    own = workspace.stores.server
    assert own is not None
    admin = own.conninfo("postgres", "wavehouse_root", own.superuser_password())
    return Server(admin, dbmate)


PARTS = {"speed": speed, "honesty": honesty, "crowd": crowd, "killed": killed, "queue": queue}


def main() -> None:
    """Print the table, row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default all")
    options = parser.parse_args()
    with ground.folder() as home, ground.workspace() as workspace:
        server = _server(workspace, _fetched(home / "npm"))
        print("| what | wavehouse | dbmate | goal |\n|---|---|---|---|")
        for name, part in PARTS.items():
            if not options.parts or name in options.parts:
                print(*part(server, home), sep="\n", flush=True)


if __name__ == "__main__":
    main()
