"""The queue's functions on an empty database, called with the tests' own times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.queue_family import JOBS, SLOTS, START, Family

from wavehouse.store import Stores


@pytest.fixture
def db(stores: Stores) -> Iterator[psycopg.Connection[Any]]:
    """An administrator's connection to the operational database, each statement committed."""
    with psycopg.connect(stores.operational.place.admin, autocommit=True) as connection:
        connection.execute("SELECT queue.ensure_months(%s)", [START])
        yield connection


@pytest.fixture(params=[JOBS, SLOTS], ids=["jobs", "slots"])
def family(request: pytest.FixtureRequest, db: psycopg.Connection[Any]) -> Family:
    """Each family in turn."""
    return Family(db, request.param)
