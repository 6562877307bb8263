"""``docs/reference`` is generated from the code; an outdated page fails a test."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from wavehouse.kernel import settings


@pytest.fixture(scope="module")
def generator(root: Path) -> ModuleType:
    """``scripts/generate_reference.py`` as a module."""
    path = root / "scripts" / "generate_reference.py"
    spec = importlib.util.spec_from_file_location("generate_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFERENCE = "docs/reference"
PAGES = [f"{REFERENCE}/{page}.md" for page in ("errors", "settings", "cli", "api", "log-formats")]


@pytest.mark.parametrize(
    "page", [*PAGES, f"{REFERENCE}/grafana.json", "configs/migrate.example.env"]
)
def test_a_reference_page_is_what_the_code_would_write(
    generator: ModuleType, root: Path, page: str
) -> None:
    """Byte for byte. If this fails, run ``python scripts/generate_reference.py``."""
    written = (root / page).read_text(encoding="utf-8")

    assert generator.PAGES[root / page]() == written


def test_every_error_code_stands_in_the_reference(generator: ModuleType, root: Path) -> None:
    """Programs rely on codes: each has a line, and no two classes share one."""
    page = (root / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    codes = [kind.code for kind in generator.error_classes() if "code" in vars(kind)]

    assert sorted(set(codes)) == sorted(codes)
    assert [] == [code for code in codes if f"| `{code}` |" not in page]


def test_every_setting_stands_in_the_reference(root: Path) -> None:
    """The entry has the variable, which operators search for."""
    page = (root / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    example = (root / "configs" / "migrate.example.env").read_text(encoding="utf-8")

    assert [] == [o.name for o in settings.OPTIONS if f"| `{o.variable}` |" not in page]
    assert [] == [o.name for o in settings.OPTIONS if f"# {o.variable}=" not in example]
