"""Repeated jobs of ``listeners``."""

from __future__ import annotations

from collections.abc import Callable

from wavehouse.listeners.service.expiry import tidy
from wavehouse.mail import outbox_folder
from wavehouse.workspace import Workspace


def tidying(workspace: Workspace) -> Callable[[], None]:
    """Delete expired data: sessions, links, challenges, emails, unused chapters and devices."""

    def work() -> None:
        tidy(workspace.stores.listeners, outbox=outbox_folder(workspace.settings))

    return work
