"""Class hints: the class of a column at the end of its comment in the database.

``Address to reach them. [user.contact.email, confidential]``. The hint is derived from the
classification, so everything that compares comments leaves it out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from wavehouse.schema.types import LEVELS, Classes, ColumnClass, Table

PATTERN = " ?[[][a-z_]+([.][a-z_]+)*, (public|internal|confidential|restricted)[]]$"
"""The hint of a comment for PostgreSQL, without backslashes, whose meaning is a setting there."""
_HINT = re.compile(PATTERN.replace("[[]", r"\[").replace("[]]", r"\]"))


def without_hint(comment: str | None) -> str | None:
    """The comment as its migration wrote it; None when it was only a hint."""
    return (_HINT.sub("", comment) or None) if comment else comment


def with_hint(comment: str | None, entry: ColumnClass) -> str:
    """The comment with this class at its end, in the place of a former one."""
    return f"{without_hint(comment) or ''} [{entry.category}, {entry.level}]".lstrip()


def wanted(
    comments: Mapping[tuple[str, str], str | None], classes: Classes
) -> dict[tuple[str, str], str]:
    """The comments that differ from what they should be, by table and column.

    Columns that are not classified keep their comments.
    """
    changed = {}
    for (table, column), comment in comments.items():
        entry = classes.get(table, {}).get(column)
        if entry is None or entry.level not in LEVELS:
            continue
        text = with_hint(comment, entry)
        if text != comment:
            changed[table, column] = text
    return changed


def level_of(table: Table, classes: Classes) -> str | None:
    """The level of a table's most sensitive column; None when none is classified."""
    levels = {entry.level for entry in classes.get(table.name, {}).values()}
    return next((level for level in reversed(LEVELS) if level in levels), None)
