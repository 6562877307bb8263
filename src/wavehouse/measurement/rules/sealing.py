"""Rules of the sealed tier: which days are sealed, the names of files, the text of a manifest."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, timedelta

from wavehouse.measurement.types import SealedDay, SealedFile, SealManifest, SealState

AGE = timedelta(days=2)
"""A day is sealed when it is this old: most late lines have arrived by then."""
KINDS = ("requests", "downloads", "events")


def seal_state(day: SealedDay, *, today: date) -> SealState:
    """The state of a day. A day without rows in partitions is cold or, without a seal, open.

    So is a dropped day that has rows again: sealing these would replace all that it had.
    """
    if day.generation is not None and (day.dropped or not (day.has_partition and day.has_rows)):
        return SealState.COLD
    if day.day > today - AGE or not day.has_rows:
        return SealState.OPEN
    if day.waiting:
        return SealState.WAITING
    if day.generation is None:
        return SealState.UNSEALED
    return SealState.SEALED if day.sealed_changes == day.changes else SealState.STALE


def file_name(day: date, kind: str, generation: int) -> str:
    """``dt=2026-11-25/events-000001.parquet``: engines read ``dt`` as a column."""
    return f"dt={day.isoformat()}/{kind}-{generation:06d}.parquet"


def manifest_name(day: date, generation: int) -> str:
    """``dt=2026-11-25/manifest-000001.json``."""
    return f"dt={day.isoformat()}/manifest-{generation:06d}.json"


def manifest_text(manifest: SealManifest) -> bytes:
    """The manifest as JSON, the same bytes for the same content."""
    return (json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n").encode()


def manifest_of(content: bytes) -> SealManifest:
    """Read a manifest. ValueError when it is not one."""
    try:
        values = json.loads(content)
        files = {kind: SealedFile(**values["files"][kind]) for kind in KINDS}
        return SealManifest(**{**values, "files": files})
    except (KeyError, TypeError) as wrong:
        raise ValueError(f"not a manifest: {wrong}") from None
