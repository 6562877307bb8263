"""Use cases of projects: create, change, pause, archive, list. The plan limits their number."""

from __future__ import annotations

from dataclasses import replace

from wavehouse import accounts, audit, queue
from wavehouse.accounts import Access, Identity, Limit
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import projects as queries
from wavehouse.studio.rules import entered
from wavehouse.studio.service import planning
from wavehouse.studio.types.ids import ProjectId
from wavehouse.studio.types.projects import (
    MissedPolicy,
    NewProject,
    Project,
    ProjectChange,
    ProjectStatus,
)

_LONGEST_BRIEF = 20_000


def create_project(tx: Tx[Operational], *, identity: Identity, new: NewProject) -> Project:
    """Create a project. LimitReached when the plan allows no more, InvalidInput for bad fields."""
    accounts.require(identity.role, Access.WRITE)
    _require_room(tx, identity)
    _check_missed(new.missed_policy, new.missed_limit)
    project = queries.insert_project(
        tx,
        identity=identity,
        title=entered.title_of(new.title),
        brief=entered.text_of(new.brief, "brief", longest=_LONGEST_BRIEF, empty=True),
        language=entered.language_of(new.language),
        cadence=planning.stored_cadence(new.cadence),
        missed_policy=new.missed_policy,
        missed_limit=new.missed_limit,
    )
    _record(tx, identity, project.project_id, "project.created")
    if project.cadence_config:
        planning.plan_project(tx, identity=identity, project_id=project.project_id)
    return project


def list_projects(
    tx: Tx[Operational], *, identity: Identity, archived: bool = False
) -> list[Project]:
    """The projects by title, without archived ones unless wanted; at most 1,000."""
    return queries.projects(tx, organization_id=identity.organization_id, archived=archived)


def show_project(tx: Tx[Operational], *, identity: Identity, project_id: ProjectId) -> Project:
    """A project. NotFound when the organization has no such project."""
    row = queries.project(tx, organization_id=identity.organization_id, project_id=project_id)
    if row is None:
        raise NotFound("there is no such project", command="wavehouse studio projects list")
    return row


def change_project(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId, change: ProjectChange
) -> Project:
    """Change the given fields of a project."""
    accounts.require(identity.role, Access.WRITE)
    old = _locked(tx, identity, project_id)
    policy = old.missed_policy if change.missed_policy is None else change.missed_policy
    kept = old.missed_limit if policy == MissedPolicy.RUN_ALL else None
    limit = kept if change.missed_limit is None else change.missed_limit
    _check_missed(policy, limit)
    new = replace(
        old,
        title=old.title if change.title is None else entered.title_of(change.title),
        brief=old.brief
        if change.brief is None
        else entered.text_of(change.brief, "brief", longest=_LONGEST_BRIEF, empty=True),
        language=old.language if change.language is None else entered.language_of(change.language),
        cadence_config=old.cadence_config
        if change.cadence is None
        else planning.stored_cadence(change.cadence),
        missed_policy=policy,
        missed_limit=limit,
    )
    if new != old:
        queries.update_project(tx, identity=identity, project=new)
        _record(tx, identity, project_id, "project.changed")
    if new.cadence_config != old.cadence_config:
        planning.plan_project(tx, identity=identity, project_id=project_id)
    return new


def set_project_status(
    tx: Tx[Operational], *, identity: Identity, project_id: ProjectId, status: ProjectStatus
) -> Project:
    """Pause, resume or archive a project, and its slots; archiving removes the future ones (Q23).

    LimitReached when the plan has no room for restoring an archived project.
    """
    accounts.require(identity.role, Access.WRITE)
    old = _locked(tx, identity, project_id)
    if old.status == status:
        return old
    if old.status == ProjectStatus.ARCHIVED:
        _require_room(tx, identity)
    new = replace(old, status=status)
    queries.update_project(tx, identity=identity, project=new)
    _record(tx, identity, project_id, f"project.{status}")
    if status is ProjectStatus.ACTIVE:
        queue.resume_jobs(tx, identity=identity, project_id=project_id)
    else:
        queue.pause_jobs(tx, identity=identity, project_id=project_id, reason=f"project {status}")
    planning.plan_project(tx, identity=identity, project_id=project_id)
    return new


def _locked(tx: Tx[Operational], identity: Identity, project_id: ProjectId) -> Project:
    queries.lock_project(tx, organization_id=identity.organization_id, project_id=project_id)
    return show_project(tx, identity=identity, project_id=project_id)


def _require_room(tx: Tx[Operational], identity: Identity) -> None:
    """Check the plan's limit; locks the organization's row, so that two calls cannot both pass."""
    accounts.require_room(tx, identity=identity, limit=Limit.PROJECTS, used=0, more=0)
    used = queries.count_projects(tx, organization_id=identity.organization_id)
    accounts.require_room(tx, identity=identity, limit=Limit.PROJECTS, used=used)


def _check_missed(policy: str, limit: int | None) -> None:
    if limit is not None and (policy != MissedPolicy.RUN_ALL or not 0 < limit <= 1000):
        raise InvalidInput(
            "missed_limit must be 1 to 1,000, and requires missed_policy run_all",
            where="missed_limit",
        )


def _record(tx: Tx[Operational], identity: Identity, project_id: ProjectId, action: str) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("project", project_id),
        organization_id=identity.organization_id,
    )
