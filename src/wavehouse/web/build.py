"""Build the page's view from figures: pure functions of their input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from wavehouse.charts import format as fmt
from wavehouse.kernel.errors import NotFound
from wavehouse.kernel.ids import PodcastId
from wavehouse.web import first_run, tables
from wavehouse.web.cards import cards, unknown_explained
from wavehouse.web.curve import chart
from wavehouse.web.metrics import KINDS, partial_buckets
from wavehouse.web.ranges import CUSTOM, NAMES, Query
from wavehouse.web.services import (
    CampaignFigures,
    Figures,
    Freshness,
    PodcastRef,
)
from wavehouse.web.view import Fresh, Header, Link, Overview

_METHOD = (
    "One download per listener, episode and UTC day; at least one minute of audio received; "
    "bots, data centres and repeats removed."
)
_DEFINITIONS = (
    *((kind.name, kind.meaning) for kind in KINDS.values()),
    (
        "ROI",
        (
            "Credited revenue times its margin, less the campaign’s value, divided by that value; "
            "a dash when the campaign has no value."
        ),
    ),
    (
        "Changes",
        (
            "Compared with the same number of days before, shifted by whole weeks "
            "so that weekdays match; an unfinished range is compared by its finished part."
        ),
    ),
)
_REASONS = {
    "bot": "bots",
    "datacenter": "data centres",
    "vpn": "VPNs",
    "watch": "watches",
    "empty_agent": "no user agent",
    "malformed_agent": "malformed user agents",
    "bad_method": "not GET",
    "bad_status": "errors and redirects",
    "internal": "the server itself",
    "not_modified": "not modified",
    "probe_range": "probes",
    "bad_ip": "unreadable addresses",
    "unknown_path": "unknown files",
}


@dataclass(frozen=True, slots=True)
class Material:
    """The data of an overview page."""

    query: Query
    now: datetime
    podcasts: Sequence[PodcastRef]
    current: Figures
    previous: Figures | None
    campaigns: Sequence[CampaignFigures]
    freshness: Freshness
    removed: Mapping[str, int]


def chosen(podcasts: Sequence[PodcastRef], show: str) -> PodcastRef | None:
    """The show named in the URL, None for all; NotFound when it does not exist."""
    if not show:
        return None
    for podcast in podcasts:
        if str(podcast.podcast_id) == show:
            return podcast
    raise NotFound("Unknown show.", hint="Choose a show from the list.")


def overview(material: Material) -> Overview:
    """Build the overview page."""
    current, before = material.current, material.previous
    partial = partial_buckets(current.span, material.now)
    latest = material.query.episodes == "latest"
    return Overview(
        header=_header(material),
        cards=cards(material.query, current, before, partial),
        chart=chart(material.query, current, before, partial),
        episodes=tables.episodes(current, before, latest=latest, partial=partial),
        episode_tabs=(
            Link("Top", material.query.url(episodes="top"), not latest),
            Link("Latest", material.query.url(episodes="latest"), latest),
        ),
        splits=tables.splits(current, before, partial=partial),
        campaigns=tables.campaigns(material.campaigns),
        fresh=_fresh(material.freshness, material.now.date()),
        removed=_removed(material.removed),
        definitions=_definitions(material.freshness),
        method=_METHOD,
        rule=material.freshness.rule,
        empty_episodes=tables.no_episodes(has_shows=bool(material.podcasts)),
        empty_campaigns=tables.NO_CAMPAIGNS,
        sample_data=material.freshness.sample_data,
        windows_href="/windows" + material.query.url()[1:] if current.episodes else "",
        steps=first_run.steps(has_shows=bool(material.podcasts), fresh=material.freshness),
        unknown=unknown_explained(material.query, current),
    )


def _header(material: Material) -> Header:
    query, span = material.query, material.current.span
    show = chosen(material.podcasts, query.show) or _only(material.podcasts)
    title = show.title if show else "All shows"
    ranges = tuple(
        Link(label, query.url(range=name), query.range == name, name)
        for name, label in NAMES.items()
    )
    return Header(
        initials=_initials(show.title) if show else "",
        title=title,
        facts=_facts(material.podcasts, show, material.now.date()),
        shows=_shows(query, material.podcasts),
        ranges=ranges,
        range_label=fmt.period(span.first, span.last),
        compare=Link(
            "Stop comparing" if query.compare else "Compare with the previous period",
            query.url(compare=not query.compare),
            query.compare,
        ),
        compare_label=_compare_label(material),
        custom_from=span.first.isoformat(),
        custom_to=span.last.isoformat(),
        latest_day=material.now.date().isoformat(),
        hidden=_hidden(query),
    )


def _only(podcasts: Sequence[PodcastRef]) -> PodcastRef | None:
    """The only show, if there is just one, which is then shown instead of "all shows"."""
    return podcasts[0] if len(podcasts) == 1 else None


def _shows(query: Query, podcasts: Sequence[PodcastRef]) -> tuple[Link, ...]:
    """All shows, then each one; the digits 1–9 select them."""
    every = Link("All shows", query.url(show=""), not query.show, "1")
    each = (
        Link(
            podcast.title,
            query.url(show=str(podcast.podcast_id)),
            query.show == str(podcast.podcast_id),
            str(index) if index <= 9 else "",
        )
        for index, podcast in enumerate(podcasts, start=2)
    )
    return (every, *each)


def _hidden(query: Query) -> tuple[tuple[str, str], ...]:
    """The hidden fields of the custom date form."""
    kept = {
        "show": query.show,
        "compare": "" if query.compare else "off",
        "metric": str(query.metric),
        "episodes": query.episodes,
    }
    return (("range", CUSTOM), *((key, value) for key, value in kept.items() if value))


def _facts(podcasts: Sequence[PodcastRef], show: PodcastRef | None, today: date) -> str:
    if show is not None:
        parts = [_plural(show.episodes, "episode")]
        if show.checked_at is not None:
            parts.append(f"feed checked {_when(show.checked_at, today)}")
        return " · ".join(parts)
    if not podcasts:
        return "No shows yet"
    episodes = sum(podcast.episodes for podcast in podcasts)
    return f"{_plural(len(podcasts), 'show')} · {_plural(episodes, 'episode')}"


def _plural(amount: int, noun: str) -> str:
    return f"{fmt.count(amount)} {noun}{'' if amount == 1 else 's'}"


def _initials(title: str) -> str:
    """Two letters for the show's tile; none for all shows, which have an icon."""
    letters = [character for character in title if character.isalnum()]
    return "".join(letters[:2]).capitalize()


