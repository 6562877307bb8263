"""Use cases of source documents: what a script may cite."""

from __future__ import annotations

from wavehouse.accounts import Identity
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import documents as queries
from wavehouse.studio.service.projects import show_project
from wavehouse.studio.types.documents import Source
from wavehouse.studio.types.ids import ProjectId


def sources(tx: Tx[Operational], *, identity: Identity, project_id: ProjectId) -> list[Source]:
    """The citable parts of a project's documents in order, labelled ``[S1]``, ``[S2]`` and so on.

    They are data: a prompt marks them as quotations and never follows what they say.
    """
    show_project(tx, identity=identity, project_id=project_id)
    return queries.sources(tx, organization_id=identity.organization_id, project_id=project_id)
