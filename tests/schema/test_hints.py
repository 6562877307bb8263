"""Class hints in the comments of columns: derived, complete, and invisible to comparisons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from click.testing import CliRunner, Result

from wavehouse import schema
from wavehouse.cli.root import root
from wavehouse.governance.checks import classification
from wavehouse.kernel.databases import DATABASES
from wavehouse.schema.adapters.objects import objects
from wavehouse.schema.rules.hints import with_hint, without_hint
from wavehouse.schema.types import ColumnClass
from wavehouse.workspace import Workspace

EMAIL = ColumnClass("user.contact.email", "confidential")
HINT = "[user.contact.email, confidential]"


@pytest.mark.parametrize(
    ("comment", "hinted"),
    [
        ("Where mail goes.", f"Where mail goes. {HINT}"),
        ("Where mail goes. [system, internal]", f"Where mail goes. {HINT}"),
        (f"Where mail goes. {HINT}", f"Where mail goes. {HINT}"),
        (None, HINT),
        (HINT, HINT),
        ("In [seconds].", f"In [seconds]. {HINT}"),
        ("Since [a.b, often]", f"Since [a.b, often] {HINT}"),
    ],
)
def test_a_hint_replaces_a_hint_and_nothing_else(comment: str | None, hinted: str) -> None:
    """Writing twice is writing once; the migration's text comes back."""
    assert hinted == with_hint(comment, EMAIL)
    assert hinted == with_hint(hinted, EMAIL)
    assert without_hint(comment) == without_hint(hinted)


@pytest.fixture
def shop(database: str) -> Iterator[str]:
    """A database with a table, a view and a partition."""
    with psycopg.connect(database) as connection:
        connection.execute("""
            CREATE SCHEMA app;
            CREATE TABLE app.users (id int PRIMARY KEY, email text, "Naïve ""name"" x" text);
            COMMENT ON COLUMN app.users.email IS 'Where it''s sent.';
            CREATE TABLE app.days (day date) PARTITION BY RANGE (day);
            CREATE TABLE app.days_1 PARTITION OF app.days
              FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
            CREATE VIEW app.addresses AS SELECT email FROM app.users
        """)
    yield database
    with psycopg.connect(database) as connection:
        connection.execute("DROP SCHEMA app CASCADE")


CLASSES = {
    "app.users": {
        "email": EMAIL,
        'Naïve "name" x': ColumnClass("user.name", "confidential"),
        "gone": EMAIL,
        "id": ColumnClass("UNCLASSIFIED", "UNCLASSIFIED"),
    },
    "app.addresses": {"email": EMAIL},
    "app.days": {"day": ColumnClass("system.operations", "internal")},
    "app.gone": {"id": EMAIL},
}


def test_hints_are_written_once_and_no_comparison_sees_them(shop: str) -> None:
    """Snapshots (drift, verify, hashes) and documents are the same with and without hints."""
    schema.write_hints(shop, {})  # creates the runner's own tables
    with psycopg.connect(shop) as connection:
        before = objects(connection), schema.catalogue(shop)
        missing = schema.missing_hints(shop, CLASSES)
        written = schema.write_hints(shop, CLASSES)
        again = schema.write_hints(shop, CLASSES)
        connection.rollback()
        after = objects(connection), schema.catalogue(shop)
        comments = connection.execute(
            "SELECT description FROM pg_description WHERE objsubid > 0"
            " AND objoid::regclass::text LIKE 'app.%' ORDER BY description COLLATE \"C\""
        ).fetchall()

    assert missing == written
    assert 'app.addresses.email app.days.day app.users.email app.users.Naïve "name" x' == " ".join(
        written.columns
    )
    assert () == again.columns
    assert before == after
    assert [
        (f"Where it's sent. {HINT}",),
        ("[system.operations, internal]",),
        (HINT,),
        ("[user.name, confidential]",),
    ] == comments


def test_a_locked_table_is_left_as_it_is_and_returned(shop: str) -> None:
    """Readers and writers do not wait for a comment; a table under DDL is reported."""
    with psycopg.connect(shop) as connection:
        connection.execute("LOCK TABLE app.users IN SHARE UPDATE EXCLUSIVE MODE")
        done = schema.write_hints(shop, CLASSES)
        connection.rollback()
        rest = schema.missing_hints(shop, CLASSES)

    assert ("app.users",) == done.locked
    assert ("app.addresses.email", "app.days.day") == done.columns
    assert ("app.users.email", 'app.users.Naïve "name" x') == rest.columns


def test_ops3_the_products_own_databases_carry_their_classes(workspace: Workspace) -> None:
    """Migrating wrote them; a later comment without its class is noticed."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield workspace

    def run(*words: str) -> Result:
        return CliRunner().invoke(root, ["classify", "comments", *words, "--json"], obj=opened)

    complete = run("--check")
    with psycopg.connect(workspace.stores.listeners.place.admin) as connection:
        email = "SELECT col_description('listeners.listeners'::regclass, attnum) FROM pg_attribute"
        email += " WHERE attrelid = 'listeners.listeners'::regclass AND attname = 'email'"
        carried = connection.execute(email.encode()).fetchone()
        connection.execute("COMMENT ON COLUMN listeners.listeners.email IS 'Where mail goes.'")
    lost, health = run("--check"), classification(workspace)
    written, after = run("--database", "listeners"), run("--check")

    assert {name: {"columns": [], "locked": []} for name in DATABASES} == json.loads(
        complete.stdout
    )
    assert carried
    assert carried[0].endswith(f" {HINT}")
    assert 3 == lost.exit_code
    assert ["listeners.listeners.email"] == json.loads(lost.stdout)["listeners"]["columns"]
    assert (False, "wavehouse classify comments") == (health.ok, health.command)
    assert ["listeners.listeners.email"] == json.loads(written.stdout)["listeners"]["columns"]
    assert (0, 0) == (written.exit_code, after.exit_code)
