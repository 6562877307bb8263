"""The sealed tier and the warehouse on a full disk, and on one that cannot be written to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.measurement.test_warehouse_errors import Told
from tests.small_disk import filled, needs_a_small_disk, small_disk

from wavehouse.kernel import config
from wavehouse.kernel.errors import EXIT_REFUSED
from wavehouse.measurement import cli
from wavehouse.measurement.service import audience_index, sealing

DAYS = [date(2026, 11, day) for day in (11, 12)]
FULL = 1


@pytest.fixture
def command(own_desk: Any, hit: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``wavehouse warehouse`` over two days of 200 listeners, with settings of a test."""
    own_desk.tell(
        *(
            hit.but(at=datetime(2026, 11, day.day, n % 24, tzinfo=UTC), ip=f"198.51.{n}.7")
            for day in DAYS
            for n in range(200)
        )
    )

    def run(*words: str, **values: str) -> Told:
        settings = config.load(
            {"home": str(own_desk.place.settings.home), **values}, environment={}
        )

        @contextmanager
        def opened() -> Iterator[Any]:
            yield replace(own_desk.place, settings=settings)

        result = CliRunner().invoke(cli.warehouse, list(words), obj=opened)
        return Told(capsys, result.exception, result.output)

    run.desk = own_desk  # type: ignore[attr-defined]
    return run


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The disk of a folder cannot be written to during the block, not by root either."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True, capture_output=True)


def states(desk: Any) -> set[str]:
    """The states of the days."""
    return {state.value for _, state in sealing.states(desk.place.stores)}


def problems(desk: Any) -> list[str]:
    """What is wrong with sealed files."""
    return [each.problem for each in sealing.verify(desk.place.stores) if each.problem]


@needs_a_small_disk
@pytest.mark.parametrize("leave", [4096, 16_384, 32_768, 65_536, 131_072])
def test_a_seal_on_a_full_disk_is_one_sentence_and_leaves_whole_days(
    command: Any, leave: int
) -> None:
    """Whichever file is the first that does not fit; with space again, all is sealed and intact."""
    with small_disk(4) as disk:
        ballast = filled(disk, leave=leave)
        ended = command("seal", sealed_store=f"file://{disk}/sealed")
        assert [] == problems(command.desk)
        if ended.code:
            assert (FULL, 1) == (ended.code, ended.errors), ended.sentence
            assert "disk is full" in ended.sentence
        ballast.unlink()
        again = command("seal", sealed_store=f"file://{disk}/sealed")
        assert (0, {"sealed"}) == (again.code, states(command.desk)), again.sentence
        assert [] == problems(command.desk)
        assert [] == [*disk.glob("sealed/.unfinished/*")]
        assert [] == audience_index.differing_indexes(command.desk.place.stores, days=DAYS)


@needs_a_small_disk
def test_a_seal_in_a_folder_that_cannot_be_written_is_exit_code_4(command: Any) -> None:
    """One sentence with the path; no day is registered."""
    with small_disk(4) as disk, read_only(disk):
        ended = command("seal", sealed_store=f"file://{disk}/sealed")
        assert (EXIT_REFUSED, 1) == (ended.code, ended.errors), ended.sentence
        assert str(disk) in ended.sentence
        assert {"unsealed"} == states(command.desk)


@needs_a_small_disk
def test_a_push_to_a_full_disk_says_so_and_is_repeated(command: Any) -> None:
    """DuckDB's file: what was pushed before stays; with space again all is pushed and equal."""
    with small_disk(3) as disk:
        address = f"duckdb://{disk}/warehouse.duckdb"
        ballast = filled(disk, leave=40_960)
        ended = command("push", warehouse_url=address)
        assert (FULL, 1) == (ended.code, ended.errors), ended.sentence
        assert "the disk of the warehouse is full" in ended.sentence
        ballast.unlink()
        for words in (["push"], ["run"], ["compare"]):
            again = command(*words, warehouse_url=address)
            assert 0 == again.code, again.sentence


@needs_a_small_disk
def test_a_warehouse_file_that_cannot_be_written_is_exit_code_4(command: Any) -> None:
    """Before and after its first push."""
    with small_disk(8) as disk:
        address = f"duckdb://{disk}/warehouse.duckdb"
        with read_only(disk):
            ended = command("push", warehouse_url=address)
            assert (EXIT_REFUSED, 1) == (ended.code, ended.errors), ended.sentence
        assert 0 == command("push", "--to", "2026-11-11", warehouse_url=address).code
        with read_only(disk):
            ended = command("push", warehouse_url=address)
            assert (EXIT_REFUSED, 1) == (ended.code, ended.errors), ended.sentence
