"""The layouts, and shared parts of their readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.types import SqlFile

Read = Callable[[str], SqlFile]


class Layout(StrEnum):
    """The layout of a folder of migrations."""

    WAVEHOUSE = "wavehouse"
    GOLANG_MIGRATE = "golang-migrate"
    DBMATE = "dbmate"
    GOOSE = "goose"
    FLYWAY = "flyway"
    DIESEL = "diesel"
    SQLX = "sqlx"
    PRISMA = "prisma"
    SUPABASE = "supabase"
    HASURA = "hasura"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class NotRun:
    """A file that only its own tool can run, and its kind."""

    name: str
    kind: str


def same_version(name: str, other: str) -> InvalidInput:
    """The error for two files of one version."""
    return InvalidInput(
        f"{other} has the same version", where=name, hint="Give the newer file a later version."
    )


def no_migration(name: str, layout: Layout) -> InvalidInput:
    """The error for a file name that the layout does not allow."""
    return InvalidInput(
        f"this is not a migration file name in the layout {layout}",
        where=name,
        hint="Rename the file, move it away, or choose another layout with --layout.",
    )
