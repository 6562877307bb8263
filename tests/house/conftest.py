"""Fixtures of the house tests: the source tree, as text and as syntax trees."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from wavehouse.store import DATABASES, EmbeddedServer

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Source:
    """One file of the package."""

    place: str
    module: str
    text: str
    tree: ast.Module

    @property
    def context(self) -> str:
        """The folder below ``wavehouse`` that the module belongs to."""
        return self.module.split(".")[1] if "." in self.module else ""

    @property
    def room(self) -> str:
        """The room below the context, such as ``queries``."""
        parts = self.module.split(".")
        return parts[2] if len(parts) > 2 else ""


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    """Every module of the package."""
    sources = []
    for path in sorted((ROOT / "src" / "wavehouse").rglob("*.py")):
        parts = path.relative_to(ROOT / "src").with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        location = str(path.relative_to(ROOT))
        sources.append(Source(location, module, text, ast.parse(text, location)))
    return sources


@pytest.fixture(scope="session")
def tracked() -> list[str]:
    """The paths of all files that git tracks or would track."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.fixture
def migrated(server: EmbeddedServer) -> Iterator[dict[str, psycopg.Connection[Any]]]:
    """A read-only administrator's connection to each migrated database."""
    secret = server.superuser_password()
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                psycopg.connect(
                    server.conninfo(name, "wavehouse_root", secret),
                    autocommit=True,
                )
            )
            for name in DATABASES
        }
