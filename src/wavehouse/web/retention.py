"""The retention page: policies with what is due and their last run, for operators."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import governance
from wavehouse.accounts import Identity
from wavehouse.charts import format as fmt
from wavehouse.governance import REMOVING, Policy, Run, Step, StepState
from wavehouse.kernel.errors import UsageError
from wavehouse.queue import check_operator
from wavehouse.web.access import Form
from wavehouse.web.page_context import PageContext, back
from wavehouse.workspace import Workspace

_TONES = {"due": "warn", "nothing": "good", "held": "plain", "refused": "bad"}
_STATES = {"due": "due", "nothing": "in order", "held": "held", "refused": "refused"}
_RUN_TONES = {"done": "good", "planned": "plain", "running": "warn", "skipped": "plain"}
_RUNS = 30


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy as the page shows it."""

    name: str
    subject: str
    keep: str
    note: str
    owner: str
    state: str
    tone: str
    rows: str
    reason: str


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A legal hold as the page shows it."""

    subject: str
    reason: str
    ordered_by: str
    until: str
    id: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as the page shows it."""

    policy: str
    status: str
    tone: str
    rows: str
    older_than: str
    started: str
    reason: str


def router(context: PageContext) -> APIRouter:
    """Routes of ``/retention`` and its form."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace

    @routes.get("/retention")
    def show(request: Request) -> Response:
        identity = context.visitor(request)
        check_operator(identity, home=workspace.home)
        made = governance.plan(workspace.stores, workspace.settings)
        steps = {step.policy.name: step for step in made.steps}
        return context.page(
            request,
            "retention",
            identity,
            policies=[
                _policy(each, steps.get(each.name))
                for each in governance.policies(workspace.settings)
            ],
            holds=_holds(workspace, identity),
            runs=[_run(run) for _, run in governance.list_runs(workspace.stores, limit=_RUNS)],
            due=fmt.count(made.rows),
            is_due=any(step.state is StepState.DUE for step in made.steps),
            digest=made.digest,
            mode=workspace.settings["retention"],
        )

    @routes.post("/retention/apply")
    def apply(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        check_operator(identity, home=workspace.home)
        digest = fields.get("plan", "")
        if not digest:
            raise UsageError("no plan was sent", hint="Reload the page.")
        done = governance.apply(
            workspace.stores, workspace.settings, identity=identity, digest=digest
        )
        removed = sum(run.rows_removed or 0 for run in done.runs)
        return back("/retention", "retention_applied", removed)

    return routes


def _holds(workspace: Workspace, identity: Identity) -> list[HoldLine]:
    with workspace.stores.operational.worker() as tx:
        holds = governance.list_holds(tx, identity=identity)
    holds += governance.list_person_holds(workspace.stores, identity=identity)
    return [
        HoldLine(
            hold.table_name or f"a person ({hold.database})",
            hold.reason,
            hold.ordered_by,
            fmt.instant(hold.expires_at),
            str(hold.legal_hold_id),
        )
        for hold in holds
    ]


def _policy(policy: Policy, step: Step | None) -> PolicyLine:
    if step is None or policy.action not in REMOVING:
        state, tone, rows, reason = policy.action.value, "plain", "–", ""
        state = "kept" if state == "none" else state
    else:
        state, tone = _STATES[step.state.value], _TONES[step.state.value]
        rows, reason = fmt.count(step.due.rows), step.reason
    return PolicyLine(
        policy.name,
        f"{policy.database}.{policy.table}" if policy.table else f"{policy.files}/",
        str(policy.keep) if policy.keep else "forever",
        policy.note,
        policy.owner,
        state,
        tone,
        rows,
        reason,
    )


def _run(run: Run) -> RunLine:
    return RunLine(
        run.policy,
        run.status,
        _RUN_TONES.get(run.status, "bad"),
        fmt.count(run.rows_removed or 0),
        f"{run.keep_from:%Y-%m-%d}",
        fmt.instant(run.started_at),
        run.reason or "",
    )
