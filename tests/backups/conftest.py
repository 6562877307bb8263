"""Homes whose servers may be started, backed up and restored."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.migrated import copy_home
from tests.stopping import reachable_folder


@pytest.fixture
def home() -> Iterator[Path]:
    """Migrated databases in a new folder, removed afterwards."""
    folder = reachable_folder()
    copy_home(folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
