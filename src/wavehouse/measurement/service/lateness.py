"""Use cases that measure how late figures are, and anomalies in recent requests."""

from __future__ import annotations

from datetime import timedelta

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.measurement.queries import lateness as queries
from wavehouse.measurement.types import (
    NO_PODCAST,
    QuietSource,
    RequestShares,
    RollupPasses,
    WaitingWork,
    WeeklyDownloads,
)
from wavehouse.store import Analytics, Operational, Tx

LATELY = timedelta(days=1)
REGULAR = timedelta(days=14)
REGULAR_DAYS = 3
ENOUGH = 1000
"""The number of requests needed to compute a share."""


def waiting_work(tx: Tx[Operational]) -> WaitingWork:
    """The time since which stored requests have waited to be counted, in the installation."""
    return queries.waiting_work(tx, today=clock.now().date())


def rollup_passes(tx: Tx[Operational]) -> RollupPasses:
    """The rollup runs within a day, in the installation."""
    return queries.rollup_passes(tx, since=clock.now() - LATELY)


def quiet_sources(
    tx: Tx[Operational], *, identity: Identity, quiet: timedelta
) -> list[QuietSource]:
    """Sources that delivered on three days of the last two weeks, but not within ``quiet``."""
    now = clock.now()
    return queries.quiet_sources(
        tx,
        organization_id=identity.organization_id,
        since=now - REGULAR,
        quiet_before=now - quiet,
        least_days=REGULAR_DAYS,
    )


def request_shares(tx: Tx[Operational], *, identity: Identity) -> RequestShares:
    """The requests of the last hour, or of 6 or 24 hours when an hour has few.

    All, and the anomalous ones. This avoids reading a day of millions every minute.
    """
    shares = RequestShares(0, 0, 0, 0, 0)
    for hours in (1, 6, 24):
        shares = queries.request_shares(
            tx, organization_id=identity.organization_id, now=clock.now(), hours=hours
        )
        if shares.candidates >= ENOUGH or shares.requests >= 10 * ENOUGH:
            break
    return shares


def weekly_downloads(analytics: Tx[Analytics], *, identity: Identity) -> list[WeeklyDownloads]:
    """Downloads of each show in the week that ended yesterday, and in the week before."""
    return queries.weekly_downloads(
        analytics,
        organization_id=identity.organization_id,
        yesterday=clock.now().date() - timedelta(days=1),
        all_shows=NO_PODCAST,
    )
