"""Ladders of other projects through `wavehouse schema` and through psql, compared by pg_dump.

    make corpora                                  clones them by git into a temporary folder
    make corpora ARGS="--mirror FOLDER --lint"    from OWNER+NAME/repo there; findings of lint too

Not a part of `make check`: it needs the network and minutes. The oracle knows nothing of ours: psql
runs what the ladder's own tool would run, file by file in that tool's order, and pg_dump says what
schema that left. A ladder agrees when both get through with the same dump, or both stop at the same
file. Extensions and ICU, which the embedded server does not have, are left out on both sides.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ground
import psycopg
from psycopg.conninfo import make_conninfo

from wavehouse import schema
from wavehouse.kernel.errors import WavehouseError
from wavehouse.schema.rules.layouts import Layout
from wavehouse.store.binaries import programs
from wavehouse.store.embedded import EmbeddedServer


@dataclass(frozen=True, slots=True)
class Corpus:
    """A public repository with a ladder for PostgreSQL, and its layout."""

    repo: str
    folder: str
    layout: str


CORPORA = (
    Corpus("launchbadge/realworld-axum-sqlx", "migrations", "sqlx"),
    Corpus("LukeMathWalker/zero-to-production", "migrations", "sqlx"),
    Corpus("openfga/openfga", "assets/migrations/postgres", "goose"),
    Corpus("lightningnetwork/lnd", "sqldb/sqlc/migrations", "golang-migrate"),
    Corpus("umami-software/umami", "prisma/migrations", "prisma"),
    Corpus("documenso/documenso", "packages/prisma/migrations", "prisma"),
    Corpus("rust-lang/crates.io", "migrations", "diesel"),
    Corpus("LemmyNet/lemmy", "migrations", "diesel"),
    Corpus(
        "eclipse-hawkbit/hawkbit",
        "hawkbit-repository/hawkbit-repository-jpa-flyway/src/main/resources/db/migration/POSTGRESQL",
        "flyway",
    ),
)
_WITHOUT = re.compile(r"^\s*(CREATE|DROP)\s+EXTENSION\b[^;]*;", re.IGNORECASE | re.MULTILINE)
_ICU = re.compile(r"\(\s*provider\s*=\s*icu[^)]*\)", re.IGNORECASE)
_PRELUDE = """
CREATE DOMAIN blob AS bytea;
CREATE DOMAIN citext AS text;
CREATE DOMAIN ltree AS text;
CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
CREATE FUNCTION gen_random_bytes(integer) RETURNS bytea LANGUAGE sql AS
  'SELECT substr(decode(string_agg(md5(random()::text || n), ''''), ''hex''), 1, $1)
     FROM generate_series(0, $1 / 16) n';
CREATE FUNCTION uuid_generate_v1mc() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
CREATE FUNCTION text2ltree(text) RETURNS ltree LANGUAGE sql AS 'SELECT $1::ltree';
CREATE FUNCTION nlevel(ltree) RETURNS integer LANGUAGE sql AS
  'SELECT cardinality(string_to_array($1::text, ''.''))';
CREATE FUNCTION digest(text, text) RETURNS bytea LANGUAGE sql AS 'SELECT sha256($1::bytea)';
CREATE FUNCTION digest(bytea, text) RETURNS bytea LANGUAGE sql AS 'SELECT sha256($1)';
"""
_UP = {
    "sqlx": ("*.sql", r"(?<!\.down)\.sql$"),
    "goose": ("*.sql", r"\.sql$"),
    "golang-migrate": ("*.up.sql", r"\.up\.sql$"),
    "prisma": ("*/migration.sql", "$"),
    "diesel": ("*/up.sql", "$"),
    "flyway": ("[BV]*.sql", r"\.sql$"),
}
_NOT_IN_A_TRANSACTION = re.compile(r"cannot (run|be executed)[^\n]*transaction block|unsafe use")


def files_of(folder: Path, layout: str) -> list[Path]:
    """The up files, in the tool's order: by version as numbers, as in all these tools."""
    pattern, wanted = _UP[layout]
    found = [path for path in folder.glob(pattern) if re.search(wanted, path.name)]

    def version(path: Path) -> tuple[int, ...]:
        name = path.parent.name if "/" in pattern else path.name
        digits = re.match(r"[BV]?([\d_.]+)", name.replace("-", ""))
        return tuple(map(int, re.findall(r"\d+", digits[1] if digits else "0")))

    return sorted(found, key=version)


def script_of(path: Path, layout: str) -> str:
    """The SQL that the tool sends for a file."""
    text = path.read_text(encoding="utf-8-sig")
    if layout == "goose":
        text = re.split(r"(?mi)^--\s*\+goose\s+down", text)[0]
    return text


def unpacked(corpus: Corpus, mirror: Path | None, into: Path) -> Path:
    """The ladder's folder, from a mirror or a clone."""
    git = mirror / corpus.repo.replace("/", "+") / "repo" if mirror else into / "clone"
    if mirror is None:
        address = f"https://github.com/{corpus.repo}"
        command = ["git", "clone", "--quiet", "--bare", "--depth", "1", address, str(git)]
        subprocess.run(command, check=True)
    packed = subprocess.run(
        ["git", "--git-dir", str(git), "archive", "HEAD", corpus.folder],
        check=True, capture_output=True,
    )  # fmt: skip
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(into, filter="data")
    folder = into / corpus.folder
    for path in folder.rglob("*.sql"):
        text = _WITHOUT.sub("", path.read_text(encoding="utf-8-sig"))
        path.write_text(_ICU.sub("(provider = libc, locale = 'C')", text), encoding="utf-8")
    return folder


class Oracle:
    """PostgreSQL's own programs on one server."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self.admin = server.conninfo("postgres", "wavehouse_root", server.superuser_password())

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A new database with the prelude; dropped afterwards."""
        with psycopg.connect(self.admin, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
            conninfo = make_conninfo(self.admin, dbname=name)
            with psycopg.connect(conninfo) as connection:
                connection.execute(_PRELUDE)
            try:
                yield conninfo
            finally:
                admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _program(self, name: str, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        program = str(programs(self._server.home, self._server.account) / name)
        return subprocess.run(
            [program, *words], input=text, capture_output=True, text=True, check=False
        )

    def walk(self, conninfo: str, corpus: Corpus, files: list[Path]) -> tuple[int, str]:
        """The number of files psql applies, and its error for the next one."""
        common = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-f", "-"]
        for done, path in enumerate(files):
            text = script_of(path, corpus.layout)
            result = self._program("psql", "-1", *common, text=text)
            if result.returncode and _NOT_IN_A_TRANSACTION.search(result.stderr):
                result = self._program("psql", *common, text=text)
            if result.returncode:
                errors = [line for line in result.stderr.splitlines() if "ERROR" in line]
                return done, (errors or [result.stderr])[0].rpartition("ERROR:")[2].strip()
        return len(files), ""

    def dump(self, conninfo: str) -> str:
        """The schema without our tables, as written by pg_dump."""
        result = self._program("pg_dump", "-s", "-N", "schema_ops", "-d", conninfo)
        if result.returncode:
            sys.exit(f"pg_dump: {result.stderr}")
        return "\n".join(
            line for line in result.stdout.splitlines() if not line.startswith(("\\", "--"))
        )


def ours(conninfo: str, folder: Path, layout: str) -> tuple[int, str]:
    """The number of files `schema apply` applies, and its error for the next one."""
    said = ""
    try:
        schema.apply(conninfo, folder, layout=Layout(layout))
    except WavehouseError as error:
        said = f"{error.message} ({error.where})"
    with psycopg.connect(conninfo) as connection:
        if connection.execute("SELECT to_regclass('schema_ops.history')").fetchone() == (None,):
            return 0, said
        row = connection.execute(
            "SELECT count(*) FROM schema_ops.history WHERE state = 'applied'"
        ).fetchone()
    assert row is not None
    return int(row[0]), said


def lint(folder: Path, layout: str, prelude: Path) -> float | None:
    """Default lint findings per file; None when it cannot judge the ladder."""
    command = [sys.executable, "-m", "wavehouse", "-q", "schema", "lint", "--json"]
    command += ["--dir", str(folder), "--layout", layout, "--prelude", str(prelude)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return None
    found = told.get("findings", [])
    return len(found) / max(1, len(files_of(folder, layout)))


def main() -> int:
    """Print a row for each ladder; 1 when one does not agree."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--mirror", type=Path, help="bare repositories as OWNER+NAME/repo")
    parser.add_argument("--only", help="ladders whose repository has this in its name")
    parser.add_argument("--lint", action="store_true", help="count the findings of lint, too")
    chosen = parser.parse_args()
    disagreed = 0
    print("| ladder | layout | files | psql | wavehouse | agree | lint a file |", flush=True)
    print("|---|---|---|---|---|---|---|", flush=True)
    with ground.folder() as home, EmbeddedServer(home / "server", lasting=False).running() as own:
        oracle = Oracle(own)
        prelude = home / "prelude.sql"
        prelude.write_text(_PRELUDE)
        for corpus in CORPORA:
            if chosen.only and chosen.only not in corpus.repo:
                continue
            with tempfile.TemporaryDirectory() as name:
                folder = unpacked(corpus, chosen.mirror, Path(name))
                files = files_of(folder, corpus.layout)
                with oracle.database("psql") as theirs, oracle.database("ours") as mine:
                    wanted, error = oracle.walk(theirs, corpus, files)
                    found, said = ours(mine, folder, corpus.layout)
                    same = wanted == found and oracle.dump(theirs) == oracle.dump(mine)
                noise = lint(folder, corpus.layout, prelude) if chosen.lint else None
            disagreed += not same
            shown = "–" if noise is None else f"{noise:.2f}"
            print(
                f"| {corpus.repo} | {corpus.layout} | {len(files)} | {wanted} | {found} | "
                f"{'yes' if same else '**no**'} | {shown} |",
                flush=True,
            )
            for what in filter(None, (f"psql: {error}" * bool(error), said)):
                print(f"|  | {what[:160]} | | | | | |", flush=True)
    return 1 if disagreed else 0


if __name__ == "__main__":
    sys.exit(main())
