"""Custom lists as files in ``<home>/lists``, with a manifest of their sources."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from wavehouse.catalog.adapters.feeds import is_web_address
from wavehouse.fetching import Web
from wavehouse.kernel.errors import InvalidInput, NotFound, Unreachable
from wavehouse.kernel.reference.agent_list import read_agents
from wavehouse.kernel.reference.own_lists import FOLDER_NAME, kept_folder
from wavehouse.kernel.reference.parameter_list import read_parameters
from wavehouse.kernel.reference.path_rules import read_rules
from wavehouse.kernel.reference.prefix_list import read_prefixes
from wavehouse.kernel.web_addresses import shown

LARGEST = 5 * 1024 * 1024
OWN = "own"
_READERS: dict[str, Callable[[Path], Sequence[object]]] = {
    "prefixes": read_prefixes,
    "agents": read_agents,
    "parameters": read_parameters,
    "paths": read_rules,
}
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")


@dataclass(frozen=True, slots=True)
class KeptList:
    """A stored list: its content, source and version."""

    kind: str
    name: str
    source: str
    version: str
    entries: int
    updated_at: str


def manifest(home: Path) -> dict[str, KeptList]:
    """The stored lists by ``kind/name``."""
    path = home / FOLDER_NAME / "manifest.json"
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return {key: KeptList(**value) for key, value in sorted(held.items())}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, OSError) as broken:
        raise InvalidInput(
            "the manifest of the lists you added cannot be read", where=str(path)
        ) from broken


def read_source(source: str, web: Web) -> bytes:
    """Read a list from a file or an address. Raises NotFound, Unreachable, InvalidInput."""
    if is_web_address(source):
        with web.get(source) as answer:
            if answer.response.status_code != 200:
                status = answer.response.status_code
                raise Unreachable(
                    f"the server responded with status {status}", where=shown(answer.url)
                )
            content = web.body(answer)
    else:
        path = Path(source)
        if not path.is_file():
            raise NotFound("there is no such file", where=source)
        content = path.read_bytes()
    if len(content) > LARGEST:
        raise InvalidInput(
            f"the list has {len(content):,} bytes; {LARGEST:,} are allowed", where=shown(source)
        )
    return content


def keep(home: Path, kind: str, name: str, content: bytes, facts: dict[str, Any]) -> KeptList:
    """Check and store a list; an invalid list changes nothing."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"invalid list name {name!r}", hint="Use a to z, 0 to 9, dot, dash.")
    folder = kept_folder(home, kind)
    folder.mkdir(parents=True, exist_ok=True)
    ending = ".json" if content.lstrip()[:1] in {b"{", b"["} else ".txt"
    with tempfile.TemporaryDirectory(dir=folder) as workroom:
        tried = Path(workroom) / f"{name}{ending}"
        tried.write_bytes(content)
        entries = len(_READERS[kind](tried))
        if not entries:
            raise InvalidInput("the list has no entries", where=str(facts.get("source")))
        _forget_file(home, kind, name)
        tried.replace(folder / f"{name}{ending}")
    kept = KeptList(kind=kind, name=name, entries=entries, **facts)
    _write(home, {**manifest(home), f"{kind}/{name}": kept})
    return kept


def append_line(home: Path, kind: str, line: str) -> bytes:
    """The content of the single-line list with one more line."""
    path = kept_folder(home, kind) / f"{OWN}.txt"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = [*before.splitlines(), line.strip()]
    return ("\n".join(dict.fromkeys(lines)) + "\n").encode()


def forget(home: Path, key: str) -> None:
    """Remove a stored list. NotFound when it does not exist."""
    held = manifest(home)
    if key not in held:
        raise NotFound(f"unknown list {key!r}", command="wavehouse lists list")
    kept = held.pop(key)
    _forget_file(home, kept.kind, kept.name)
    _write(home, held)


def unchanged(kept: KeptList, at: str) -> KeptList:
    """The same version, with a later check time."""
    return replace(kept, updated_at=at)


def _forget_file(home: Path, kind: str, name: str) -> None:
    for ending in (".txt", ".json"):
        (kept_folder(home, kind) / f"{name}{ending}").unlink(missing_ok=True)


def _write(home: Path, held: dict[str, KeptList]) -> None:
    folder = home / FOLDER_NAME
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({key: asdict(value) for key, value in sorted(held.items())}, indent=2)
    handle, temporary = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    Path(temporary).replace(folder / "manifest.json")
