"""Headers that clients and proxies send: preconditions (P12) and the id of the last event."""

from __future__ import annotations

import pytest

from wavehouse.listeners.http import preconditions
from wavehouse.listeners.http.events import cursor_of


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "version", "holds"),
    [
        (None, None, 3, True), (None, None, None, True),
        ("", None, 3, False), (" ", None, None, False),
        ('"v3"', None, 3, True), ('"v2", "v3"', None, 3, True), (',"v3",', None, 3, True),
        ('W/"v3"', None, 3, False), ('"v3"', None, None, False), ('"other"', None, 3, False),
        ("*", None, 3, True), ("*", None, None, False),
        (None, "*", 3, False), (None, "*", None, True),
        (None, 'W/"v3"', 3, False), (None, '"v2"', 3, True), (None, "", 3, True),
        ("*", "*", 3, False), ("*", "*", None, False), ("*", '"v3"', 3, False),
    ],
)  # fmt: skip
def test_p12_a_precondition_holds_as_rfc_9110_says(
    if_match: str | None, if_none_match: str | None, version: int | None, holds: bool
) -> None:
    """An empty If-Match is an empty list, which matches nothing."""
    assert holds is preconditions.read(if_match, if_none_match).holds(version)


@pytest.mark.parametrize(
    ("text", "cursor"),
    [
        ("1796013005", 1796013005), (" 7 ", 7), ("", 0), ("abc", 0), ("-5", 0), ("1,2", 0),
        ("9" * 19, 0), ("\u0664", 0),
    ],
)  # fmt: skip
def test_p21_an_unknown_event_id_begins_with_the_current_state(text: str, cursor: int) -> None:
    """A refusal would end the stream of a browser forever."""
    assert cursor == cursor_of(text)
