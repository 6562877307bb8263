"""Derives the product's edges from the contexts' manifests (``kernel/manifest.py``).

Importing it does not import contexts, so commands can be listed without them.
"""

from wavehouse.wiring.contexts import CONTEXTS
from wavehouse.wiring.entries import (
    chapters,
    checks,
    commands,
    jobs,
    pages,
    readers,
    routers,
    schedules,
)
from wavehouse.wiring.reading import manifests, resolve

__all__ = [
    "CONTEXTS",
    "chapters",
    "checks",
    "commands",
    "jobs",
    "manifests",
    "pages",
    "readers",
    "resolve",
    "routers",
    "schedules",
]
