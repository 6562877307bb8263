"""Snapshots in the formats of earlier releases, so that stored hashes can be compared."""

from __future__ import annotations

from typing import Any

from wavehouse.schema.types import Snapshot

NOW = 2
"""The snapshot format of this release. 1: without the kinds and comments below."""
_NEW_KINDS = (
    "conversion ",
    "access method ",
    "operator family ",
    "shell type ",
    "grants on language ",
)
_NEW_COMMENTS = (
    "extension ",
    "foreign data wrapper ",
    "foreign server ",
    "text search configuration ",
    "text search dictionary ",
)


def as_of(snapshot: Snapshot, version: int) -> Snapshot:
    """A snapshot in an earlier format."""
    if version >= NOW:
        return snapshot
    return Snapshot(
        {
            name: _attributes(name, attributes)
            for name, attributes in snapshot.objects.items()
            if name != "database" and not name.startswith(_NEW_KINDS)
        }
    )


def _attributes(name: str, attributes: Any) -> dict[str, Any]:
    values = dict(attributes)
    if name.startswith(_NEW_COMMENTS):
        values.pop("comment", None)
    if name.startswith("domain ") and values.get("constraints"):
        values["constraints"] = [item[:3] for item in values["constraints"]]
    return values
