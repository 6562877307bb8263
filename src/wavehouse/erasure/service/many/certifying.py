"""Use case: verify many erasures with one search, and issue a certificate for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from wavehouse import __version__, audit
from wavehouse.accounts import Identity, user_actor
from wavehouse.erasure.adapters import ledger_file
from wavehouse.erasure.adapters.backup_dates import held_backups
from wavehouse.erasure.queries import ledger, requests
from wavehouse.erasure.queries import steps as step_queries
from wavehouse.erasure.rules import certificates as rules
from wavehouse.erasure.service import certifying as alone
from wavehouse.erasure.service import requesting
from wavehouse.erasure.service.many import verifying
from wavehouse.erasure.service.many.planning import Working
from wavehouse.erasure.service.many.steps import ledger_lines
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import (
    ROOT,
    Done,
    Level,
    Outcome,
    Status,
    Stopped,
    SubjectKind,
)
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.store import AnyDatabase, Stores

OnStep = Callable[[str], None]
_SIGNED_TOGETHER = 100
"""Certificates that are committed together: a kill repeats the verification of the others."""


def finish(
    stores: Stores,
    settings: Settings,
    *,
    identity: Identity,
    works: Sequence[Working],
    on_step: OnStep,
) -> tuple[list[Outcome], list[Stopped]]:
    """Verify the requests, sign their certificates, end them.

    Those with a residue become ``failed`` and are returned apart; the others end all the same.
    """
    root = database_of(stores, ROOT[SubjectKind(works[0].request.subject_kind)])
    ids = [work.key for work in works]
    with root.worker() as tx:
        requests.set_status_of_many(
            tx,
            request_ids=ids,
            before=[Status.EXECUTING.value],
            after=Status.VERIFYING.value,
        )
        requests.release_subjects(tx, request_ids=ids)
    on_step("verification")
    levels = verifying.levels(stores, settings, works, alone.last_by_database())
    clean: list[tuple[Working, tuple[Level, ...]]] = []
    stopped: list[Stopped] = []
    for work, own in zip(works, levels, strict=True):
        residue = [finding for level in own for finding in level.findings if not finding.basis]
        if residue:
            stopped.append(_failed(root, work, residue[0].where))
        else:
            clean.append((work, own))
    done = _done(stores, [work.key for work, _ in clean])
    outcomes: list[Outcome] = []
    for first in range(0, len(clean), _SIGNED_TOGETHER):
        part = clean[first : first + _SIGNED_TOGETHER]
        outcomes += _certified(stores, settings, identity, part, done)
    return outcomes, stopped


def _failed(root: AnyDatabase, work: Working, where: str) -> Stopped:
    failure = f"an identifier was found in {where}"
    with root.worker() as tx:
        requests.set_status(
            tx,
            request_id=work.key,
            before=Status.VERIFYING,
            after=Status.FAILED,
            failure=failure,
        )
    return Stopped(work.key, failure)


def _done(stores: Stores, ids: Sequence[UUID]) -> Mapping[UUID, tuple[Done, ...]]:
    listed: dict[UUID, list[Done]] = {key: [] for key in ids}
    for name in requesting.KINDS_BY_DATABASE:
        with database_of(stores, name).worker() as tx:
            for each in step_queries.done_of_many(tx, request_ids=ids):
                listed[each.request_id].append(each.done)
    return {
        key: tuple(sorted(steps, key=lambda each: (each.position, each.store)))
        for key, steps in listed.items()
    }


def _certified(
    stores: Stores,
    settings: Settings,
    identity: Identity,
    part: Sequence[tuple[Working, tuple[Level, ...]]],
    done: Mapping[UUID, tuple[Done, ...]],
) -> list[Outcome]:
    at = clock.now()
    backups = held_backups(settings, at=at)
    sign = alone.signer(settings)
    ended: dict[UUID, tuple[str, Mapping[str, Any]]] = {}
    for work, levels in part:
        status = Status.PARTIALLY_HELD if work.planned.plan.held else Status.COMPLETED
        content = rules.certificate(
            work.request,
            work.planned.plan,
            done[work.key],
            levels,
            status=status.value,
            at=at,
            backups=backups,
            organization=settings["organization"],
            software=f"wavehouse {__version__}",
        )
        ended[work.key] = (status.value, sign(content))
    kind = SubjectKind(part[0][0].request.subject_kind)
    with database_of(stores, ROOT[kind]).worker() as tx:
        current = requests.requests(tx, request_ids=list(ended), lock=True)
        # Another run of some may have been faster: each has one certificate.
        ended = {
            each.erasure_request_id: ended[each.erasure_request_id]
            for each in current
            if each.is_open
        }
        works = [work for work, _ in part if work.key in ended]
        requests.complete_many(tx, ended=ended, at=at)
        for status, name in ((Status.COMPLETED, "erased"), (Status.PARTIALLY_HELD, "held")):
            ids = [key for key, (own, _) in ended.items() if own == status]
            ledger.set_status_of_many(tx, request_ids=ids, status=name)
        after = {
            each.erasure_request_id: each for each in requests.requests(tx, request_ids=list(ended))
        }
    ledger_file.append(settings.home, *ledger_lines(stores, works, "done"))
    with stores.operational.worker() as tx:
        for work in works:
            audit.record(
                tx,
                actor=user_actor(identity),
                action="erasure_request.completed",
                resource=("erasure request", work.key),
                organization_id=identity.organization_id,
                metadata={"subject_kind": kind.value, "status": ended[work.key][0]},
            )
    return [
        Outcome(after[work.key], work.planned.plan, done[work.key], ended[work.key][1])
        for work in works
    ]
