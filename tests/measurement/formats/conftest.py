"""An engine without a database: from a log's text to the fields of its requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from wavehouse.kernel import config
from wavehouse.measurement.adapters.engine import Bounds, Engine
from wavehouse.measurement.adapters.logfile import tail_of
from wavehouse.measurement.adapters.quick_reading import QuickReader
from wavehouse.measurement.formats import Layout, layout_of
from wavehouse.measurement.service.lookups import lists
from wavehouse.measurement.types import Chunk, Reject

EVER = Bounds(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


class Reader:
    """Reads texts with either of the two readers."""

    def __init__(self) -> None:
        self.engine = Engine(lists(config.load({})), EVER)
        self.quick = QuickReader(self.engine.database)

    def rows(self, text: str, chosen: str = "auto") -> list[dict[str, Any]]:
        """The fields of the requests of a text, by line."""
        self.read(text, layout_of(text, chosen, "a.log"))
        return self.fields()

    def read(self, text: str, layout: Layout) -> list[Reject]:
        """Read by the format's statement; returns the unusable lines."""
        tails = () if text.endswith("\n") else (tail_of(text),)
        chunk = Chunk(text, 1, 0, text.count("\n"), len(text.encode()), tails=tails)
        return self.engine.read(chunk, layout)

    def read_quickly(self, text: str, layout: Layout) -> bool:
        """Read by the CSV reader; False when it cannot."""
        chunk = Chunk(text, 1, 0, text.count("\n"), len(text.encode()))
        return self.engine.is_clean(chunk) and self.quick.read(chunk, layout)

    def fields(self) -> list[dict[str, Any]]:
        """The fields that were read last."""
        found = self.engine.database.execute("SELECT * FROM fields ORDER BY n")
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """One reader for all tests: it keeps no state between texts."""
    found = Reader()
    yield found
    found.quick.close()
    found.engine.close()
