"""What ``entitlements`` announces."""

from __future__ import annotations

from wavehouse.kernel.manifest import Manifest, Routes, Schedule

MANIFEST = Manifest(
    routes=(Routes(target="wavehouse.entitlements.http:routers"),),
    schedules=(
        Schedule(
            name="folding of payment events",
            seconds=5,
            first=2,
            target="wavehouse.entitlements.jobs:folding",
        ),
        Schedule(
            name="reduction of payment events",
            seconds=86_400,
            first=600,
            target="wavehouse.entitlements.jobs:reducing",
        ),
        Schedule(
            name="reconciliation of entitlements",
            seconds=86_400,
            first=900,
            target="wavehouse.entitlements.jobs:reconcile",
        ),
    ),
)
