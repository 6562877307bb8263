"""Derives the product's edges from the contexts' manifests (``kernel/manifest.py``).

Importing this imports no context: the commands are listed without any of them.
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
