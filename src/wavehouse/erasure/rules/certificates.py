"""The certificate of an erasure as JSON values: what was removed, what was searched, what stays.

Each level of verification is reported separately, including levels that were not run: a certificate
never claims more than was searched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from wavehouse.erasure.types import (
    Action,
    Done,
    HeldBackups,
    Level,
    Plan,
    Request,
    StepStatus,
    SubjectKind,
)
from wavehouse.measurement import LeftOut

VERSION = 1
LEVELS = ("typed", "paranoid", "files", "deep")
KEPT_FIGURES: Mapping[str, str] = {
    SubjectKind.LISTENER: (
        "Downloads, rollups and reports do not refer to listener accounts and are unchanged. "
        "Sums of payments, refunds and disputes stay; entitlements and their ledger stay under a "
        "random pseudonym, revoked."
    ),
    SubjectKind.LEARNER: "Content and model parameters stay; the counts are removed.",
    SubjectKind.CREATOR: (
        "Work of the organization (shows, campaigns, reports, episodes) stays and refers to a user "
        "without a name or address."
    ),
    SubjectKind.ORGANIZATION: (
        "None of the organization's figures stay, rollups included. Files of the studio go with "
        "its next collection of unused files. A warehouse loses its rows with the next push and "
        "run; rollups that it has of days without raw rows stay there. Exports keep rows until "
        "their retention ends, and are listed as not searched."
    ),
    SubjectKind.BUYER: (
        "Values, currencies, times, credits and campaigns of conversions stay, so that every "
        "issued report still adds up; user, session and device are removed. Order ids are replaced "
        "by keyed hashes, by which a later refund is subtracted; they name nobody."
    ),
}


def certificate(
    request: Request,
    plan: Plan,
    done: Sequence[Done],
    levels: Sequence[Level],
    *,
    status: str,
    at: datetime,
    backups: HeldBackups,
    organization: str,
    software: str,
    sealed: LeftOut | None = None,
) -> dict[str, Any]:
    """The signed content, without the names of people."""
    ran = {level.name: _level(level) for level in levels}
    content = {
        "version": VERSION,
        "kind": "certificate of erasure",
        "issued_by": organization,
        "software": software,
        "request": str(request.erasure_request_id),
        "subject_kind": request.subject_kind,
        "requested_by": request.requested_by,
        "channel": request.channel,
        "received_at": _instant(request.received_at),
        "verified_at": _instant(request.verified_at),
        "decided_at": _instant(request.decided_at),
        "decision": request.decision_reason,
        "second_person": request.decided_by is not None,
        "due_at": _instant(request.due_at),
        "completed_at": _instant(at),
        "status": status,
        "policy_version": plan.policy_version,
        "plan_digest": plan.digest,
        "steps": [_done(each) for each in done],
        "levels": {name: ran.get(name, {"result": "not run"}) for name in LEVELS},
        "pending": [
            each.table_name for each in done if each.status == StepStatus.PENDING_PROCESSOR
        ],
        "kept_figures": KEPT_FIGURES[SubjectKind(request.subject_kind)],
        "backups": _backups(backups),
        "backups_until": _instant(backups.expires_at),
    }
    return content if sealed is None else {**content, "sealed_days": _sealed(sealed)}


def _sealed(days: LeftOut) -> str:
    """The sealed files of days, in sentences."""
    lines = []
    if days.rewritten:
        lines.append(f"Sealed files were rewritten without its rows: {_listed(days.rewritten)}.")
    if days.missing:
        lines.append(
            "Sealed files are missing; copies of them that turn up may hold its rows: "
            f"{_listed(days.missing)}."
        )
    return " ".join(lines) or "No sealed file had its rows."


def _listed(days: Sequence[date]) -> str:
    return ", ".join(map(str, days))


def _backups(held: HeldBackups) -> str:
    """The copies that still contain the data, in sentences."""
    lines = []
    if held.expires_at is not None:
        copies = "1 backup" if held.backups == 1 else f"{held.backups} backups"
        lines.append(
            f"{copies} from before the erasure still hold the data. The last one expires on "
            f"{held.expires_at.astimezone(UTC):%Y-%m-%d}; the newest backup is kept until a later "
            "one is made."
        )
    lines += [f"The backup {name} cannot be read: its date is unknown." for name in held.unreadable]
    lines += [
        f"The backup {name} began before the erasure and is not finished: it may hold the data "
        "until it expires, or until `wavehouse backup prune` removes it."
        for name in held.unfinished
    ]
    lines += [
        f"A restore kept the earlier state in {name}, until it is removed."
        for name in held.kept_aside
    ]
    if not lines:
        lines.append("No backup of this installation holds the data.")
    lines.append(
        "Every erasure is repeated when a backup is restored, before the restored databases are "
        "used. Copies that others made are not known here."
    )
    return " ".join(lines)


def _level(level: Level) -> dict[str, Any]:
    return {
        "result": "nothing found" if level.is_clean else "found",
        "scanned": dict(level.scanned),
        "found": [{"where": f.where, "rows": f.rows} for f in level.findings if not f.basis],
        "kept": [
            {"where": f.where, "rows": f.rows, "basis": f.basis} for f in level.findings if f.basis
        ],
        "not_scanned": list(level.skipped),
    }


def _done(each: Done) -> dict[str, Any]:
    line = {
        "store": each.store,
        "table": each.table_name,
        "action": each.action,
        "rows": each.rows_touched,
        "status": each.status,
    }
    return {**line, "basis": each.basis} if each.action == Action.KEEP else line


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def canonical(content: Mapping[str, Any]) -> bytes:
    """The signed bytes: JSON with sorted keys and without spaces."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
