"""Every statement of ``catalog`` against the migrated schema."""

from __future__ import annotations

import types
import typing
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from wavehouse.catalog.queries import feeds as queries
from wavehouse.kernel.ids import PodcastId
from wavehouse.store import Operational, Tx
from wavehouse.workspace import Workspace

NOBODY = PodcastId(UUID(int=0))
PG_TYPES: dict[type, set[str]] = {
    UUID: {"uuid"},
    str: {"text", "varchar"},
    int: {"int4", "int8"},
    bool: {"bool"},
    datetime: {"timestamptz"},
    dict: {"jsonb"},
}


class Watched(Tx[Operational]):
    """A transaction that records the columns of the last result."""

    __slots__ = ("columns", "row")

    def rows(self, row: type[Any], statement: Any, params: Any = None) -> list[Any]:  # type: ignore[override]
        cursor = self.connection.execute(statement, params)
        assert cursor.description is not None
        adapters = self.connection.adapters.types
        values = {c.name: adapters.get(c.type_code) for c in cursor.description}
        self.columns = {name: info.name if info else "?" for name, info in values.items()}
        self.row = row
        return super().rows(row, statement, params)

    def maybe(self, row: type[Any], statement: Any, params: Any = None) -> Any:
        return next(iter(self.rows(row, statement, params)), None)


def plain_type(annotation: Any) -> type:
    """The runtime type behind a NewType, an optional or a generic."""
    if isinstance(annotation, types.UnionType):
        annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
    annotation = getattr(annotation, "__supertype__", annotation)
    origin: type = typing.get_origin(annotation) or annotation
    return origin


READING: dict[str, dict[str, Any]] = {
    "podcast_by_url": {"organization_id": NOBODY, "feed_url": "x"},
    "podcast_by_guid": {"organization_id": NOBODY, "podcast_guid": "x"},
    "known_episodes": {"podcast_id": NOBODY},
    "current_enclosures": {"podcast_id": NOBODY},
    "upsert_episodes": {"organization_id": NOBODY, "podcast_id": NOBODY, "rows": []},
    "podcasts": {"organization_id": NOBODY},
    "episodes": {"organization_id": NOBODY, "podcast_id": None},
    "media_index": {},
}


def test_statements_return_the_fields_of_their_dataclasses(workspace: Workspace) -> None:
    """The names and types of the columns are those of the dataclass."""
    with workspace.stores.operational.worker() as tx:
        watched = Watched(tx.connection)
        for name, arguments in READING.items():
            getattr(queries, name)(watched, **arguments)
            hints = typing.get_type_hints(watched.row)
            assert [field.name for field in fields(watched.row)] == list(watched.columns), name
            for column, pg_type in watched.columns.items():
                assert pg_type in PG_TYPES[plain_type(hints[column])], (name, column)


def test_statements_that_write_nothing_touch_nothing(workspace: Workspace) -> None:
    """Without rows nothing is written; unknown shows are not errors."""
    at = datetime.fromisoformat("2026-11-01T00:00:00Z")
    with workspace.stores.operational.worker() as tx:
        queries.lock_feeds(tx, organization_id=workspace.organization.organization_id)
        queries.mark_podcast_failed(tx, podcast_id=NOBODY, message="x", next_poll_at=at)
        assert 0 == queries.update_enclosures(tx, rows=[])
        assert 0 == queries.insert_enclosures(
            tx,
            organization_id=workspace.organization.organization_id,
            podcast_id=NOBODY,
            rows=[],
        )
