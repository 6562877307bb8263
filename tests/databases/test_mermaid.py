"""The diagrams by the real parser of several versions: ``make mermaid``."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wavehouse.governance import column_classes
from wavehouse.kernel.databases import DATABASES
from wavehouse.schema.service.documents import documents

pytestmark = pytest.mark.harness
FOLDERS = [Path(name) for name in os.environ.get("MERMAID", "").split(":") if name]
"""Folders with the packages mermaid and jsdom, one for each version."""
COLOURS_FROM = (11, 5)
"""The first version that reads ``classDef`` in an entity diagram; pages need it, sources do not."""


@pytest.mark.skipif(not FOLDERS, reason="needs MERMAID: folders with mermaid and jsdom installed")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", DATABASES)
def test_every_diagram_is_parsed(
    documented: Callable[[Any], tuple[Any, Any]], tmp_path: Path, name: Any, folder: Path
) -> None:
    """Sources by every version, coloured pages by those that know colours."""
    version = re.search(
        r'"version": "(\d+)\.(\d+)', (folder / "node_modules/mermaid/package.json").read_text()
    )
    assert version
    texts = documents(name, *documented(name), column_classes(name))
    with_colours = (int(version[1]), int(version[2])) >= COLOURS_FROM
    drawn = {
        path.replace("/", "-"): text if path.endswith(".mmd") else _block(text)
        for path, text in texts.items()
        if path.endswith(".mmd")
        or (with_colours and path.startswith("erd/") and path.endswith(".md"))
    }
    for path, text in drawn.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    command = ["node", str(Path(__file__).with_name("mermaid.mjs")), str(folder)]
    done = subprocess.run(
        [*command, *(str(tmp_path / path) for path in drawn)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert drawn
    assert "" == done.stdout


def _block(page: str) -> str:
    found = re.search(r"```mermaid\n(.*?)```", page, re.DOTALL)
    assert found
    return found[1]
