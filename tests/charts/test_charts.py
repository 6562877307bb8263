"""Charts are pure: the same data gives the same bytes, and text cannot become markup."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wavehouse.charts as door
from wavehouse.charts import (
    NARROW,
    PRINT,
    WEB,
    Bar,
    Mark,
    Size,
    Timeseries,
    bars,
    spark,
    timeseries,
)
from wavehouse.charts import format as fmt
from wavehouse.charts.scale import stride, ticks

WRITE = os.environ.get("WAVEHOUSE_GOLDEN") == "write"
GOLDEN = Path(__file__).parent / "golden"
VALUES = [5000.0, 8420.0, 3300.0, None, 4100.0, 6900.0, 2750.0]
SERIES = Timeseries(
    "Downloads",
    tuple(
        Mark(
            f"{day} Nov",
            f"{day} November\n{value or '–'}",
            value,
            None if value is None else value * 0.9,
            ("The subtitle hunters",) if day == 15 else (),
        )
        for day, value in enumerate(VALUES, start=14)
    ),
    fmt.axis,
    partial=6,
)
PICTURES = {
    "timeseries-web": timeseries(SERIES, theme=WEB, size=NARROW),
    "timeseries-print": timeseries(SERIES, theme=PRINT, size=Size(520, 200)),
    "spark": spark([3, 5, 2, None, 8], theme=WEB),
    "bars": bars(
        [Bar("Promo code", 238, "238"), Bar("Tracked link", 121, "121"), Bar("Other", 0, "0")],
        theme=PRINT,
        label="Conversions by method",
    ),
}
ATTACK = '<script>alert(1)</script> & "it\'s" \x00\x1b'


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_is_byte_for_byte_what_was_looked_at(name: str) -> None:
    """A changed picture shows in the diff. WAVEHOUSE_GOLDEN=write accepts it."""
    path = GOLDEN / f"{name}.svg"
    if WRITE:
        path.write_text(PICTURES[name] + "\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == PICTURES[name] + "\n"


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_needs_no_exception_from_the_content_security_policy(name: str) -> None:
    """Well-formed XML without style attributes, scripts or outside references."""
    root = ET.fromstring(PICTURES[name])  # noqa: S314 - our own drawing
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    attributes = {key for element in root.iter() for key in element.attrib}
    assert set() == tags & {"script", "style", "image", "foreignObject", "use"}
    assert set() == {key for key in attributes if key == "style" or key.startswith("on")}


def test_the_print_theme_holds_no_variable_and_the_web_theme_no_colour() -> None:
    """Print has no style sheet; a page changes its colours with the browser's dark mode."""
    assert "var(" not in PICTURES["timeseries-print"]
    assert "#" not in PICTURES["timeseries-web"].replace("url(#chart-area)", "")


def test_text_from_outside_stays_text() -> None:
    """Titles come from feeds: markup, quotes and control characters are escaped."""
    evil = Timeseries(ATTACK, (Mark(ATTACK, ATTACK, 1.0, None, (ATTACK,)),), lambda _: ATTACK)
    for picture in (
        timeseries(evil, theme=WEB),
        bars([Bar(ATTACK, 1, ATTACK)], theme=WEB, label=ATTACK),
    ):
        root = ET.fromstring(picture)  # noqa: S314 - our own drawing
        assert [] == [element for element in root.iter() if element.tag.endswith("script")]
        assert "<script" not in picture
        assert "\x1b" not in picture


def test_a_bucket_that_is_not_over_is_dotted_and_the_line_ends_before_it() -> None:
    """An unfinished day would look like a fall, so the line does not include it."""
    whole = timeseries(Timeseries("n", SERIES.marks, fmt.axis), theme=PRINT)
    assert 1 == PICTURES["timeseries-print"].count('stroke-dasharray="2 3"')
    assert 0 == whole.count('stroke-dasharray="2 3"')


def test_a_gap_is_a_gap_and_never_a_zero() -> None:
    """An unknown value splits the line in two."""
    solid = f'stroke="{PRINT.accent}" stroke-width="2"'
    line = timeseries(Timeseries("n", SERIES.marks, fmt.axis), theme=PRINT)
    assert 2 == line.count(f'fill="none" {solid}')


def test_every_mark_has_words_on_the_web_and_a_release_has_them_on_paper_too() -> None:
    """Each column has a title; the picture has a name with its extremes."""
    root = ET.fromstring(PICTURES["timeseries-web"])  # noqa: S314 - our own drawing
    hits = [element for element in root.iter() if element.get("class") == "hit"]
    assert len(VALUES) == len([hit for hit in hits if hit[0].text])
    assert "highest 8,420 on 15 Nov, lowest 2,750 on 20 Nov" in (root.get("aria-label") or "")
    assert "Released: The subtitle hunters" in PICTURES["timeseries-print"]


def test_nothing_to_draw_draws_nothing() -> None:
    """The empty string lets the caller show its empty state; a single value is centred."""
    assert "" == timeseries(Timeseries("n", (), fmt.axis), theme=WEB)
    assert "" == bars([], theme=WEB, label="n") == spark([1], theme=WEB) == spark([], theme=WEB)
    single = timeseries(Timeseries("n", (Mark("1 Nov", "", 3.0),), fmt.axis), theme=WEB)
    assert "<circle" in single
    assert "no data" in timeseries(Timeseries("n", (Mark("1 Nov", "", None),), fmt.axis), theme=WEB)


@given(st.floats(min_value=0, max_value=1e12), st.booleans())
def test_ticks_are_even_reach_the_highest_value_and_are_few(highest: float, whole: bool) -> None:
    """Equal steps from zero to less than one step above the maximum."""
    values = ticks(highest, whole=whole)
    assert 0.0 == values[0]
    assert values[-1] >= highest * (1 - 1e-9) - 1e-9
    assert 2 <= len(values) <= 7


@given(st.integers(1, 2000), st.integers(0, 40))
def test_labels_are_thinned_until_they_fit(count: int, room: int) -> None:
    """There are never more labels than fit."""
    assert -(-count // stride(count, room)) <= max(room, 1)


def test_negative_values_rest_on_the_base_line() -> None:
    """A day of refunds stays inside the picture."""
    marks = (Mark("a", "", -5.0), Mark("b", "", 10.0))
    root = ET.fromstring(timeseries(Timeseries("n", marks, fmt.axis), theme=WEB))  # noqa: S314
    places = [float(e.get("data-y", "0")) for e in root.iter() if e.get("class") == "hit"]
    assert 240.0 == places[0]


def test_what_the_door_lists_is_there() -> None:
    """The listed names exist; the linter keeps the list sorted."""
    assert [] == [name for name in door.__all__ if not hasattr(door, name)]


def test_years_of_days_stay_a_small_picture_that_can_be_pointed_at() -> None:
    """Columns are at least four units wide; the line still has every point."""
    many = tuple(Mark(str(n), f"tip {n}", float(n)) for n in range(731))
    root = ET.fromstring(timeseries(Timeseries("n", many, fmt.axis), theme=WEB, size=NARROW))  # noqa: S314
    hits = [element for element in root.iter() if element.get("class") == "hit"]
    assert 90 <= len(hits) <= 95
    assert {True} == {float(hit.get("width", "0")) >= 3.5 for hit in hits}
    longest = max((element.get("d", "").count("L") for element in root.iter()), default=0)
    assert 730 <= longest
