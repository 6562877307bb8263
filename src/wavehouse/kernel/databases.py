"""The names of the product's databases: every list of them is derived from this one.

A new name here is a setting ``<name>_url``, four roles, a choice of ``wavehouse schema
--database`` and a folder of migrations; its type of transaction is in ``store/database.py``.
"""

from __future__ import annotations

from typing import Literal, get_args

DatabaseName = Literal["operational", "learning", "listeners", "analytics"]
DATABASES: tuple[DatabaseName, ...] = get_args(DatabaseName)
HOLDS: dict[DatabaseName, str] = {
    "operational": "what creators and sponsors touch",
    "learning": "people who learn",
    "listeners": "people who listen",
    "analytics": "rollups",
}
"""What each database holds, for help texts."""


def url_setting(database: DatabaseName) -> str:
    """The environment variable with a database's URL."""
    return f"WAVEHOUSE_{database.upper()}_URL"
