"""Scheduled jobs of ``entitlements``."""

from __future__ import annotations

from collections.abc import Callable

from wavehouse.entitlements.service import processing, reconciling
from wavehouse.kernel.serving import address_of
from wavehouse.mail import mail_of
from wavehouse.workspace import Workspace


def folding(workspace: Workspace) -> Callable[[], str | None]:
    """Fold the waiting events, and email listeners whose payment failed."""
    database, home = workspace.stores.listeners, workspace.home
    origin = address_of(workspace.settings)
    mail = mail_of(workspace.settings, domain=origin.partition("://")[2].partition(":")[0])

    def work() -> str | None:
        done = processing.process(database, organization_id=home)
        processing.send_notices(
            database, mail=mail, own_page=f"{origin}/listener/access", organization_id=home
        )
        return f"{done.anomalies} payment events could not be processed" if done.anomalies else None

    return work


def reducing(workspace: Workspace) -> Callable[[], str | None]:
    """Remove the content of old events (E26)."""

    def work() -> str | None:
        with workspace.stores.listeners.worker() as tx:
            count = reconciling.reduce_payloads(tx, identity=workspace.identity)
        return f"{count:,} payment events were reduced" if count else None

    return work


def reconciling_line(count: int, fixed: int) -> str | None:
    """The line for the operator; None when the provider and this installation agree."""
    return f"{count} entitlements differ from the provider's, {fixed} granted" if count else None


def reconcile(workspace: Workspace) -> Callable[[], str | None]:
    """Compare with the provider's summaries; grant its active entitlements (E28)."""

    def work() -> str | None:
        with workspace.stores.listeners.worker() as tx:
            drifts = reconciling.reconcile(tx, identity=workspace.identity)
        return reconciling_line(len(drifts), sum(drift.fixed for drift in drifts))

    return work
