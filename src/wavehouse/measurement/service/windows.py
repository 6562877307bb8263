"""Use case: a period's downloads by every counting window, side by side, and why they differ.

Only the calendar window is stored. Listeners who requested an episode on only one UTC day count the
same in all windows; the requests of the others are read again and folded (R35–R40). No result is
stored, so a late line needs no repair (R42).
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock, telemetry
from wavehouse.kernel.errors import UsageError
from wavehouse.measurement.queries import titles as title_queries
from wavehouse.measurement.queries import windows as queries
from wavehouse.measurement.rules import windows as rules
from wavehouse.measurement.rules.months import months_spanned
from wavehouse.measurement.rules.window_sums import LOOKBACK, WindowSums
from wavehouse.measurement.service.reading import require_raw
from wavehouse.measurement.service.whole import raw_tables
from wavehouse.measurement.types import WindowFigures
from wavehouse.store import Operational, Tx


def by_window(
    operational: Tx[Operational],
    *,
    identity: Identity,
    first: date,
    last: date,
    podcast_id: UUID | None = None,
) -> WindowFigures:
    """A period by all windows. UsageError when it spans more than two months (R44).

    UsageError also when retention has dropped raw data of the period; LimitReached when the plan
    does not include it.
    """
    require_raw(operational, identity=identity, first=first)
    if months_spanned(first, last) > 2:
        raise UsageError(
            f"{first} to {last} spans more than two months: listeners cannot be "
            "matched across it (R44)",
            hint="Use one or two adjacent months with --from and --to.",
        )
    start, end = clock.start_of_day(first), clock.start_of_day(last + timedelta(days=1))
    earlier = first.replace(day=1)
    if earlier.month == last.month:
        earlier = (earlier - timedelta(days=1)).replace(day=1)
    border = clock.start_of_day((earlier + timedelta(days=32)).replace(day=1))
    back = max(start - LOOKBACK, clock.start_of_day(earlier))
    sums = WindowSums(first, last)
    organization_id = identity.organization_id
    with telemetry.span("count.windows"):
        tables = raw_tables(operational, identity=identity, start=back, end=end + rules.DAY)
        queries.find_repeated(
            operational,
            organization_id=organization_id,
            start=back,
            end=end + rules.DAY,
            border=border,
            podcast_id=podcast_id,
            tables=tables,
        )
        sums.calendar(
            queries.calendar_downloads(
                operational,
                organization_id=organization_id,
                start=start,
                end=end,
                border=border,
                podcast_id=podcast_id,
                tables=tables,
            )
        )
        sums.rolling(
            queries.parts(
                operational,
                organization_id=organization_id,
                start=back,
                end=end + rules.DAY,
                border=border,
                tables=tables,
            )
        )
        titles = title_queries.episode_titles(
            operational, organization_id=organization_id, episode_ids=sums.episode_ids
        )
    return sums.figures(titles)
