"""The walk of every command: run as one tenant, with the ids and names of another.

Commands come from the program's own table, so a new command is walked automatically.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner
from tests.tenants.routes import Walked, leaks, values_for
from tests.tenants.rows import Rows
from tests.tenants.world import LAST, Tenant

from wavehouse.cli.root import root
from wavehouse.kernel.errors import WavehouseError
from wavehouse.workspace import Workspace

WITHOUT_TENANTS = {
    "demo": "has a folder and databases of its own",
    "up": "serves until it is stopped; its routes are walked",
    "work": "runs until it is stopped; what it runs is the jobs'",
    "doctor": "examines the installation by a workspace of its own",
    "simulate": "writes files and opens no database",
    "schema": "works on databases, not on tenants' rows",
    "config": "prints settings and opens no database",
    "indexes": "the operator's: indexes of the installation's raw events, no rows",
    "send-webhooks": "the operator's: sends for all organizations, like `up`",
    "sync-conformance": "asks a foreign server",
    "entitlements": "the operator's: what listeners may hear, as listeners",
    "listeners": "the operator's: listeners belong to themselves and to no organization",
    "learning fit": "fits a model to a simulated population and opens no database",
}
"""Commands, or whole groups, that are not walked, with the reason."""
IDS = {
    "ids": "quarantine",
    "pixel": "pixel",
    "placement": "placement",
    "project": "project",
    "episode": "episode",
    "note": "note",
    "memory": "memory",
    "document": "document",
    "chat": "chat_session",
    "session": "chat_session",
}
"""The column whose ids an argument takes, without its ``_id``."""
MORE = {
    "ingest watch": ["--once", "--interval", "0.05"],
    "learning evaluate": ["--logged"],
}
"""Options without which a command would run for long, or would read no tenant's rows."""


def walk_commands(attacker: Tenant, victim: Tenant, folder: Path, walked: Walked) -> None:
    """Run every command in the attacker's workspace with the victim's values."""
    rows = Rows(victim)

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield attacker.workspace

    try:
        for name, command in leaves(root):
            if {name, name.split(" ", 1)[0]} & WITHOUT_TENANTS.keys():
                continue
            walked.commands.add(name)
            for words in calls(name, command, victim, folder, thorough=walked.thorough):
                said = CliRunner().invoke(root, words, obj=opened)
                walked.asked += 1
                walked.reached += said.exit_code == 0
                what = "wavehouse " + " ".join(words)
                walked.planted |= set(words)
                found = leaks(f"{said.output} {said.exception}", walked.planted, victim)
                if found:
                    walked.crossings.append(f"{what}: shows {sorted(found)[:3]}")
                expected = (SystemExit, WavehouseError, click.ClickException, type(None))
                if not isinstance(said.exception, expected):
                    walked.crossings.append(f"{what}: {said.exception!r}")
                changed = rows.changed()
                if changed:
                    walked.crossings.append(f"{what}: changed {changed}")
    finally:
        rows.close()


def leaves(group: click.Command, *names: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, with its full name."""
    if not isinstance(group, click.Group):
        yield " ".join(names), group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield from leaves(found, *names, name)


def calls(
    name: str, command: click.Command, victim: Tenant, folder: Path, *, thorough: bool = False
) -> Iterator[list[str]]:
    """The command with its required arguments, then with each text option.

    An option gets one kind of the victim's values in turn (name, promo code, id), or each of them
    when ``thorough``.
    """
    required = [p for p in command.params if p.required]
    base = [*name.split(" "), *MORE.get(name, [])]
    texts = [f"Autumn {victim.word}", f"{victim.word}15", victim.ids["campaign_id"][0]]
    for text in texts:
        yield [*base, *(word for p in required for word in _words(p, text, victim, folder))]
        if not any(_is_text(p) for p in required):
            break
    fixed = [word for p in required for word in _words(p, texts[0], victim, folder)]
    options = [each for each in command.params if not each.required and _is_text(each)]
    for number, option in enumerate(options):
        for text in texts if thorough else [texts[number % len(texts)]]:
            yield [*base, *fixed, *_words(option, text, victim, folder)]


def _is_text(param: click.Parameter) -> bool:
    return isinstance(param.type, click.types.StringParamType | click.types.UUIDParameterType)


def _words(param: click.Parameter, text: str, victim: Tenant, folder: Path) -> list[str]:
    value = _value(param, text, victim, folder)
    return [value] if isinstance(param, click.Argument) else [param.opts[0], value]


def _value(param: click.Parameter, text: str, victim: Tenant, folder: Path) -> str:
    kind: Any = param.type
    if isinstance(kind, click.Path):
        if not kind.file_okay:
            return str(folder / "empty")
        return str(folder / "orders.csv")
    if isinstance(kind, click.Choice):
        return str(next(iter(kind.choices)))
    if isinstance(kind, click.DateTime):
        return f"{LAST}"
    if isinstance(kind, click.types.UUIDParameterType):
        return values_for(f"{IDS.get(param.name or '', 'campaign')}_id", victim)[0]
    if isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        return "1"
    return text
