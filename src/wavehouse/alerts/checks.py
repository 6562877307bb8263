"""A ``wavehouse doctor`` check and ``/metrics`` values: open alerts and freshness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from wavehouse import measurement
from wavehouse.accounts import Identity
from wavehouse.alerts.rules import RULES
from wavehouse.alerts.service.managing import list_alerts
from wavehouse.kernel import clock
from wavehouse.kernel.findings import Finding, Measure
from wavehouse.store import Stores
from wavehouse.workspace import Workspace

_DAILY_BY = 2


def alerts(workspace: Workspace) -> Finding:
    """Open alerts that nobody has acknowledged."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        listed = list_alerts(tx, identity=workspace.identity)
    waiting = [alert for alert in listed if alert.acknowledged_at is None]
    if not waiting:
        acknowledged = f"{len(listed)} open, all acknowledged" if listed else "no open alerts"
        return Finding("alerts", True, acknowledged)
    more = f"; {len(waiting) - 1} more" if len(waiting) > 1 else ""
    return Finding("alerts", False, f"{waiting[0].message}{more}", "wavehouse alerts list")


def measures(stores: Stores, *, identity: Identity) -> Iterator[Measure]:
    """Open alerts by rule, and how fresh the figures are."""
    now = clock.now()
    with stores.operational.worker() as tx:
        waiting, passes = measurement.waiting_work(tx), measurement.rollup_passes(tx)
    with stores.operational.app(identity.organization_id) as tx:
        listed = list_alerts(tx, identity=identity)
        requests = measurement.request_shares(tx, identity=identity)
    by_rule = Counter(alert.rule for alert in listed)
    for rule in RULES:
        yield Measure("wavehouse_alerts_open", by_rule[rule.value], {"rule": rule.value})
    delay = 0.0 if waiting.since is None else max((now - waiting.since).total_seconds(), 0.0)
    yield Measure("wavehouse_figure_delay_seconds", round(delay, 1))
    if passes.waited_p99 is not None and passes.longest is not None:
        yield Measure("wavehouse_figure_delay_p99_seconds", passes.waited_p99.total_seconds())
        yield Measure("wavehouse_rollup_longest_seconds", passes.longest.total_seconds())
    midnight = clock.start_of_day(now.date())
    past = waiting.since_of_past
    late = past is not None and past < midnight + _DAILY_BY * clock.HOUR <= now
    yield Measure("wavehouse_daily_rollups_late", int(late))
    if requests.candidates:
        share = requests.unknown_path / requests.candidates
        yield Measure("wavehouse_unknown_path_share", share)
    if requests.requests:
        yield Measure("wavehouse_bad_ip_share", requests.bad_ip / requests.requests)
