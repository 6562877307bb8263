"""Open the three databases: on the embedded server, or where the settings' URLs say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import UsageError
from wavehouse.store.database import Analytics, Database, Listeners, Operational
from wavehouse.store.embedded import SUPERUSER, EmbeddedServer, _silent
from wavehouse.store.locks import Say
from wavehouse.store.roles import DATABASES, DatabaseName, Place


@dataclass(frozen=True, slots=True)
class Stores:
    """The three databases, open."""

    operational: Database[Operational]
    listeners: Database[Listeners]
    analytics: Database[Analytics]
    server: EmbeddedServer | None

    @property
    def places(self) -> tuple[Place, ...]:
        """Where the three databases are."""
        return (self.operational.place, self.listeners.place, self.analytics.place)

    def close(self) -> None:
        """Give every connection back."""
        self.operational.close()
        self.listeners.close()
        self.analytics.close()


def databases_folder(database: DatabaseName) -> Path:
    """The folder with a database's migrations and seeds."""
    return Path(str(files("wavehouse") / "databases" / database))


@contextmanager
def open_stores(settings: Settings, say: Say = _silent) -> Iterator[Stores]:
    """The three databases while the block lasts, the embedded server running if one needs it."""
    with ExitStack() as stack:
        server = None
        if any(settings.url_of(name) is None for name in DATABASES):
            server = EmbeddedServer(settings.home, port=settings["postgres_port"], say=say)
            stack.enter_context(server.running())
        places = {name: _place(settings, server, name) for name in DATABASES}
        stores = Stores(
            Database(places["operational"]),
            Database(places["listeners"]),
            Database(places["analytics"]),
            server,
        )
        stack.callback(stores.close)
        yield stores


def _conninfo(url: str, where: str) -> str:
    """The URL as the driver's connection string; errors are reported without its password."""
    try:
        return make_conninfo(url)
    except ProgrammingError:
        raise UsageError(
            "this is not the URL of a PostgreSQL database",
            where=where,
            hint="Write it as postgresql://account:password@host:5432/database.",
        ) from None


def _place(settings: Settings, server: EmbeddedServer | None, name: DatabaseName) -> Place:
    url = settings.url_of(name)
    if url is not None:
        admin = _conninfo(url, f"WAVEHOUSE_{name.upper()}_URL")
        password = conninfo_to_dict(admin).get("password")
        # Without a password (peer or certificate) the roles' secret is tied to the URL itself.
        secret = str(password) if password else hashlib.sha256(url.encode()).hexdigest()
        return Place(name, admin, secret, make_database=False)
    assert server is not None  # noqa: S101 - open_stores started it for just this case
    secret = server.superuser_password()
    return Place(name, server.conninfo(name, SUPERUSER, secret), secret, make_database=True)
