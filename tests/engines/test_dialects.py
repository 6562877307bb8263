"""Transforms in the dialects of engines that no test here runs, compared with stored texts.

After a deliberate change: ``python -m tests.engines.test_dialects`` writes the texts again; read
the difference.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from wavehouse.engines import NOT_RUN, Value, translated
from wavehouse.measurement.adapters.roller import portable

HERE = Path(__file__).parent / "goldens"
VALUES: dict[str, Value] = {
    "first": datetime(2026, 11, 30, tzinfo=UTC),
    "last": datetime(2026, 12, 1, tzinfo=UTC),
    "computed_at": datetime(2026, 12, 2, 3, 4, 5, tzinfo=UTC),
}


def text_of(dialect: str) -> str:
    """All transforms in a dialect, as the stored file has them."""
    import sqlglot

    selects: tuple[tuple[str, dict[str, Value]], ...] = (
        (portable("listener_events", "episode_id", required=True), {"grain": "hour"}),
        (portable("listener_events", "platform"), {"grain": "day"}),
        (portable("audience"), {}),
        (portable("audience_all"), {}),
    )
    statements = [
        sqlglot.transpile(
            translated(select, dialect, {**VALUES, **more}, "wavehouse"),
            read=dialect,
            write=dialect,
            pretty=True,
        )[0]
        for select, more in selects
    ]
    return f"-- {dialect}: not run here\n" + ";\n\n".join(statements) + ";\n"


@pytest.mark.parametrize("dialect", NOT_RUN)
def test_ops24_transforms_are_translated_as_stored_for_engines_not_run_here(dialect: str) -> None:
    """A new version of sqlglot, or a change of a transform, shows what it would send."""
    assert (HERE / f"{dialect}.sql").read_text(encoding="utf-8") == text_of(dialect)


if __name__ == "__main__":
    for each in NOT_RUN:
        (HERE / f"{each}.sql").write_text(text_of(each), encoding="utf-8")
