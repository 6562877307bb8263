"""A PostgreSQL server by URL: connections for migrations, labels without passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wavehouse.kernel.errors import Refused, Unreachable, UsageError, WavehouseError

CONNECT_SECONDS = 10
_MISSING_DATABASE = re.compile(r'database "([^"]+)" does not exist')
_SETTINGS_IN_URL = re.compile(r'invalid URI query parameter: "([^"]+)"')
_GONE = (None, "57P01", "57P02", "57P03")  # no response; shut down; crashed; starting up


def label(conninfo: str) -> str:
    """``host:port/database`` of a URL, which is safe to show."""
    parts = _parsed(conninfo)
    server = str(parts.get("host") or parts.get("hostaddr") or "local socket")
    port = parts.get("port")
    return f"{server}{f':{port}' if port else ''}/{parts.get('dbname') or parts.get('user') or ''}"


@contextmanager
def connected(conninfo: str) -> Iterator[psycopg.Connection]:
    """A session in autocommit and UTF-8, without psycopg's prepared statements.

    Closed at the end.
    """
    where = label(conninfo)
    try:
        connection = psycopg.connect(
            make_conninfo(
                conninfo,
                client_encoding="utf8",
                application_name="wavehouse schema",
                connect_timeout=str(_parsed(conninfo).get("connect_timeout") or CONNECT_SECONDS),
            ),
            autocommit=True,
            prepare_threshold=None,
        )
    except psycopg.OperationalError as error:
        if missing := _MISSING_DATABASE.search(str(error)):
            raise Unreachable(
                f"the database {missing[1]} does not exist",
                where=where,
                hint="Create it, or correct --url.",
                command=f'createdb "{missing[1]}"',
            ) from None
        raise Unreachable(
            f"no connection to the database: {_reason(conninfo, error)}",
            where=where,
            hint="Start the server or correct --url; doctor checks the embedded server.",
            command="wavehouse doctor",
        ) from None
    with connection:
        try:
            yield connection
        except psycopg.Error as error:
            raise _explained(error, where) from error


@contextmanager
def another(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A second session with the parameters of an open one."""
    info = connection.info
    with connected(make_conninfo(info.dsn, password=info.password)) as other:
        yield other


def lost(error: psycopg.Error) -> bool:
    """Whether the connection was lost, rather than the statement refused."""
    return isinstance(error, psycopg.OperationalError) and error.sqlstate in _GONE


def _explained(error: psycopg.Error, where: str) -> WavehouseError:
    """An error of the runner's own statements, as a sentence."""
    if lost(error):
        return Unreachable(
            "the connection to the database was lost",
            where=where,
            hint="The status shows what was committed.",
            command="wavehouse schema status",
        )
    said = str(error.diag.message_primary or error)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        if "schema_ops" in said or "history" in said or "journal" in said:
            return Refused(
                said,
                where=where,
                hint="A read-only login must be able to read the runner's tables.",
                command="GRANT USAGE ON SCHEMA schema_ops TO LOGIN; "
                "GRANT SELECT ON ALL TABLES IN SCHEMA schema_ops TO LOGIN",
            )
        hint = "Give the login, or the role it acts as, CREATE on the database."
        return Refused(said, where=where, hint=hint)
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return Refused(
            f"the database is read-only: {said}",
            where=where,
            hint="It is a standby, or default_transaction_read_only is on: use the primary.",
        )
    return WavehouseError(said, where=where, hint="See the server log.", command="wavehouse doctor")


def _reason(conninfo: str, error: psycopg.OperationalError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0].rpartition("failed: ")[2] if lines else "no response"
    password = str(_parsed(conninfo).get("password") or "")
    return text.replace(password, "***") if password else text


def _parsed(conninfo: str) -> dict[str, object]:
    """The parts of a URL. A malformed one is never repeated, as it may hold part of a password."""
    try:
        parts: dict[str, object] = dict(conninfo_to_dict(conninfo))
    except psycopg.ProgrammingError as error:
        if parameter := _SETTINGS_IN_URL.search(str(error)):
            raise _not_a_parameter(parameter[1]) from None
        raise _malformed() from None
    ports = str(parts.get("port") or "0").split(",")
    if not all(port.isdigit() for port in ports) or "@" in str(parts.get("host") or ""):
        raise _malformed()
    return parts


def _not_a_parameter(name: str) -> UsageError:
    """Other tools accept settings as URL parameters; libpq takes them in ``options``."""
    return UsageError(
        f"{name} is not a parameter of a PostgreSQL URL",
        where="--url",
        hint=f"Pass session settings in options: ?options=-c%20{name}%3DVALUE.",
    )


def _malformed() -> UsageError:
    return UsageError(
        "invalid database URL",
        where="--url",
        hint="Write postgresql://user:password@host:5432/database; percent-encode @ : "
        "/ ? # % in a password.",
    )
