"""A listener with rows in many tables, and somebody else beside."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from tests.erasing import Person, make_person

from wavehouse.workspace import Workspace


@pytest.fixture
def person(workspace: Workspace) -> Callable[[str], Person]:
    """Makes a listener with a device, a show, a position, a session and a paid entitlement."""
    return partial(make_person, workspace)
