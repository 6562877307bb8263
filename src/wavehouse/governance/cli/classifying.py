"""``wavehouse classify``: check, list, show, skeleton, history, rules."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel.databases import DATABASES
from wavehouse.kernel.options import DAY

if TYPE_CHECKING:
    from wavehouse.governance.types.classified import Classification
    from wavehouse.governance.types.findings import ClassCheck
    from wavehouse.store import AnyDatabase
    from wavehouse.workspace import OpenWorkspace, Workspace

LEVELS = ("public", "internal", "confidential", "restricted", "UNCLASSIFIED")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_FILE = click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A different classification file.",
)
_DATABASES = click.option(
    "--database",
    "databases",
    type=click.Choice(DATABASES),
    multiple=True,
    help="Only this database; may be repeated.",
)


@click.group()
def classify() -> None:
    """The classification of each column: category, level, person, erasure, retention.

    The classification is configs/data-classification.yml. After adding a column:

    \b
      wavehouse classify skeleton
      wavehouse classify check
    """  # noqa: D301 - click's mark of lines that are not joined


def _chosen(workspace: Workspace, names: tuple[str, ...]) -> list[AnyDatabase]:
    return [each for each in workspace.stores.databases if not names or each.name in names]


@classify.command()
@_DATABASES
@_FILE
@click.option(
    "--rows",
    type=click.IntRange(0, 100_000),
    default=200,
    show_default=True,
    help="Number of values per column to compare with its class; 0 reads none.",
)
@_JSON
@click.pass_context
def check(
    context: click.Context,
    /,
    databases: tuple[str, ...],
    path: Path | None,
    rows: int,
    as_json: bool,
) -> None:
    """Compare the classification with the databases; exit code 3 when something is wrong.

    Compares columns, references, policies, column lineage, and a few values of each column.
    """
    from wavehouse.governance.service import classifying
    from wavehouse.kernel import terminal
    from wavehouse.queue import check_operator

    open_workspace: OpenWorkspace = context.obj
    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        result = classifying.check(
            _chosen(workspace, databases), workspace.settings, path=path, rows=rows
        )
    if as_json:
        terminal.print_json(result.as_json())
    else:
        _print_check(result)
    context.exit(result.exit_code)


def _print_check(result: ClassCheck) -> None:
    from wavehouse.kernel import terminal

    if result.findings:
        terminal.print_table(
            ["code", "where", "finding", "remedy"],
            [[f.code.number, f.where, f.message, f.code.remedy] for f in result.findings],
        )
    terminal.say(
        f"{len(result.findings)} findings in {result.columns:,} columns of {result.tables} tables"
        f" ({', '.join(result.databases)}); values of {result.sampled:,} columns were read."
    )
    if result.findings:
        terminal.say(
            f"What a code means: wavehouse classify rules {result.findings[0].code.number}"
        )


@classify.command("list")
@_DATABASES
@_FILE
@click.option("--level", type=click.Choice(LEVELS), help="Only this level.")
@click.option("--category", metavar="KEY", help="Only this category and those below it.")
@click.option("--subject", metavar="NAME", help="Only tables with rows of this subject.")
@_JSON
def list_command(
    databases: tuple[str, ...],
    path: Path | None,
    level: str | None,
    category: str | None,
    subject: str | None,
    as_json: bool,
) -> None:
    """List columns with their category, level and subjects."""
    from wavehouse.governance.service.classification import load
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import NotFound

    known = load(path)
    if subject is not None and subject not in known.subjects:
        raise NotFound(
            f"no such subject: {subject!r}", hint=f"Known: {', '.join(sorted(known.subjects))}."
        )
    rows = [
        row
        for row in _rows(known)
        if (not databases or row["database"] in databases)
        and (level is None or row["level"] == level)
        and (category is None or f"{row['category']}.".startswith(f"{category}."))
        and (subject is None or subject in row["subjects"])
    ]
    if as_json:
        terminal.print_json({"columns": rows})
        return
    terminal.print_table(
        ["column", "category", "level", "subjects"],
        [[r["column"], r["category"], r["level"], ", ".join(r["subjects"])] for r in rows],
    )
    terminal.say(f"{len(rows):,} columns.")


def _rows(known: Classification) -> list[dict[str, Any]]:
    return [
        {
            "database": table.partition(".")[0],
            "column": f"{table}.{name}",
            "category": column.category,
            "level": str(column.level),
            "subjects": [column.subject] if column.subject else list(entry.subjects),
        }
        for table, entry in known.tables.items()
        for name, column in entry.columns.items()
    ]


@classify.command()
@click.argument("name")
@_FILE
@_JSON
def show(name: str, path: Path | None, as_json: bool) -> None:
    """Show the classification of a table or column, such as listeners.listeners.listeners.email."""
    import msgspec

    from wavehouse.governance.service.classification import load
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import NotFound

    known = load(path)
    table, column = name, ""
    if table not in known.tables:
        table, _, column = name.rpartition(".")
    entry = known.tables.get(table)
    if entry is None or (column and column not in entry.columns):
        raise NotFound(
            f"{name!r} is not in the classification",
            hint="Write database.schema.table or database.schema.table.column.",
            command="wavehouse classify list",
        )
    document: dict[str, Any] = msgspec.to_builtins(entry)
    if column:
        document["columns"] = {column: document["columns"][column]}
    if as_json:
        terminal.print_json({"table": table, **document})
        return
    for key in ("owner", "retention", "kept", "unlinkable", "aggregate", "why"):
        if document.get(key):
            terminal.out(f"{key}: {document[key]}")
    terminal.out(f"classified: {entry.classified_on} by {entry.classified_by}")
    for subject, links in entry.subjects.items():
        for link in links:
            terminal.out(f"{subject}: through {link.through}, erasure: {link.on_erasure}")
    terminal.print_table(
        ["column", "category", "level", "more"],
        [
            [key, value.pop("category"), value.pop("level"), _more(value)]
            for key, value in document["columns"].items()
        ],
    )


def _more(value: dict[str, Any]) -> str:
    return "; ".join(f"{key}: {content}" for key, content in value.items())


@classify.command()
@_DATABASES
@_FILE
@click.pass_obj
def skeleton(open_workspace: OpenWorkspace, databases: tuple[str, ...], path: Path | None) -> None:
    """Print entries for columns that have none, as UNCLASSIFIED, which check refuses."""
    from wavehouse.governance.service import classifying
    from wavehouse.kernel import terminal
    from wavehouse.queue import check_operator

    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        text = classifying.skeleton(_chosen(workspace, databases), path=path)
    if text:
        terminal.out(text)
        terminal.say("Put it below tables: in configs/data-classification.yml and classify it.")
    else:
        terminal.say("Every column has an entry.")


@classify.command()
@_DATABASES
@click.option("--check", "only_check", is_flag=True, help="Write nothing; 3 if a comment differs.")
@_JSON
@click.pass_context
def comments(
    context: click.Context, /, databases: tuple[str, ...], only_check: bool, as_json: bool
) -> None:
    """Write each column's class at the end of its comment in the database.

    After `wavehouse schema apply` and at every start with new migrations this is done already. Exit
    code 3: a comment differs (--check), or a table was locked.
    """
    from wavehouse.governance.service import classifying
    from wavehouse.kernel import terminal
    from wavehouse.queue import check_operator

    open_workspace: OpenWorkspace = context.obj
    with open_workspace() as workspace:
        check_operator(workspace.identity, home=workspace.home)
        work = classifying.stale_comments if only_check else classifying.write_comments
        hints = work(_chosen(workspace, databases))
    if as_json:
        terminal.print_json(
            {
                name: {"columns": list(each.columns), "locked": list(each.locked)}
                for name, each in hints.items()
            }
        )
    else:
        verb = "without their class" if only_check else "written"
        for name, each in hints.items():
            locked = f"; locked: {', '.join(each.locked)}" if each.locked else ""
            terminal.say(f"{name}: {len(each.columns):,} comments {verb}{locked}.")
    wrong = any(each.columns if only_check else each.locked for each in hints.values())
    context.exit(3 if wrong else 0)


@classify.command()
@_FILE
@click.option("--since", type=DAY, help="Only entries classified on or after this day.")
@_JSON
def history(path: Path | None, since: datetime | None, as_json: bool) -> None:
    """List who classified each table, when and why, newest first."""
    from wavehouse.governance.service.classification import load
    from wavehouse.kernel import terminal

    entries = sorted(
        (
            (entry.classified_on, name, entry)
            for name, entry in load(path).tables.items()
            if since is None or entry.classified_on >= since.date()
        ),
        key=lambda item: (-item[0].toordinal(), item[1]),
    )
    if as_json:
        terminal.print_json(
            {
                "tables": [
                    {"table": name, "on": on, "by": entry.classified_by, "why": entry.why}
                    for on, name, entry in entries
                ]
            }
        )
        return
    terminal.print_table(
        ["on", "by", "table", "why"],
        [[str(on), entry.classified_by, name, entry.why] for on, name, entry in entries],
    )


@classify.command()
@_JSON
def vocabulary(as_json: bool) -> None:
    """List the keys of fideslang: categories, uses (legal bases for keeping data), subjects."""
    from wavehouse.governance.adapters.classification_file import read_vocabulary
    from wavehouse.kernel import terminal

    known = read_vocabulary()
    kinds = {"category": known.categories, "use": known.uses, "subject": known.subjects}
    if as_json:
        listed = {kind: sorted(keys) for kind, keys in kinds.items()}
        terminal.print_json({"version": known.version, **listed})
        return
    terminal.print_table(
        ["kind", "key"], [[kind, key] for kind, keys in kinds.items() for key in sorted(keys)]
    )


@classify.command()
@click.argument("code", required=False)
@_JSON
def rules(code: str | None, as_json: bool) -> None:
    """Explain the codes of findings: why each rule exists and how to fix a finding."""
    import dataclasses

    from wavehouse.governance.rules.classifying.codes import CODES
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import NotFound

    if code is not None and code.upper() not in CODES:
        raise NotFound(f"no such code: {code!r}", command="wavehouse classify rules")
    chosen = [CODES[code.upper()]] if code else list(CODES.values())
    if as_json:
        terminal.print_json({"rules": [dataclasses.asdict(each) for each in chosen]})
        return
    terminal.print_table(
        ["code", "rule", "why", "remedy"],
        [[each.number, each.name, each.why, each.remedy] for each in chosen],
    )
