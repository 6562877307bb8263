"""The properties a shadow copies from its target, except what the files create themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wavehouse.schema.adapters.server import connected
from wavehouse.schema.queries import likeness as queries
from wavehouse.schema.rules.parser import Unparsable, acts
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.types import Likeness, Migration

_MAY_MAKE = re.compile(r"create\s+extension", re.IGNORECASE)


def likeness_of(conninfo: str, ladder: Sequence[Migration], prelude: str = "") -> Likeness:
    """The settings, locale, roles and extensions of a target."""
    made = _extensions_made(ladder)
    with connected(conninfo) as connection:
        extensions = [e for e in queries.extensions(connection) if e[0] not in made]
        return Likeness(
            queries.settings(connection),
            queries.locale(connection),
            tuple(extensions),
            tuple(queries.roles(connection)),
            prelude,
        )


def _extensions_made(ladder: Sequence[Migration]) -> set[str]:
    """The extensions that files create; copying them would make the files fail."""
    made: set[str] = set()
    for migration in ladder:
        if not _MAY_MAKE.search(migration.up.text):
            continue
        for statement in read_script(migration.up).statements:
            parsed = acts(statement.text)
            if isinstance(parsed, Unparsable):
                continue
            made |= {act.name for act in parsed if act.kind == "CreateExtensionStmt"}
            made |= set(
                re.findall(
                    r"create\s+extension\s+(?:if\s+not\s+exists\s+)?\"?(\w+)",
                    statement.text,
                    re.IGNORECASE,
                )
            )
    return made
