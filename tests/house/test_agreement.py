"""Lists that are kept twice agree: rule versions, choices of commands, signatures of services."""

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
# Documents of one time say which version was in force then.
HISTORY = ("CHANGELOG.md", "docs/decisions/")


def versions(text: str) -> set[str]:
    """The rule versions of our family that a text names."""
    return set(re.findall(rf"{FAMILY}/\d+", text))


def test_documents_name_the_rule_version_of_the_code(root: Path, tracked: list[str]) -> None:
    """A page that explains another version explains figures that nobody sees."""
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
    "wavehouse entitlements grant": {"order", "subscription"},  # made by the provider only
    "wavehouse campaigns status": {"draft"},
    "wavehouse webhooks add": {"webhook.test"},  # goes to the tested endpoint, not to subscribers
}
"""Members of an enum that a command leaves out on purpose."""


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
    """How a list differs from the enum that it shares most of its values with: empty when equal.

    ``auto`` and ``all`` stand for every member. A list that shares less than two values with any
    enum is not a copy of one.
    """
    chosen = choices - {"auto", "all"}
    best = max(enums, key=lambda values: (len(values & chosen), -len(values ^ chosen)))
    return frozenset() if len(best & chosen) < 2 or chosen == best else best ^ chosen


def test_choices_of_the_commands_are_their_enums_members(sources: list[Any]) -> None:
    """A member that is new in the code can be typed, and one that is gone cannot."""
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
"""The keyword that says who acts, where it is not ``identity: Identity``.

A listener is a person on a database of their own and belongs to no organization, so an ``Identity``
could not say who they are. A ``Caller`` does: the listener, their session and how they signed in.
"""
WITHOUT_IDENTITY = {
    "accounts": 18,  # signing in and accepting an invitation: nobody is known yet
    "governance": 5,  # planning and listing are upkeep of the installation, like counting
    "alerts": 1,  # evaluating is upkeep of the installation, like counting
    "audit": 2,  # of the operational and of the listeners' database
    "entitlements": 20,  # receiving, folding and notices are upkeep; a listener's access
    "learning": 1,  # which organizations have something to close is upkeep, like counting
    "catalog": 5,  # jobs of polls and hubs, and what hubs announce, are upkeep
    "erasure": 9,  # finding and searching are parts of use cases; upkeep for all organizations
    "listeners": 41,
    "measurement": 13,
    "queue": 5,
    "sponsorship": 5,
    "studio": 7,  # planning and making are upkeep; anybody with its address reads a feed
    "usage": 2,  # sweeping reservations and reading upstreams are upkeep, like counting
    "webhooks": 2,  # sending, and announcing a refused creation, are the edge's
}
"""Functions that take a database and no identity, by context: a number here may only go down."""


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
    """The edge opens the transaction; which databases a service uses is what it begins with."""
    faults = []
    for source, function in _services(sources):
        known = _annotations(function)
        handed = [bool(DATABASE.search(text)) for text in known]
        if handed != sorted(handed, reverse=True) or "Workspace" in ast.unparse(function.args):
            faults.append(f"{source.place}:{function.lineno} {function.name}")

    assert [] == faults


def test_services_with_a_database_take_an_identity(sources: list[Any]) -> None:
    """It is a keyword; the functions that do without are counted, by context."""
    counted: dict[str, int] = {}
    for source, function in _services(sources):
        if not any(DATABASE.search(text) for text in _annotations(function)):
            continue
        if IDENTITY.get(source.context, "identity: Identity") not in {
            ast.unparse(argument) for argument in function.args.kwonlyargs
        }:
            counted[source.context] = counted.get(source.context, 0) + 1

    assert {} == {c: n for c, n in counted.items() if n > WITHOUT_IDENTITY.get(c, 0)}
