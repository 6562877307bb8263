"""Bunny's pipes: whole lines are read, lines shifted by a value are refused."""

from __future__ import annotations

from typing import Any

from wavehouse.measurement.formats import format_of, layout_of

LINE = format_of("bunny").sample


def test_a_pipe_inside_a_value_is_refused_not_shifted(reader: Any) -> None:
    """One value too many, also with another one missing, is refused."""
    one_more = LINE.replace("AppleCoreMedia/", "Pod|cast/")
    shifted = one_more.replace("|390|", "|")
    layout = layout_of(LINE, "bunny", "a.log")
    found = reader.read(LINE + one_more + shifted, layout)

    assert [(2, "malformed_line"), (3, "malformed_line")] == [
        (reject.line_number, reject.fault) for reject in found
    ]
    assert 1 == len(reader.fields())


def test_host_and_path_come_from_the_address(reader: Any) -> None:
    """The query is kept, because it may name the file; a dash is an empty referrer or agent."""
    (row,) = reader.rows(LINE.replace("/one.mp3", "/one.mp3?x=1"))

    assert ("media.example", "/show/one.mp3?x=1", "") == (row["host"], row["uri"], row["site"])
