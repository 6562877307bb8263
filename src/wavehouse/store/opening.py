"""Opens the databases: on the embedded server, or at the URLs in the settings."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DATABASES, DatabaseName, url_setting
from wavehouse.kernel.errors import Refused, UsageError
from wavehouse.store.database import Analytics, Database, Learning, Listeners, Operational
from wavehouse.store.embedded import SUPERUSER, EmbeddedServer, _silent
from wavehouse.store.locks import Say
from wavehouse.store.roles import Place

AnyDatabase = Database[Operational] | Database[Learning] | Database[Listeners] | Database[Analytics]


@dataclass(frozen=True, slots=True)
class Stores:
    """The open databases: a field for each of ``DATABASES``, by name."""

    operational: Database[Operational]
    learning: Database[Learning]
    listeners: Database[Listeners]
    analytics: Database[Analytics]
    server: EmbeddedServer | None

    @classmethod
    def at(cls, places: Mapping[DatabaseName, Place], server: EmbeddedServer | None) -> Stores:
        """The databases at these places; one for each of ``DATABASES``."""
        stores = cls(
            operational=Database(places["operational"]),
            learning=Database(places["learning"]),
            listeners=Database(places["listeners"]),
            analytics=Database(places["analytics"]),
            server=server,
        )
        for database in stores.databases:  # one key of the ledger of erasures for all of them
            database.secret = places["operational"].secret
        return stores

    @property
    def databases(self) -> tuple[AnyDatabase, ...]:
        """Every database."""
        return tuple(getattr(self, name) for name in DATABASES)

    @property
    def places(self) -> tuple[Place, ...]:
        """The places of the databases."""
        return tuple(database.place for database in self.databases)

    def close(self) -> None:
        """Close all pooled connections."""
        for database in self.databases:
            database.close()


def databases_folder(database: DatabaseName) -> Path:
    """The folder with a database's migrations and seeds."""
    return Path(str(files("wavehouse") / "databases" / database))


def refuse_unfinished_restore(home: Path) -> None:
    """Refused while a restore has not repeated the erasures since its backup (``restore.json``).

    Without this, a restore that was killed while it copied would be an empty home to the next
    command, which would make a new server there.
    """
    state = home / "restore.json"
    if state.exists():
        if b'"copied":false' in state.read_bytes():
            raise Refused(
                "a restore was stopped before its files were in place",
                where=str(home),
                hint="Return to the earlier state, then restore again. Of a home that was new: "
                "delete its folder.",
                command="wavehouse restore --undo",
            )
        raise Refused(
            "a restore is not finished: erasures since the backup were not repeated",
            where=str(home),
            command="wavehouse restore --finish",
        )


@contextmanager
def open_stores(
    settings: Settings, say: Say = _silent, *, restoring: bool = False
) -> Iterator[Stores]:
    """The databases during the block, with the embedded server running if one needs it.

    Refused while a restore is not finished, except for the restore itself (``restoring``).
    """
    if not restoring:
        refuse_unfinished_restore(settings.home)
    os.environ.pop("PGTZ", None)  # libpq would send it to every server: days are UTC
    with ExitStack() as stack:
        server = None
        if any(settings.url_of(name) is None for name in DATABASES):
            server = EmbeddedServer(settings.home, port=settings["postgres_port"], say=say)
            stack.enter_context(server.running())
        places = {name: _place(settings, server, name) for name in DATABASES}
        stores = Stores.at(places, server)
        stack.callback(stores.close)
        yield stores


def _conninfo(url: str, where: str) -> str:
    """The URL as a connection string; errors are reported without the password."""
    try:
        return make_conninfo(url)
    except ProgrammingError:
        raise UsageError(
            "invalid URL of a PostgreSQL database",
            where=where,
            hint="Write it as postgresql://account:password@host:5432/database.",
        ) from None


def _place(settings: Settings, server: EmbeddedServer | None, name: DatabaseName) -> Place:
    url = settings.url_of(name)
    if url is not None:
        admin = _conninfo(url, url_setting(name))
        password = conninfo_to_dict(admin).get("password")
        # Without a password (peer or certificate) the roles' secret is derived from the URL itself.
        secret = str(password) if password else hashlib.sha256(url.encode()).hexdigest()
        return Place(name, admin, secret, make_database=False)
    assert server is not None  # noqa: S101 - open_stores started it for just this case
    secret = server.superuser_password()
    return Place(name, server.conninfo(name, SUPERUSER, secret), secret, make_database=True)
