"""The log formats that a simulation writes, one file each: ``WRITER``.

They follow the servers' documentation and are independent of the readers.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from wavehouse.kernel.errors import InvalidInput
from wavehouse.simulation.writers._shape import Writer

DEFAULT = "cloudfront"


@cache
def names() -> tuple[str, ...]:
    """The names of the formats, in alphabetical order; imports none of them."""
    return tuple(
        sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    )


@cache
def writer(name: str) -> Writer:
    """The writer of a format. InvalidInput for an unknown format."""
    if name not in names():
        raise InvalidInput(f"unknown log format {name}", hint=f"Known: {', '.join(names())}.")
    writer: Writer = import_module(f"{__name__}.{name}").WRITER
    return writer


def exact() -> tuple[str, ...]:
    """The formats that show the whole truth of a simulation; all others show less."""
    return tuple(name for name in names() if writer(name).has_ranges)


__all__ = ["DEFAULT", "Writer", "exact", "names", "writer"]
