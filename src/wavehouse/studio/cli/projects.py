"""``wavehouse studio projects`` and ``episodes``."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.studio.cli.acting import AS_JSON, EPISODE, PROJECT, organization
from wavehouse.studio.cli.showing import show, show_row

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

_PROJECT_COLUMNS = ("project_id", "title", "language", "status")
_EPISODE_COLUMNS = ("episode_id", "title", "status", "scheduled_for", "published_at")
_POLICIES = ["run_latest", "run_all", "skip"]
WHEN = click.DateTime(["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"])


@click.group()
def projects() -> None:
    """Projects: shows in production."""


@projects.command("create")
@click.argument("title")
@click.option("--language", required=True, help="A language tag such as it or pt-BR.")
@click.option("--brief", default="", help="The subject of the show.")
@click.option("--cadence", help="The cadence as JSON: days, times, tz, start.")
@click.option("--missed", type=click.Choice(_POLICIES), default="run_latest", show_default=True)
@AS_JSON
@click.pass_obj
def create(
    open_workspace: OpenWorkspace,
    title: str,
    language: str,
    brief: str,
    cadence: str | None,
    missed: str,
    as_json: bool,
) -> None:
    """Create a project called TITLE."""
    from wavehouse.studio.service import projects as service
    from wavehouse.studio.types.projects import MissedPolicy, NewProject

    new = NewProject(title, language, brief, _cadence(cadence) or {}, MissedPolicy(missed))
    with organization(open_workspace) as (tx, identity):
        row = service.create_project(tx, identity=identity, new=new)
    show_row(row, as_json=as_json)


@projects.command("list")
@click.option("--archived", is_flag=True, help="Include archived projects.")
@AS_JSON
@click.pass_obj
def list_projects(open_workspace: OpenWorkspace, archived: bool, as_json: bool) -> None:
    """List the projects by title."""
    from wavehouse.studio.service import projects as service

    with organization(open_workspace) as (tx, identity):
        rows = service.list_projects(tx, identity=identity, archived=archived)
    show(
        rows,
        as_json=as_json,
        key="projects",
        columns=_PROJECT_COLUMNS,
        empty="No projects yet. Create one: wavehouse studio projects create TITLE --language it",
    )


@projects.command("show")
@PROJECT
@AS_JSON
@click.pass_obj
def show_project(open_workspace: OpenWorkspace, project: UUID, as_json: bool) -> None:
    """Show a project."""
    from wavehouse.studio.service import projects as service
    from wavehouse.studio.types.ids import ProjectId

    with organization(open_workspace) as (tx, identity):
        row = service.show_project(tx, identity=identity, project_id=ProjectId(project))
    show_row(row, as_json=as_json)


@projects.command("change")
@PROJECT
@click.option("--title")
@click.option("--language", help="A language tag such as it or pt-BR.")
@click.option("--brief")
@click.option("--status", type=click.Choice(["active", "paused", "archived"]))
@AS_JSON
@click.pass_obj
def change(
    open_workspace: OpenWorkspace,
    project: UUID,
    title: str | None,
    language: str | None,
    brief: str | None,
    status: str | None,
    as_json: bool,
) -> None:
    """Change a project; pause, resume or archive it."""
    from wavehouse.studio.service import projects as service
    from wavehouse.studio.types.ids import ProjectId
    from wavehouse.studio.types.projects import ProjectChange, ProjectStatus

    wanted = ProjectId(project)
    with organization(open_workspace) as (tx, identity):
        row = service.change_project(
            tx,
            identity=identity,
            project_id=wanted,
            change=ProjectChange(title=title, language=language, brief=brief),
        )
        if status is not None:
            row = service.set_project_status(
                tx, identity=identity, project_id=wanted, status=ProjectStatus(status)
            )
    show_row(row, as_json=as_json)


@click.group()
def episodes() -> None:
    """Episodes in production: list, plan, archive; scripts and their revisions."""


@episodes.command("list")
@click.option("--project", type=click.UUID, help="Only this project.")
@AS_JSON
@click.pass_obj
def list_episodes(open_workspace: OpenWorkspace, project: UUID | None, as_json: bool) -> None:
    """List the latest 500 episodes, latest first."""
    from wavehouse.studio.service import episodes as service
    from wavehouse.studio.types.ids import ProjectId

    chosen = None if project is None else ProjectId(project)
    with organization(open_workspace) as (tx, identity):
        rows = service.list_episodes(tx, identity=identity, project_id=chosen)
    show(rows, as_json=as_json, key="episodes", columns=_EPISODE_COLUMNS)


@episodes.command("create")
@PROJECT
@click.argument("title")
@click.option("--at", type=WHEN, help="Publication time, such as 2026-12-01T06:00+01:00.")
@AS_JSON
@click.pass_obj
def create_episode(
    open_workspace: OpenWorkspace, project: UUID, title: str, at: datetime | None, as_json: bool
) -> None:
    """Plan an episode of PROJECT called TITLE."""
    from wavehouse.studio.service import episodes as service
    from wavehouse.studio.types.ids import ProjectId

    with organization(open_workspace) as (tx, identity):
        row = service.create_episode(
            tx, identity=identity, project_id=ProjectId(project), title=title, scheduled_for=at
        )
    show_row(row, as_json=as_json)


@episodes.command("archive")
@EPISODE
@AS_JSON
@click.pass_obj
def archive(open_workspace: OpenWorkspace, episode: UUID, as_json: bool) -> None:
    """Archive an episode that is not being generated."""
    from wavehouse.studio.service import episodes as service
    from wavehouse.studio.types.ids import StudioEpisodeId

    with organization(open_workspace) as (tx, identity):
        row = service.archive_episode(tx, identity=identity, episode_id=StudioEpisodeId(episode))
    show_row(row, as_json=as_json)


@episodes.command("script")
@EPISODE
@click.option("--revisions", is_flag=True, help="List every revision, latest first.")
@AS_JSON
@click.pass_obj
def script(open_workspace: OpenWorkspace, episode: UUID, revisions: bool, as_json: bool) -> None:
    """Print the script of an episode."""
    from wavehouse.kernel import terminal
    from wavehouse.studio.service import blocks as service
    from wavehouse.studio.types.ids import StudioEpisodeId

    wanted = StudioEpisodeId(episode)
    with organization(open_workspace) as (tx, identity):
        if revisions:
            past = service.revisions(tx, identity=identity, episode_id=wanted)
        else:
            blocks = service.script(tx, identity=identity, episode_id=wanted)
    if revisions:
        columns = ("position", "revision", "recorded_at", "written_by", "body")
        show(past, as_json=as_json, key="revisions", columns=columns)
    elif as_json:
        show(blocks, as_json=True, key="blocks", columns=())
    elif blocks:
        terminal.out("\n\n".join(block.body for block in blocks))
    else:
        terminal.say("The episode has no script yet.")


def _cadence(text: str | None) -> dict[str, object] | None:
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise click.BadParameter("a cadence must be a JSON object", param_hint="--cadence")
    return value
