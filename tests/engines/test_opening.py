"""Addresses of warehouses that cannot be opened: one sentence, and the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from wavehouse.engines import open_engine
from wavehouse.kernel.errors import Refused, Unreachable


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """Not as a file that another program uses."""
    with pytest.raises(Refused, match="folder") as error:
        open_engine(f"duckdb://{tmp_path}/missing/warehouse.duckdb")
    assert error.value.where == f"{tmp_path}/missing/warehouse.duckdb"


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    """The host and the port."""
    with pytest.raises(Unreachable) as error:
        open_engine("clickhouse://anna:secret@127.0.0.1:1/warehouse")
    assert ("127.0.0.1:1", False) == (error.value.where, "secret" in str(error.value))
