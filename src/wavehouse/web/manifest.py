"""The dashboard pages that belong to no single context, and ``/metrics``."""

from __future__ import annotations

from wavehouse.kernel.manifest import Manifest, Page, Routes

MANIFEST = Manifest(
    routes=(Routes(target="wavehouse.web.exposition:routers"),),
    pages=(
        Page(path="/", title="Overview", icon="chart-line", key="o", order=10),
        Page(path="/organizations", target="wavehouse.web.organizations:router"),
        Page(path="/outbox", target="wavehouse.web.outbox:router"),
    ),
)
