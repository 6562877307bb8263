"""The documents of a database: dictionary, diagrams, and the schema as one SQL file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import Refused
from wavehouse.schema.adapters import folder as files
from wavehouse.schema.adapters.catalogue import snapshot
from wavehouse.schema.adapters.shadow import Shadow
from wavehouse.schema.rules import ddl, diagrams, dictionary
from wavehouse.schema.service.replaying import replayed
from wavehouse.schema.service.session import reading
from wavehouse.schema.types import Catalogue, DocumentsCheck, Migration, Patience


def catalogue(conninfo: str, *, role: str | None = None) -> Catalogue:
    """What a database holds, read in one snapshot."""
    with (
        telemetry.span("wavehouse.catalogue"),
        reading(conninfo, role, Patience()) as session,
    ):
        return snapshot(session.connection)


def catalogue_of_files(shadow: Shadow, migrations: Sequence[Migration]) -> Catalogue:
    """What a ladder makes of an empty database."""
    with replayed(shadow, migrations) as conninfo:
        return catalogue(conninfo)


def documents(database: str, found: Catalogue) -> dict[str, str]:
    """Every document of a database by its path below the folder of reference documents."""
    pages = dictionary.pages(database, found)
    drawn = diagrams.pages(database, found)
    return {
        **{f"dictionary/{path}": text for path, text in pages.items()},
        **{f"erd/{path}": text for path, text in drawn.items()},
    }


def write_documents(database: str, found: Catalogue, out: Path, schema_file: Path | None) -> int:
    """Write a database's documents and remove those of tables that are gone; how many stand."""
    if not found.tables:
        raise Refused(
            f"the database {database!r} has no table: its documents would be emptied",
            command="wavehouse schema apply",
        )
    told = _by_path(database, found, out, schema_file)
    for path in _standing(database, out) - set(told):
        files.remove(path)
    for path, text in told.items():
        files.write(path, text)
    return len(told)


def check_documents(
    database: str, found: Catalogue, out: Path, schema_file: Path | None
) -> DocumentsCheck:
    """Compare byte for byte what stands in the folder with what the database would write."""
    told = _by_path(database, found, out, schema_file)
    stands = {path: files.content(path) for path in told}
    stale = [p for p, text in told.items() if stands[p] is not None and stands[p] != text.encode()]
    missing = [path for path in told if stands[path] is None]
    extra = _standing(database, out) - set(told)
    return DocumentsCheck(tuple(sorted(stale)), tuple(sorted(missing)), tuple(sorted(extra)))


def _by_path(
    database: str, found: Catalogue, out: Path, schema_file: Path | None
) -> dict[Path, str]:
    told = {out / path: text for path, text in documents(database, found).items()}
    return told if schema_file is None else {**told, schema_file: ddl.ddl(found)}


def _standing(database: str, out: Path) -> set[Path]:
    return {
        path
        for kind, endings in (("dictionary", {".md"}), ("erd", {".md", ".mmd", ".puml"}))
        for path in files.below(out / kind / database)
        if path.suffix in endings
    }
