"""A context is used through its door: ``__init__`` lists its public names, and only those."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import wavehouse

PACKAGE = Path(wavehouse.__file__).parent
ROOMS = {"types", "rules", "queries", "adapters", "service", "http", "cli", "jobs"}
CONTEXTS = {
    folder.name
    for folder in PACKAGE.iterdir()
    if any((folder / f"service{ending}").exists() for ending in ("", ".py"))
}
"""Folders with a service room, so that a new context is tested from its first day."""
DOORS = CONTEXTS | {"store"}


def _order(name: str) -> tuple[int, str]:
    """Sort key: CONSTANTS, then Classes, then functions; each alphabetically."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def _doors(sources: list[Any]) -> list[Any]:
    return [s for s in sources if s.module in {f"wavehouse.{name}" for name in DOORS}]


def _brought_in(tree: ast.Module) -> set[str]:
    imports = [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wavehouse.")
    ]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def test_the_contexts_are_those_of_the_tree() -> None:
    """The contexts are derived, not listed; an empty result would pass every test."""
    assert {"accounts", "catalog", "listeners", "measurement", "sponsorship"} <= CONTEXTS
    assert not {"kernel", "store", "web", "charts"} & CONTEXTS


def test_every_door_lists_what_it_offers_sorted(sources: list[Any]) -> None:
    """``__all__`` is sorted and without duplicates, so that a name is easy to find."""
    doors = {door.module: importlib.import_module(door.module) for door in _doors(sources)}
    offered = {module: list(getattr(door, "__all__", [])) for module, door in doors.items()}

    assert doors
    assert {m: sorted(set(names), key=_order) for m, names in offered.items()} == offered


def test_every_name_of_a_door_exists(sources: list[Any]) -> None:
    """Every name in ``__all__`` can be imported."""
    missing = [
        f"{door.module}.{name}"
        for door in _doors(sources)
        for name in getattr(importlib.import_module(door.module), "__all__", [])
        if not hasattr(importlib.import_module(door.module), name)
    ]

    assert [] == missing


def test_a_door_brings_in_nothing_that_it_does_not_offer(sources: list[Any]) -> None:
    """A name imported into the door but not in ``__all__`` would be a back door."""
    hidden = {
        door.module: sorted(
            _brought_in(door.tree)
            - set(getattr(importlib.import_module(door.module), "__all__", []))
        )
        for door in _doors(sources)
    }

    assert {door.module: [] for door in _doors(sources)} == hidden


def test_every_context_has_a_readme_that_says_what_it_owns(sources: list[Any], root: Any) -> None:
    """One page per context: its responsibility, its words, its invariants."""
    present = {s.context for s in sources} & CONTEXTS
    without = [c for c in present if not (root / "src" / "wavehouse" / c / "README.md").is_file()]

    assert [] == sorted(without)


def rooms_entered(tree: ast.Module, own_context: str) -> list[tuple[int, str]]:
    """Imports from another context's rooms, past its door: (line, module)."""
    named = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named += [(node.lineno, node.module)]
            named += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Import):
            named += [(node.lineno, alias.name) for alias in node.names]
    rows = []
    for line, module in named:
        parts = module.split(".")
        if parts[0] == "wavehouse" and len(parts) > 2 and parts[1] in CONTEXTS - {own_context}:
            rows.append((line, module))
    return rows


def mounts(source: Any, module: str) -> bool:
    """Imports that mount the ``http`` rooms of contexts, as the command line does with ``cli``."""
    return source.context == "web" and module.split(".")[2] == "http"


def test_the_lint_for_doors_sees_a_room_that_is_entered() -> None:
    """Imports under TYPE_CHECKING and inside functions are detected, too."""
    past = "def f():\n    from wavehouse.catalog.queries import episode\n"
    whole = "from wavehouse.catalog import queries\n"
    door = "from wavehouse.catalog import register_feed\n"
    own = "from wavehouse.measurement.rules import bytes_of\n"

    assert 2 == rooms_entered(ast.parse(past), "measurement")[0][0]
    assert "wavehouse.catalog.queries" == rooms_entered(ast.parse(whole), "measurement")[0][1]
    assert "register_feed" == rooms_entered(ast.parse(door), "measurement")[0][1].split(".")[-1]
    assert [] == rooms_entered(ast.parse(own), "measurement")


def test_no_context_is_entered_past_its_door(sources: list[Any]) -> None:
    """import-linter ignores imports for types; this lint does not."""
    faults = [
        f"{source.place}:{line} enters {module}"
        for source in sources
        for line, module in rooms_entered(source.tree, source.context)
        if module.split(".")[2] in ROOMS and not mounts(source, module)
    ]

    assert [] == faults
