"""What a shadow takes over from its target. No I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RoleLike:
    """A role of the target, without login or password: its name and what it is a member of."""

    name: str
    bypass_rls: bool = False
    create_role: bool = False
    create_db: bool = False
    member_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a new shadow database is made like its target.

    ``settings`` are those that a new session of the target begins with; ``locale`` is encoding,
    provider, collation, character type and locale; ``prelude`` SQL that runs before the files.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    locale: tuple[str, str, str, str, str] | None = None
    extensions: tuple[tuple[str, str, str], ...] = ()
    """Name, schema and version of each."""
    roles: tuple[RoleLike, ...] = ()
    prelude: str = ""

    @property
    def mark(self) -> str:
        """A hash of this likeness; empty for none, as in earlier releases."""
        if self == Likeness():
            return ""
        parts = [
            sorted(self.settings.items()),
            self.locale,
            self.extensions,
            [(role.name, role.member_of) for role in self.roles],
            self.prelude,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
