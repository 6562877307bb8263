"""A ladder read from its folder, and its files read as scripts that are fit to run."""

from __future__ import annotations

from pathlib import Path

from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.schema.adapters.folder import bytes_of, names_in
from wavehouse.schema.rules.layouts import Layout, migrations
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.rules.text import sql_file
from wavehouse.schema.service.recording import file_of
from wavehouse.schema.types import Direction, Migration, Script, SqlFile


def read_ladder(folder: Path, layout: Layout = Layout.WAVEHOUSE) -> tuple[Migration, ...]:
    """Every migration of a folder, oldest first. An empty folder is an empty ladder."""

    def read(name: str) -> SqlFile:
        return sql_file(folder / name, bytes_of(folder / name))

    return migrations(names_in(folder), read, layout)


def readable_up(migration: Migration) -> Script:
    """The statements of an up file. One outside a transaction needs a way back to be repaired."""
    script = read_script(migration.up)
    if not script.transactional:
        _refuse_many(migration, script, Direction.UP)
        if migration.down is None or not read_script(migration.down).statements:
            raise Refused(
                "a non-transactional migration needs a down file: only it can undo a half",
                where=migration.up.path.name,
                hint=f"write {migration.up.path.name.replace('.up.sql', '.down.sql')}",
            )
    return script


def readable_down(migration: Migration) -> Script:
    """The statements of a down file, which must undo something."""
    file = file_of(migration, Direction.DOWN)
    reason = read_script(migration.up).irreversible
    try:
        script = read_script(file)
    except InvalidInput as error:
        raise Refused(f"{error.message}; nothing was rolled back", where=error.where) from error
    reason = reason or script.irreversible
    if reason is not None:
        raise Refused(
            f"the migration says it is irreversible: {reason}",
            where=file.path.name,
            hint="restore a backup, or write a new migration",
        )
    if not script.statements:
        raise Refused(
            "the down file holds no statement, so it would undo nothing",
            where=file.path.name,
            hint="write its statements; SELECT 1; says that there is nothing to undo",
        )
    if not script.transactional:
        _refuse_many(migration, script, Direction.DOWN)
    return script


def _refuse_many(migration: Migration, script: Script, direction: Direction) -> None:
    if len(script.statements) != 1:
        raise Refused(
            f"a non-transactional file holds exactly one statement, "
            f"this one has {len(script.statements)}",
            where=file_of(migration, direction).path.name,
            hint="give every statement a file of its own",
        )
