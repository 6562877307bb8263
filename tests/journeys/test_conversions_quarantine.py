"""A conversion row with an error is quarantined, listed, repaired and replayed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wavehouse.cli.root import root
from wavehouse.workspace import Workspace

HEAD = "occurred_at,promo_code,conversion_type,conversion_value,currency,order_id\n"
GOOD = "2026-11-18T10:00:00Z,NORD15,purchase,10.00,EUR,A1\n"
BAD = "2026-11-18T11:00:00Z,NORD15,purchase,ten,EUR,A2\n"

Run = Callable[..., Result]


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """Run a command of the program on this test's databases."""

    def opened() -> AbstractContextManager[Workspace]:
        return nullcontext(workspace)

    return lambda *words: CliRunner().invoke(root, list(words), obj=opened)


def test_a_bad_conversion_waits_in_the_quarantine_until_it_is_mended(
    run: Run, tmp_path: Path
) -> None:
    """It is located by line and byte; the good rows are kept; a repaired row is stored once."""
    file = tmp_path / "conversions.csv"
    file.write_text(HEAD + GOOD + BAD)

    assert 3 == run("ingest", "conversions", str(file)).exit_code
    assert f"{file}:3\t{len(HEAD + GOOD)}\t" in run("quarantine", "list").stdout
    assert 3 == run("quarantine", "replay").exit_code

    file.write_text(HEAD + GOOD + BAD.replace("ten", "10.5"))
    replayed = run("quarantine", "replay", "--json")
    assert 0 == replayed.exit_code
    assert '"stored": 1' in replayed.stdout
    assert "empty" in run("quarantine", "list").stderr
    assert '"duplicate": 2' in run("ingest", "conversions", str(file), "--json").stdout
