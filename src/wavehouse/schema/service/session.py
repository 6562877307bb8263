"""A runner's session: connected as the owner, alone in its database, with ``schema_ops``."""

from __future__ import annotations

import getpass
import hashlib
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from uuid import UUID

import psycopg

from wavehouse.kernel import ids, telemetry
from wavehouse.kernel.errors import Refused
from wavehouse.schema import queries
from wavehouse.schema.adapters.server import connected, label
from wavehouse.schema.rules.change_set import root
from wavehouse.schema.types import Audit, HistoryRow, Migration, Patience, SchemaBusy

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection with the runner's identity."""

    connection: psycopg.Connection
    role: str | None
    patience: Patience
    where: str
    waited_ms: int = 0
    runner_id: UUID = field(default_factory=ids.uuid7)
    audit: Audit = field(default_factory=Audit)

    @property
    def login(self) -> str:
        """The login role of the connection."""
        return self.connection.info.user

    def history(self) -> list[HistoryRow]:
        """The history; empty for a database that no runner has used."""
        return queries.history(self.connection) if queries.has_state(self.connection) else []


@contextmanager
def reading(conninfo: str, role: str | None, patience: Patience) -> Iterator[Session]:
    """A read-only session, for status and dry runs."""
    with connected(conninfo) as connection:
        where = label(conninfo)
        _become(connection, role, where)
        queries.only_read(connection)
        yield Session(connection, role, patience, where)


@contextmanager
def working(conninfo: str, role: str | None, patience: Patience) -> Iterator[Session]:
    """A session that is the only runner in its database, with ``schema_ops`` created."""
    with reading(conninfo, role, patience) as session:
        queries.become(session.connection, role=role)
        key = lock_key(queries.database_name(session.connection))
        waited_ms = _take_lock(session, key)
        _create_state(session)
        yield replace(session, waited_ms=waited_ms)
        queries.release_runner_lock(session.connection, key=key)


def audited(session: Session, actor: str | None, chosen: Sequence[Migration]) -> Session:
    """The session with the audit fields of its journal rows (OPS-20)."""
    trace_id = telemetry.trace_id() or session.runner_id.hex
    return replace(session, audit=Audit(actor or _user(), root(chosen), trace_id))


def _user() -> str:
    """The name of the operating system's user."""
    with suppress(OSError, KeyError):  # a container may have a user id without a name
        return getpass.getuser()
    return "unknown"


def lock_key(database: str) -> int:
    """The advisory lock of a database: a signed 64-bit number that other programs will not use."""
    digest = hashlib.sha256(f"wavehouse schema\x1f{database}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def pauses() -> Iterator[float]:
    """Growing pauses with jitter, so that waiting runners do not retry in step."""
    pause = _FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311  jitter, not a secret
        pause = min(pause * 1.6, _LONGEST_PAUSE)


def _become(connection: psycopg.Connection, role: str | None, where: str) -> None:
    try:
        queries.become(connection, role=role)
    except psycopg.Error as error:
        raise Refused(
            f"the login may not use the role {role}: {error.diag.message_primary}",
            where=where,
            hint="Grant the role to the login.",
            command=f"GRANT {role} TO <login>",
        ) from None


def _take_lock(session: Session, key: int) -> int:
    started = time.monotonic()
    for pause in pauses():
        if queries.try_runner_lock(session.connection, key=key):
            break
        waited = time.monotonic() - started
        if waited >= session.patience.wait_seconds:
            raise SchemaBusy(
                f"another runner has been using this database for more than {waited:.0f} s",
                where=session.where,
                hint="Wait for it, or allow more time: --wait SECONDS.",
            )
        time.sleep(min(pause, session.patience.wait_seconds - waited))
    return int((time.monotonic() - started) * 1000)


def _create_state(session: Session) -> None:
    connection = session.connection
    if not queries.has_state(connection):
        with connection.transaction():
            queries.create_state(connection)
        return
    if not queries.has_column(connection, table="journal", column="statement"):
        with connection.transaction():
            queries.widen_journal(connection)
    if not queries.has_column(connection, table="journal", column="change_set"):
        with connection.transaction():
            queries.widen_journal_for_audit(connection)
    if not queries.has_column(connection, table="journal", column="facts"):
        with connection.transaction():
            queries.widen_journal_for_recovery(connection)
    if queries.has_narrow_versions(connection):
        with connection.transaction():
            queries.widen_versions(connection)
    if not queries.has_column(connection, table="history", column="logical_hash"):
        with connection.transaction():
            queries.widen_history(connection)
