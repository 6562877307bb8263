"""Other tools' folders of migrations, read as those tools read them, as pairs of up and down.

Each tool has a module here. Names are paths below the folder. In one-file layouts (dbmate, goose)
each half keeps its line numbers: the other half's lines are empty, so that a message gives the line
in the original file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.rules.layouts import flyway, folders, numbered, one_file
from wavehouse.schema.rules.layouts.names import Layout, NotRun, Read
from wavehouse.schema.rules.script import without_transaction
from wavehouse.schema.types import Migration, SqlFile

__all__ = ["NESTED", "Layout", "NotRun", "migrations", "not_run"]

_BY_NAME = frozenset({Layout.DBMATE, Layout.DIESEL, Layout.PRISMA, Layout.SUPABASE})
NESTED = frozenset({Layout.FLYWAY, Layout.DIESEL, Layout.PRISMA, Layout.HASURA})
"""Layouts with subfolders."""


def migrations(
    names: Iterable[str], read: Read, layout: Layout, environment: Mapping[str, str] | None = None
) -> tuple[Migration, ...]:
    """Every migration of a folder, oldest first. ``environment``: for goose's substitutions."""
    listed = sorted(names)
    if layout is Layout.WAVEHOUSE:
        return numbered.pairs_of(listed, read)
    if layout is Layout.GOOSE:
        migrations = one_file.goose(listed, read, environment or {})
    else:
        migrations = _FOREIGN[layout](listed, read)
    ordered = sorted(migrations, key=lambda item: item.number)
    if layout in _BY_NAME:
        _check_order(ordered, layout)
    return tuple(_ours(migration) for migration in ordered)


def _check_order(ordered: Sequence[Migration], layout: Layout) -> None:
    """InvalidInput where a tool that sorts names as text has another order than the numbers."""
    for before, after in pairwise(ordered):
        if before.up.path > after.up.path:
            raise InvalidInput(
                f"{layout} sorts names as text: it runs this file before {before.up.name}, "
                "whose number is smaller",
                where=after.up.name,
                hint="Give all versions the same number of digits.",
            )


def not_run(names: Iterable[str], layout: Layout) -> list[NotRun]:
    """The files of a folder that its own tool would run and this runner cannot."""
    listed = sorted(names)
    if layout in (Layout.GOLANG_MIGRATE, Layout.GOOSE):
        return numbered.in_go(listed)
    return flyway.not_run(listed) if layout is Layout.FLYWAY else []


def _ours(migration: Migration) -> Migration:
    """A migration as this runner reads it."""
    down = migration.down
    return replace(
        migration,
        up=_our_file(migration.up),
        down=None if down is None else _our_file(down),
    )


def _our_file(file: SqlFile) -> SqlFile:
    """A file of a foreign layout; an empty one becomes a statement that does nothing."""
    if not file.text.strip():
        return replace(file, text="SELECT 1;\n")
    return without_transaction(file)


_FOREIGN = {
    Layout.GOLANG_MIGRATE: numbered.golang_migrate,
    Layout.DBMATE: one_file.dbmate,
    Layout.FLYWAY: flyway.read_folder,
    Layout.DIESEL: folders.diesel,
    Layout.SQLX: numbered.sqlx,
    Layout.PRISMA: folders.prisma,
    Layout.SUPABASE: numbered.supabase,
    Layout.HASURA: folders.hasura,
    Layout.PLAIN: numbered.plain,
}
