"""Checks of ``wavehouse doctor`` on shows and media files."""

from __future__ import annotations

from wavehouse.catalog.service import files_of_several, list_podcasts, media_index
from wavehouse.kernel.findings import Finding
from wavehouse.workspace import Workspace


def shows(workspace: Workspace) -> Finding:
    """How many shows there are."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        listed = list_podcasts(tx, identity=workspace.identity)
    if not listed:
        return Finding("shows", True, "none yet", "wavehouse ingest feed https://…/feed.xml")
    return Finding("shows", True, f"{len(listed)}")


def media_sizes(workspace: Workspace) -> Finding:
    """Files whose size is unknown cannot be counted (R29)."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        unknown = sum(entry.bytes is None for entry in media_index(tx))
    if unknown:
        return Finding(
            "media files",
            False,
            f"{unknown} of unknown size cannot be counted (R29)",
            "wavehouse ingest feed --again … or --media media.json",
        )
    return Finding("media files", True, "all sizes are known")


def shared_files(workspace: Workspace) -> Finding:
    """Files that several episodes have: a rule decides which one a request counts for (R03)."""
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        files = files_of_several(tx, identity=workspace.identity)
    if not files:
        return Finding("shared files", True, "each file is of one episode")
    first = files[0]
    titles = ", ".join(f'"{title}"' for title in first.titles[:3])
    more = f"; {len(files) - 1} more files" if len(files) > 1 else ""
    return Finding(
        "shared files",
        False,
        f"{titles} have one file, {first.media_host}{first.media_path}: a request counts for the "
        f"one published last before it (R03){more}",
        "wavehouse episodes list --shared",
    )
