"""Types of options: ids and instants."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import click
import pytest

from wavehouse.kernel.options import INSTANT, Id

HALF_PAST_NINE = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-28T09:30:00", HALF_PAST_NINE),
        ("2026-11-28 09:30", HALF_PAST_NINE),
        ("2026-11-28T10:30:00+01:00", HALF_PAST_NINE),
        ("2026-11-28T09:30:00Z", HALF_PAST_NINE),
        ("2026-11-28", datetime(2026, 11, 28, tzinfo=UTC)),
    ],
)
def test_an_instant_is_utc_unless_it_has_an_offset(text: str, instant: datetime) -> None:
    """Always with a time zone."""
    assert instant == INSTANT.convert(text, None, None)


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "09:30"])
def test_another_text_is_refused_with_an_example(text: str) -> None:
    """Not with a list of strftime formats."""
    with pytest.raises(click.BadParameter, match="write 2026-11-28T09:30:00, which is UTC"):
        INSTANT.convert(text, None, None)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_that_no_calendar_can_count_from_is_refused(text: str) -> None:
    """It ended in an OverflowError where a command converted it or added days."""
    with pytest.raises(click.BadParameter, match="is outside 1970-01-01 to 2999-12-31"):
        INSTANT.convert(text, None, None)


def test_an_id_that_is_none_is_refused_with_the_command_that_lists_them() -> None:
    """A stranger has no ids; the command has them."""
    known = UUID("0192a000-0000-7000-8000-000000000001")
    wanted = Id("wavehouse retention holds")
    assert isinstance(wanted, type(click.UUID))  # programs that list options know it as an id
    assert known == wanted.convert(str(known), None, None)
    with pytest.raises(click.BadParameter, match="`wavehouse retention holds` lists them"):
        wanted.convert("HOLD_ID", None, None)
