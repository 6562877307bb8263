"""The lists of the overview: episodes, splits, campaigns, and empty states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from wavehouse import measurement
from wavehouse.charts import format as fmt
from wavehouse.kernel.money import ratio
from wavehouse.web.metrics import Partial, trend
from wavehouse.web.services import CampaignFigures, EpisodeFigures, Figures, Split
from wavehouse.web.view import BarRow, CampaignRow, Empty, EpisodeRow, Figure, SplitCard, Trend

_ROWS = 7
TONES = {
    "active": "good",
    "running": "good",
    "scheduled": "info",
    "draft": "plain",
    "paused": "warn",
    "completed": "plain",
    "cancelled": "bad",
}
_LOGS = "wavehouse ingest logs access.log.gz"

NO_CAMPAIGNS = Empty(
    "No campaigns in this range",
    "What each sponsor’s campaign brought: conversions, revenue and return on investment.",
    "wavehouse campaigns import campaigns.json",
)


def no_episodes(*, has_shows: bool) -> Empty:
    """The first command to type: add a feed, or, when there is one, a log."""
    if has_shows:
        return Empty(
            "No downloads in this range",
            "Episodes appear here, most downloaded first, once a log of their downloads has been "
            "read.",
            _LOGS,
        )
    return Empty(
        "No shows yet",
        "Episodes come from the show’s RSS feed; downloads are counted for what is in it.",
        "wavehouse ingest feed https://example.com/feed.xml",
    )


def _trend(now: int, before: int | None, *, compared: bool, partial: Partial) -> Trend | None:
    """A row's change, when the whole range is over and the row has a previous value."""
    if not compared or partial.running:
        return None
    return trend(fmt.change(now, before), f"from {fmt.count(before)}")


def episodes(
    current: Figures, before: Figures | None, *, latest: bool, partial: Partial
) -> tuple[EpisodeRow, ...]:
    """The top or the newest episodes of the range."""
    old = {row.episode_id: row.downloads for row in before.episodes} if before else {}
    best = max((row.downloads for row in current.episodes), default=0)
    order: Callable[[EpisodeFigures], tuple[object, ...]] = _by_release if latest else _by_downloads
    ranked = sorted(current.episodes, key=order)[:_ROWS]
    return tuple(
        EpisodeRow(
            title=f"#{row.number} · {row.title}" if row.number is not None else row.title,
            released=fmt.day(row.released),
            downloads=Figure(fmt.count(row.downloads)),
            completion=fmt.percent(row.completion, 0),
            trend=_trend(
                row.downloads,
                old.get(row.episode_id),
                compared=before is not None and before.covered,
                partial=partial,
            ),
            share=_length(row.downloads, best),
        )
        for row in ranked
    )


def _by_downloads(row: EpisodeFigures) -> tuple[int, str]:
    return (-row.downloads, row.title)


def _by_release(row: EpisodeFigures) -> tuple[int, str]:
    return (-(row.released or date.min).toordinal(), row.title)


def splits(current: Figures, before: Figures | None, *, partial: Partial) -> tuple[SplitCard, ...]:
    """A card for each split, its members by downloads; the rest in one line."""
    old = {split.dimension.name: split.figures for split in before.splits} if before else {}
    covered = before is not None and before.covered
    return tuple(
        SplitCard(
            split.dimension.name,
            card.title,
            _bars(
                split,
                old.get(split.dimension.name, ()) if covered else None,
                partial,
                card.rows,
            ),
            Empty(f"No {card.title.lower()} in this range", card.empty, _LOGS),
        )
        for split in current.splits
        if (card := split.dimension.card) is not None
    )


def _bars(
    split: Split, before: Sequence[measurement.Figure] | None, partial: Partial, most: int
) -> tuple[BarRow, ...]:
    named = _NAMES.get(split.dimension.names, _own_name)
    total = sum(row.downloads for row in split.figures)
    old = {row.member: row.downloads for row in before or ()}
    ranked = sorted(split.figures, key=lambda row: (-row.downloads, row.member))
    kept = ranked if len(ranked) <= most else ranked[: most - 1]
    best = ranked[0].downloads if ranked else 0
    listed = [
        _bar(
            named(row.member),
            row.downloads,
            total,
            best,
            _trend(
                row.downloads, old.get(row.member), compared=before is not None, partial=partial
            ),
        )
        for row in kept
    ]
    rest = ranked[len(kept) :]
    if rest:
        amount = sum(row.downloads for row in rest)
        listed.append(_bar(f"{len(rest)} others", amount, total, best, None))
    return tuple(listed)


def _bar(label: str, downloads: int, total: int, best: int, change: Trend | None) -> BarRow:
    return BarRow(
        label=label,
        downloads=Figure(fmt.compact(downloads), fmt.count(downloads)),
        share=fmt.percent(ratio(downloads, total)),
        length=_length(downloads, best),
        trend=change,
    )


def _length(value: int, best: int) -> str:
    """A percentage of the longest bar, for the ``width`` of an SVG rectangle."""
    share = min(ratio(value, best) or Decimal(0), Decimal(1))
    return f"{share * 100:.1f}%"


def campaigns(rows: Sequence[CampaignFigures]) -> tuple[CampaignRow, ...]:
    """The campaigns as given, highest revenue first."""
    return tuple(
        CampaignRow(
            sponsor=row.sponsor,
            name=row.name,
            status=row.status.replace("_", " ").capitalize(),
            tone=TONES.get(row.status.lower(), "plain"),
            conversions=fmt.count(row.conversions),
            revenue=Figure(fmt.money(row.revenue), fmt.money_exact(row.revenue)),
            roi=fmt.times(row.roi),
        )
        for row in rows
    )


def _own_name(member: str | None) -> str:
    return member or "Unknown"


def country_name(code: str | None) -> str:
    """A country's English name, or its code when the name is unknown."""
    return "Unknown" if not code else _country_names().get(code.upper(), code)


@cache
def _country_names() -> dict[str, str]:
    listed = files("wavehouse.web").joinpath("countries.tsv").read_text(encoding="utf-8")
    pairs = (line.partition("\t") for line in listed.splitlines() if not line.startswith("#"))
    return {code: name for code, _, name in pairs}


_NAMES: dict[str, Callable[[str | None], str]] = {"countries": country_name}