def _compare_label(material: Material) -> str:
    if material.previous is None:
        return "not compared"
    days = material.current.span.days
    if days == 1:
        return fmt.weekday(material.previous.span.first)
    return f"previous {days} days"


def _when(instant: datetime, today: date) -> str:
    """The time, with the date unless it is today."""
    time = f"{instant:%H:%M} UTC"
    return time if instant.date() == today else f"{fmt.day(instant.date())} {time}"


def _fresh(freshness: Freshness, today: date) -> Fresh:
    if freshness.events_to is None:
        return Fresh("No data yet", "none", ("Events appear after the first log is read.",))
    lines = [f"Events to {_when(freshness.events_to, today)}"]
    if freshness.rollup_at is not None:
        lines.append(f"Rollup done {_when(freshness.rollup_at, today)}")
    if freshness.quarantined:
        lines.append(f"{_plural(freshness.quarantined, 'row')} in quarantine")
    if freshness.dirty_hours:
        waiting = f"{_plural(freshness.dirty_hours, 'hour')} to recount"
        return Fresh("Recount is due", "warn", (*lines, waiting))
    return Fresh("Data is fresh", "good", tuple(lines))


def _definitions(freshness: Freshness) -> tuple[tuple[str, str], ...]:
    """The definitions of the figures, and the versions of rules and lists used."""
    versions = (("Rules", freshness.rule), ("Lists", freshness.lists))
    return (*_DEFINITIONS, *((name, said) for name, said in versions if said))


def _removed(removed: Mapping[str, int]) -> str:
    """The number of requests not counted, by reason."""
    total = sum(removed.values())
    if not total:
        return ""
    ranked = sorted(removed.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{_REASONS.get(key, key)} {fmt.count(amount)}" for key, amount in ranked[:3]]
    rest = total - sum(amount for _, amount in ranked[:3])
    if rest:
        named.append(f"other {fmt.count(rest)}")
    return f"{fmt.count(total)} requests filtered: {', '.join(named)}."


def podcast_id(podcasts: Sequence[PodcastRef], show: str) -> PodcastId | None:
    """The id of the show named in the URL, None for all."""
    podcast = chosen(podcasts, show)
    return podcast.podcast_id if podcast else None
