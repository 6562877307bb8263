"""What the commands say: data on stdout, talk on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from wavehouse.kernel.errors import WavehouseError


@dataclass(slots=True)
class Report:
    """What a command says. ``single``: one database was named, so the object is about it alone."""

    as_json: bool
    quiet: bool
    single: bool
    targets: list[dict[str, object]] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """Talk, on stderr."""
        if not self.quiet:
            click.echo(sentence, err=True)

    def add(self, name: str, document: dict[str, object]) -> None:
        """The result for one database."""
        self.targets.append({"name": name, **document})

    def add_failure(self, name: str, error: WavehouseError, done: dict[str, object]) -> None:
        """What was done for one database before an error, and the error."""
        told = {"code": error.code, "message": error.message}
        self.add(name, {**done, "error": {**told, "where": error.where, "hint": error.hint}})

    def write(self, headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """The data on stdout: one JSON object, a table on a terminal, or tab-separated lines."""
        if self.as_json and self.targets:
            whole = {"targets": self.targets}
            click.echo(json.dumps(self.targets[0] if self.single else whole, indent=2))
        elif rows:
            write_table(headers, rows)


def write_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table by rich on a terminal, tab-separated lines otherwise."""
    if not sys.stdout.isatty():
        for row in (headers, *rows):
            click.echo("\t".join(str(value) for value in row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*headers, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(str(value) for value in row))
    Console().print(table)
