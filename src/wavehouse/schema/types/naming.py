"""Names of database objects, as PostgreSQL's own parser reads them. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in its parts (``("app", "User")``): never split at dots, never case-folded again.

    An empty name is falsy. ``str()`` quotes the parts that need it, for messages and commands.
    """

    parts: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        """The name without its schema."""
        return self.parts[-1] if self.parts else ""

    @property
    def schema(self) -> str:
        """The schema; empty when the search path decides."""
        return self.parts[-2] if len(self.parts) > 1 else ""

    @property
    def quoted(self) -> str:
        """The name with every part quoted, for ``to_regclass``."""
        return ".".join(f'"{quotes_doubled(part)}"' for part in self.parts)

    @property
    def joined(self) -> str:
        """The name as in snapshots and measurements: parts joined by dots, unquoted."""
        return ".".join(self.parts)

    def beside(self, name: str) -> Name:
        """Another name in the same schema."""
        return Name((*self.parts[:-1], name))

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __str__(self) -> str:
        return ".".join(in_sql(part) for part in self.parts)


NO_NAME = Name()


def in_sql(part: str) -> str:
    """An identifier, quoted only where needed."""
    return part if _PLAIN.fullmatch(part) else f'"{quotes_doubled(part)}"'


def quotes_doubled(part: str) -> str:
    """The text between an identifier's quotes."""
    return part.replace('"', '""')
