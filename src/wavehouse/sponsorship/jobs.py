"""Work of ``sponsorship`` that no person asks for."""

from __future__ import annotations

from pathlib import Path

from wavehouse.sponsorship.service.conversions import ingest_conversions
from wavehouse.workspace import Workspace


def read_again(workspace: Workspace, path: Path) -> frozenset[int]:
    """Read a file of conversions again; the numbers of the lines that still cannot be used."""
    bad: set[int] = set()
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        ingest_conversions(
            tx,
            identity=workspace.identity,
            path=path,
            quarantine=lambda _, rows: bad.update(row.line for row in rows),
        )
    return frozenset(bad)
