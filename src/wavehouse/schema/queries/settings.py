"""The SQL of a session's state: settings and roles set by a file, saved, suspended and restored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import Connection, sql

_SKIPPED = ["lock_timeout", "client_encoding", "application_name"]


def suspend_settings(connection: Connection, *, login: str, role: str | None) -> None:
    """Act as the owner role, with default settings, until the current transaction ends.

    The file's own session settings apply again afterwards.
    """
    row = connection.execute("SELECT session_user").fetchone()
    if row is not None and row[0] != login:
        connection.execute("SET LOCAL SESSION AUTHORIZATION DEFAULT")
    connection.execute("SET LOCAL search_path = ''; SET LOCAL statement_timeout = 0")
    if role is None:
        connection.execute("SET LOCAL ROLE NONE")
    else:
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))


def state(connection: Connection, *, names: Sequence[str], login: str) -> dict[str, str]:
    """The settings that differ from the session's start, by name; roles as ``role``.

    ``names`` are the file's custom settings (``app.tenant``), which the server does not list.
    """
    rows = connection.execute(
        """
        SELECT s.name, s.setting
          FROM pg_catalog.pg_settings s
         WHERE s.source = 'session' AND s.context IN ('user', 'superuser')
           AND s.name <> ALL (%(skipped)s)
         UNION ALL
        SELECT n.name, pg_catalog.current_setting(n.name, true)
          FROM pg_catalog.unnest(%(names)s::text[]) AS n (name)
         WHERE pg_catalog.current_setting(n.name, true) <> ''
         UNION ALL
        SELECT 'session_authorization', session_user::text WHERE session_user <> %(login)s
         UNION ALL
        SELECT 'role', pg_catalog.current_setting('role')
        """,
        {"skipped": _SKIPPED, "names": list(names), "login": login},
    )
    return {str(name): str(value) for name, value in rows}


def restore(connection: Connection, *, settings: Mapping[str, str]) -> None:
    """Restore the session state of a file whose runner was interrupted."""
    wanted = dict(settings)
    role = wanted.pop("role", None)
    login = wanted.pop("session_authorization", None)
    for name, value in wanted.items():
        connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", [name, value])
    if login is not None:
        connection.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(login)))
    if role is not None:
        connection.execute("SELECT pg_catalog.set_config('role', %s, false)", [role])
