"""`wavehouse schema apply` and dbmate on the same files and server: speed, honesty, crowds, queues.

Not part of `make bench`: it takes minutes (`make beside`). dbmate is fetched from npm into a folder
that is thrown away. Both are whole programs, from the start of the process to its end, on one
embedded PostgreSQL 18 with its ``fsync`` on; each round has databases of its own.
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
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wavehouse.accounts import Workplace

ROUNDS = 5
RUNNERS = 8
HOLD = 4.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where databases are made, and dbmate's program."""

    admin: str
    dbmate: str

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A new database; gone afterwards."""
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
        command = [sys.executable, "-m", "wavehouse", "schema", "apply"]
        return [*command, "--dir", str(folder / "wavehouse"), "--url", url]

    def theirs(self, conninfo: str, folder: Path) -> list[str]:
        """Dbmate's command."""
        parts = conninfo_to_dict(conninfo)
        url = (
            f"postgres://{parts['user']}:{quote(str(parts['password']))}@:{parts['port']}"
            f"/{parts['dbname']}?socket={quote(str(parts['host']), safe='')}&sslmode=disable"
        )
        return [self.dbmate, "--url", url, "-d", str(folder / "dbmate"), "--no-dump-schema", "up"]


Command = Callable[[str, Path], list[str]]


def run(command: list[str]) -> tuple[int, str, float]:
    """The exit code, the last words, seconds."""
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
    """One migration, as dbmate's file and as our two."""
    name = f"2026010100{number:04}_step_{number}"
    theirs, ours = folder / "dbmate", folder / "wavehouse"
    for one in (theirs, ours):
        one.mkdir(parents=True, exist_ok=True)
    option = " transaction:false" if outside else ""
    text = f"-- migrate:up{option}\n{up}\n\n-- migrate:down{option}\n{down}\n"
    (theirs / f"{name}.sql").write_text(text)
    header = "-- wavehouse: non-transactional\n" if outside else ""
    (ours / f"{name}.up.sql").write_text(f"{header}{up}\n")
    (ours / f"{name}.down.sql").write_text(f"{header}{down}\n")


def ladder(folder: Path, files: int) -> Path:
    """So many files: tables, columns, indexes, keys, views, functions in turn."""
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


def speed(server: Server, home: Path) -> None:
    """Whole processes, in turn."""
    for files in (120, 6):
        folder = ladder(home / f"ladder{files}", files)
        took: dict[str, list[float]] = {"wavehouse": [], "dbmate": [], "again": [], "theirs": []}
        for n in range(ROUNDS):
            for name, again, command in (
                ("wavehouse", "again", server.ours),
                ("dbmate", "theirs", server.theirs),
            ):
                with server.database(f"speed_{files}_{n}_{name}") as conninfo:
                    took[name].append(_must(name, run(command(conninfo, folder))))
                    took[again].append(run(command(conninfo, folder))[2])
        middle = {name: statistics.median(values) for name, values in took.items()}
        ratio = middle["wavehouse"] / middle["dbmate"]
        print(
            f"{files} files: wavehouse {middle['wavehouse']:.2f} s, dbmate {middle['dbmate']:.2f} s"
            f": {ratio:.1f} x (goal 1.5 x: {'met' if ratio <= 1.5 else 'MISSED'}); "
            f"nothing pending: {middle['again']:.2f} s, {middle['theirs']:.2f} s"
        )


def _state(conninfo: str, index: str) -> str:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [index]
        ).fetchone()
    return "no index" if row is None else "valid index" if row[0] else "INVALID index"


def honesty(server: Server, home: Path) -> None:
    """A unique index that cannot be built, tried twice."""
    folder = home / "honesty"
    write(folder, 1, "CREATE TABLE people (name text);", "DROP TABLE people;")
    write(
        folder,
        2,
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS people_name ON people (name);",
        "DROP INDEX CONCURRENTLY people_name;",
        outside=True,
    )
    for name, command in (("wavehouse", server.ours), ("dbmate", server.theirs)):
        with server.database(f"honesty_{name}") as conninfo:
            first = home / f"first_{name}"
            write(first, 1, "CREATE TABLE people (name text);", "DROP TABLE people;")
            _must(name, run(command(conninfo, first)))
            with psycopg.connect(conninfo) as connection:
                connection.execute("INSERT INTO people VALUES ('a'), ('a')")
            codes = [run(command(conninfo, folder))[0] for _ in range(2)]
            left = _state(conninfo, "people_name")
            print(f"an index that fails, twice: {name} exits {codes}, {left}")


def crowd(server: Server, home: Path) -> None:
    """Eight runners at once, with an index built concurrently."""
    folder = home / "crowd"
    tables = "CREATE TABLE big (n int); CREATE TABLE ran (file int);"
    write(folder, 1, tables, "DROP TABLE big, ran;")
    write(folder, 2, "INSERT INTO big SELECT generate_series(1, 200000);", "SELECT 1;")
    write(
        folder,
        3,
        "CREATE INDEX CONCURRENTLY big_n ON big (n);",
        "DROP INDEX CONCURRENTLY big_n;",
        outside=True,
    )
    write(folder, 4, "INSERT INTO ran VALUES (4);", "SELECT 1;")
    for name, command in (("wavehouse", server.ours), ("dbmate", server.theirs)):
        with server.database(f"crowd_{name}") as conninfo:
            with ThreadPoolExecutor(RUNNERS) as pool:
                done = list(pool.map(run, [command(conninfo, folder)] * RUNNERS))
            with psycopg.connect(conninfo) as connection:
                rows = connection.execute(
                    "SELECT (SELECT count(*) FROM big), (SELECT count(*) FROM ran)"
                ).fetchone()
            codes = dict(Counter(code for code, _, _ in done))
            words = Counter(words.splitlines()[-1][:90] for code, words, _ in done if code)
            print(
                f"{RUNNERS} runners: {name} exits {codes}, rows {rows} of (200000, 1), "
                f"{_state(conninfo, 'big_n')}; {dict(words) or 'no error'}"
            )


