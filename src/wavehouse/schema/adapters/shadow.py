"""Shadow databases: places where files are tried before they touch anything that matters.

The shadow server is the embedded PostgreSQL of the target's major version (16 or 18), in a folder
of its own and without regard for power cuts, or any server by ``--shadow-url``. Databases that a
prefix of files made are kept as templates by the hash of that prefix, so that the next run begins
there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from wavehouse.schema.adapters.server import connected
from wavehouse.store import EmbeddedServer

NEWEST = 18
MAJORS = (16, 18)
KEPT = 8
_TEMPLATE = "wh_template_"
_SCRATCH = "wh_shadow_"
_NO_ROLE = re.compile(r'role "([^"]+)" does not exist')


def major_for(server_version: int) -> int:
    """The shadow's major version for a server: its own if there is one, else the next newer."""
    return next((major for major in MAJORS if major >= server_version), NEWEST)


@dataclass(frozen=True, slots=True)
class Shadow:
    """A server on which databases may be made and thrown away."""

    admin: str
    major: int

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """A new database, empty or as a template is; dropped at the end."""
        name = f"{_SCRATCH}{uuid4().hex[:16]}"
        with psycopg.connect(self.admin, autocommit=True) as admin:
            self._copy(admin, name, template or "template0")
            try:
                yield make_conninfo(self.admin, dbname=name)
            finally:
                with suppress(psycopg.Error):
                    admin.execute(_named("DROP DATABASE {} WITH (FORCE)", name))

    def _copy(self, admin: psycopg.Connection, name: str, template: str) -> None:
        # file_copy of a template takes seconds where copying by the log takes a tenth.
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )

    def template_of(self, digests: list[str]) -> tuple[str | None, int]:
        """The template of the longest prefix that is kept, and how many files it holds.

        ``digests`` are those of every prefix, the shortest (of one file) first.
        """
        with psycopg.connect(self.admin, autocommit=True) as admin:
            known = {
                str(name)
                for (name,) in admin.execute(
                    "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{_TEMPLATE}%"]
                )
            }
        for count in range(len(digests), 0, -1):
            if (name := _template(digests[count - 1])) in known:
                return name, count
        return None, 0

    def keep(self, conninfo: str, digest: str) -> None:
        """Keep a database as the template of a prefix; of many the oldest go."""
        source = str(psycopg.conninfo.conninfo_to_dict(conninfo)["dbname"])
        with psycopg.connect(self.admin, autocommit=True) as admin:
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.ObjectInUse):
                self._copy(admin, _template(digest), source)
            kept = admin.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY oid DESC OFFSET %s",
                [f"{_TEMPLATE}%", KEPT],
            ).fetchall()
            for (name,) in kept:
                with suppress(psycopg.errors.ObjectInUse):
                    admin.execute(_named("DROP DATABASE IF EXISTS {}", str(name)))


def _template(digest: str) -> str:
    return f"{_TEMPLATE}{digest[:40]}"


def _named(statement: str, name: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(name))


@contextmanager
def shadow(folder: Path, *, major: int = NEWEST, url: str | None = None) -> Iterator[Shadow]:
    """A shadow server: the one at ``url``, or an embedded one below ``folder``."""
    if url is not None:
        with connected(url) as connection:
            yield Shadow(url, connection.info.server_version // 10_000)
        return
    server = EmbeddedServer(folder / f"shadow-{major}", major=major, lasting=False)
    with server.running():
        yield Shadow(
            server.conninfo("postgres", "wavehouse_root", server.superuser_password()), major
        )


def make_missing_role(connection: psycopg.Connection, error: psycopg.Error) -> bool:
    """Make the role that a statement missed, without login; whether there was one to make.

    Files name roles of the cluster; in the shadow they only have to exist.
    """
    found = _NO_ROLE.search(str(error.diag.message_primary or ""))
    if found is None:
        return False
    with (
        psycopg.connect(
            make_conninfo(connection.info.dsn, password=connection.info.password), autocommit=True
        ) as other,
        suppress(psycopg.errors.DuplicateObject),
    ):
        other.execute(_named("CREATE ROLE {}", found[1]))
    return True
