"""``ARCHITECTURE.md`` is correct: everything that it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

MARK = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w./-]+\.(?:py|md|toml|yml|json|sql)|[\w/-]+/")


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    """The text of the page."""
    return (root / "ARCHITECTURE.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def prose(page: str) -> str:
    """The page without its code blocks and without planned parts."""
    text = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    paragraphs = re.split(r"\n\n|\n(?=\d\. )", text)
    return "\n\n".join(p for p in paragraphs if "*Planned" not in p and "As designed" not in p)


def _exists(root: Path, name: str) -> bool:
    places = [root / name, root / "src" / "wavehouse" / name]
    return any(place.exists() for place in places)


def test_the_page_is_short_enough_to_be_read(page: str) -> None:
    """The page has at most 300 lines."""
    assert page.count("\n") <= 300


def test_every_file_that_the_page_names_is_there(root: Path, prose: str) -> None:
    """A path is relative to the repository or to the package."""
    marks = {mark for mark in MARK.findall(prose) if FILE.fullmatch(mark)}
    named = {mark for mark in marks if not mark.startswith((".down", "YYYY"))}

    assert len(named) > 30
    assert [] == sorted(name for name in named if not _exists(root, name))


def test_every_function_that_the_page_names_is_there(root: Path, prose: str) -> None:
    """``name`` in ``file``: the function or class is defined in that file."""
    pairs = re.findall(r"`(\w+)`(?: \(R\d+\))? in\s+`([\w/]+\.py)`", prose)
    faults = []
    for name, file in pairs:
        tree = ast.parse((root / "src" / "wavehouse" / file).read_text(encoding="utf-8"))
        defined = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        }
        defined |= {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        if name not in defined:
            faults.append(f"{name} in {file}")

    assert len(pairs) > 12
    assert [] == faults


def test_every_floor_of_the_contract_stands_on_the_page(root: Path, page: str) -> None:
    """The page and ``.importlinter`` list the same floors in the same order."""
    contract = (root / ".importlinter").read_text(encoding="utf-8")
    layers = contract.split("containers = wavehouse\nlayers =\n")[1].split("exhaustive")[0]
    floors = [re.sub(r"[()]", "", line).strip() for line in layers.splitlines() if line.strip()]
    drawn = re.search(r"^```\n(cli .*?)^```", page, re.MULTILINE | re.DOTALL)

    assert drawn is not None
    lines = [re.split(r"\s{2,}", line) for line in drawn.group(1).splitlines()]
    names = [
        " | ".join(
            cell.removesuffix(".py") for cell in line if re.fullmatch(r"[a-z_]+(\.py)?", cell)
        )
        for line in lines
    ]
    assert [floor for floor in floors if floor != "__main__"] == names
