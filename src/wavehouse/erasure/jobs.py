"""Background work of ``erasure``: carry out approved requests, and resume stopped ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wavehouse.erasure.service import executing, requesting
from wavehouse.kernel.errors import WavehouseError
from wavehouse.workspace import Workspace


def erasing(workspace: Workspace) -> Callable[[], str | None]:
    """Carry out pending erasures, each for its own organization."""

    def work() -> str | None:
        lines = []
        for request_id in executing.waiting(workspace.stores, identity=workspace.identity):
            try:
                owner = requesting.organization_of(workspace.stores, request_id=request_id)
                identity = replace(workspace.identity, organization_id=owner)
                executing.run(
                    workspace.stores,
                    workspace.settings,
                    identity=identity,
                    request_id=request_id,
                )
            except WavehouseError as error:
                lines.append(f"Erasure {request_id}: {error.message}")
        return "\n".join(lines) or None

    return work
