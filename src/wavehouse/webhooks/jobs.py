"""Recurring jobs of ``webhooks``."""

from __future__ import annotations

from collections.abc import Callable

from wavehouse.webhooks.adapters import Sealer, WebSender
from wavehouse.webhooks.service.delivering import deliver
from wavehouse.workspace import Workspace


def delivering(workspace: Workspace) -> Callable[[], str | None]:
    """Send due deliveries; returns a line when an endpoint was disabled."""
    operational = workspace.stores.operational
    sealer = Sealer.of(operational.place)
    sender = WebSender(allow_private=workspace.settings["webhook_allow_private"])

    def work() -> str | None:
        done = deliver(operational, sealer=sealer, sender=sender)
        return f"{done.disabled} webhook endpoints were disabled" if done.disabled else None

    return work
