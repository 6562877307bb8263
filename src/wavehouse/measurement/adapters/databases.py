"""DuckDB databases in memory, closed to everything outside."""

from __future__ import annotations

import duckdb


def closed_database(spill: str = "") -> duckdb.DuckDBPyConnection:
    """A database in memory that fetches nothing from anywhere (decision 0604).

    Nor does it write anywhere but into the folder ``spill``, when its memory is not enough: by
    itself it would make one where the program was started, with the content of lines in it.
    """
    return duckdb.connect(
        config={
            "threads": 1,
            "temp_directory": spill,
            "arrow_lossless_conversion": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
