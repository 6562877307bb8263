"""Verify: up, down, up; only files that do not restore are named, with the differences."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wavehouse.cli.root import root
from wavehouse.kernel.databases import DATABASES
from wavehouse.kernel.errors import UsageError
from wavehouse.store import DatabaseName, databases_folder

Write = Callable[[dict[str, str]], Path]
FIRST = {
    "202611010900_users.up": "CREATE TABLE users (id int PRIMARY KEY, name text, age int);",
    "202611010900_users.down": "DROP TABLE users;",
}


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, shadow_home: Path) -> None:
    monkeypatch.setenv("WAVEHOUSE_HOME", str(shadow_home))


def verified(folder: Path, *more: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(root, ["schema", "verify", "--dir", str(folder), "--json", *more])
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.parametrize("major", ["18", "16"])
def test_a_ladder_that_restores_is_said_to(ladder: Write, major: str) -> None:
    """Each pair restores; moving columns to the end by down and up is not an error."""
    folder = ladder(
        FIRST
        | {
            "202611020900_drop.up": "ALTER TABLE users DROP COLUMN name;",
            "202611020900_drop.down": "ALTER TABLE users ADD name text;",
            "202611030900_index.up": "-- wavehouse: non-transactional\n"
            "CREATE INDEX CONCURRENTLY users_age_idx ON users (age);",
            "202611030900_index.down": "-- wavehouse: non-transactional\n"
            "DROP INDEX CONCURRENTLY users_age_idx;",
            "202611040900_enum.up": "CREATE TYPE mood AS ENUM ('sad');\n"
            "ALTER TYPE mood ADD VALUE 'glad';\nALTER TABLE users ADD mood mood;",
            "202611040900_enum.down": "ALTER TABLE users DROP mood; DROP TYPE mood;",
        }
    )
    code, told = verified(folder, "--target-version", major)
    assert (0, 4, 0) == (code, told["verified"], told["failed"])


UNFAITHFUL = {
    "forgets the index": (
        "ALTER TABLE users ADD mail text; CREATE INDEX users_age_idx ON users (age);",
        "ALTER TABLE users DROP mail;",
        "index public.users_age_idx",
        "extra",
    ),
    "forgets the default": (
        "ALTER TABLE users ALTER age DROP NOT NULL, ALTER age SET DEFAULT 3;",
        "SELECT 1;",
        "column public.users.age",
        "changed",
    ),
    "forgets the comment": (
        "COMMENT ON TABLE users IS 'people';",
        "SELECT 1;",
        "table public.users",
        "changed",
    ),
    "leaves the constraint unvalidated": (
        "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0);",
        "ALTER TABLE users DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (age > 0) NOT VALID;",
        "constraint public.users.c",
        "extra",
    ),
}


@pytest.mark.parametrize("case", UNFAITHFUL)
def test_who_does_not_restore_is_named_with_what_is_left(ladder: Write, case: str) -> None:
    """The objects are named; the pairs before and after are not reported."""
    up, down, name, kind = UNFAITHFUL[case]
    folder = ladder(
        FIRST
        | {
            "202611020900_odd.up": up,
            "202611020900_odd.down": down,
            "202611030900_fine.up": "CREATE TABLE other (id int PRIMARY KEY);",
            "202611030900_fine.down": "DROP TABLE other;",
        }
    )
    code, told = verified(folder)
    assert 3 == code
    assert ["restored", "not_restored", "restored"] == [p["state"] for p in told["pairs"]] or (
        "again_fails" == told["pairs"][1]["state"]
    )
    left = told["pairs"][1]["differences"]
    assert (name, kind) in [(one["object"], one["kind"]) for one in left]


def test_what_fails_is_told_by_file_and_line(ladder: Write) -> None:
    """A down file that fails, a missing one, one that says why there is none."""
    folder = ladder(
        FIRST
        | {
            "202611020900_bad.up": "ALTER TABLE users ADD mail text;",
            "202611020900_bad.down": "SELECT 1;\nALTER TABLE nobody DROP mail;",
            "202611030900_none.up": "ALTER TABLE users ADD a int;",
            "202611040900_never.up": "-- wavehouse: irreversible: the data is gone\n"
            "ALTER TABLE users ADD b int;",
        }
    )
    code, told = verified(folder)
    assert 3 == code
    assert ["restored", "down_fails", "no_down", "irreversible"] == [
        pair["state"] for pair in told["pairs"]
    ]
    assert "202611020900_bad.down.sql:2" in told["pairs"][1]["error"]


def test_a_file_that_does_not_run_ends_the_walk(ladder: Write) -> None:
    """Later files have nothing to build on."""
    folder = ladder(FIRST | {"202611020900_bad.up": "ALTER TABLE users ADD;"})
    code, told = verified(folder)
    assert (3, "up_fails") == (code, told["pairs"][-1]["state"])


def test_one_version_alone_is_verified(ladder: Write) -> None:
    """An unknown version is refused with a sentence."""
    folder = ladder(
        FIRST | {"202611020900_x.up": "CREATE TABLE x (a int)", "202611020900_x.down": "SELECT 1"}
    )
    code, told = verified(folder, "--version", "202611010900")
    assert (0, ["202611010900"]) == (code, [pair["version"] for pair in told["pairs"]])
    done = CliRunner().invoke(root, ["schema", "verify", "--dir", str(folder), "--version", "7"])
    assert isinstance(done.exception, UsageError)


@pytest.mark.harness
@pytest.mark.parametrize("name", DATABASES)
def test_our_own_ladders_restore(name: str) -> None:
    """Every down of the product restores the schema, object by object."""
    done = CliRunner().invoke(root, ["schema", "verify", "--database", name, "--json"])
    assert 0 == done.exit_code, done.stderr


@pytest.mark.parametrize("name", DATABASES)
def test_the_newest_file_of_our_own_ladders_restores(name: DatabaseName) -> None:
    """Older files never change; ``make harness`` verifies them all."""
    newest = max((databases_folder(name) / "migrations").glob("*.up.sql")).name.split("_")[0]
    words = ["schema", "verify", "--database", name, "--version", newest, "--json"]
    done = CliRunner().invoke(root, words)
    assert 0 == done.exit_code, done.stderr
    (target,) = json.loads(done.stdout)["targets"]
    assert [newest] == [pair["version"] for pair in target["pairs"]]


LAYOUTS: dict[str, dict[str, str]] = {
    "golang-migrate": {
        "000001_users.up.sql": "CREATE TABLE users (id int PRIMARY KEY);",
        "000001_users.down.sql": "DROP TABLE users;",
        "000002_mail.up.sql": "BEGIN;\nALTER TABLE users ADD mail text;\nCOMMIT;\n",
        "000002_mail.down.sql": "begin transaction;\nALTER TABLE users DROP mail;\nend;\n",
        "000003_nothing.up.sql": "BEGIN;\nCOMMIT;\n",
        "000003_nothing.down.sql": "",
        "000004_index.up.sql": "CREATE INDEX CONCURRENTLY users_mail ON users (mail);",
        "000004_index.down.sql": "DROP INDEX CONCURRENTLY users_mail;",
    },
    "dbmate": {
        "20261101090000_users.sql": "-- migrate:up\nCREATE TABLE users (id int PRIMARY KEY);\n"
        "-- migrate:down\nDROP TABLE users;\n",
        "20261102090000_idx.sql": "-- migrate:up transaction:false\n"
        "CREATE INDEX CONCURRENTLY users_id_idx ON users (id);\n"
        "-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY users_id_idx;\n",
    },
    "goose": {
        "20261101090000_users.sql": "-- +goose Up\n-- +goose StatementBegin\n"
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;\n"
        "-- +goose StatementEnd\n-- +goose Down\nDROP FUNCTION f();\n",
        "20261102090000_users.sql": "-- +goose NO TRANSACTION\n-- +goose Up\n"
        "CREATE TABLE users (id int PRIMARY KEY);\n-- +goose Down\nDROP TABLE users;\n",
    },
    "flyway": {
        "V1__users.sql": "CREATE TABLE users (id int PRIMARY KEY);",
        "U1__users.sql": "DROP TABLE users;",
        "V1_1__mail.sql": "ALTER TABLE users ADD mail text;",
        "U1_1__mail.sql": "ALTER TABLE users DROP mail;",
        "V10__ten.sql": "CREATE TABLE ten (id int PRIMARY KEY);",
        "U10__ten.sql": "DROP TABLE ten;",
        "R__view.sql": "CREATE OR REPLACE VIEW v AS SELECT 1;",
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_other_tools_folders_are_read(tmp_path: Path, layout: str) -> None:
    """Pairs in one file and in two, transactions switched off or explicit, versions by parts."""
    for name, text in LAYOUTS[layout].items():
        (tmp_path / name).write_text(text)
    code, told = verified(tmp_path, "--layout", layout)
    assert 0 == code, told
    assert {"restored"} == {pair["state"] for pair in told["pairs"]}
    assert {"golang-migrate": 4, "dbmate": 2, "goose": 2, "flyway": 3}[layout] == len(told["pairs"])


def test_a_message_names_the_line_of_the_file_that_its_author_sees(tmp_path: Path) -> None:
    """Halves of a one-file layout keep their line numbers."""
    (tmp_path / "20261101090000_a.sql").write_text(
        "-- migrate:up\nCREATE TABLE a (id int);\n\n-- migrate:down\nDROP TABLE b;\n"
    )
    code, told = verified(tmp_path, "--layout", "dbmate")
    assert (3, "down_fails") == (code, told["pairs"][0]["state"])
    assert "20261101090000_a.sql:5" in told["pairs"][0]["error"]


def test_ops2_the_smoke_cycle_walks_a_whole_ladder_up_down_and_up(ladder: Write) -> None:
    """With the runner, including files outside transactions; the schema is the same afterwards."""
    more = {
        "202611020900_index.up": "-- wavehouse: non-transactional\n"
        "CREATE INDEX CONCURRENTLY users_age_idx ON users (age);",
        "202611020900_index.down": "-- wavehouse: non-transactional\n"
        "DROP INDEX CONCURRENTLY users_age_idx;",
    }
    code, told = verified(ladder(FIRST | more), "--smoke")
    assert (0, True) == (code, told["smoke"]["same"])
    assert (2, 2, None) == tuple(told["smoke"][key] for key in ("files", "undone", "stays"))


def test_ops2_the_smoke_cycle_stops_above_what_cannot_be_undone(ladder: Write) -> None:
    more = {
        "202611020900_mail.up": "ALTER TABLE users ADD mail text;",
        "202611030900_nick.up": "ALTER TABLE users ADD nick text;",
        "202611030900_nick.down": "ALTER TABLE users DROP nick;",
    }
    _, told = verified(ladder(FIRST | more), "--smoke")
    assert (True, 3, 1, "202611020900") == tuple(
        told["smoke"][key] for key in ("same", "files", "undone", "stays")
    )


def test_ops2_the_smoke_cycle_says_what_a_way_down_left(ladder: Write) -> None:
    """The remaining object blocks the second apply."""
    more = {
        "202611020900_tags.up": "CREATE TABLE tags (id int PRIMARY KEY);",
        "202611020900_tags.down": "SELECT 1;",
    }
    code, told = verified(ladder(FIRST | more), "--smoke")
    assert (3, "reapply") == (code, told["smoke"]["failed"])
    assert "already exists" in told["smoke"]["error"]
    quiet = more | {"202611020900_tags.up": "CREATE TABLE IF NOT EXISTS tags (id int);"}
    code, told = verified(ladder(FIRST | quiet), "--smoke")
    assert "table public.tags" in {one["object"] for one in told["smoke"]["differences"]}
