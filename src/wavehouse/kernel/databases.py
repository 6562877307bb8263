"""The names of the product's databases; every other list of them is derived from these.

A new name here adds a setting ``<name>_url``, four roles, a choice for ``wavehouse schema
--database`` and a folder of migrations; its transaction type is in ``store/database.py``.
"""

from __future__ import annotations

from typing import Literal, get_args

DatabaseName = Literal["operational", "learning", "listeners", "analytics"]
DATABASES: tuple[DatabaseName, ...] = get_args(DatabaseName)
HOLDS: dict[DatabaseName, str] = {
    "operational": "creators' and sponsors' data",
    "learning": "learners' data",
    "listeners": "listeners' data",
    "analytics": "rollups",
}
"""The content of each database, for help texts."""


def url_setting(database: DatabaseName) -> str:
    """The environment variable for a database's URL."""
    return f"WAVEHOUSE_{database.upper()}_URL"
