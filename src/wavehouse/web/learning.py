"""The learning pages: learners and their levels, content, policies, and a player."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from wavehouse import learning
from wavehouse.accounts import Identity
from wavehouse.charts import format as fmt
from wavehouse.charts.band import Step, band
from wavehouse.charts.theme import WEB
from wavehouse.learning import CalibrationLine, LearnerLine, PolicyRow
from wavehouse.web.headers import POLICY
from wavehouse.web.page_context import PageContext

_SOUND = f"{POLICY}; media-src 'self' https: http:"
_SOURCES = {"given": "given", "listeners-1": "from listeners"}
_ROWS = 50


@dataclass(frozen=True, slots=True)
class LearnerCells:
    """A learner as the table shows it."""

    name: str
    href: str
    level: str
    interval: str
    outcomes: str
    listening: str
    seen: str


@dataclass(frozen=True, slots=True)
class ContentCells:
    """Content as the table shows it."""

    title: str
    content_id: str
    href: str
    difficulty: str
    method: str
    estimate: str
    listeners: str
    understood: str
    shown: str


@dataclass(frozen=True, slots=True)
class PolicyCells:
    """A policy as the table shows it."""

    name: str
    choices: str
    heard: str
    understood: str
    liked: str


def router(context: PageContext) -> APIRouter:
    """Routes of ``/learning`` and its pages of learners and content."""
    routes = APIRouter(include_in_schema=False)
    database = context.workspace.stores.learning

    @routes.get("/learning")
    def show(request: Request) -> Response:
        identity = context.visitor(request)
        with database.app(identity.organization_id) as tx:
            learners = learning.list_learners(tx, identity=identity, limit=_ROWS)
            pieces = learning.calibration(tx, identity=identity, limit=_ROWS)
            policies = learning.compare_policies(tx, identity=identity)
        return context.page(
            request,
            "learning",
            identity,
            learners=[_learner(line) for line in learners],
            pieces=[_piece(line) for line in pieces],
            policies=[_policy(row) for row in policies],
            least=learning.LEAST_LISTENERS,
        )

    @routes.get("/learning/learners/{session_id}")
    def learner(request: Request, session_id: str) -> Response:
        identity = context.visitor(request)
        with database.app(identity.organization_id) as tx:
            session = learning.session(tx, identity=identity, session_id=session_id)
            report = learning.level_of(tx, identity=identity, session_id=session_id)
            points = learning.history(tx, identity=identity, learner_id=session.learner_id)
            chosen = learning.list_recommendations(
                tx, identity=identity, session_id=session_id, limit=_ROWS
            )
        steps = [Step(p.content_id, p.level, p.low, p.high) for p in points]
        drawn = band(steps, theme=WEB, label="The level after each piece, with its 80 % interval")
        return context.page(
            request,
            "learner",
            identity,
            learner=session.account_id or session.session_id,
            report=report,
            least=learning.LEAST_OUTCOMES,
            chart=Markup(drawn),  # noqa: S704 - our own drawing
            chosen=[
                (each, fmt.instant(each.decided_at), f"{each.propensity:.3g}") for each in chosen
            ],
        )

    @routes.get("/learning/listen/{content_id:path}")
    def listen(request: Request, content_id: str) -> Response:
        identity = context.visitor(request)
        with database.app(identity.organization_id) as tx:
            piece = learning.content(tx, identity=identity, content_id=content_id)
            session = learning.start_session(
                tx,
                identity=identity,
                session_id=_own_session(identity),
                account_id=f"dashboard:{identity.user_id}",
            )
        tokens = learning.Tokens.of(database.place)
        response = context.page(
            request,
            "listen",
            identity,
            piece=piece,
            sentences=learning.transcript(piece),
            session=session.session_id,
            token=tokens.token(identity.organization_id, session.session_id),
        )
        response.headers["Content-Security-Policy"] = _SOUND
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes


def _own_session(identity: Identity) -> str:
    """The session of a dashboard user who listens."""
    return f"dashboard-{identity.organization_id}-{identity.user_id}"


def _learner(line: LearnerLine) -> LearnerCells:
    row, level = line.learner, line.level
    return LearnerCells(
        row.account_id or row.session_id,
        f"/learning/learners/{quote(row.session_id, safe='')}",
        "–" if level is None else f"{level.level:.2f}",
        "not enough data" if level is None else f"{level.low:.2f} to {level.high:.2f}",
        fmt.count(line.outcomes),
        fmt.duration(row.listening_seconds),
        fmt.instant(row.last_activity_at),
    )


def _piece(line: CalibrationLine) -> ContentCells:
    piece = line.content
    return ContentCells(
        piece.title,
        piece.content_id,
        f"/learning/listen/{quote(piece.content_id)}",
        f"{piece.difficulty:+.2f}",
        _SOURCES.get(piece.difficulty_method, "estimate"),
        piece.level or "–",
        fmt.count(line.listeners),
        "–" if line.understood is None else f"{line.understood:.0%}",
        "–" if line.shown is None else f"{line.shown:+.2f}",
    )


def _policy(row: PolicyRow) -> PolicyCells:
    def share(part: int) -> str:
        return f"{part / row.heard:.0%}" if row.heard else "–"

    return PolicyCells(
        row.policy, fmt.count(row.choices), fmt.count(row.heard), share(row.understood),
        share(row.liked),
    )  # fmt: skip
