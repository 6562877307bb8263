"""Sample rows: for every table, the same at every run, without secrets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from wavehouse import schema
from wavehouse.kernel import ids
from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.rules.seeds import parsed, value
from wavehouse.store import DATABASES, databases_folder, owner_role

TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^(pg_|information)'
    ORDER BY 1, 2
"""


def _content(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Every row of every table as text, without its physical position and transaction."""
    found = {}
    for space, table in connection.execute(TABLES).fetchall():
        rows = connection.execute(
            sql.SQL("SELECT to_jsonb(t)::text FROM {} t ORDER BY 1").format(
                sql.Identifier(space, table)
            )
        ).fetchall()
        found[f"{space}.{table}"] = [row for (row,) in rows]
    return found


@pytest.mark.parametrize("name", DATABASES)
def test_seeding_again_changes_nothing(seeded: dict[str, str], name: Any) -> None:
    """The second run writes no row, and every row of every table is byte for byte the same."""
    folder = databases_folder(name) / "seeds"
    with psycopg.connect(seeded[name]) as connection:
        before = _content(connection)
    again = schema.seed(seeded[name], folder, role=owner_role(name))
    with psycopg.connect(seeded[name]) as connection:
        after = _content(connection)

    assert 0 == again.written
    assert before == after


@pytest.mark.parametrize("name", DATABASES)
def test_every_table_has_a_sample_row(sample: Any, name: str) -> None:
    """The runner's own record of migrations already has rows and needs no seed."""
    empty = [table for table, rows in _content(sample[name]).items() if not rows]

    assert [] == empty


def test_a_row_that_was_changed_is_brought_back(seeded: dict[str, str]) -> None:
    """Seeding is an upsert by the primary key: it restores changed sample rows."""
    folder = databases_folder("operational") / "seeds"
    with psycopg.connect(seeded["operational"]) as connection:
        connection.execute("UPDATE usage.models SET status = 'retired' WHERE name = 'espeak'")
        connection.execute("UPDATE usage.models SET provider = 'other' WHERE name = 'espeak'")
    mended = schema.seed(seeded["operational"], folder, role=owner_role("operational"))
    with psycopg.connect(seeded["operational"]) as connection:
        row = connection.execute(
            "UPDATE usage.models SET status = 'active' WHERE name = 'espeak' RETURNING provider"
        ).fetchone()

    assert (1, ("local",)) == (mended.written, row)


def test_a_name_is_the_same_id_everywhere() -> None:
    """Ids are derived from names in one namespace, so that databases and runs agree."""
    assert str(ids.named("wavehouse.seed", "podcast/nordlys")) == value("@podcast/nordlys")
    assert value("@a") != value("@b")


def test_digests_bytes_and_plain_values_are_read_as_written() -> None:
    """``sha256:`` and ``hex:`` values are bytes as PostgreSQL reads them; others are plain text."""
    assert "\\xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" == value(
        "sha256:abc"
    )
    assert "\\x00ff" == value("hex:00ff")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = ", "not TOML"),
        ('a = "b"', "not an array of rows"),
        ('[["users"]]\nname = "x"', "not an array of rows"),
        ('[[ensure]]\ntable = "a.b"\nday = "2026-01-01"', "lacks span"),
        ('[[ensure]]\ntable = "a.b"\nday = "2026-01-01"\nspan = "week"', "invalid span 'week'"),
    ],
)
def test_a_seed_that_is_wrong_says_what_and_where(text: str, said: str) -> None:
    """One sentence with the file."""
    with pytest.raises(InvalidInput, match=said) as caught:
        parsed(Path("seeds/wrong.toml"), text.encode())

    assert "seeds/wrong.toml" == caught.value.where


@pytest.mark.parametrize("name", DATABASES)
def test_no_seed_holds_a_secret(name: Any) -> None:
    """OPS-10: columns that the schema hashes are hashed in the seeds, and no password works."""
    for file in sorted((databases_folder(name) / "seeds").glob("*.toml")):
        for row in parsed(file, file.read_bytes()).rows:
            for column, written in row.values.items():
                if re.search(r"(hash|secret|salt)", column) and written is not None:
                    assert written in {"!"} or str(written).startswith("\\x"), (row.table, column)
