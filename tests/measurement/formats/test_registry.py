"""Properties of every format, given by a file in ``measurement/formats``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import click
import pytest

from wavehouse.measurement import formats
from wavehouse.measurement.cli import options
from wavehouse.simulation import writers
from wavehouse.simulation.types import Request

AGENT = "AppleCoreMedia/1.0.0.22B91 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)"
REQUEST = Request(
    second=36_000, address="192.0.2.1", agent=AGENT, country="IT", method="GET",
    host="media.example", path="/show/one.mp3", query="", status="206", asked="bytes=0-999999",
    first=0, last=999_999, size=10_000_000, sent=1_000_000, kind="audio/mpeg",
)  # fmt: skip
NAMES = formats.names()


@pytest.fixture(params=NAMES)
def format_(request: pytest.FixtureRequest) -> formats.Format:
    return formats.format_of(request.param)


def test_a_format_is_detected_by_its_own_sample(format_: formats.Format) -> None:
    """It is not taken for another format, in any order of detection."""
    lines = format_.sample.split("\n")

    assert format_.name == formats.layout_of(format_.sample, "auto", "a.log").format
    assert [format_.name] == [
        each.name for each in formats.formats() if each.rank <= format_.rank and each.detects(lines)
    ]


def test_a_sample_is_one_request_for_the_same_file(reader: Any, format_: formats.Format) -> None:
    """The samples of all servers have the same time, method, path and agent."""
    (row,) = reader.rows(format_.sample)

    assert "2026-11-18 10:00:00" == str(row["sent_at"])
    assert ("GET", AGENT) == (row["method"], row["agent"].replace("%20", " "))
    assert row["uri"].endswith("/show/one.mp3")
    assert row["status"] in (200, 206, 302)
    if "address" not in format_.lacks:
        assert "192.0.2.1" == row["ip"]
    if "host" not in format_.lacks:
        assert row["host"] in ("media.example", "op3.dev")
    if "ranges" not in format_.lacks and row["status"] == 206 and "bytes" not in format_.lacks:
        assert (0, 999_999, 1_000_000) == (
            row["content_start"] or 0, row["content_end"] or 999_999, row["bytes"],
        )  # fmt: skip


@pytest.mark.parametrize("name", writers.names())
def test_the_simulators_line_and_the_sample_say_the_same(reader: Any, name: str) -> None:
    """They are independent of each other, so their agreement shows that both are correct."""
    day, writer = date(2026, 11, 18), writers.writer(name)
    found = formats.format_of(name)
    (said,) = reader.rows(found.sample)
    (written,) = reader.rows(writer.head + writer.line(day, REQUEST, Random(1)))
    for own in ("n", "native_id", *(["ip"] if "address" in found.lacks else [])):
        del said[own], written[own]

    assert said == written


def test_command_line_and_simulator_follow_from_the_folders() -> None:
    """A format's name is its file's name; the simulator writes no unknown format."""
    choice = next(
        parameter
        for parameter in options.FORMAT(click.Command("x")).params
        if parameter.name == "log_format"
    ).type

    assert isinstance(choice, click.Choice)
    assert ("auto", *NAMES) == tuple(choice.choices)
    assert set(writers.names()) <= set(NAMES)


def test_a_name_fits_the_check_of_the_database(format_: formats.Format) -> None:
    """The database checks the form of the name only, so a format needs no migration."""
    assert format_.name.isascii()
    assert format_.name == format_.name.lower()
    assert len(format_.name) <= 40
    assert Path(formats.__file__).with_name(f"{format_.name}.py").is_file()
