"""``/api/v1/studio``: schedules, slots, generations and reviews.

Without ``from __future__ import annotations``: FastAPI must see the dependencies, which close over
the gate.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import TypeAdapter

from wavehouse import accounts
from wavehouse.accounts import Identity, Scope
from wavehouse.store import Database, Operational, Tx
from wavehouse.studio.http import bodies
from wavehouse.studio.service import calendar, generating, planning
from wavehouse.studio.types.calendar import StepLine
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
from wavehouse.studio.types.schedule import Planned, ScheduledSlot
from wavehouse.workspace import Edge, Gate

READS, WRITES = Scope.STUDIO_READ, Scope.STUDIO_WRITE
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A retry with the same key gets the same slot; no second episode is made.",
    ),
]
_SLOT = TypeAdapter(ScheduledSlot)


def routers(edge: Edge) -> Iterable[APIRouter]:
    """The API routes for schedules, slots, generations and reviews."""
    operational = edge.workspace.stores.operational
    return [
        _schedules(operational, edge.gate),
        _slots(operational, edge.gate),
        _generations(operational, edge.gate),
    ]


def _schedules(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio/projects/{project_id}", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.put("/schedule", responses=gate.answers(WRITES, 404, 413, 422))
    def set_schedule(project_id: UUID, body: bodies.CadenceIn, identity: Writer) -> Planned:
        """Set the cadence; future slots are replaced, running and finished ones are not."""
        with database.app(identity.organization_id) as tx:
            return planning.set_cadence(
                tx, identity=identity, project_id=ProjectId(project_id), config=body.config()
            )

    @api.post("/schedule/preview", responses=gate.answers(READS, 404, 413, 422))
    def preview(
        project_id: UUID, body: bodies.CadenceIn, identity: Reader
    ) -> list[bodies.PlannedSlotOut]:
        """The slots of the next 35 days with this cadence; nothing is stored."""
        with database.app(identity.organization_id) as tx:
            planning.list_slots(tx, identity=identity, project_id=ProjectId(project_id))
        return [bodies.PlannedSlotOut.of(slot) for slot in planning.preview(body.config())]

    @api.delete("/schedule", responses=gate.answers(WRITES, 404, 422))
    def clear_schedule(project_id: UUID, identity: Writer) -> Planned:
        """Remove the cadence and the future slots."""
        with database.app(identity.organization_id) as tx:
            return planning.set_cadence(
                tx, identity=identity, project_id=ProjectId(project_id), config={}
            )

    @api.post("/schedule/skip", responses=gate.answers(WRITES, 404, 409, 413, 422))
    def skip_date(project_id: UUID, body: bodies.SkipIn, identity: Writer) -> Planned:
        """Skip a local date. Conflict when the project has no cadence."""
        with database.app(identity.organization_id) as tx:
            return planning.skip_date(
                tx, identity=identity, project_id=ProjectId(project_id), day=body.day
            )

    @api.get("/slots", responses=gate.answers(READS, 404, 422))
    def list_slots(
        project_id: UUID,
        identity: Reader,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[ScheduledSlot]:
        """The slots by time, at most 2,000; default: the last 7 and the next 35 days."""
        with database.app(identity.organization_id) as tx:
            return planning.list_slots(
                tx,
                identity=identity,
                project_id=ProjectId(project_id),
                since=since,
                until=until,
            )

    return api


def _slots(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio/slots", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    @api.get("/{slot_id}", responses=gate.answers(READS, 404, 422))
    def show_slot(slot_id: UUID, identity: Reader) -> ScheduledSlot:
        """A slot: its status, attempts, errors and cost."""
        with database.app(identity.organization_id) as tx:
            return planning.show_slot(tx, identity=identity, slot_id=slot_id)

    @api.post("/{slot_id}/cancel", responses=gate.answers(WRITES, 404, 409, 422))
    def cancel_slot(slot_id: UUID, identity: Writer) -> bodies.CancelledOut:
        """Cancel a slot: at once while it is waiting, at its next step while it is running."""
        with database.app(identity.organization_id) as tx:
            outcome = planning.cancel_slot(tx, identity=identity, slot_id=slot_id)
        return bodies.CancelledOut(slot_id=slot_id, outcome=outcome)

    @api.post("/{slot_id}/retry", responses=gate.answers(WRITES, 404, 409, 422))
    def retry_slot(slot_id: UUID, identity: Writer) -> ScheduledSlot:
        """Run a failed, dead or cancelled slot again; its completed steps are kept."""
        with database.app(identity.organization_id) as tx:
            return planning.retry_slot(tx, identity=identity, slot_id=slot_id)

    return api


def _generations(database: Database[Operational], gate: Gate) -> APIRouter:
    api = APIRouter(prefix="/api/v1/studio", tags=["studio"])
    Reader = Annotated[Identity, Depends(gate(READS))]  # noqa: N806 - it is a type
    Writer = Annotated[Identity, Depends(gate(WRITES))]  # noqa: N806 - it is a type

    def started(
        identity: Identity,
        request: Request,
        response: Response,
        ask: Callable[[Tx[Operational]], ScheduledSlot],
    ) -> ScheduledSlot:
        """The new slot, or the existing one for the same Idempotency-Key."""

        def answer() -> tuple[int, dict[str, Any]]:
            return 202, _SLOT.dump_python(ask(tx), mode="json")

        with database.app(identity.organization_id) as tx:
            done = accounts.answer_once(
                tx,
                identity=identity,
                key=request.headers.get("idempotency-key"),
                request=f"{request.method} {request.url.path}".encode(),
                answer=answer,
            )
        if done.replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return _SLOT.validate_python(done.body)

    @api.post(
        "/projects/{project_id}/generations",
        status_code=202,
        responses=gate.answers(WRITES, 404, 409, 422),
    )
    def generate(
        project_id: UUID,
        request: Request,
        response: Response,
        identity: Writer,
        _key: IdempotencyKey = None,
    ) -> ScheduledSlot:
        """Generate an episode now, in addition to the schedule; poll the returned slot."""
        return started(
            identity,
            request,
            response,
            lambda tx: generating.generate_episode(
                tx, identity=identity, project_id=ProjectId(project_id)
            ),
        )

    @api.post(
        "/episodes/{episode_id}/generations",
        status_code=202,
        responses=gate.answers(WRITES, 404, 409, 422),
    )
    def regenerate(
        episode_id: UUID,
        request: Request,
        response: Response,
        identity: Writer,
        _key: IdempotencyKey = None,
    ) -> ScheduledSlot:
        """Generate an episode again; steps with unchanged input are reused and not paid again."""
        return started(
            identity,
            request,
            response,
            lambda tx: generating.regenerate_episode(
                tx, identity=identity, episode_id=StudioEpisodeId(episode_id)
            ),
        )

    @api.get("/episodes/{episode_id}/generation", responses=gate.answers(READS, 404, 422))
    def generation(episode_id: UUID, identity: Reader) -> list[bodies.StepOut]:
        """The steps of an episode's latest generation, with status, cost and error."""
        wanted = StudioEpisodeId(episode_id)
        with database.app(identity.organization_id) as tx:
            generating.steps_of(tx, identity=identity, episode_id=wanted)
            rows: list[StepLine] = calendar.step_lines(tx, identity=identity, episode_id=wanted)
        return [bodies.StepOut(**asdict(row)) for row in rows]

    @api.post(
        "/episodes/{episode_id}/approval",
        status_code=204,
        responses=gate.answers(WRITES, 404, 409, 422),
    )
    def approve(episode_id: UUID, identity: Writer) -> None:
        """Approve the current script, edited or not; its slot continues at once."""
        with database.app(identity.organization_id) as tx:
            generating.approve_script(tx, identity=identity, episode_id=StudioEpisodeId(episode_id))

    return api
