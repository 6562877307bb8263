"""Requirements for every migration and table: a down file, indexed keys, row security."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from wavehouse.store import DATABASES

FILE_NAME = re.compile(r"(\d{12})_[a-z0-9]+(?:_[a-z0-9]+)*\.(up|down)\.sql")


def _migrations(root: Path, database: str) -> list[Path]:
    return sorted((root / "src" / "wavehouse" / "databases" / database / "migrations").iterdir())


@pytest.mark.parametrize("database", DATABASES)
def test_every_migration_has_a_name_in_the_pattern_and_a_way_back(
    root: Path, database: str
) -> None:
    """``YYYYMMDDHHMM_slug.up.sql`` has a ``.down.sql`` beside it, and neither is empty."""
    files = _migrations(root, database)
    ups = {f.name.removesuffix(".up.sql") for f in files if f.name.endswith(".up.sql")}
    downs = {f.name.removesuffix(".down.sql") for f in files if f.name.endswith(".down.sql")}

    assert ups
    assert ups == downs
    assert [] == [f.name for f in files if not FILE_NAME.fullmatch(f.name)]
    assert [] == [f.name for f in files if not f.read_text(encoding="utf-8").strip()]


@pytest.mark.parametrize("database", DATABASES)
def test_every_foreign_key_has_an_index(migrated: Any, database: str) -> None:
    """Deleting or joining by a key must not scan a whole table.

    The organization in a key may be left out of the index: the id beside it finds the row.
    """
    unindexed = (
        migrated[database]
        .execute(
            """
        SELECT c.conrelid::regclass::text, c.conname
        FROM pg_constraint c
        CROSS JOIN LATERAL (
          SELECT array_agg(a.attnum) AS columns FROM pg_attribute a
          WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
            AND (a.attname <> 'organization_id' OR cardinality(c.conkey) = 1)
        ) AS k
        WHERE c.contype = 'f' AND c.conparentid = 0 AND NOT EXISTS (
          SELECT FROM pg_index i
          WHERE i.indrelid = c.conrelid AND i.indpred IS NULL
            AND ((i.indkey::int2[])[0:cardinality(k.columns) - 1] @> k.columns
                 OR (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)
        )
        ORDER BY 1, 2
        """
        )
        .fetchall()
    )

    assert [] == unindexed


TENANTLESS: dict[str, dict[str, str]] = {
    "operational": {
        "accounts.memberships memberships_user_id_fkey": "a person may be at home elsewhere",
    }
}
"""Foreign keys between tenants' tables that need no organization, each with the reason."""


@pytest.mark.parametrize("database", DATABASES)
def test_every_reference_between_tenants_tables_names_the_organization(
    migrated: Any, database: str
) -> None:
    """A row of one organization cannot refer to a row of another."""
    lacking = (
        migrated[database]
        .execute(
            """
        SELECT c.conrelid::regclass::text || ' ' || c.conname
        FROM pg_constraint c
        JOIN pg_attribute child ON child.attrelid = c.conrelid
          AND child.attname = 'organization_id'
        JOIN pg_attribute parent ON parent.attrelid = c.confrelid
          AND parent.attname = 'organization_id'
        WHERE c.contype = 'f' AND c.conparentid = 0
          AND c.confrelid::regclass::text <> 'accounts.organizations'
          AND NOT (child.attnum = ANY(c.conkey) AND parent.attnum = ANY(c.confkey))
        ORDER BY 1
        """
        )
        .fetchall()
    )

    excepted = TENANTLESS.get(database, {})

    assert [] == [name for (name,) in lacking if name not in excepted]
    assert [] == sorted(name for name in excepted if (name,) not in lacking)


@pytest.mark.parametrize("database", DATABASES)
def test_every_table_with_a_tenant_has_row_security(migrated: Any, database: str) -> None:
    """The app sees only its organization's rows."""
    open_tables = (
        migrated[database]
        .execute(
            """
        SELECT c.oid::regclass::text
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND a.attname = 'organization_id' AND NOT a.attisdropped
          AND NOT (c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
        ORDER BY 1
        """
        )
        .fetchall()
    )

    assert [] == open_tables


@pytest.mark.parametrize("database", DATABASES)
def test_the_app_touches_no_table_without_row_security(migrated: Any, database: str) -> None:
    """Every table granted to the app has row security."""
    granted = (
        migrated[database]
        .execute(
            """
        SELECT DISTINCT c.oid::regclass::text
        FROM pg_class c, aclexplode(c.relacl) granted
        WHERE c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relrowsecurity
          AND granted.grantee = %s::regrole
          AND EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id'
          )
        """,
            [f"wavehouse_{database}_app"],
        )
        .fetchall()
    )

    assert [] == granted


@pytest.mark.parametrize("database", DATABASES)
def test_no_table_belongs_to_someone_who_can_sign_in(migrated: Any, database: str) -> None:
    """Owners bypass row security, so every table is owned by a role without a login."""
    owned = (
        migrated[database]
        .execute(
            """
        SELECT c.oid::regclass::text, r.rolname
        FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
          JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND r.rolcanlogin AND n.nspname !~ '^(pg_|information_)'
        """
        )
        .fetchall()
    )

    assert [] == owned


@pytest.mark.parametrize("database", DATABASES)
def test_every_table_lives_in_the_schema_of_a_context(migrated: Any, database: str) -> None:
    """The schema's name is the context's name, so every statement shows the owner."""
    strays = (
        migrated[database]
        .execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace = 'public'::regnamespace"
        )
        .fetchall()
    )

    assert [] == strays
