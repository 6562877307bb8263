"""Output to a terminal, XML, OPML and CSV goes through ``kernel/words.py``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "wavehouse"
# The only module that prints, and the start of the program before it can import that module.
MAY_PRINT = {"kernel/terminal.py", "__main__.py"}
ESCAPERS = {"xml.sax.saxutils", "html.escape", "cgi", "lxml.builder", "xml.etree.ElementTree"}
# Markup without outside text: the simulator's feeds are invented, and the page of an email link
# escapes its own token.
MAY_WRITE = {"simulation/adapters/files.py"}
MAY_ESCAPE = {"simulation/rules/feeds.py", "listeners/http/emails.py"}


def _calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def findings(name: str, source: str) -> list[str]:
    """Outputs of a module that are not cleaned."""
    tree = ast.parse(source)
    calls, imports = set(_calls(tree)), set(_imports(tree))
    cleans = "wavehouse.kernel.words" in imports
    rows = []
    if name not in MAY_PRINT:
        printers = {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"}
        rows += sorted(calls & printers)
    if name not in MAY_WRITE and "csv.writer" in calls | imports and not cleans:
        rows.append("csv.writer without words.cell")
    if name not in MAY_ESCAPE and not cleans:
        rows += sorted(imports & ESCAPERS)
    return rows


def test_ways_out_clean_the_words_of_others() -> None:
    """Print through kernel/terminal.py; write markup and cells through kernel/words.py."""
    wrong = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if found := findings(name, path.read_text(encoding="utf-8")):
            wrong[name] = found
    assert {} == wrong


@pytest.mark.parametrize(
    "source",
    ["print('a')", "import click\nclick.echo('a')", "import csv\ncsv.writer(f)",
     "from xml.sax.saxutils import quoteattr", "from html import escape"],
)  # fmt: skip
def test_the_rule_finds_what_it_forbids(source: str) -> None:
    """The lint must be able to fail."""
    assert findings("somewhere.py", source)
