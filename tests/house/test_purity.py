"""Rules and types are pure: no files, network, clock or randomness.

import-linter checks the imports (``.importlinter``). Some modules are only partly pure, so this
lint checks calls: a path may be named but not opened, XML may be read from bytes but not from a
file, ``socket`` may unpack an address but not connect.
"""

from __future__ import annotations

import ast
from typing import Any

IMPURE_NAMES = {"open", "input", "print", "exec", "eval", "breakpoint"}
IMPURE_METHODS = {
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "unlink",
    "mkdir",
    "iterdir",
    "glob",
    "rglob",
    "is_file",
    "is_dir",
    "exists",
    "stat",
    "cwd",
    "home",
    "urandom",
    "getenv",
    "uuid4",
    "uuid1",
    "monotonic",
    "perf_counter",
    "now",
    "utcnow",
    "today",
}
SOCKET_ALLOWED = {"AF_INET", "AF_INET6", "inet_pton", "inet_ntop", "inet_aton", "inet_ntoa"}


def impurities(tree: ast.Module) -> list[tuple[int, str]]:
    """Calls that a pure module must not make: (line, call)."""
    rows = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in IMPURE_NAMES:
                rows.append((node.lineno, f"{called.id}()"))
            if isinstance(called, ast.Attribute) and called.attr in IMPURE_METHODS:
                rows.append((node.lineno, f".{called.attr}()"))
            if isinstance(called, ast.Attribute) and called.attr == "parse":
                owner = called.value
                if isinstance(owner, ast.Name) and owner.id == "etree":
                    rows.append((node.lineno, "etree.parse()"))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "socket" and node.attr not in SOCKET_ALLOWED:
                rows.append((node.lineno, f"socket.{node.attr}"))
        elif isinstance(node, ast.ImportFrom) and node.module == "socket":
            names = sorted({alias.name for alias in node.names} - SOCKET_ALLOWED)
            rows += [(node.lineno, f"socket.{name}") for name in names]
        elif isinstance(node, ast.ImportFrom) and node.module == "wavehouse.kernel":
            names = sorted({alias.name for alias in node.names} & {"terminal", "config"})
            rows += [(node.lineno, f"kernel.{name}") for name in names]
    return rows


def test_the_lint_for_purity_sees_files_clocks_and_sockets() -> None:
    """Examples that the lint refuses and allows."""
    assert [(1, "open()")] == impurities(ast.parse("open('x')"))
    assert [(1, ".read_text()")] == impurities(ast.parse("Path('x').read_text()"))
    assert [(1, ".now()")] == impurities(ast.parse("clock.now()"))
    assert [(1, "socket.create_connection")] == impurities(
        ast.parse("socket.create_connection(('a', 1))")
    )
    assert [(1, "etree.parse()")] == impurities(ast.parse("etree.parse('http://x')"))
    assert [] == impurities(ast.parse("socket.inet_pton(socket.AF_INET6, text)"))
    assert [] == impurities(ast.parse("etree.fromstring(content, parser); re.compile('x')"))


def test_rules_and_types_are_pure(sources: list[Any]) -> None:
    """The same arguments always give the same result."""
    faults = [
        f"{source.place}:{line} {what}"
        for source in sources
        if source.room in {"rules", "types"} and source.context != "kernel"
        for line, what in impurities(source.tree)
    ]

    assert [] == faults
