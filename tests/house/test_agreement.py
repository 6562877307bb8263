"""Duplicated lists agree: rule versions, choices of commands, signatures of services."""

from __future__ import annotations

import ast
import enum
import importlib
import re
from pathlib import Path
from typing import Any

import click

from wavehouse.measurement import RULE_VERSION

FAMILY = re.escape(RULE_VERSION.rpartition("/")[0])
# Historical documents name the version that was in force at the time.
HISTORY = ("CHANGELOG.md", "docs/decisions/")


def versions(text: str) -> set[str]:
    """The rule versions of our family named in a text."""
    return set(re.findall(rf"{FAMILY}/\d+", text))


def test_documents_name_the_rule_version_of_the_code(root: Path, tracked: list[str]) -> None:
    """A page about another version would explain figures that are not shown."""
    assert {RULE_VERSION} == versions(f"Rule version: `{RULE_VERSION}`.")
    faults = {
        name: named
        for name in tracked
        if name.endswith(".md") and not name.startswith(HISTORY)
        if (named := versions((root / name).read_text("utf-8")) - {RULE_VERSION})
    }

    assert {} == faults


# --- choices of the command line and enums -----------------------------------------------------

PARTIAL = {
    "wavehouse entitlements grant": {"order", "subscription"},  # created by the provider only
    "wavehouse campaigns status": {"draft"},
    "wavehouse webhooks add": {"webhook.test"},  # sent to the tested endpoint, not to subscribers
}
"""Enum members that a command leaves out on purpose."""


def _enums(sources: list[Any]) -> list[frozenset[str]]:
    """The values of every text enum of a ``types`` or ``rules`` room."""
    named = {
        source.module
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(b) for b in node.bases)
    }
    modules = [importlib.import_module(name) for name in sorted(named)]
    return [
        frozenset(str(member.value) for member in found)
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, enum.Enum) and len(found) > 1
    ]


def _choices(command: click.Command, name: str) -> list[tuple[str, frozenset[str]]]:
    found = [
        (name, frozenset(map(str, parameter.type.choices)))
        for parameter in command.params
        if isinstance(parameter.type, click.Choice)
    ]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            child = command.get_command(context, word)
            assert child is not None
            found += _choices(child, f"{name} {word}")
    return found


def differing(choices: frozenset[str], enums: list[frozenset[str]]) -> frozenset[str]:
    """How a list differs from the enum with which it shares most values: empty when equal.

    ``auto`` and ``all`` stand for every member. A list that shares less than two values with any
    enum is not a copy of one.
    """
    chosen = choices - {"auto", "all"}
    best = max(enums, key=lambda values: (len(values & chosen), -len(values ^ chosen)))
    return frozenset() if len(best & chosen) < 2 or chosen == best else best ^ chosen


def test_choices_of_the_commands_are_their_enums_members(sources: list[Any]) -> None:
    """New members are accepted on the command line, removed ones are not."""
    from wavehouse.cli.root import root

    enums = _enums(sources)
    assert frozenset({"op3"}) == differing(
        frozenset({"auto", "combined", "fastly"}), [frozenset({"combined", "fastly", "op3"})]
    )
    faults = {
        name: sorted(difference)
        for name, choices in _choices(root, "wavehouse")
        if (difference := differing(choices, enums) - PARTIAL.get(name, set()))
    }

    assert {} == faults


# --- signatures of services ----------------------------------------------------------------------

DATABASE = re.compile(r"\b(?:Tx|Database)\[|\bStores\b")
IDENTITY = {"listeners": "caller: Caller"}
"""The keyword that identifies the actor, where it is not ``identity: Identity``.

A listener is in a separate database and belongs to no organization, so an ``Identity`` cannot
identify them. A ``Caller`` does: the listener, their session and how they signed in.
"""
WITHOUT_IDENTITY = {
    "accounts": 18,  # signing in and accepting an invitation: the user is not known yet
    "governance": 5,  # planning and listing are maintenance of the installation, like counting
    "alerts": 1,  # evaluating is maintenance of the installation, like counting
    "audit": 2,  # of the operational and of the listeners' database
    "entitlements": 20,  # receiving, folding and notices are maintenance; a listener's access
    "learning": 3,  # finding organizations with work, and the rollup of behaviour, are maintenance
    "catalog": 5,  # jobs of polls and hubs, and hubs' announcements, are maintenance
    "erasure": 16,  # finding, searching and many at once are parts of use cases; upkeep of all
    "listeners": 42,  # signing in and maintenance have no caller yet; folding is part of use cases
    "measurement": 31,  # counting, rolling up, sealing, warehouses, indexes: of the installation
    "queue": 5,
    "sponsorship": 5,
    "studio": 7,  # planning and generating are maintenance; a feed is public
    "usage": 4,  # sweeping, upstreams, and the rollups of all organizations are maintenance
    "webhooks": 2,  # sending, and announcing a refused creation, are done by the edge
}
"""Functions with a database and no identity, by context: a number here may only go down."""


def _services(sources: list[Any]) -> list[tuple[Any, ast.FunctionDef]]:
    return [
        (source, node)
        for source in sources
        if source.room == "service" and source.context != "schema"
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def _annotations(function: ast.FunctionDef) -> list[str]:
    return [ast.unparse(a.annotation) if a.annotation else "" for a in function.args.args]


def test_no_service_takes_a_workspace_and_databases_come_first(sources: list[Any]) -> None:
    """The edge opens the transactions; a service's first parameters name its databases."""
    faults = []
    for source, function in _services(sources):
        known = _annotations(function)
        handed = [bool(DATABASE.search(text)) for text in known]
        if handed != sorted(handed, reverse=True) or "Workspace" in ast.unparse(function.args):
            faults.append(f"{source.place}:{function.lineno} {function.name}")

    assert [] == faults


def test_services_with_a_database_take_an_identity(sources: list[Any]) -> None:
    """It is a keyword; functions without one are counted by context."""
    counted: dict[str, int] = {}
    for source, function in _services(sources):
        if not any(DATABASE.search(text) for text in _annotations(function)):
            continue
        if IDENTITY.get(source.context, "identity: Identity") not in {
            ast.unparse(argument) for argument in function.args.kwonlyargs
        }:
            counted[source.context] = counted.get(source.context, 0) + 1

    assert {} == {c: n for c, n in counted.items() if n > WITHOUT_IDENTITY.get(c, 0)}
