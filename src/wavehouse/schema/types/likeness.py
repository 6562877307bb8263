"""The properties a shadow copies from its target. No I/O."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RoleLike:
    """A role of the target, without login or password: its name and memberships."""

    name: str
    bypass_rls: bool = False
    create_role: bool = False
    create_db: bool = False
    member_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """Settings that make a new shadow database resemble its target.

    ``settings`` are the initial settings of a new session on the target; ``locale`` is encoding,
    provider, collation, character type and locale; ``prelude`` is SQL that runs before the files.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    locale: tuple[str, str, str, str, str] | None = None
    extensions: tuple[tuple[str, str, str], ...] = ()
    """Name, schema and version of each."""
    roles: tuple[RoleLike, ...] = ()
    prelude: str = ""

    @property
    def mark(self) -> str:
        """A hash of these properties; empty for the default, as in earlier releases."""
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
