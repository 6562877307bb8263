"""Use case: take the measurements for the rules, for one organization."""

from __future__ import annotations

from datetime import timedelta

from wavehouse import catalog, measurement
from wavehouse.accounts import Identity
from wavehouse.alerts import rules
from wavehouse.alerts.types import Observation
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.measurement import RollupPasses
from wavehouse.store import Stores


def observe(stores: Stores, settings: Settings, *, identity: Identity) -> list[Observation]:
    """The current observations of every rule, in the order of the rules."""
    now = clock.now()
    with stores.operational.worker() as tx:
        waiting, passes = measurement.waiting_work(tx), measurement.rollup_passes(tx)
    quiet = timedelta(hours=settings["alert_quiet_hours"])
    with (
        stores.analytics.app(identity.organization_id) as analytics,
        stores.operational.app(identity.organization_id) as tx,
    ):
        shows = catalog.list_podcasts(tx, identity=identity)
        sources = measurement.quiet_sources(tx, identity=identity, quiet=quiet)
        requests = measurement.request_shares(tx, identity=identity)
        expired = measurement.expired_inclusions(tx, identity=identity)
        weeks = measurement.weekly_downloads(analytics, identity=identity)
    titles = {show.podcast_id: show.title for show in shows}
    least = settings["alert_least"]
    return [
        rules.figures_late(waiting, now=now, limit=settings["alert_delay_minutes"]),
        rules.daily_rollups_late(waiting, now=now, by_hour=settings["alert_daily_by_hour"]),
        rules.rollup_slow(passes, limit=settings["alert_rollup_minutes"]),
        *rules.sources_quiet(sources, now=now, limit=settings["alert_quiet_hours"]),
        *rules.feeds_failing(shows, now=now, limit=settings["alert_feed_hours"]),
        *rules.shares(
            requests,
            unknown_limit=settings["alert_unknown_percent"],
            bad_ip_limit=settings["alert_bad_ip_percent"],
            least=least,
        ),
        *rules.downloads_falling(weeks, titles, limit=settings["alert_drop_percent"], least=least),
        rules.inclusions_expired(len(expired)),
    ]


def passes_of_late(stores: Stores, *, identity: Identity) -> RollupPasses:
    """Rollups of the last day: number, duration, how long hours waited."""
    with stores.operational.worker() as tx:
        return measurement.rollup_passes(tx)
