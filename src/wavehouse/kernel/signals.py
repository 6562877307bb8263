"""The exception that our signal handlers raise, in a separate file because it is loaded first."""

from __future__ import annotations


class CtrlC(KeyboardInterrupt):
    """A stop by Ctrl-C or SIGTERM, raised by signal handlers instead of KeyboardInterrupt.

    CPython ends ``python -m`` by SIGINT, without our exit code, if a KeyboardInterrupt of exactly
    that type ever left a string given to ``exec``, even when it was handled afterwards. Each
    dataclass and namedtuple is such a string, so a stop during an import was enough.
    """