def killed(server: Server, home: Path) -> None:
    """Kill -9 while an index is built; then once more, and what each says is to be done.

    One statement only: dbmate sends a file's statements together, which CONCURRENTLY refuses.
    """
    folder = home / "killed"
    index = "CREATE INDEX CONCURRENTLY IF NOT EXISTS many_n ON many (md5(n::text));"
    write(folder, 1, index, "DROP INDEX CONCURRENTLY many_n;", outside=True)
    for name, command in (("wavehouse", server.ours), ("dbmate", server.theirs)):
        with server.database(f"killed_{name}") as conninfo:
            with psycopg.connect(conninfo) as connection:
                connection.execute(
                    "CREATE TABLE many AS SELECT n FROM generate_series(1, 600000) AS n"
                )
            running = subprocess.Popen(
                command(conninfo, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            _begun(conninfo, "many_n")
            os.kill(running.pid, signal.SIGKILL)
            running.wait()
            with psycopg.connect(conninfo, autocommit=True) as connection:
                # A server whose client died goes on building; an operator would end it.
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            code, words, _ = run(command(conninfo, folder))
            then = ""
            if name == "wavehouse" and code:
                recover = [
                    word if word != "apply" else "recover" for word in command(conninfo, folder)
                ]
                then = f", recover exits {run(recover)[0]}"
            left = _state(conninfo, "many_n")
            print(f"killed while building, run again: {name} exits {code}{then}, {left}")
            if code:
                print(f"    it said: {words.splitlines()[-1][:140]}")


def _begun(conninfo: str, index: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for _ in range(2000):
            if connection.execute("SELECT to_regclass(%s)", [index]).fetchone() != (None,):
                return
            time.sleep(0.005)
    sys.exit("the index was not begun within ten seconds")


def queue(server: Server, home: Path) -> None:
    """The longest stall of readers while ADD COLUMN waits behind a transaction of four seconds."""
    folder = home / "queue"
    write(folder, 1, "ALTER TABLE busy ADD COLUMN b int;", "ALTER TABLE busy DROP COLUMN b;")
    for name in ("wavehouse", "dbmate", "psycopg, lock_timeout 2 s and retries"):
        with server.database("queue_" + name[:4]) as conninfo:
            with psycopg.connect(conninfo) as connection:
                connection.execute("CREATE TABLE busy AS SELECT 1 AS a")
            stalls, stop, held = [], threading.Event(), threading.Event()

            def read(where: str, stalls: list[float], stop: threading.Event) -> None:
                with psycopg.connect(where, autocommit=True) as connection:
                    while not stop.is_set():
                        began = time.perf_counter()
                        connection.execute("SELECT a FROM busy").fetchall()
                        stalls.append(time.perf_counter() - began)
                        time.sleep(0.02)

            def hold(where: str, held: threading.Event) -> None:
                with psycopg.connect(where) as connection:
                    connection.execute("SELECT a FROM busy").fetchall()
                    held.set()
                    time.sleep(HOLD)

            threads = [threading.Thread(target=hold, args=(conninfo, held))]
            threads += [
                threading.Thread(target=read, args=(conninfo, stalls, stop)) for _ in range(3)
            ]
            for thread in threads:
                thread.start()
            held.wait()
            if name == "wavehouse":
                code, _, took = run(server.ours(conninfo, folder))
            elif name == "dbmate":
                code, _, took = run(server.theirs(conninfo, folder))
            else:
                code, took = _patient(conninfo)
            stop.set()
            for thread in threads:
                thread.join()
            print(
                f"behind a blocker of {HOLD:.0f} s: {name} exits {code} after {took:.1f} s, "
                f"readers stalled at most {max(stalls) * 1000:.0f} ms"
            )


def _patient(conninfo: str) -> tuple[int, float]:
    began = time.perf_counter()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '2s'")
        for _ in range(10):
            try:
                connection.execute("ALTER TABLE busy ADD COLUMN b int")
            except psycopg.errors.LockNotAvailable:
                time.sleep(0.1)
            else:
                return 0, time.perf_counter() - began
    return 1, time.perf_counter() - began


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


def _server(place: Workplace, dbmate: str) -> Server:
    own = place.stores.server
    assert own is not None
    admin = own.conninfo("postgres", "wavehouse_root", own.superuser_password())
    return Server(admin, dbmate)


PARTS = {"speed": speed, "honesty": honesty, "crowd": crowd, "killed": killed, "queue": queue}


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default all")
    options = parser.parse_args()
    with ground.folder() as home, ground.workplace() as place:
        server = _server(place, _fetched(home / "npm"))
        for name, part in PARTS.items():
            if not options.parts or name in options.parts:
                part(server, home)


if __name__ == "__main__":
    main()
