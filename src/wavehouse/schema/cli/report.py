"""The document a command prints: results by database, and the error that ended it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wavehouse.kernel import terminal
from wavehouse.kernel.errors import WavehouseError


@dataclass(slots=True)
class Report:
    """The output of a command.

    ``single``: one database was named, so the object is its result alone.
    """

    as_json: bool
    single: bool
    targets: list[dict[str, object]] = field(default_factory=list)

    def add(self, name: str, document: dict[str, object]) -> None:
        """Add the result of one database."""
        self.targets.append({"name": name, **document})

    def add_failure(self, name: str, error: WavehouseError, done: dict[str, object]) -> None:
        """Add the completed work for one database before an error, and the error."""
        fields = ("code", "message", "where", "hint", "command")
        self.add(name, {**done, "error": {name: getattr(error, name) for name in fields}})

    def write(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """One JSON object, or a table."""
        if self.as_json:
            if self.targets:
                terminal.print_json(self.targets[0] if self.single else {"targets": self.targets})
        elif rows:
            terminal.print_table(columns, rows)
