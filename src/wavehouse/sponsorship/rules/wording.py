"""Numbers and dates as printed in a report, by the formatter that the web and the terminal use.

A report is more exact: readers check its sums, so amounts keep their cents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from wavehouse.charts import format as fmt
from wavehouse.kernel.money import Money

UNKNOWN = fmt.NOTHING
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_SMALL = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_LARGE = 10_000
_MOST_SPANS = 5

whole = fmt.count
times = fmt.times
day = fmt.day
moment = fmt.instant


def money(amount: Decimal | None, currency: str, *, short: bool = False) -> str:
    """An amount to the cent, or without cents when there are none.

    ``short`` omits the cents from ten thousand on, where space is scarce.
    """
    if amount is None:
        return UNKNOWN
    exact = Money(amount, currency).rounded()
    even = exact.amount == exact.amount.to_integral_value()
    if even or (short and abs(exact.amount) >= _LARGE):
        return fmt.money(exact)
    return fmt.money_exact(exact)


def percent(share: Decimal | None) -> str:
    """A percentage: the smaller it is, the more decimals it keeps, up to two."""
    if share is None or not share:
        return fmt.percent(share, 0)
    size = abs(share * 100)
    return fmt.percent(share, 0 if size >= 10 else 1 if size >= 1 else 2)


def full_day(value: date) -> str:
    """18 November 2026."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def span(first: date, last: date) -> str:
    """21 October – 20 November 2026; the first year is named when it differs."""
    start = f"{first.day} {_MONTHS[first.month - 1]}"
    if first.year != last.year:
        start = f"{start} {first.year}"
    return f"{start} – {full_day(last)}"


def data_to(at: datetime | None) -> str:
    """The end of the data: "data to 20 Nov 2026, 14:52 UTC", or that there is none."""
    return "no data yet" if at is None else f"data to {moment(at)}"


def days(days: Sequence[date]) -> str:
    """Days as a list of spans: 3 November 2026, 5 November – 7 November 2026; at most five."""
    spans: list[tuple[date, date]] = []
    for each in sorted(days):
        if spans and (each - spans[-1][1]).days == 1:
            spans[-1] = (spans[-1][0], each)
        else:
            spans.append((each, each))
    texts = [full_day(a) if a == b else span(a, b) for a, b in spans[:_MOST_SPANS]]
    return ", ".join(texts) + (" and more" if len(spans) > _MOST_SPANS else "")


def counted(number: int, noun: str) -> str:
    """A number with its noun: one day, five days, 21 days."""
    words = noun if number == 1 else f"{noun}s"
    return f"{_SMALL[number] if 0 <= number < len(_SMALL) else whole(number)} {words}"


def capitalised(sentence: str) -> str:
    """The sentence with a capital first letter, otherwise unchanged."""
    return sentence[:1].upper() + sentence[1:]


def shortened(text: str, longest: int) -> str:
    """The text, truncated with an ellipsis when it is too long."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def without_number(title: str, number: int | None) -> str:
    """An episode's title without its leading number, which a report prints beside it."""
    if number is None:
        return title
    return re.sub(rf"^#?{number}\s*[·:.–—|-]\s*(?=\S)", "", title)
