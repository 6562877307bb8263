"""Printing of requests, plans and outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wavehouse.accounts import Identity
    from wavehouse.erasure.types import Done, Level, Outcome, Plan, Request, Stopped
    from wavehouse.workspace import Workspace


def check_kind(workspace: Workspace, kind: str) -> None:
    """Refused for listeners unless the caller is the operator: they belong to no organization."""
    from wavehouse.queue import check_operator

    if kind == "listener":
        check_operator(workspace.identity, home=workspace.home)


def operator(workspace: Workspace) -> Identity:
    """The identity, if it is the operator's. Refused for others."""
    from wavehouse.queue import check_operator

    check_operator(workspace.identity, home=workspace.home)
    return workspace.identity


def request_json(request: Request) -> dict[str, Any]:
    """A request as JSON values; the subject is shown by its id only while the request is open."""
    return {
        "id": request.erasure_request_id,
        "purpose": request.purpose,
        "subject_kind": request.subject_kind,
        "subject": request.subject_id,
        "status": request.status,
        "requested_by": request.requested_by,
        "channel": request.channel,
        "filed_by": request.filed_by,
        "decided_by": request.decided_by,
        "decision_reason": request.decision_reason,
        "rejected_reason": request.rejected_reason,
        "failure": request.failure,
        "received_at": request.received_at,
        "due_at": request.due_at if request.is_open else None,
        "due_gdpr_at": request.due_gdpr_at,
        "due_ccpa_at": request.due_ccpa_at,
        "due_acknowledgement_at": request.due_acknowledgement_at,
        "acknowledged_at": request.acknowledged_at,
        "extended_at": request.extended_at,
        "grace_until": request.grace_until,
        "completed_at": request.completed_at,
        "plan": request.plan_digest.hex() if request.plan_digest else None,
        "policy_version": request.policy_version,
    }


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan as JSON values."""
    from wavehouse.erasure.rules.planning import as_json

    return {
        "plan": plan.digest,
        "policy_version": plan.policy_version,
        "rows": plan.rows,
        "steps": [as_json(step) for step in plan.steps],
    }


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON values."""
    return {
        **request_json(outcome.request),
        "rows": rows_of(outcome.done),
        "certificate": outcome.certificate,
    }


def rows_of(done: Sequence[Done]) -> dict[str, int]:
    """Rows by table; names of tables in the subject's own context omit that context."""
    rows: dict[str, int] = {}
    for each in done:
        if each.rows_touched:
            rows[each.table_name] = rows.get(each.table_name, 0) + each.rows_touched
    return rows


def print_requests(requests: Sequence[Request]) -> None:
    """A table of requests, open ones by deadline."""
    from wavehouse.kernel import terminal

    terminal.print_table(
        ["subject", "purpose", "subject's id", "status", "received", "due", "request"],
        [
            [
                r.subject_kind,
                r.purpose,
                r.subject_id or "–",
                r.status,
                f"{r.received_at:%Y-%m-%d}",
                f"{r.due_at:%Y-%m-%d}" if r.is_open else "–",
                r.erasure_request_id,
            ]
            for r in requests
        ],
    )


def print_next(request: Request) -> None:
    """Print the command that carries a request on, if there is one."""
    from wavehouse.erasure.types import Purpose, Status
    from wavehouse.kernel import terminal

    number = request.erasure_request_id
    if request.status == Status.RECEIVED:
        terminal.say(
            "Next, another administrator reads `wavehouse erasure plan "
            f'{number}`, then: wavehouse erasure approve {number} --reason "…"'
        )
    elif request.status == Status.VERIFIED and request.purpose == Purpose.ACCESS:
        terminal.say(f"Next: wavehouse access export {number} --out FILE.zip")
    elif request.status == Status.VERIFIED:
        terminal.say(f"Next: wavehouse erasure run {number}")


def print_plan(plan: Plan) -> None:
    """The steps of a plan that have rows or a basis, and its digest."""
    from wavehouse.kernel import terminal

    terminal.print_table(
        ["#", "table", "action", "rows", "by", "why it stays"],
        [
            [s.position, s.name, s.action.value, s.rows, s.through, s.held or s.basis]
            for s in plan.steps
            if s.rows or s.held
        ],
    )
    rows = "1 row" if plan.rows == 1 else f"{plan.rows:,} rows"
    terminal.say(f"{rows} in {len(plan.steps)} steps; plan {plan.digest[:12]}")


def print_levels(levels: Sequence[Level]) -> None:
    """The searches and their results, by level."""
    from wavehouse.kernel import terminal

    terminal.print_table(
        ["level", "searched", "found", "stays with a basis", "not searched"],
        [
            [
                level.name,
                ", ".join(f"{number:,} {what}" for what, number in level.scanned.items()),
                "; ".join(f"{f.where}: {f.rows}" for f in level.findings if not f.basis) or "–",
                "; ".join(f"{f.where}: {f.rows}" for f in level.findings if f.basis) or "–",
                _skipped(level.skipped),
            ]
            for level in levels
        ],
    )


def _skipped(entries: Sequence[str]) -> str:
    """What was not searched: with the same reason several times, their number; `--json` has all."""
    by_reason: dict[str, list[str]] = {}
    for entry in entries:
        where, _, reason = entry.rpartition(": ")
        by_reason.setdefault(reason, []).append(where)
    texts = [
        f"{len(where)} tables: {reason} (--json lists them)"
        if len(where) > 1
        else f"{where[0]}: {reason}".removeprefix(": ")
        for reason, where in by_reason.items()
    ]
    return "; ".join(texts) or "–"


def print_erased(outcome: Outcome, *, as_json: bool) -> None:
    """Print what an erasure changed, and how to get its certificate."""
    from wavehouse.kernel import terminal

    if as_json:
        terminal.print_json(outcome_json(outcome))
        return
    rows = rows_of(outcome.done)
    if rows:
        terminal.print_table(["table", "rows"], [[table, count] for table, count in rows.items()])
    terminal.say(
        f"{outcome.request.status.replace('_', ' ')}; "
        f"wavehouse erasure certificate {outcome.request.erasure_request_id}"
    )


def print_run(outcomes: Sequence[Outcome], stopped: Sequence[Stopped], *, as_json: bool) -> int:
    """Print what many erasures changed, and who could not be erased; the exit code."""
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_PARTIAL

    rows = rows_of([step for outcome in outcomes for step in outcome.done])
    if as_json:
        terminal.print_json(
            {
                "ended": [
                    {"request": o.request.erasure_request_id, "status": o.request.status}
                    for o in outcomes
                ],
                "stopped": [{"request": s.request_id, "reason": s.reason} for s in stopped],
                "rows": rows,
            }
        )
    else:
        if rows:
            terminal.print_table(
                ["table", "rows"], [[table, count] for table, count in rows.items()]
            )
        terminal.say(f"{len(outcomes)} ended, {len(stopped)} stopped")
        for each in stopped:
            terminal.say(f"{each.request_id}: {each.reason}")
    return EXIT_PARTIAL if stopped else EXIT_DONE
