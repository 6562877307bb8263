"""The requested tables compared with ours in PostgreSQL's catalog.

``asked_tables.sql`` is the request, unchanged. It is loaded into an empty database beside ours;
every difference must be in ``asked_differences.toml`` with its reason (decision 1102).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.asked_catalogue import differences, facts

from wavehouse.store import EmbeddedServer

HERE = Path(__file__).parent
HYPERTABLE = re.compile(r"SELECT create_hypertable\([^)]*\);")
"""Differences that need an extension; ours are partitions."""
LEARNING = (
    "content",
    "sessions",
    "behavioral_events",
    "like_engagement",
    "learner_model_state",
    "user_preferences",
    "generation_status",
)
OURS = {table: ("learning", f"learning.{table}") for table in LEARNING} | {
    "users": ("operational", "accounts.users"),
    "podcasts": ("operational", "catalog.podcasts"),
    "episodes": ("operational", "catalog.episodes"),
    "sponsors": ("operational", "sponsorship.sponsors"),
    "campaigns": ("operational", "sponsorship.campaigns"),
    "listener_events": ("operational", "measurement.listener_events"),
    "attribution_events": ("operational", "sponsorship.attribution_events"),
    "transcripts": ("operational", "catalog.transcripts"),
    "reports": ("operational", "sponsorship.reports"),
}
_LISTED = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_SHAPE = """
    SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


@pytest.fixture(scope="module")
def asked(server: EmbeddedServer) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database with the requested tables."""
    secret = server.superuser_password()
    admin = server.conninfo("postgres", "wavehouse_root", secret)
    text = (HERE / "asked_tables.sql").read_text(encoding="utf-8")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS asked")
        connection.execute("CREATE DATABASE asked")
        conninfo = server.conninfo("asked", "wavehouse_root", secret)
        with psycopg.connect(conninfo, autocommit=True) as loaded:
            loaded.execute(HYPERTABLE.sub("", text))
            yield loaded
        connection.execute("DROP DATABASE asked WITH (FORCE)")


def _groups() -> list[dict[str, Any]]:
    text = (HERE / "asked_differences.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["allowed"])


def test_pod1_lrn1_every_difference_from_the_tables_asked_for_has_a_reason(
    asked: Any, migrated: Any
) -> None:
    """Columns, types, nullability, defaults, keys, checks and indexes, in both directions."""
    found = [
        f"{table}: {difference}"
        for table, (database, ours) in OURS.items()
        for difference in differences(facts(asked, table), facts(migrated[database], ours))
    ]
    allowed = [difference for group in _groups() for difference in group["differences"]]

    assert set(OURS) == {name for (name,) in asked.execute(_LISTED).fetchall()}
    assert [] == sorted(set(found) - set(allowed)), "give a reason in asked_differences.toml"
    assert [] == sorted(set(allowed) - set(found)), "these are no longer different"
    assert len(allowed) == len(set(allowed))


def test_every_reason_is_one_line_and_its_decision_exists(root: Path) -> None:
    """A group of differences has a sentence, and the number of a decision that explains it."""
    decisions = {path.name[:4] for path in (root / "docs" / "decisions").glob("*.md")}
    wrong = [
        group["reason"]
        for group in _groups()
        if "\n" in group["reason"]
        or not group["reason"].endswith(".")
        or group["decision"] not in decisions
    ]

    assert [] == wrong


def test_a_difference_of_each_kind_is_seen(asked: Any) -> None:
    """The comparison detects a column, a type, a default, a check, a key and an index."""
    asked.execute(
        "CREATE TEMP TABLE first (id uuid PRIMARY KEY, name varchar(10) NOT NULL DEFAULT 'a',"
        " kind text CHECK (kind IN ('a', 'b')), note text)"
    )
    asked.execute(
        "CREATE TEMP TABLE second (id uuid, name varchar(20) DEFAULT 'b',"
        " kind text CHECK (kind IN ('a', 'c')), other int)"
    )
    asked.execute("CREATE INDEX ON first (name DESC)")
    asked.execute("CREATE INDEX ON second (name)")
    found = differences(facts(asked, "first"), facts(asked, "second"))

    assert [
        "+column other",
        "null id: NOT NULL is NULL",
        "column name: character varying(10) is character varying(20)",
        "null name: NOT NULL is NULL",
        "default name: 'a' is 'b'",
        "-column note",
        "-null note",
        "-default note",
        "-check ((kind = ANY (ARRAY['a', 'b'])))",
        "-primary key (id)",
        "-index btree (name DESC)",
        "+check ((kind = ANY (ARRAY['a', 'c'])))",
        "+index btree (name)",
    ] == found
    assert [] == differences(facts(asked, "first"), facts(asked, "first"))


@pytest.mark.parametrize("table", OURS)
def test_a_view_gives_each_table_under_its_asked_name(
    asked: Any, migrated: Any, table: str
) -> None:
    """The same columns with the same types in the same order; only SELECT is granted."""
    database = OURS[table][0]
    connection = migrated[database]
    rights = connection.execute(
        "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants"
        " WHERE table_schema = 'asked' AND table_name = %s AND grantee LIKE 'wavehouse%%'"
        " AND grantee NOT LIKE '%%owner'",
        [table],
    ).fetchall()

    assert asked.execute(_SHAPE, [table]).fetchall() == (
        connection.execute(_SHAPE, [f"asked.{table}"]).fetchall()
    )
    assert [("SELECT",)] == rights


def test_the_asked_names_show_an_organization_its_own_rows(migrated: Any) -> None:
    """The views run with the caller's rights, so the tables' row security applies."""
    for database, minimum in (("operational", 9), ("learning", 7)):
        views = (
            migrated[database]
            .execute("SELECT reloptions FROM pg_class WHERE relnamespace = 'asked'::regnamespace")
            .fetchall()
        )
        assert minimum == len(views)
        assert {("security_invoker=true",)} == {tuple(options) for (options,) in views}
