"""The product's databases and their roles, created on the embedded server or any other.

Each database has an owner that cannot log in, and three login roles: ``…_app`` (row security),
``…_worker`` (all organizations) and ``…_migrate`` (DDL, as the owner). Passwords are derived from
one secret by HMAC, so several hosts that share a server agree on them without a file to copy:
the embedded server's own secret, or the password in the administrator's URL.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Literal, get_args

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wavehouse.kernel.databases import DatabaseName, url_setting
from wavehouse.kernel.errors import Refused, Unreachable

RoleKind = Literal["app", "worker", "migrate"]
ROLE_KINDS: tuple[RoleKind, ...] = get_args(RoleKind)
_MINIMUM_VERSION = 180000


def owner_role(database: DatabaseName) -> str:
    """The role that owns a database's objects; it cannot log in."""
    return f"wavehouse_{database}_owner"


def login_role(database: DatabaseName, kind: RoleKind) -> str:
    """A login role's name."""
    return f"wavehouse_{database}_{kind}"


def role_password(secret: str, role: str) -> str:
    """A role's password: HMAC-SHA256 of its name under the installation's secret."""
    return hmac.new(secret.encode(), f"wavehouse role {role}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Place:
    """The location of one database: an administrator's connection, and the secret for its roles."""

    database: DatabaseName
    admin: str
    secret: str
    make_database: bool

    def conninfo(self, kind: RoleKind) -> str:
        """The connection string of a login role; migrations run in UTC, whatever the server has.

        Bounds of partitions and casts of dates depend on the session's time zone.
        """
        role = login_role(self.database, kind)
        options = str(conninfo_to_dict(self.admin).get("options") or "")
        return make_conninfo(
            self.admin,
            user=role,
            password=role_password(self.secret, role),
            application_name=f"wavehouse {kind}",
            options=f"{options} -c TimeZone=UTC".strip() if kind == "migrate" else options or None,
        )


def connect(conninfo: str, *, autocommit: bool = False) -> psycopg.Connection[tuple[object, ...]]:
    """Connect. Raises Unreachable with the server and the reason, never the password."""
    try:
        return psycopg.connect(conninfo, autocommit=autocommit, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise _no_connection(conninfo_to_dict(conninfo), error) from None


def _no_connection(parts: dict[str, Any], error: psycopg.OperationalError) -> Unreachable:
    host = str(parts.get("host", "localhost"))
    where = f"{host}/{parts.get('dbname', '')}"
    reason = str(error).strip().splitlines()[0].split("failed: ")[-1]
    if "authentication failed" not in reason:
        return Unreachable(
            f"PostgreSQL does not respond: {reason}",
            where=where,
            hint="Check the URL, and that the server is running.",
            command="wavehouse config show",
        )
    message = f"PostgreSQL rejects the password of {parts.get('user', 'the account')}"
    if not host.startswith("/"):
        hint = "Check the account and the password in the URL."
        return Unreachable(message, where=where, hint=hint, command="wavehouse config show")
    return Unreachable(
        message,
        where=where,
        hint="The file server.secret does not belong to this server. Stop every "
        "wavehouse process, remove that file, and start again: the start sets a "
        "new password.",
    )


def provision(location: Place) -> None:
    """Create the database, its roles and their grants; can be repeated safely."""
    name = str(conninfo_to_dict(location.admin).get("dbname"))
    if location.make_database:
        _make_database(location, name)
    with connect(location.admin, autocommit=True) as admin:
        version = admin.info.server_version
        if version < _MINIMUM_VERSION:
            raise Refused(
                f"Wavehouse's own databases need PostgreSQL 18; this is {version // 10000}",
                where=url_setting(location.database),
                hint="Use a PostgreSQL 18 server, or unset the URL to use the embedded one.",
            )
        if _is_provisioned(admin, location):
            return
        try:
            _make_roles(admin, location, name)
        except psycopg.errors.InsufficientPrivilege as error:
            raise Refused(
                "the account of the URL may not create roles",
                where=url_setting(location.database),
                hint=f"Use an account with CREATEROLE ({error.diag.message_primary}).",
            ) from None


def _make_database(location: Place, name: str) -> None:
    with connect(make_conninfo(location.admin, dbname="postgres"), autocommit=True) as admin:
        row = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not row:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _is_provisioned(admin: psycopg.Connection[tuple[object, ...]], location: Place) -> bool:
    """True when the worker can log in and the owner owns the schemas that migrations fill."""
    roles = [owner_role(location.database)] + [login_role(location.database, k) for k in ROLE_KINDS]
    rows = admin.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)", [roles])
    row = rows.fetchone()
    if row is None or row[0] != len(roles):
        return False
    try:
        psycopg.connect(location.conninfo("worker"), connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _make_roles(admin: psycopg.Connection[tuple[object, ...]], location: Place, name: str) -> None:
    owner = sql.Identifier(owner_role(location.database))
    database = sql.Identifier(name)
    # DDL does not accept parameters: psycopg quotes the name and the password as literals.
    _make_role(admin, owner_role(location.database), sql.SQL("NOLOGIN"))
    for kind in ROLE_KINDS:
        role = login_role(location.database, kind)
        password = sql.Literal(role_password(location.secret, role))
        _make_role(admin, role, sql.SQL("LOGIN PASSWORD {}").format(password))
    migrate = sql.Identifier(login_role(location.database, "migrate"))
    logins = sql.SQL(", ").join(
        sql.Identifier(login_role(location.database, kind)) for kind in ROLE_KINDS
    )
    for statement in (
        sql.SQL("GRANT {} TO {}").format(owner, migrate),
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, logins),
        sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, owner),
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
    ):
        admin.execute(statement)


def _make_role(
    admin: psycopg.Connection[tuple[object, ...]], role: str, attributes: sql.Composable
) -> None:
    row = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    verb = "ALTER" if row else "CREATE"
    admin.execute(sql.SQL(verb + " ROLE {} ").format(sql.Identifier(role)) + attributes)
