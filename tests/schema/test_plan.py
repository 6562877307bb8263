"""Plan: measured locks, rewrites and scans, the target's row counts, the plan's digest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from wavehouse.cli.root import root

FILES = {
    "202611010900_users.up": "CREATE TABLE users (id int PRIMARY KEY, name text, age int);",
    "202611010900_users.down": "DROP TABLE users;",
}
PENDING = {
    "202611020900_grow.up": "ALTER TABLE users ALTER age TYPE bigint;\n"
    "ALTER TABLE users ADD CHECK (age > 0);\nCREATE TABLE other (id int PRIMARY KEY);",
    "202611020900_grow.down": "SELECT 1;",
    "202611030900_idx.up": "-- wavehouse: non-transactional\n"
    "CREATE INDEX CONCURRENTLY users_name_idx ON users (name);",
    "202611030900_idx.down": "-- wavehouse: non-transactional\n"
    "DROP INDEX CONCURRENTLY users_name_idx;",
}


@pytest.mark.parametrize("postgres", [18, 16], indirect=True)
def test_a_plan_tells_what_was_measured_and_writes_nothing(
    database: str,
    ladder: Callable[[dict[str, str]], Path],
    monkeypatch: pytest.MonkeyPatch,
    shadow_home: Path,
) -> None:
    """Per statement the lock, rewrite and scan; row counts; the same digest twice."""
    monkeypatch.setenv("WAVEHOUSE_HOME", str(shadow_home))
    folder = ladder(FILES)
    target = ["--dir", str(folder), "--url", database, "--json"]
    CliRunner().invoke(root, ["schema", "apply", *target])
    with psycopg.connect(database, autocommit=True) as hand:
        hand.execute("INSERT INTO users SELECT n, 'x', n FROM generate_series(1, 5000) n")
        hand.execute("ANALYZE users")
    ladder(PENDING)

    def planned() -> dict[str, Any]:
        done = CliRunner().invoke(root, ["schema", "plan", *target])
        assert 0 == done.exit_code, done.output
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    answer = planned()
    assert ["202611020900_grow", "202611030900_idx"] == answer["migrations"]
    grow, check, other, index = answer["statements"]
    assert ("AccessExclusiveLock", ["public.users"], 5000) == (
        grow["lock"],
        grow["rewrite"],
        grow["rows"],
    )
    assert ["public.users"] == check["scan"]
    assert (None, [], []) == (other["lock"], other["rewrite"], other["scan"])
    assert ("ShareUpdateExclusiveLock", ["public.users_name_idx"]) == (
        index["lock"],
        index["build"],
    )
    assert grow["estimated_seconds"] > other["estimated_seconds"]
    assert answer["digest"] == planned()["digest"]
    with psycopg.connect(database) as hand:
        assert hand.execute("SELECT to_regclass('other')").fetchone() == (None,)

    (folder / "202611030900_idx.up.sql").write_text("SELECT 1;")
    assert answer["digest"] != planned()["digest"]
