"""Roles of a shadow server: they belong to all its databases, so each use cleans up afterwards.

A role created by files is dropped with the database in which they ran. A role that a kept template
needs is renamed, with its original name as its comment, until the template is used.
"""

from __future__ import annotations

from contextlib import suppress

import psycopg
from psycopg import sql

from wavehouse.schema.types import RoleLike

_ASIDE = "wavehouse shadow: "
_TAKEN_OVER = "wavehouse shadow, taken over"


def known(admin: psycopg.Connection) -> set[int]:
    """The OIDs of all roles."""
    return {oid for (oid,) in admin.execute("SELECT oid::bigint FROM pg_catalog.pg_roles")}


def restore_role_names(admin: psycopg.Connection, template: str) -> set[int]:
    """Restore the names of the roles that a template needs."""
    rows = admin.execute(
        """
        SELECT DISTINCT r.oid::bigint, r.rolname::text,
               substr(pg_catalog.shobj_description(r.oid, 'pg_authid'), %s)
          FROM pg_catalog.pg_shdepend d
          JOIN pg_catalog.pg_database b ON b.oid = d.dbid
          JOIN pg_catalog.pg_roles r ON r.oid = d.refobjid
         WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND b.datname = %s
           AND pg_catalog.shobj_description(r.oid, 'pg_authid') LIKE %s
        """,
        [len(_ASIDE) + 1, template, f"{_ASIDE}%"],
    ).fetchall()
    for _, name, own in rows:
        with suppress(psycopg.errors.DuplicateObject):
            admin.execute(_two("ALTER ROLE {} RENAME TO {}", name, own))
            admin.execute(_one("COMMENT ON ROLE {} IS NULL", own))
    return {oid for oid, _, _ in rows}


def copy_roles(admin: psycopg.Connection, roles: tuple[RoleLike, ...]) -> None:
    """Create the target's roles, without login, where the shadow lacks them."""
    made = []
    for role in roles:
        with suppress(psycopg.errors.DuplicateObject):
            admin.execute(_one("CREATE ROLE {}", role.name))
            admin.execute(
                sql.SQL("COMMENT ON ROLE {} IS {}").format(
                    sql.Identifier(role.name), sql.Literal(_TAKEN_OVER)
                )
            )
            made.append(role)
    for role in made:
        for group in role.member_of:
            with suppress(psycopg.Error):
                admin.execute(_two("GRANT {} TO {}", group, role.name))


def drop_copied_role(admin: psycopg.Connection, name: str) -> bool:
    """Drop a copied role, because a file creates it itself; False when it was not a copied one."""
    row = admin.execute(
        """
        SELECT pg_catalog.shobj_description(oid, 'pg_authid') FROM pg_catalog.pg_roles
         WHERE rolname = %s
        """,
        [name],
    ).fetchone()
    if row is None or row[0] != _TAKEN_OVER:
        return False
    with suppress(psycopg.errors.DependentObjectsStillExist):
        admin.execute(_one("DROP ROLE {}", name))
        return True
    return False


def leave(admin: psycopg.Connection, before: set[int]) -> None:
    """Drop every new role, or rename it for the templates."""
    for _ in range(2):  # a grantor is dropped after the roles it granted to
        rows = admin.execute(
            """
            SELECT r.oid::bigint, r.rolname::text,
                   EXISTS (SELECT FROM pg_catalog.pg_shdepend d
                            WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                              AND d.refobjid = r.oid AND d.dbid <> 0)
              FROM pg_catalog.pg_roles r
             WHERE r.rolname !~ '^pg_' AND r.oid <> ALL (%s::oid[])
               AND coalesce(pg_catalog.shobj_description(r.oid, 'pg_authid'), '') NOT LIKE %s
            """,
            [list(before), f"{_ASIDE}%"],
        ).fetchall()
        for oid, name, is_needed in rows:
            with suppress(psycopg.Error):
                if is_needed:
                    _put_aside(admin, oid, name)
                else:
                    admin.execute(_one("DROP ROLE {}", name))


def sweep(admin: psycopg.Connection, *, is_own: bool) -> None:
    """Remove the leftovers of an interrupted run; on our own server, any role but the superuser."""
    rows = admin.execute(
        """
        SELECT r.rolname::text FROM pg_catalog.pg_roles r
         WHERE pg_catalog.shobj_description(r.oid, 'pg_authid') LIKE %s
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_shdepend d
                            WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                              AND d.refobjid = r.oid AND d.dbid <> 0)
        """,
        [f"{_ASIDE}%"],
    ).fetchall()
    for (name,) in rows:
        with suppress(psycopg.Error):
            admin.execute(_one("DROP ROLE {}", name))
    if is_own:
        row = admin.execute(
            "SELECT oid::bigint FROM pg_catalog.pg_roles WHERE rolname = session_user"
        ).fetchone()
        leave(admin, {row[0]} if row else set())


def _put_aside(admin: psycopg.Connection, oid: int, name: str) -> None:
    aside = f"wh_role_{oid}"
    admin.execute(_two("ALTER ROLE {} RENAME TO {}", name, aside))
    admin.execute(
        sql.SQL("COMMENT ON ROLE {} IS {}").format(
            sql.Identifier(aside), sql.Literal(_ASIDE + name)
        )
    )


def _one(statement: str, name: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(name))


def _two(statement: str, first: str, second: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(first), sql.Identifier(second))
