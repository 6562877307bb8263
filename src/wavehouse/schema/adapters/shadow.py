"""Shadow databases: scratch databases where files are tried before they reach a real one.

The shadow server is the embedded PostgreSQL of the target's major version (16 or 18), in a separate
folder and without protection against power cuts, or any server given by ``--shadow-url``. Databases
made by a prefix of the files are kept as templates under the hash of that prefix, so that the next
run starts from there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.adapters import shadow_roles
from wavehouse.schema.adapters.server import connected
from wavehouse.schema.types import Likeness
from wavehouse.store import EmbeddedServer

NEWEST = 18
MAJORS = (16, 18)
KEPT = 8
_TEMPLATE = "wh_template_"
_SCRATCH = "wh_shadow_"
_LOCK = 7_203_118_555_120_101
_PAUSE = 0.05
_MOST_ROLES = 50
_PROVIDERS = {
    "c": "LOCALE_PROVIDER libc",
    "i": "LOCALE_PROVIDER icu ICU_LOCALE {}",
    "b": "LOCALE_PROVIDER builtin BUILTIN_LOCALE {}",
}
_ROLE_EXISTS = re.compile(r'role "([^"]+)" already exists')
_NO_ROLE = re.compile(r'role "([^"]+)" does not exist')


def major_for(server_version: int) -> int:
    """The shadow's major version for a server: the same if available, else the next newer."""
    return next((major for major in MAJORS if major >= server_version), NEWEST)


@dataclass(slots=True)
class Shadow:
    """A server on which scratch databases may be created and dropped."""

    admin: str
    major: int
    likeness: Likeness = field(default_factory=Likeness)
    notes: list[str] = field(default_factory=list)
    """Properties of the target that could not be copied."""
    is_own: bool = True
    _depth: int = 0

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """A new database, like the target or a copy of a template; dropped at the end.

        Roles created meanwhile are dropped with it. Only one process at a time uses a server,
        because roles belong to all its databases.
        """
        name = f"{_SCRATCH}{uuid4().hex[:16]}"
        with psycopg.connect(self.admin, autocommit=True) as admin, self._alone(admin):
            before = shadow_roles.known(admin)
            if template is not None:
                before -= shadow_roles.restore_role_names(admin, template)
            if self._depth == 1:
                shadow_roles.copy_roles(admin, self.likeness.roles)
            try:
                self._make(admin, name, template)
                yield make_conninfo(self.admin, dbname=name)
            finally:
                with suppress(psycopg.Error):
                    admin.execute(_named("DROP DATABASE IF EXISTS {} WITH (FORCE)", name))
                shadow_roles.leave(admin, before)

    @contextmanager
    def _alone(self, admin: psycopg.Connection) -> Iterator[None]:
        """Lock the server for this process, by an advisory lock that ends with the session."""
        self._depth += 1
        try:
            if self._depth == 1:
                while admin.execute(f"SELECT pg_try_advisory_lock({_LOCK})").fetchone() != (True,):
                    time.sleep(_PAUSE)
                _drop_scratch(admin)
                shadow_roles.sweep(admin, is_own=self.is_own)
            yield
        finally:
            self._depth -= 1

    def _make(self, admin: psycopg.Connection, name: str, template: str | None) -> None:
        if template is not None:
            self._copy(admin, name, template)
        else:
            self._create(admin, name)
        for setting, value in self.likeness.settings.items():
            statement = sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                sql.Identifier(name), sql.Identifier(*setting.split(".")), _value(setting, value)
            )
            self._or_note(admin, statement, f"the setting {setting} = {value}")
        if template is None and (self.likeness.extensions or self.likeness.prelude):
            with connected(make_conninfo(self.admin, dbname=name)) as connection:
                self._fill(connection)

    def _create(self, admin: psycopg.Connection, name: str) -> None:
        """Create a database with the target's encoding and locale, if the server has them."""
        if self.likeness.locale is not None:
            encoding, provider, collate, ctype, locale = self.likeness.locale
            words = f"ENCODING {{}} LC_COLLATE {{}} LC_CTYPE {{}} {_PROVIDERS[provider]}"
            values = [encoding, collate, ctype, *([locale] if provider != "c" else [])]
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 " + words).format(
                sql.Identifier(name), *map(sql.Literal, values)
            )
            text = f"the encoding {encoding} with the locale {locale or collate}"
            if self._or_note(admin, statement, text):
                return
        self._copy(admin, name, "template0")

    def _fill(self, connection: psycopg.Connection) -> None:
        """Create extensions that the files do not create themselves, then run the prelude."""
        for extension, schema, version in self.likeness.extensions:
            row = connection.execute(
                "SELECT default_version FROM pg_available_extensions WHERE name = %s", [extension]
            ).fetchone()
            there = str(row[0]) if row else None
            if there is None:
                self._note(f"the extension {extension}")
                continue
            if there != version:
                self._note(f"the extension {extension} in version {version} (here {there})")
            connection.execute(_named("CREATE SCHEMA IF NOT EXISTS {}", schema))
            connection.execute(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS {} WITH SCHEMA {} CASCADE").format(
                    sql.Identifier(extension), sql.Identifier(schema)
                )
            )
        if self.likeness.prelude:
            _run_prelude(connection, self.likeness.prelude)

    def _or_note(self, admin: psycopg.Connection, statement: sql.Composed, text: str) -> bool:
        try:
            admin.execute(statement)
        except psycopg.Error as error:
            self._note(f"{text}: {error.diag.message_primary}")
            return False
        return True

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _copy(self, admin: psycopg.Connection, name: str, template: str) -> None:
        # file_copy of a template takes seconds; wal_log takes a tenth of that.
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )

    def template_of(self, digests: list[str]) -> tuple[str | None, int]:
        """The template of the longest stored prefix, and the number of its files.

        ``digests`` has the hash of every prefix, shortest (one file) first.
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
        """Keep a database as the template of a prefix; beyond a limit the oldest are dropped."""
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


def _drop_scratch(admin: psycopg.Connection) -> None:
    """Drop the databases of runs that were interrupted."""
    rows = admin.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{_SCRATCH}%"]
    ).fetchall()
    for (name,) in rows:
        with suppress(psycopg.Error):
            admin.execute(_named("DROP DATABASE IF EXISTS {} WITH (FORCE)", str(name)))


def _value(setting: str, value: str) -> sql.Composable:
    """A setting's value; a search path keeps its quotes and commas."""
    if setting == "search_path":
        return sql.SQL(value) if value else sql.Literal("")
    return sql.Literal(value)


