"""Reads manifests without importing their contexts, and imports their targets."""

from __future__ import annotations

import importlib
from functools import cache
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import wavehouse
from wavehouse.kernel.manifest import Manifest
from wavehouse.wiring import contexts


def manifests() -> tuple[Manifest, ...]:
    """The manifests of all contexts, in the order of ``CONTEXTS``."""
    return tuple(_read(context, tuple(wavehouse.__path__)) for context in contexts.CONTEXTS)


@cache
def _read(context: str, folders: tuple[str, ...]) -> Manifest:
    """A manifest read from its file, as importing it as a module would import its context too."""
    for folder in folders:
        path = Path(folder) / context / "manifest.py"
        if path.is_file():
            module = ModuleType(f"wavehouse.{context}.manifest")
            SourceFileLoader(module.__name__, str(path)).exec_module(module)
            manifest: Manifest = module.MANIFEST
            return manifest
    raise FileNotFoundError(f"wavehouse/{context}/manifest.py, named in wiring/contexts.py")


def resolve(target: str) -> Any:
    """Import the target ``package.module:attribute`` of a manifest."""
    module, attribute = target.split(":")
    return getattr(importlib.import_module(module), attribute)
