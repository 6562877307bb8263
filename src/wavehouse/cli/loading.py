"""Lazy commands: the list of commands is text, so that ``--help`` imports no context."""

from __future__ import annotations

import difflib

import click

from wavehouse import wiring
from wavehouse.kernel.manifest import Command


def _add_announced(group: click.Group, name: str) -> None:
    """Add what other contexts announce for a context's own group, each imported on first use."""
    if isinstance(group, LazyGroup):
        return
    for entry in wiring.commands(name):
        if entry.name not in group.commands:
            group.add_command(wiring.resolve(entry.target), entry.name)


class LazyGroup(click.Group):
    """A group whose commands come from the manifests and are imported on first use."""

    def __init__(self, *args: object, group: str = "", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._group = group

    def announced(self) -> dict[str, Command]:
        """The commands declared by the manifests for this group, by name."""
        return {command.name: command for command in wiring.commands(self._group)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in manifest order."""
        return [*self.announced(), *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command."""
        announced = self.announced().get(cmd_name)
        if announced is None:
            return super().get_command(ctx, cmd_name)
        command: click.Command = wiring.resolve(announced.target)
        if isinstance(command, click.Group) and not self._group:
            _add_announced(command, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from their summaries alone; the root's list has headings."""
        by_heading: dict[str, list[tuple[str, str]]] = {}
        for command in self.announced().values():
            heading = "Commands" if self._group else str(command.section)
            by_heading.setdefault(heading, []).append((command.name, command.summary))
        widest = max(map(len, self.announced()), default=0)
        for heading, rows in by_heading.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(widest), summary) for name, summary in rows])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command with this name, or an error with a suggestion."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            close = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"Unknown command {name!r}.{hint}")
        return super().resolve_command(ctx, args)