def _run_prelude(connection: psycopg.Connection, text: str) -> None:
    """Run the SQL that a platform would have run, creating the roles that it names."""
    for _ in range(_MOST_ROLES):
        try:
            with connection.transaction():
                connection.execute(text.encode())
            return
        except psycopg.Error as error:
            if not make_missing_role(connection, error):
                raise InvalidInput(
                    f"the prelude fails: {error.diag.message_primary}", where="--prelude"
                ) from error


def _template(digest: str) -> str:
    return f"{_TEMPLATE}{digest[:40]}"


def _named(statement: str, name: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(name))


@contextmanager
def shadow(
    folder: Path,
    *,
    major: int = NEWEST,
    url: str | None = None,
    likeness: Likeness = Likeness(),  # noqa: B008  frozen
) -> Iterator[Shadow]:
    """A shadow server: the one at ``url``, or an embedded one below ``folder``."""
    if url is not None:
        with connected(url) as connection:
            version = connection.info.server_version // 10_000
        yield Shadow(url, version, likeness, is_own=False)
        return
    server = EmbeddedServer(folder / f"shadow-{major}", major=major, lasting=False)
    with server.running():
        admin = server.conninfo("postgres", "wavehouse_root", server.superuser_password())
        yield Shadow(admin, major, likeness)


def make_missing_role(connection: psycopg.Connection, error: psycopg.Error) -> bool:
    """Create the role that a statement needs, without login; False when no role was missing.

    Files name roles of the cluster, which only have to exist in the shadow. A role copied from the
    target is dropped when a file creates it.
    """
    said = str(error.diag.message_primary or "")
    missing, there = _NO_ROLE.search(said), _ROLE_EXISTS.search(said)
    if missing is None and there is None:
        return False
    with psycopg.connect(
        make_conninfo(connection.info.dsn, password=connection.info.password), autocommit=True
    ) as other:
        if there is not None:
            return shadow_roles.drop_copied_role(other, there[1])
        assert missing is not None, "one of the two must match"  # noqa: S101
        with suppress(psycopg.errors.DuplicateObject):
            other.execute(_named("CREATE ROLE {}", missing[1]))
    return True
