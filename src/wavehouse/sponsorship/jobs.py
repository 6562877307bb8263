"""Background work of ``sponsorship``."""

from __future__ import annotations

from pathlib import Path

from wavehouse.accounts import Identity
from wavehouse.sponsorship.service.conversions import ingest_conversions
from wavehouse.store import Database, Operational


def read_again(
    operational: Database[Operational], path: Path, *, identity: Identity
) -> frozenset[int]:
    """Read a file of conversions again; returns the numbers of the still unusable lines."""
    bad: set[int] = set()
    with operational.app(identity.organization_id) as tx:
        ingest_conversions(
            tx,
            identity=identity,
            path=path,
            quarantine=lambda _, rows: bad.update(row.line for row in rows),
        )
    return frozenset(bad)
