"""The documents of a database: dictionary, diagrams, and the schema as one SQL file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from wavehouse.kernel import telemetry
from wavehouse.kernel.errors import Refused
from wavehouse.schema.adapters import folder as files
from wavehouse.schema.adapters.catalogue import snapshot
from wavehouse.schema.adapters.program import names_in_program
from wavehouse.schema.adapters.shadow import Shadow
from wavehouse.schema.rules import ddl, diagrams, dictionary
from wavehouse.schema.rules.reserved import reserved as unnamed
from wavehouse.schema.service.replaying import replayed
from wavehouse.schema.service.session import reading
from wavehouse.schema.types import Catalogue, Classes, DocumentsCheck, Migration, Patience


def catalogue(conninfo: str, *, role: str | None = None) -> Catalogue:
    """The catalogue of a database, read in one snapshot."""
    with (
        telemetry.span("wavehouse.catalogue"),
        reading(conninfo, role, Patience()) as session,
    ):
        return snapshot(session.connection)


def catalogue_of_files(shadow: Shadow, migrations: Sequence[Migration]) -> Catalogue:
    """The catalogue that a ladder creates in an empty database."""
    with replayed(shadow, migrations) as conninfo:
        return catalogue(conninfo)


def documents(
    database: str,
    catalogue: Catalogue,
    reserved: frozenset[str] = frozenset(),
    classes: Classes = MappingProxyType({}),
) -> dict[str, str]:
    """Every document of a database by its path in the folder of reference documents.

    Pages are Markdown; the other files are the sources of the diagrams.
    """
    pages = dictionary.pages(database, catalogue, reserved)
    drawn = diagrams.pages(database, catalogue, reserved, classes)
    return {
        **{f"dictionary/{path}": text for path, text in pages.items()},
        **{f"erd/{path}": text for path, text in drawn.items()},
    }


def reserved_tables(
    database: str, catalogue: Catalogue, code: Path | None, ladder: Path
) -> frozenset[str]:
    """The tables that no program source names; none when there is no source folder."""
    if code is None:
        return frozenset()
    return unnamed(database, catalogue, names_in_program(code, without=ladder.parent.parent))


def write_documents(
    database: str,
    catalogue: Catalogue,
    out: Path,
    schema_file: Path | None,
    reserved: frozenset[str] = frozenset(),
    classes: Classes = MappingProxyType({}),
) -> int:
    """Write a database's documents and remove obsolete ones; returns how many.

    With a ``schema_file`` the sources of the diagrams and the schema as SQL are written too.
    """
    if not catalogue.tables:
        raise Refused(
            f"the database {database!r} has no tables, so its documents would be empty",
            command="wavehouse schema apply",
        )
    texts = _by_path(database, catalogue, out, schema_file, reserved, classes)
    for path in _standing(database, out, schema_file) - set(texts):
        files.remove(path)
    for path, text in texts.items():
        files.write(path, text)
    return len(texts)


def check_documents(
    database: str,
    catalogue: Catalogue,
    out: Path,
    schema_file: Path | None,
    reserved: frozenset[str] = frozenset(),
    classes: Classes = MappingProxyType({}),
) -> DocumentsCheck:
    """Compare the documents in the folder byte for byte with the generated ones.

    Without a ``schema_file``, only the pages are compared.
    """
    texts = _by_path(database, catalogue, out, schema_file, reserved, classes)
    existing = {path: files.content(path) for path in texts}
    stale = [
        p for p, text in texts.items() if existing[p] is not None and existing[p] != text.encode()
    ]
    missing = [path for path in texts if existing[path] is None]
    extra = _standing(database, out, schema_file) - set(texts)
    return DocumentsCheck(tuple(sorted(stale)), tuple(sorted(missing)), tuple(sorted(extra)))


def _by_path(
    database: str,
    catalogue: Catalogue,
    out: Path,
    schema_file: Path | None,
    reserved: frozenset[str],
    classes: Classes,
) -> dict[Path, str]:
    made = documents(database, catalogue, reserved, classes)
    texts = {out / path: text for path, text in made.items()}
    if schema_file is None:
        return {path: text for path, text in texts.items() if path.suffix == ".md"}
    return {**texts, schema_file: ddl.ddl(catalogue)}


def _standing(database: str, out: Path, schema_file: Path | None) -> set[Path]:
    endings = {".md"} if schema_file is None else {".md", ".mmd", ".puml"}
    return {
        path
        for kind in ("dictionary", "erd")
        for path in files.below(out / kind / database)
        if path.suffix in endings
    }
