"""A ladder read from its folder, and its files read as scripts that are fit to run."""

from __future__ import annotations

from pathlib import Path

from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.schema.adapters.folder import bytes_of, names_in
from wavehouse.schema.rules.layouts import Layout, in_go, migrations
from wavehouse.schema.rules.parser import Unparsable, acts
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.rules.text import sql_file
from wavehouse.schema.service.recording import file_of
from wavehouse.schema.types import Direction, Migration, Script, SqlFile


def read_ladder(folder: Path, layout: Layout = Layout.WAVEHOUSE) -> tuple[Migration, ...]:
    """Every migration of a folder, oldest first. An empty folder is an empty ladder."""

    def read(name: str) -> SqlFile:
        return sql_file(folder / name, bytes_of(folder / name))

    return migrations(names_in(folder), read, layout)


def in_go_of(folder: Path, layout: Layout) -> list[str]:
    """The names of a folder's migrations in Go, which its own tool alone can run."""
    return in_go(names_in(folder), layout)


def refuse_go(folder: Path, layout: Layout) -> None:
    """Raise when a folder has migrations in Go: to pass over a step breaks those that follow."""
    found = in_go_of(folder, layout)
    if found:
        raise Refused(
            f"{len(found)} of the folder's migrations are written in Go, and cannot be run here",
            where=", ".join(found[:3]) + (" …" if len(found) > 3 else ""),
            hint="write them as SQL, or let the tool that they are written for run this folder",
        )


def readable_up(migration: Migration) -> Script:
    """The statements of an up file. One outside a transaction needs something to do."""
    script = read_script(migration.up)
    _refuse_unrecoverable(script, migration.up)
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
    _refuse_unrecoverable(script, file)
    return script


def _refuse_unrecoverable(script: Script, file: SqlFile) -> None:
    """A half is finished by looking what of it is there: that needs names to look for."""
    if script.transactional:
        return
    if not script.statements:
        raise Refused(
            "a non-transactional file without a statement does nothing",
            where=file.path.name,
            hint="write its statements, or remove the file",
        )
    for statement in script.statements:
        found = acts(statement.text)
        act = None if isinstance(found, Unparsable) or not found else found[0]
        if act is not None and act.kind == "IndexStmt" and act.concurrent and not act.name:
            raise Refused(
                "an index that is built concurrently needs a name: without one nobody could tell "
                "whether a half of it is there",
                where=f"{file.path.name}:{statement.line}",
                command="CREATE INDEX CONCURRENTLY <table>_<columns>_idx ON …",
            )
