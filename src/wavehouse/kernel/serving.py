"""The address of the running dashboard: the same host name in links, emails and cookies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wavehouse.kernel import files
from wavehouse.kernel.config import Settings
from wavehouse.kernel.processes import is_running

_LOCAL = {"127.0.0.1", "::1", "0.0.0.0", "::", "localhost"}  # noqa: S104 - compared, not bound


def address_of(settings: Settings, *, port: int | None = None) -> str:
    """The setting ``site_url``, or else ``http://localhost`` with the port.

    ``localhost``, never 127.0.0.1, because session cookies and passkeys belong to one host name.
    """
    if settings["site_url"]:
        return str(settings["site_url"])
    host = "localhost" if settings["host"] in _LOCAL else settings["host"]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port or settings['port']}"


@contextmanager
def announced(settings: Settings, address: str) -> Iterator[None]:
    """Store the address in the home while the process serves."""
    file = _file(settings)
    files.replace(file, json.dumps({"address": address, "pid": os.getpid()}).encode())
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def running_address(settings: Settings) -> str | None:
    """The address of the process that serves this home; None when there is none."""
    try:
        left = json.loads(_file(settings).read_text(encoding="utf-8"))
        address, pid = str(left["address"]), int(left["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return address if is_running(pid) else None


def _file(settings: Settings) -> Path:
    return settings.home / "serving.json"
