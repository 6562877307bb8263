"""The declarations of a context as text, so that reading them imports nothing.

Every context has a ``manifest.py`` with one ``MANIFEST``. ``wavehouse.wiring`` reads all of them
and derives the commands, routes, pages, checks, background work and demo chapters of the product. A
``target`` names code as ``"package.module:attribute"``, which is imported on first use. The
arguments of each kind of target are documented here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Section(StrEnum):
    """The headings of ``wavehouse --help``, in order."""

    START = "Start here"
    DATA = "Import data"
    FIGURES = "Figures"
    SPONSORS = "Sponsors"
    LISTENERS = "Listeners"
    PRODUCTION = "Production"
    OPERATIONS = "Operations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command. The target is a ``click.Command``.

    ``group`` is the name of its group, such as ``"ingest"``; empty for the root. ``summary`` is its
    line in the list of commands, a sentence. ``section`` orders the root's list.
    """

    name: str
    target: str
    summary: str
    group: str = ""
    section: Section = Section.OPERATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """HTTP routes: the API, or anything else that is not a dashboard page.

    The target is ``(edge: workspace.Edge) -> Iterable[APIRouter]``.
    """

    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the dashboard with its entry in the navigation.

    The target is ``(context: web.page_context.PageContext) -> APIRouter``; None when the web
    serves the path itself.
    ``icon`` is a file of ``web/static/vendor/icons``; G and then ``key`` opens the page; ``order``
    orders the navigation. ``title`` is empty for pages without an entry.
    """

    path: str
    title: str = ""
    icon: str = ""
    key: str = ""
    order: int = 100
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A kind of job that the queue can hold: ``context.use_case``.

    The target is ``(tx: Tx[Operational], *, identity: Identity, payload: Mapping) -> str | None``:
    its effect and the completion of the job share that transaction. With ``transactional=False`` it
    is ``(attempt: queue.Attempt) -> str | None``, for repeatable work in many transactions. A
    returned line is shown to the operator. ``together`` lets short transactional jobs of an
    organization share a transaction.
    """

    kind: str
    target: str
    transactional: bool = True
    together: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Work that a job repeats every ``seconds`` while a worker runs.

    The target is ``(workspace: Workspace) -> Callable[[], str | None] | None``: called once at the
    start, it returns the work, or None when this process does not run it. The work returns a line
    for the operator, or None. ``first`` is the longest delay before the first run; by default
    ``seconds``.
    """

    name: str
    seconds: float
    target: str
    first: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check of ``wavehouse doctor``.

    The target is ``(workspace: Workspace) -> Finding``, or, with ``before_opening``,
    ``(settings: Settings) -> Finding``: those checks run before the databases are opened.
    """

    name: str
    target: str
    before_opening: bool = False


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value of ``/metrics``: its Prometheus name, its meaning as one sentence, its labels.

    The name ends with its unit: ``_seconds`` or ``_share`` (0 to 1); without one it is a count.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Values for ``/metrics``, declared by ``gauges``.

    The target is ``(stores: Stores, *, identity: Identity) -> Iterable[Measure]``.
    """

    target: str
    gauges: tuple[Gauge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A chapter of ``wavehouse demo``.

    The target is ``(stage: workspace.Stage) -> workspace.ChapterResult``. ``summary`` is its line
    in ``wavehouse demo --list``, a sentence; ``order`` sorts the story; ``needs`` names the
    chapters that must be played before.
    """

    name: str
    summary: str
    target: str
    order: int = 100
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads a quarantined file of its kind again (``wavehouse quarantine replay``).

    The target is a ``workspace.Reader``: ``(operational, path, *, identity) -> frozenset[int]``,
    the numbers of the still unusable lines. ``kind`` is the format with which the file was stored.
    """

    kind: str
    target: str


Entry = Command | Routes | Page | Job | Schedule | Check | Metrics | Chapter | Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All declarations of one context. Any entry may be omitted."""

    commands: tuple[Command, ...] = ()
    routes: tuple[Routes, ...] = ()
    pages: tuple[Page, ...] = ()
    jobs: tuple[Job, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    checks: tuple[Check, ...] = ()
    metrics: tuple[Metrics, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    readers: tuple[Reader, ...] = ()
