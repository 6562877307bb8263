"""Fixtures of the learning tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.learning.desk import NOON, Desk

from wavehouse.kernel import clock
from wavehouse.workspace import Workspace


@pytest.fixture
def desk(workspace: Workspace) -> Iterator[Desk]:
    """An organization on 10 November 2026, an hour after noon."""
    with clock.frozen(NOON + timedelta(hours=1)):
        yield Desk(workspace)
