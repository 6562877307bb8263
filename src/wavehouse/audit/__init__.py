"""Public interface of ``audit``: the append-only record of actions."""

from wavehouse.audit.service import record, record_for_listeners
from wavehouse.audit.types import Actor, Entry

__all__ = ["Actor", "Entry", "record", "record_for_listeners"]
