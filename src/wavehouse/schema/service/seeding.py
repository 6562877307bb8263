"""Writing the sample rows of a database, as its owner, in one transaction."""

from __future__ import annotations

from pathlib import Path

from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.adapters import seeding
from wavehouse.schema.adapters.folder import bytes_of, names_in
from wavehouse.schema.rules.seeds import parsed
from wavehouse.schema.service.session import Session, working
from wavehouse.schema.types import Patience, SeedFile, SeedResult, SeedRow


def seed(
    conninfo: str,
    folder: Path,
    *,
    role: str | None = None,
    patience: Patience = Patience(),  # noqa: B008  frozen
) -> SeedResult:
    """Write the rows of every seed file in a folder; a second run changes nothing."""
    names = sorted(name for name in names_in(folder) if name.endswith(".toml"))
    files = [parsed(folder / name, bytes_of(folder / name)) for name in names]
    written = 0
    with (
        telemetry.span("wavehouse.seed"),
        working(conninfo, role, patience) as session,
        session.connection.transaction(),
    ):
        for file in files:
            written += _write(session, file)
    rows = [row for file in files for row in file.rows]
    return SeedResult(written, len(rows) - written, len({row.table for row in rows}))


def _write(session: Session, file: SeedFile) -> int:
    for wanted in file.ensured:
        seeding.ensure_partition(
            session.connection, table=wanted.table, day=wanted.day, span=wanted.span
        )
    return sum(_write_row(session, file, row) for row in file.rows)


def _write_row(session: Session, file: SeedFile, row: SeedRow) -> int:
    key = seeding.key_columns(session.connection, table=row.table)
    if not key:
        raise InvalidInput(
            f"table {row.table} is missing or has no primary key",
            where=str(file.path),
            hint="Apply the migrations first.",
            command="wavehouse schema apply",
        )
    return seeding.put_row(
        session.connection,
        table=row.table,
        values=row.values,
        key=key,
        append_only=seeding.is_append_only(session.connection, table=row.table),
    )
