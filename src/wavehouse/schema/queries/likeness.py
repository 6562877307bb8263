"""The SQL that reads the properties a shadow copies from its target."""

from __future__ import annotations

from psycopg import Connection

from wavehouse.schema.types import RoleLike


def settings(connection: Connection) -> dict[str, str]:
    """Initial session settings that affect what statements create.

    They come from the database, the role, the server and the files (``app.tenant``).
    """
    rows = connection.execute(
        """
        SELECT s.name, s.setting
          FROM pg_catalog.pg_settings s
         WHERE s.name IN ('search_path', 'TimeZone', 'DateStyle', 'IntervalStyle',
                 'default_toast_compression', 'default_text_search_config',
                 'check_function_bodies', 'xmloption', 'xmlbinary', 'bytea_output',
                 'extra_float_digits', 'array_nulls', 'transform_null_equals',
                 'default_with_oids', 'quote_all_identifiers', 'lc_monetary', 'lc_numeric',
                 'lc_time', 'password_encryption', 'createrole_self_grant', 'row_security')
           AND s.source NOT IN ('default', 'client', 'session', 'override')
         UNION ALL
        SELECT split_part(c.setting, '=', 1), substr(c.setting, strpos(c.setting, '=') + 1)
          FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) AS c (setting)
         WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d
                                      WHERE d.datname = pg_catalog.current_database()))
           AND (s.setrole = 0 OR s.setrole = (SELECT r.oid FROM pg_catalog.pg_roles r
                                               WHERE r.rolname = session_user))
           AND c.setting LIKE '%.%=%'
        """
    )
    return {str(name): str(value) for name, value in rows}


def locale(connection: Connection) -> tuple[str, str, str, str, str]:
    """Encoding, provider (c, i, b), collation, character type and locale of the database."""
    row = connection.execute(
        """
        SELECT pg_catalog.pg_encoding_to_char(d.encoding), d.datlocprovider::text, d.datcollate,
               d.datctype, coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale',
                                    pg_catalog.to_jsonb(d) ->> 'daticulocale', '')
          FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
        """
    ).fetchone()
    assert row is not None, "a session has a database"  # noqa: S101
    return (str(row[0]), str(row[1]), str(row[2]), str(row[3]), str(row[4]))


def extensions(connection: Connection) -> list[tuple[str, str, str]]:
    """Name, schema and version of every extension but plpgsql."""
    return connection.execute(
        """
        SELECT e.extname::text, n.nspname::text, e.extversion
          FROM pg_catalog.pg_extension e
          JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
         WHERE e.extname <> 'plpgsql' ORDER BY e.oid
        """
    ).fetchall()


def roles(connection: Connection) -> list[RoleLike]:
    """Every role that is neither the server's own nor a superuser, with its memberships."""
    rows = connection.execute(
        """
        SELECT r.rolname::text, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb,
               ARRAY(SELECT g.rolname::text FROM pg_catalog.pg_auth_members m
                       JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
                      WHERE m.member = r.oid ORDER BY 1)
          FROM pg_catalog.pg_roles r
         WHERE r.rolname !~ '^pg_' AND NOT r.rolsuper ORDER BY r.oid
        """
    )
    return [RoleLike(row[0], row[1], row[2], row[3], tuple(row[4])) for row in rows]
