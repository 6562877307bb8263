"""A new context is a folder and a line: this one is added, used and removed."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

import wavehouse
from wavehouse import accounts, wiring
from wavehouse.accounts import Scope
from wavehouse.cli.demo import chosen_chapters
from wavehouse.cli.root import root
from wavehouse.kernel import clock, terminal
from wavehouse.web.live import live_app
from wavehouse.wiring import contexts, working
from wavehouse.workspace import Stage, Workspace

MANIFEST = """
from wavehouse.kernel.manifest import (
    Chapter, Check, Command, Gauge, Job, Manifest, Metrics, Page, Reader, Routes, Schedule, Section,
)

MANIFEST = Manifest(
    commands=(
        Command(name="toy", target="wavehouse.toy:toy", summary="Play.", section=Section.FIGURES),
        Command(name="toys", target="wavehouse.toy:toys", summary="Fetch.", group="ingest"),
    ),
    routes=(Routes(target="wavehouse.toy:routers"),),
    pages=(
        Page(path="/toys", title="Toys", icon="podcast", key="t", order=50,
             target="wavehouse.toy:page"),
    ),
    jobs=(Job(kind="toy.wind", target="wavehouse.toy:wind"),),
    schedules=(Schedule(name="winding", seconds=0.01, target="wavehouse.toy:winding"),),
    checks=(Check(name="toys", target="wavehouse.toy:check"),),
    metrics=(
        Metrics(
            target="wavehouse.toy:measures", gauges=(Gauge("wavehouse_toys", "Toys."),),
        ),
    ),
    chapters=(
        Chapter(name="toybox", summary="A toy is wound.", target="wavehouse.toy:chapter",
                needs=("measured",)),
    ),
    readers=(Reader(kind="toy", target="wavehouse.toy:read_again"),),
)
"""
CODE = """
import click
from fastapi import APIRouter, Depends
from starlette.responses import PlainTextResponse
from wavehouse.accounts import Scope
from wavehouse.kernel.findings import Finding, Measure
from wavehouse.workspace import ChapterResult


@click.command()
def toy():
    click.echo("The toy plays.")


@click.command()
def toys():
    click.echo("Toys are fetched.")


def routers(edge):
    api = APIRouter()

    @api.get("/api/v1/toys", dependencies=[Depends(edge.gate(Scope.STATS_READ))])
    def listed() -> list[str]:
        return sorted(edge.readers)

    return [api]


def page(desk):
    routes = APIRouter()

    @routes.get("/toys")
    def show():
        return PlainTextResponse("A page of toys.")

    return routes


def wind(workspace, payload):
    return None


def winding(workspace):
    return lambda: "The toy is wound."


def check(workspace):
    return Finding("toys", False, "a toy is broken", "wavehouse toy")


def measures(stores, *, identity):
    yield Measure("wavehouse_toys", 3, {"colour": 'a "red" one'})
    yield Measure("wavehouse_toys", 4, {"colour": "blue"})


def chapter(stage):
    return ChapterResult(True, ("The toy plays.",), {"toys": 7})


def read_again(operational, path, *, identity):
    return frozenset({1, 2})
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Create the folder ``wavehouse/toy`` and its line in ``CONTEXTS``."""
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "manifest.py").write_text(MANIFEST)
    (folder / "__init__.py").write_text(CODE)
    monkeypatch.setattr(wavehouse, "__path__", [*wavehouse.__path__, str(tmp_path)])
    monkeypatch.setattr(contexts, "CONTEXTS", (*contexts.CONTEXTS, "toy"))
    yield
    sys.modules.pop("wavehouse.toy", None)


def _visitor(workspace: Workspace) -> TestClient:
    """A browser with a session."""
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=workspace.identity)
        session = accounts.sign_in(tx, token=link.token).token
    return TestClient(
        live_app(workspace),
        base_url="http://localhost",
        cookies={"wh_session": session},
        headers={"Accept": "text/html"},
    )


@pytest.mark.usefixtures("toy")
def test_its_commands_are_listed_without_being_imported() -> None:
    """In its section of the root and in the group that it extends."""
    listed = CliRunner().invoke(root, ["--help"]).stdout
    figures = listed.partition("Figures:")[2].partition("Sponsors:")[0]

    assert "wavehouse.toy" not in sys.modules
    assert "toy               Play." in figures
    assert "Fetch." in CliRunner().invoke(root, ["ingest", "--help"]).stdout
    assert "wavehouse.toy" not in sys.modules
    assert "The toy plays.\n" == CliRunner().invoke(root, ["toy"]).stdout
    assert "Toys are fetched.\n" == CliRunner().invoke(root, ["ingest", "toys"]).stdout


@pytest.mark.usefixtures("toy")
def test_its_routes_and_pages_are_served(workspace: Workspace) -> None:
    """Behind the product's gate and in its navigation."""
    client = _visitor(workspace)
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        key = accounts.create_api_key(
            tx, identity=workspace.identity, name="toys", scopes=[Scope.STATS_READ]
        )
    bearer = {"Authorization": f"Bearer {key.text}"}

    assert 401 == client.get("/api/v1/toys").status_code
    assert ["conversions", "toy"] == client.get("/api/v1/toys", headers=bearer).json()
    assert "A page of toys." == client.get("/toys").text
    assert '<a href="/toys" data-key="g t">' in client.get("/tokens").text
    assert 401 == client.get("/metrics").status_code
    metrics = client.get("/metrics", headers=bearer).text
    assert "# TYPE wavehouse_toys gauge\n" in metrics
    assert 'wavehouse_toys{colour="a \\"red\\" one"} 3\nwavehouse_toys{colour="blue"} 4' in metrics
    assert "wavehouse_quarantined_rows 0\n" in metrics


