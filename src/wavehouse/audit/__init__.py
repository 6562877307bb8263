"""The door of ``audit``: the append-only record of what was done."""

from wavehouse.audit.service import record
from wavehouse.audit.types import Actor, Entry

__all__ = ["Actor", "Entry", "record"]
