"""The date range of a page: its URL parameters, its days, and the previous range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.spelling import day_of
from wavehouse.web.services import Metric, Span

DEFAULT = "28d"
CUSTOM = "custom"
NAMES = {
    "today": "Today",
    "7d": "Last 7 days",
    "28d": "Last 28 days",
    "91d": "Last 91 days",
    "month": "This month",
}
_LONGEST_DAYS = 731
_EARLIEST = date(1970, 1, 1)
_LENGTHS = {"7d": 7, "28d": 28, "91d": 91}
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Query:
    """The URL's parameters. Defaults are left out, so that URLs stay short."""

    show: str = ""
    range: str = DEFAULT
    first: str = ""
    last: str = ""
    compare: bool = True
    metric: Metric = Metric.DOWNLOADS
    episodes: str = "top"

    def url(self, **changes: str | bool) -> str:
        """The page's URL with some parameters changed."""
        values = {
            "show": self.show,
            "range": self.range,
            "from": self.first if self.range == CUSTOM else "",
            "to": self.last if self.range == CUSTOM else "",
            "compare": "" if self.compare else "off",
            "metric": "" if self.metric is Metric.DOWNLOADS else str(self.metric),
            "episodes": "" if self.episodes == "top" else self.episodes,
        }
        for key, value in changes.items():
            values[key] = ("" if value else "off") if isinstance(value, bool) else value
        if values["range"] != CUSTOM:
            values["from"] = values["to"] = ""
        if values["range"] == DEFAULT:
            values["range"] = ""
        if values["metric"] == Metric.DOWNLOADS:
            values["metric"] = ""
        if values["episodes"] == "top":
            values["episodes"] = ""
        asked = {key: value for key, value in values.items() if value}
        return "/?" + urlencode(asked) if asked else "/"


def parsed(raw: dict[str, str]) -> Query:
    """Parse the URL's parameters; InvalidInput with the wrong parameter and valid values."""
    name = raw.get("range") or (CUSTOM if raw.get("from") or raw.get("to") else DEFAULT)
    if name not in NAMES and name != CUSTOM:
        raise _wrong("range", name, (*NAMES, CUSTOM))
    metric = raw.get("metric") or Metric.DOWNLOADS
    if metric not in list(Metric):
        raise _wrong("metric", metric, tuple(Metric))
    compare = raw.get("compare") or "previous"
    if compare not in ("previous", "off"):
        raise _wrong("compare", compare, ("previous", "off"))
    episodes = raw.get("episodes") or "top"
    if episodes not in ("top", "latest"):
        raise _wrong("episodes", episodes, ("top", "latest"))
    return Query(
        show=raw.get("show", ""),
        range=name,
        first=raw.get("from", ""),
        last=raw.get("to", ""),
        compare=compare == "previous",
        metric=Metric(metric),
        episodes=episodes,
    )


def _wrong(name: str, value: str, known: tuple[str, ...]) -> InvalidInput:
    return InvalidInput(
        f"Unknown value in the address: {name}={value[:40]}.",
        hint=f"Use one of: {', '.join(known)}.",
    )


def span_of(query: Query, today: date) -> Span:
    """The days of the range. Relative ranges end yesterday, because today is not over."""
    yesterday = today - timedelta(days=1)
    if query.range == "today":
        return Span(today, today)
    if query.range == "month":
        return Span(yesterday.replace(day=1), yesterday)
    if query.range == CUSTOM:
        return _custom(query, today)
    return Span(yesterday - timedelta(days=_LENGTHS[query.range] - 1), yesterday)


def _custom(query: Query, today: date) -> Span:
    first, last = day_of(query.first, "from"), day_of(query.last, "to")
    if first > last:
        raise InvalidInput("The end date is before the start date.", hint="Swap the two dates.")
    if first < _EARLIEST:
        raise InvalidInput(
            f"The range starts before {_EARLIEST.year}.", hint="Choose days of this century."
        )
    if first > today:
        raise InvalidInput("The range is in the future.", hint="Choose days up to today.")
    span = Span(first, min(last, today))
    if span.days > _LONGEST_DAYS:
        raise InvalidInput(
            f"The range has {span.days} days; a page shows at most {_LONGEST_DAYS}.",
            hint="Choose a shorter range.",
        )
    return span


def previous(span: Span) -> Span:
    """The preceding range of equal length, shifted by whole weeks so that weekdays align."""
    weeks = -(-span.days // _WEEK)
    shift = timedelta(days=weeks * _WEEK)
    return Span(span.first - shift, span.last - shift)
