"""Manifest of ``studio``."""

from __future__ import annotations

from wavehouse.kernel.manifest import Manifest

MANIFEST = Manifest()
