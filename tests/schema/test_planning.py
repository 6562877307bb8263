"""Comparing migrations with a history, without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from wavehouse.kernel.errors import PartlyApplied, Refused, UsageError, WavehouseError
from wavehouse.schema.rules.planning import compare, to_apply, to_roll_back
from wavehouse.schema.types import HistoryRow, Migration, RowState, SqlFile


def migration(version: str, text: str = "x", down: str | None = "d") -> Migration:
    up = SqlFile(Path(f"{version}_a.up.sql"), text, text)
    return Migration(
        version, "a", up, SqlFile(Path(f"{version}_a.down.sql"), down, down) if down else None
    )


def row(version: str, state: RowState = RowState.APPLIED, down: str | None = "d") -> HistoryRow:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return HistoryRow(version, "a", state, "x", down, at, "someone", 1, UUID(int=0), 1)


STATES = [
    ([migration("1")], [], ["pending"]),
    ([migration("1")], [row("1")], ["applied"]),
    ([migration("1"), migration("2")], [row("2")], ["out_of_order", "applied"]),
    ([migration("1", text="y")], [row("1")], ["changed"]),
    ([migration("1", down="e")], [row("1")], ["down_changed"]),
    ([migration("1", down=None)], [row("1")], ["down_changed"]),
    ([migration("2")], [row("1"), row("2")], ["missing", "applied"]),
    ([migration("1")], [row("1"), row("2")], ["applied", "ahead"]),
    ([migration("1")], [row("1", RowState.RUNNING)], ["partial"]),
    ([migration("9"), migration("10")], [row("9")], ["applied", "pending"]),
    ([migration("0"), migration("1")], [], ["pending", "pending"]),
    ([migration("000"), migration("001")], [row("000")], ["applied", "pending"]),
    ([], [row("0")], ["ahead"]),
    ([], [], []),
]


@pytest.mark.parametrize(("files", "rows", "states"), STATES)
def test_each_version_has_the_state_that_folder_and_history_give(
    files: list[Migration], rows: list[HistoryRow], states: list[str]
) -> None:
    """Every combination has a state, and only files in order exit with 0."""
    status = compare(files, rows)
    assert states == [entry.state.value for entry in status.entries]
    expected = 6 if "partial" in states else 3 if set(states) - {"applied"} else 0
    assert expected == status.exit_code


@pytest.mark.parametrize(
    ("files", "rows", "error", "reason"),
    [
        ([migration("1", text="y")], [row("1")], Refused, r"was changed .*1_a\.up\.sql"),
        ([migration("2")], [row("1"), row("2")], Refused, "version 1 .* file is missing"),
        (
            [migration("1"), migration("2")],
            [row("2")],
            Refused,
            r"older than the applied version 2.*1_a\.up\.sql",
        ),
        ([migration("1")], [row("1", RowState.ROLLING_BACK)], PartlyApplied, "version 1 is partly"),
    ],
)
def test_nothing_is_applied_on_a_ladder_that_cannot_be_trusted(
    files: list[Migration], rows: list[HistoryRow], error: type[WavehouseError], reason: str
) -> None:
    """The error names the file or version, before any work."""
    with pytest.raises(error, match=reason):
        to_apply([*files, migration("3")], rows, to=None, allow_out_of_order=False)


def test_an_older_file_is_applied_when_it_is_allowed() -> None:
    """An option allows files that arrived late."""
    files = [migration("1"), migration("2"), migration("3")]
    chosen = to_apply(files, [row("2")], to=None, allow_out_of_order=True)
    assert ["1", "3"] == [m.version for m in chosen]


def test_to_stops_after_its_version_and_must_exist() -> None:
    """An unknown version is an error and does not mean all."""
    files = [migration("1"), migration("2"), migration("3")]
    chosen = to_apply(files, [row("1")], to="2", allow_out_of_order=False)
    assert ["2"] == [m.version for m in chosen]
    for wrong in ("4", "abc", "", "-1"):
        with pytest.raises(UsageError):
            to_apply(files, [], to=wrong, allow_out_of_order=False)


def test_a_database_ahead_of_the_folder_is_left_alone() -> None:
    """An older release on a newer schema has nothing to apply."""
    rows = [row("1"), row("2")]
    assert () == to_apply([migration("1")], rows, to=None, allow_out_of_order=False)


def undo(
    files: list[Migration], rows: list[HistoryRow], to: str | None = None, steps: int = 1
) -> list[str]:
    chosen = to_roll_back(files, rows, to=to, steps=steps, allow_changed_down=False)
    return [migration.version for migration in chosen]


def test_a_rollback_takes_the_newest_first_by_steps_or_down_to_a_version() -> None:
    """Steps count applied versions; the version given by --to stays; 0 undoes all."""
    files, rows = [migration(v) for v in ("1", "2", "10")], [row("1"), row("2"), row("10")]
    assert ["10"] == undo(files, rows)
    assert ["10", "2"] == undo(files, rows, steps=2)
    assert ["10", "2"] == undo(files, rows, to="1")
    assert ["10", "2", "1"] == undo(files, rows, to="0")
    assert ["10", "2", "1"] == undo(files, rows, steps=9)
    assert [] == undo(files, rows, to="10")


@pytest.mark.parametrize(
    ("oldest", "reason"),
    [
        (migration("1", down=None), "no down file"),
        (migration("1", text="y"), "was changed"),
        (migration("1", down="e"), "has changed since its version"),
        (migration("7"), "files are not in the folder"),
    ],
)
def test_a_rollback_that_cannot_reach_its_end_does_not_begin(
    oldest: Migration, reason: str
) -> None:
    """All chosen versions are checked before the first one is rolled back."""
    with pytest.raises(Refused, match=reason):
        undo([oldest, migration("2")], [row("1"), row("2")], steps=2)


def test_a_half_is_undone_before_everything_else() -> None:
    """The plain command repairs it, also when newer versions are complete."""
    files, rows = [migration("1"), migration("2")], [row("1", RowState.RUNNING), row("2")]
    assert ["1"] == undo(files, rows)
    with pytest.raises(PartlyApplied):
        undo(files, rows, to="1")
