"""The data for the templates: finished text and addresses, nothing left to compute.

A template only loops and prints; ``build`` formats every figure, makes every link and draws every
chart. So a page can be tested without HTML or a database.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Link:
    """A choice: its label, its target, and whether it is the current one."""

    label: str
    href: str
    current: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as displayed, and its exact value for the title attribute."""

    shown: str
    exact: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """A change: its text, its direction in words (never by colour alone), the previous value."""

    shown: str
    direction: str
    before: str


@dataclass(frozen=True, slots=True)
class Card:
    """A metric's card; selecting it selects the chart. Without a link it has no data."""

    name: str
    figure: Figure
    trend: Trend | None
    spark: Markup
    href: str
    current: bool
    meaning: str
    why_empty: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """An empty state: an explanation, and the one command that fills it."""

    title: str
    text: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A row of the table behind the chart."""

    when: str
    value: str
    previous: str
    change: str
    note: str


@dataclass(frozen=True, slots=True)
class ChartPanel:
    """The main chart in three widths, only one of which is visible, and the equivalent table."""

    metric: str
    wide: Markup
    medium: Markup
    narrow: Markup
    rows: tuple[ChartRow, ...]
    note: str
    compared: str
    has_releases: bool
    empty: Empty | None = None


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """An episode's line; ``share`` is its downloads in per cent of the top episode's."""

    title: str
    released: str
    downloads: Figure
    completion: str
    trend: Trend | None
    share: str


@dataclass(frozen=True, slots=True)
class BarRow:
    """A line of a bar list; ``length`` is an SVG length such as ``38.6%``."""

    label: str
    downloads: Figure
    share: str
    length: str
    trend: Trend | None


@dataclass(frozen=True, slots=True)
class SplitCard:
    """The card of a split: its bar list, or its empty state."""

    name: str
    title: str
    rows: tuple[BarRow, ...]
    empty: Empty


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign's line."""

    sponsor: str
    name: str
    status: str
    tone: str
    conversions: str
    revenue: Figure
    roi: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """The data-freshness box."""

    headline: str
    tone: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """The page's header: the show, its facts, and the pickers."""

    initials: str
    title: str
    facts: str
    shows: tuple[Link, ...]
    ranges: tuple[Link, ...]
    range_label: str
    compare: Link
    compare_label: str
    custom_from: str
    custom_to: str
    latest_day: str
    hidden: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the first run. ``state`` is done, next or later; ``command`` is to be typed."""

    title: str
    text: str
    state: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole overview page. While ``steps`` is not empty, only the steps are shown."""

    header: Header
    cards: tuple[Card, ...]
    chart: ChartPanel
    episodes: tuple[EpisodeRow, ...]
    episode_tabs: tuple[Link, ...]
    splits: tuple[SplitCard, ...]
    campaigns: tuple[CampaignRow, ...]
    fresh: Fresh
    removed: str
    definitions: tuple[tuple[str, str], ...]
    method: str
    rule: str
    empty_episodes: Empty
    empty_campaigns: Empty
    sample_data: bool
    windows_href: str = ""
    steps: tuple[Step, ...] = ()
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A page with a single message: an error, or the sign-in page."""

    title: str
    text: str
    hint: str = ""
    command: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class WindowRow:
    """A counting window: its downloads, as a share of the largest, and its definition."""

    name: str
    downloads: str
    share: str
    meaning: str


@dataclass(frozen=True, slots=True)
class WindowsCard:
    """The counting windows of a range, and a text on why they differ."""

    rows: tuple[WindowRow, ...]
    why: tuple[str, ...]
