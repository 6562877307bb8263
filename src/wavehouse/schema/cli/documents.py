"""``wavehouse schema docs generate|check`` and ``wavehouse schema seed``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_DONE, UsageError
from wavehouse.schema.cli.report import Report
from wavehouse.schema.cli.targets import Choice, common_options, targets_of

if TYPE_CHECKING:
    from wavehouse.schema.types import Catalogue, Target

_NEWEST = 18
code_option = click.option(
    "--code",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The program's source code: tables that it "
    "does not mention are marked as reserved. The product's own databases use the product's "
    "source.",
)
out_option = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs/reference"),
    show_default=True,
    help="The folder with dictionary/ and erd/.",
)

all_option = click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also write the diagrams' sources (Mermaid, PlantUML) and schema.sql "
    "beside the migrations.",
)


@click.group()
def docs() -> None:
    """The dictionary and the diagrams of a database, generated from the database."""


@docs.command("generate")
@common_options
@out_option
@code_option
@all_option
def generate_command(
    out: Path, code: Path | None, everything: bool, as_json: bool, **words: Any
) -> None:
    """Write the dictionary and the diagrams as Markdown pages."""
    from wavehouse.schema import catalogue, reserved_tables, write_documents

    choice = Choice(**words)
    report, rows = Report(as_json, choice.single), []
    with targets_of(choice) as targets:
        for target in targets:
            described = catalogue(target.conninfo, role=target.role)
            schema_file = target.folder.parent / "schema.sql" if everything else None
            reserved = reserved_tables(target.name, described, code or target.code, target.folder)
            written = write_documents(
                target.name, described, out, schema_file, reserved, target.classes()
            )
            counts = (len(described.tables), len(reserved), written)
            report.add(
                target.name, dict(zip(("tables", "reserved", "written"), counts, strict=True))
            )
            rows.append((target.name, *counts))
    report.write(("database", "tables", "reserved", "documents"), rows)


@docs.command("check")
@common_options
@out_option
@code_option
@all_option
@click.pass_context
def check_command(
    context: click.Context,
    /,
    out: Path,
    code: Path | None,
    everything: bool,
    as_json: bool,
    **words: Any,
) -> None:
    """Compare the documents byte for byte with the database: 0 equal, 3 something differs.

    A database without tables is not migrated yet: the documents are then compared with the schema
    that its ladder creates in a shadow.
    """
    from wavehouse.schema import check_documents, reserved_tables

    choice = Choice(**words)
    report, rows, worst = Report(as_json, choice.single), [], EXIT_DONE
    with targets_of(choice) as targets:
        for target in targets:
            catalogue = _catalogue(target)
            schema_file = target.folder.parent / "schema.sql" if everything else None
            reserved = reserved_tables(target.name, catalogue, code or target.code, target.folder)
            result = check_documents(
                target.name, catalogue, out, schema_file, reserved, target.classes()
            )
            report.add(target.name, result.as_json())
            worst = max(worst, result.exit_code)
            for state, paths in result.as_json().items():
                rows += [(target.name, state, path) for path in _listed(paths)]
    report.write(("database", "state", "document"), rows)
    if worst != EXIT_DONE:
        terminal.say("the documents differ from the database: wavehouse schema docs generate")
    context.exit(worst)


def _catalogue(target: Target) -> Catalogue:
    """The database's catalogue; when it is empty, the catalogue that its files create."""
    from wavehouse.schema import catalogue
    from wavehouse.schema.cli.shadows import shadow_of
    from wavehouse.schema.service.documents import catalogue_of_files
    from wavehouse.schema.service.ladder import read_ladder

    described = catalogue(target.conninfo, role=target.role)
    ladder = () if described.tables else read_ladder(target.folder)
    if not ladder:
        return described
    terminal.say(f"{target.name}: not migrated yet; compared with the schema that its files create")
    with shadow_of(_NEWEST, None) as shadow:
        return catalogue_of_files(shadow, ladder)


def _listed(paths: object) -> list[str]:
    return [str(path) for path in paths] if isinstance(paths, list) else []


@click.command("seed")
@common_options
def seed_command(as_json: bool, **words: Any) -> None:
    """Write sample rows for every table; a second run changes nothing. Not for production."""
    from wavehouse.schema import seed

    choice = Choice(**words)
    report, rows = Report(as_json, choice.single), []
    with targets_of(choice) as targets:
        for target in targets:
            folder = target.folder.parent / "seeds"
            if not folder.is_dir():
                raise UsageError(
                    "there is no seeds folder beside the migrations",
                    where=str(folder),
                    hint="Put .toml files there, or name another folder of migrations: --dir DIR.",
                )
            result = seed(target.conninfo, folder, role=target.role)
            report.add(target.name, result.as_json())
            rows.append((target.name, result.tables, result.written, result.unchanged))
    report.write(("database", "tables", "written", "unchanged"), rows)