@pytest.mark.usefixtures("toy")
def test_its_check_is_part_of_doctor(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its message and command, after the checks of the contexts before it."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield workspace

    monkeypatch.setattr("wavehouse.app.open_workspace", opened)
    monkeypatch.setenv("WAVEHOUSE_HOME", str(workspace.settings.home))

    done = CliRunner().invoke(root, ["doctor", "--json"])

    assert 3 == done.exit_code, done.output
    expected = {"name": "toys", "ok": False, "says": "a toy is broken", "type": "wavehouse toy"}
    assert expected == json.loads(done.stdout)["checks"][-1]


@pytest.mark.usefixtures("toy")
def test_its_chapter_is_part_of_the_story(workspace: Workspace, tmp_path: Path) -> None:
    """It is listed, and selected together with the chapters that it needs."""
    listed = CliRunner().invoke(root, ["demo", "--list", "--json"]).stdout

    assert {"name": "toybox", "summary": "A toy is wound."} in json.loads(listed)["chapters"]
    assert ["measured", "toybox"] == [c.name for c in chosen_chapters("toybox")]
    chapter = wiring.chapters()[-1]
    stage = Stage(workspace, tmp_path, {}, clock.today(), tmp_path)
    assert {"toys": 7} == wiring.resolve(chapter.target)(stage).figures


def _read_toys(workspace: Workspace, path: Path) -> frozenset[int]:
    return wiring.readers()["toy"](workspace.stores.operational, path, identity=workspace.identity)


@pytest.mark.usefixtures("toy")
def test_its_reader_and_its_kind_of_job_are_found(workspace: Workspace, tmp_path: Path) -> None:
    """The quarantine and the queue call them by kind."""
    assert frozenset({1, 2}) == _read_toys(workspace, tmp_path)
    assert "wavehouse.toy:wind" == wiring.jobs()["toy.wind"].target


@pytest.mark.usefixtures("toy")
def test_its_work_repeats_while_the_program_serves(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its report is printed."""
    lines: list[str] = []
    often = threading.Event()

    def say(line: str) -> None:
        lines.append(line)
        if lines.count("The toy is wound.") == 3:
            often.set()

    monkeypatch.setattr(terminal, "say", say)

    with working.running(workspace, listed=[("toy", wiring.schedules()[-1])]):
        assert often.wait(30)

    assert {"The toy is wound."} == set(lines)


def test_work_that_fails_is_tried_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure is reported, and the next run happens."""
    lines: list[str] = []
    again = threading.Event()

    def failing(_: Workspace) -> Callable[[], str | None]:
        def work() -> str | None:
            if lines:
                again.set()
                return None
            raise OverflowError("too many toys")

        return work

    monkeypatch.setattr(terminal, "say", lines.append)
    monkeypatch.setattr(working, "resolve", lambda _: failing)
    schedule = wiring.schedules()[0]
    quick = type(schedule)(name="winding", seconds=0.01, target=schedule.target)

    with working.running(workspace, listed=[("toy", quick)]):
        assert again.wait(30)

    assert ["winding failed, next try in 0.01 s: OverflowError: too many toys"] == lines
