"""Use cases of the operator's own lists: add, update, remove; each change is in the audit log."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wavehouse import audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.catalog.adapters import list_files
from wavehouse.catalog.adapters.feeds import is_web_address
from wavehouse.catalog.adapters.list_files import OWN, KeptList
from wavehouse.fetching import Web
from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotFound, UsageError, WavehouseError
from wavehouse.kernel.reference import own_lists
from wavehouse.kernel.reference.files import manifest as bundled_manifest
from wavehouse.store import Operational, Tx


@dataclass(frozen=True, slots=True)
class UpdatedList:
    """The result of updating one list."""

    name: str
    ok: bool
    message: str


def kept_lists(home: Path) -> list[KeptList]:
    """The operator's own lists."""
    return list(list_files.manifest(home).values())


def bundled_lists() -> dict[str, dict[str, Any]]:
    """The lists that ship with the product, with version and source."""
    return dict(sorted(bundled_manifest().items()))


def add_list(
    tx: Tx[Operational],
    *,
    identity: Identity,
    home: Path,
    kind: str,
    source: str,
    name: str | None,
    web: Web,
) -> KeptList:
    """Add a list from a file or address, or one line to the single-line list."""
    is_source = is_web_address(source) or Path(source).is_file()
    if is_source:
        content = list_files.read_source(source, web)
        list_name = name or Path(source.partition("?")[0]).stem.lower() or OWN
        location = source if is_web_address(source) else str(Path(source).absolute())
    elif name is not None:
        raise UsageError(
            f"--name is for files and addresses; a single line goes to the list {kind}/{OWN}",
            hint="Omit --name, or put the line into a file.",
        )
    else:
        content, list_name, location = list_files.append_line(home, kind, source), OWN, "lines"
    return _kept(tx, identity, home, kind, list_name, location, content)


def update_lists(
    tx: Tx[Operational], *, identity: Identity, home: Path, name: str | None, web: Web
) -> list[UpdatedList]:
    """Reload lists from their sources; an invalid list stays unchanged."""
    held = list_files.manifest(home)
    if name is not None and name not in held:
        raise NotFound(f"unknown list {name!r}", command="wavehouse lists list")
    results = []
    for key, kept in held.items():
        if (name is None or key == name) and kept.source != "lines":
            results.append(_updated(tx, identity, home, key, kept, web))
    return results


def remove_list(tx: Tx[Operational], *, identity: Identity, home: Path, name: str) -> None:
    """Remove a list. NotFound when it does not exist."""
    list_files.forget(home, name)
    own_lists.refresh()
    _record(tx, identity, "list.removed", {"list": name})


def _updated(
    tx: Tx[Operational], identity: Identity, home: Path, key: str, kept: KeptList, web: Web
) -> UpdatedList:
    try:
        content = list_files.read_source(kept.source, web)
        if _version(content) == kept.version:
            return UpdatedList(key, True, f"{key}: unchanged, version {kept.version}")
        new = _kept(tx, identity, home, kept.kind, kept.name, kept.source, content)
    except WavehouseError as error:
        return UpdatedList(key, False, f"{key}: kept at version {kept.version}, {error}")
    return UpdatedList(key, True, f"{key}: {new.entries} entries, version {new.version}")


def _kept(
    tx: Tx[Operational],
    identity: Identity,
    home: Path,
    kind: str,
    name: str,
    source: str,
    content: bytes,
) -> KeptList:
    facts = {
        "source": source,
        "version": _version(content),
        "updated_at": clock.now().isoformat(timespec="seconds"),
    }
    kept = list_files.keep(home, kind, name, content, facts)
    own_lists.refresh()
    details = {"list": f"{kind}/{name}", "version": kept.version, "entries": kept.entries}
    _record(tx, identity, "list.changed", {**details, "source": source})
    return kept


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _record(tx: Tx[Operational], identity: Identity, action: str, metadata: dict[str, Any]) -> None:
    audit.record(
        tx,
        actor=user_actor(identity),
        action=action,
        resource=("organization", identity.organization_id),
        organization_id=identity.organization_id,
        metadata=metadata,
    )
