"""Which migrations may run next: compares the folder with the history, refusals first."""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse.kernel.errors import PartlyApplied, Refused, UsageError
from wavehouse.schema.types import (
    Direction,
    EntryState,
    HistoryRow,
    Migration,
    RowState,
    StatusEntry,
    StatusResult,
    is_version,
    version_key,
)

Key = tuple[int, ...]
_NONE: Key = (-1,)


def compare(migrations: Sequence[Migration], history: Sequence[HistoryRow]) -> StatusResult:
    """Every version in the folder or the history, oldest first, with its state."""
    files = {migration.number: migration for migration in migrations}
    rows = {row.number: row for row in history}
    newest_file = max(files, default=_NONE)  # 0 is a version too
    newest_row = max((n for n, row in rows.items() if not row.is_repeatable), default=_NONE)
    entries = []
    for number in sorted(files.keys() | rows.keys()):
        migration, row = files.get(number), rows.get(number)
        if row is None:
            state = EntryState.PENDING if number > newest_row else EntryState.OUT_OF_ORDER
        elif row.state is not RowState.APPLIED:
            state = EntryState.PARTIAL
        elif migration is None:
            state = EntryState.AHEAD if number > newest_file else EntryState.MISSING
        elif row.is_repeatable:
            is_same = migration.up.checksum == row.checksum
            state = EntryState.APPLIED if is_same else EntryState.PENDING
        else:
            state = _state_of_pair(migration, row)
        entries.append(_entry(migration, row, state))
    return StatusResult(tuple(entries))


def to_apply(
    migrations: Sequence[Migration],
    history: Sequence[HistoryRow],
    *,
    to: str | None,
    allow_out_of_order: bool,
) -> tuple[Migration, ...]:
    """The migrations to apply, oldest first. Raises when the history does not match the files."""
    status = compare(migrations, history)
    last = _number_of(to, {m.number for m in migrations}) if to is not None else None
    refuse_untrusted(status, migrations)
    wanted = [
        migration
        for migration, state in _with_states(migrations, status)
        if state in (EntryState.PENDING, EntryState.OUT_OF_ORDER)
        and (last is None or migration.number <= last)
    ]
    late = [m for m in wanted if m.version in status.of(EntryState.OUT_OF_ORDER)]
    if late and not allow_out_of_order:
        raise Refused(
            f"the file is older than the applied version {status.version}",
            where=late[0].up.name,
            hint="Give it a newer version, or pass --allow-out-of-order if it depends on nothing.",
        )
    return tuple(wanted)


def to_roll_back(
    migrations: Sequence[Migration],
    history: Sequence[HistoryRow],
    *,
    to: str | None,
    steps: int,
    allow_changed_down: bool,
) -> tuple[Migration, ...]:
    """The migrations to undo, newest first. Raises before any is undone when one cannot be.

    A partly applied version comes first, so that the plain command repairs it.
    """
    rows = sorted(
        (row for row in history if not row.is_repeatable),
        key=lambda row: row.number,
        reverse=True,
    )
    rows.sort(key=lambda row: row.state is RowState.APPLIED)
    if to is None:
        chosen = rows[:steps]
    else:
        floor = _number_of(to, {row.number for row in rows} | {version_key("0")})
        chosen = [row for row in rows if row.number > floor]
        for row in rows:
            if row.state is not RowState.APPLIED and row not in chosen:
                raise partly(row.version)
    files = {migration.number: migration for migration in migrations}
    return tuple(_undoable(files.get(row.number), row, allow_changed_down) for row in chosen)


def half_way(
    migrations: Sequence[Migration], history: Sequence[HistoryRow]
) -> tuple[Migration, Direction] | None:
    """The interrupted file and its direction. Refused when the file has changed since."""
    row = next((row for row in history if row.state is not RowState.APPLIED), None)
    if row is None:
        return None
    files = {migration.number: migration for migration in migrations}
    migration = files.get(row.number)
    if migration is None:
        raise Refused(
            f"version {row.version} ({row.slug}) is partly applied, but its files are missing",
            hint="Restore them from version control.",
        )
    up = row.state is RowState.RUNNING
    now = migration.up if up else migration.down
    before = row.checksum if up else row.down_checksum
    if now is None or now.checksum != before:
        raise Refused(
            "the file has changed since its run began, so it is unknown which statements have run",
            where=(now or migration.up).path.name,
            hint="Restore the original file, then recover.",
            command="wavehouse schema recover",
        )
    return migration, Direction.UP if up else Direction.DOWN


def refuse_untrusted(status: StatusResult, migrations: Sequence[Migration]) -> None:
    """Raise when a version is partly applied, or an applied file was changed or removed."""
    partial = status.of(EntryState.PARTIAL)
    if partial:
        raise partly(partial[0])
    names = {migration.version: migration.up.name for migration in migrations}
    for version in status.of(EntryState.CHANGED):
        raise changed(names[version])
    missing = status.of(EntryState.MISSING)
    if missing:
        raise Refused(
            f"version {missing[0]} is applied, but its file is missing while newer files exist",
            hint="Restore the file from version control.",
        )


def partly(version: str) -> PartlyApplied:
    """The error for a partly applied version, with its repair."""
    return PartlyApplied(
        f"version {version} is partly applied",
        hint="Finish it; or undo it with its down file: wavehouse schema rollback.",
        command="wavehouse schema recover",
    )


def changed(name: str) -> Refused:
    """The error for a file that changed after it was applied."""
    return Refused(
        "the file was changed after it was applied",
        where=name,
        hint="Restore the file from version control and write a new migration for the change.",
    )


def _undoable(migration: Migration | None, row: HistoryRow, allow_changed_down: bool) -> Migration:
    if migration is None:
        raise Refused(
            f"version {row.version} ({row.slug}) is applied, but its files are not in the folder",
            hint="Restore its .up.sql and .down.sql from version control.",
        )
    if migration.up.checksum != row.checksum:
        raise changed(migration.up.name)
    if migration.down is None:
        raise Refused(
            "the migration has no down file, so nothing was rolled back",
            where=migration.up.name,
            hint=f"Write {migration.up.name.replace('.up.sql', '.down.sql')}.",
        )
    if migration.down.checksum != row.down_checksum and not allow_changed_down:
        raise Refused(
            "the down file has changed since its version was applied",
            where=migration.down.name,
            hint="Restore it, or review it and pass --allow-changed-down.",
        )
    return migration


def _number_of(version: str, known: set[Key]) -> Key:
    if not is_version(version) or version_key(version) not in known:
        raise UsageError(
            f"unknown version {version!r}",
            command="wavehouse schema status",
        )
    return version_key(version)


def _state_of_pair(migration: Migration, row: HistoryRow) -> EntryState:
    if migration.up.checksum != row.checksum:
        return EntryState.CHANGED
    down = migration.down.checksum if migration.down else None
    return EntryState.APPLIED if down == row.down_checksum else EntryState.DOWN_CHANGED


def _entry(migration: Migration | None, row: HistoryRow | None, state: EntryState) -> StatusEntry:
    if row is not None:
        return StatusEntry(
            row.version, row.slug, state, row.applied_at, row.applied_by, row.duration_ms
        )
    assert migration is not None, "a version must be in the folder or in the history"  # noqa: S101
    return StatusEntry(migration.version, migration.slug, state, None, None, None)


def _with_states(
    migrations: Sequence[Migration], status: StatusResult
) -> list[tuple[Migration, EntryState]]:
    states = {version_key(entry.version): entry.state for entry in status.entries}
    return [(m, states[m.number]) for m in sorted(migrations, key=lambda m: m.number)]
