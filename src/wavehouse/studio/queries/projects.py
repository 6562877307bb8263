"""SQL for projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from wavehouse.accounts import Identity
from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.studio.types.ids import ProjectId
from wavehouse.studio.types.projects import Project


def insert_project(
    tx: Tx[Operational],
    *,
    identity: Identity,
    title: str,
    brief: str,
    language: str,
    cadence: Mapping[str, Any],
    missed_policy: str,
    missed_limit: int | None,
) -> Project:
    """Add a project of the acting user."""
    return tx.one(
        Project,
        """
        INSERT INTO studio.projects (organization_id, owner_id, title, brief, language,
          cadence_config, missed_policy, missed_limit)
        VALUES (%(organization_id)s, %(owner_id)s, %(title)s, %(brief)s, %(language)s,
          %(cadence)s, %(missed_policy)s, %(missed_limit)s)
        RETURNING project_id, owner_id, title, coalesce(brief, '') AS brief, language,
          cadence_config, missed_policy, missed_limit, status, created_at
        """,
        {
            "organization_id": identity.organization_id,
            "owner_id": identity.user_id,
            "title": title,
            "brief": brief,
            "language": language,
            "cadence": Jsonb(dict(cadence)),
            "missed_policy": missed_policy,
            "missed_limit": missed_limit,
        },
    )


def projects(
    tx: Tx[Operational], *, organization_id: OrganizationId, archived: bool
) -> list[Project]:
    """The organization's projects by title; archived ones only on request."""
    return tx.rows(
        Project,
        """
        SELECT project_id, owner_id, title, coalesce(brief, '') AS brief, language,
          cadence_config, missed_policy, missed_limit, status, created_at
        FROM studio.projects
        WHERE organization_id = %(organization_id)s AND (%(archived)s OR status <> 'archived')
        ORDER BY title, project_id LIMIT 1000
        """,
        {"organization_id": organization_id, "archived": archived},
    )


def project(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: ProjectId
) -> Project | None:
    """A project by its id."""
    return tx.maybe(
        Project,
        """
        SELECT project_id, owner_id, title, coalesce(brief, '') AS brief, language,
          cadence_config, missed_policy, missed_limit, status, created_at
        FROM studio.projects
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )


def lock_project(
    tx: Tx[Operational], *, organization_id: OrganizationId, project_id: ProjectId
) -> bool:
    """Lock a project's row until the transaction ends; False when there is no such project."""
    row = tx.value(
        """
        SELECT true FROM studio.projects
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
        FOR NO KEY UPDATE
        """,
        {"organization_id": organization_id, "project_id": project_id},
    )
    return row is not None


def update_project(tx: Tx[Operational], *, identity: Identity, project: Project) -> None:
    """Store the changeable fields of a project."""
    tx.execute(
        """
        UPDATE studio.projects SET title = %(title)s, brief = %(brief)s, language = %(language)s,
          cadence_config = %(cadence)s, missed_policy = %(missed_policy)s,
          missed_limit = %(missed_limit)s, status = %(status)s
        WHERE organization_id = %(organization_id)s AND project_id = %(project_id)s
        """,
        {
            "organization_id": identity.organization_id,
            "project_id": project.project_id,
            "title": project.title,
            "brief": project.brief,
            "language": project.language,
            "cadence": Jsonb(project.cadence_config),
            "missed_policy": project.missed_policy,
            "missed_limit": project.missed_limit,
            "status": project.status,
        },
    )


def count_projects(tx: Tx[Operational], *, organization_id: OrganizationId) -> int:
    """The number of projects that count for the plan: those not archived."""
    return int(
        tx.value(
            """
            SELECT count(*) FROM studio.projects
            WHERE organization_id = %(organization_id)s AND status <> 'archived'
            """,
            {"organization_id": organization_id},
        )
    )
