"""``wavehouse doctor``: reports problems, and the commands that fix them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from wavehouse import wiring
from wavehouse.kernel import terminal
from wavehouse.kernel.errors import EXIT_FOUND, WavehouseError
from wavehouse.kernel.findings import Finding
from wavehouse.kernel.manifest import Check


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(as_json: bool) -> None:
    """Check settings, disk, server, schema and data; report problems and the commands to run.

    Exit code 3 when something needs attention.
    """
    findings = list(_examine())
    if as_json:
        terminal.print_json(
            {
                "ok": all(f.ok for f in findings),
                "checks": [
                    {"name": f.name, "ok": f.ok, "says": f.message, "type": f.command or None}
                    for f in findings
                ],
            }
        )
    else:
        terminal.print_table(
            ["", "check", "finding", "type this"],
            [["ok" if f.ok else "!!", f.name, f.message, f.command] for f in findings],
        )
    if not all(f.ok for f in findings):
        raise SystemExit(EXIT_FOUND)


def _examine() -> Iterator[Finding]:
    from wavehouse.kernel import config

    try:
        settings = config.load()
    except WavehouseError as error:
        yield _failed("settings", error, "wavehouse config show")
        return
    yield Finding("settings", True, f"home {settings.home}")
    for check in wiring.checks(before_opening=True):
        yield _run(check, settings)
    from wavehouse.app import open_workspace

    try:
        with open_workspace() as workspace:
            for check in wiring.checks(before_opening=False):
                yield _run(check, workspace)
    except Exception as error:
        yield _failed("databases", error)


def _run(check: Check, subject: Any) -> Finding:
    try:
        finding: Finding = wiring.resolve(check.target)(subject)
    except Exception as error:
        return _failed(check.name, error)
    return finding


def _failed(name: str, error: Exception, otherwise: str = "") -> Finding:
    """The finding of a check that could not be run."""
    from wavehouse.cli.faults import as_sentence

    known = error if isinstance(error, WavehouseError) else as_sentence(error)
    return Finding(name, False, str(known), known.command or known.hint or otherwise)
