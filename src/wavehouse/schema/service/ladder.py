"""A ladder read from its folder, with its files parsed into runnable scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.schema.adapters.folder import (
    bytes_of,
    environment,
    names_in,
    nested_names_in,
    standard_input,
)
from wavehouse.schema.rules import waivers as waiving
from wavehouse.schema.rules.layouts import NESTED, Layout, NotRun, migrations, not_run
from wavehouse.schema.rules.parser import Unparsable, acts
from wavehouse.schema.rules.script import read_script
from wavehouse.schema.rules.text import sql_file
from wavehouse.schema.types import Direction, Migration, Script, SqlFile

STANDARD_INPUT = Path("-")


def read_ladder(
    folder: Path, layout: Layout = Layout.WAVEHOUSE, waivers: Path | None = None
) -> tuple[Migration, ...]:
    """Every migration of a folder, oldest first. An empty folder is an empty ladder.

    ``waivers`` is the file of waivers; by default ``waivers.toml`` in the folder, if it exists.
    """
    names = _names(folder, layout)
    beside = folder / waiving.FILE_NAME if waiving.FILE_NAME in names else None
    listed = waivers or beside
    waived = waiving.parsed(listed, bytes_of(listed)) if listed else {}

    def read(name: str) -> SqlFile:
        file = sql_file(folder / name, bytes_of(folder / name))
        return replace(file, waivers=waived[name]) if name in waived else file

    ladder = migrations(names, read, layout, environment())
    unknown = set(waived) - set(names)
    if unknown:
        raise InvalidInput(
            f"a waiver names {min(unknown)}, which is not in the folder",
            where=str(listed),
        )
    return ladder


def chosen_files(
    files: Sequence[Path], folder: Path | None, layout: Layout, waivers: Path | None
) -> tuple[tuple[Migration, ...], tuple[Migration, ...], frozenset[str]]:
    """Named files as migrations: the files before them, the files, and which are in no ladder.

    A file of a ladder follows the older files of its folder (or of ``folder``); any other file, and
    standard input (``-``), follows all of them.
    """
    paths = [file for file in files if file != STANDARD_INPUT]
    parent = folder or (paths[0].parent if paths else None)
    try:
        ladder = read_ladder(parent, layout, waivers) if parent is not None else ()
    except InvalidInput:
        if folder is not None:
            raise
        ladder = ()
    wanted = {path.resolve() for path in paths}
    chosen = [m for m in ladder if wanted & {f.path.resolve() for f in (m.up, m.down) if f}]
    known = {f.path.resolve() for m in chosen for f in (m.up, m.down) if f is not None}
    loose = [_loose(path) for path in files if path.resolve() not in known]
    newest = max((item.number for item in chosen), default=None)
    before = [m for m in ladder if m not in chosen and (newest is None or m.number < newest)]
    return tuple(before), (*chosen, *loose), frozenset(item.up.name for item in loose)


def _loose(path: Path) -> Migration:
    """A file that belongs to no ladder."""
    if path == STANDARD_INPUT:
        path, raw = Path("standard input"), standard_input()
    else:
        raw = bytes_of(path)
    file = replace(sql_file(path, raw), server_decides=True)
    return Migration("0", path.stem, file, None)


def _names(folder: Path, layout: Layout) -> list[str]:
    return nested_names_in(folder) if layout in NESTED else names_in(folder)


def not_run_of(folder: Path, layout: Layout) -> list[NotRun]:
    """The files of a folder that only its own tool can run: migrations in Go, callbacks."""
    return not_run(_names(folder, layout), layout)


def refuse_not_run(folder: Path, layout: Layout) -> None:
    """Raise when a folder has such files: skipping a step breaks later ones."""
    skipped = not_run_of(folder, layout)
    if skipped:
        raise Refused(
            f"{skipped[0].name} {skipped[0].kind}, which cannot be run here"
            + (f"; so are {len(skipped) - 1} other files" if len(skipped) > 1 else ""),
            where=", ".join(skipped_check.name for skipped_check in skipped[:3])
            + (" …" if len(skipped) > 3 else ""),
            hint="Rewrite them as SQL, or run this folder with its own tool.",
        )


def readable_up(migration: Migration) -> Script:
    """The statements of an up file; a non-transactional one must have at least one."""
    script = read_script(migration.up)
    _refuse_unrecoverable(script, migration.up)
    return script


def readable_down(migration: Migration) -> Script:
    """The statements of a down file, which must undo something."""
    file = migration.file(Direction.DOWN)
    reason = read_script(migration.up).irreversible
    try:
        script = read_script(file)
    except InvalidInput as error:
        raise Refused(f"{error.message}; nothing was rolled back", where=error.where) from error
    reason = reason or script.irreversible
    if reason is not None:
        raise Refused(
            f"the migration says it is irreversible: {reason}",
            where=file.name,
            hint="Restore a backup, or write a new migration.",
        )
    if not script.statements:
        raise Refused(
            "the down file has no statement, so it would undo nothing",
            where=file.name,
            hint="Write its statements, or SELECT 1; if there is nothing to undo.",
        )
    _refuse_unrecoverable(script, file)
    return script


def _refuse_unrecoverable(script: Script, file: SqlFile) -> None:
    """Refuse statements that ``recover`` could not inspect, such as an index without a name."""
    if script.transactional and not script.server_decides:
        return
    if not script.statements and not script.transactional:
        raise Refused(
            "a non-transactional file without a statement does nothing",
            where=file.name,
            hint="Write its statements, or remove the file.",
        )
    for statement in script.statements:
        parsed = acts(statement.text)
        act = None if isinstance(parsed, Unparsable) or not parsed else parsed[0]
        if act is not None and act.kind == "IndexStmt" and act.concurrent and not act.name:
            raise Refused(
                "an index that is built concurrently needs a name: without one, "
                "an interrupted build could not be found",
                where=f"{file.name}:{statement.line}",
                command="CREATE INDEX CONCURRENTLY <table>_<columns>_idx ON …",
            )
