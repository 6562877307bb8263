"""The demo's chapter ``studio``: a note, a schedule, a budget, an episode in Italian."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from wavehouse import studio as door
from wavehouse import usage
from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict
from wavehouse.store import Operational, Tx
from wavehouse.studio.adapters.speech import has_espeak
from wavehouse.studio.service import generating, planning, production, publishing
from wavehouse.studio.service.generation.places import Place, place_of
from wavehouse.studio.service.generation.running import episode_of
from wavehouse.studio.types.generation import Publication
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
from wavehouse.studio.types.production import Level, ProductionChange, Voice
from wavehouse.usage import BudgetScope, NewBudget, Unit
from wavehouse.workspace import ChapterResult, Stage

TITLE = "Caffè in piazza"
BRIEF = "Il mercato del sabato, il mare d'inverno."
NOTE = "Parlate del pane fatto in casa."
LIMIT = "0.05"
_WRITER, _VOICE = "demo-writer", "demo-voice"
_PRICES = {
    _WRITER: {Unit.INPUT: "0.0000005", Unit.OUTPUT: "0.0000015"},
    _VOICE: {Unit.CHARACTER: "0.000004"},
}
_REST = timedelta(days=8)
"""From the sample's last day to the first slot: workers of a demo that is repeated within a week
find nothing due, so its figures stay the same."""
_CADENCE = {"days": ["MO", "WE", "FR"], "times": ["06:30"], "tz": "Europe/Rome"}
_VOICES = (
    Voice("Giulia", variant="f2", speed=170, pitch=55),
    Voice("Marco", variant="m3", speed=170, pitch=45),
)


def studio(stage: Stage) -> ChapterResult:
    """Make two episodes; between them a listener leaves a note, which the second one must apply.

    When the chapter runs again, the second episode is generated again: every step is reused, and
    nothing is paid.
    """
    workspace = stage.workspace
    began = datetime.combine(stage.until, time(5), UTC)
    workshop = place_of(workspace.stores.operational, workspace.settings)
    with clock.frozen(began):
        _register(workspace.stores.operational, workspace.identity)
        with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
            project_id = _project(tx, workspace.identity, start=stage.until + _REST)
            scene = _Scene(workshop, workspace.identity, project_id)
            notes = door.list_notes(tx, identity=scene.identity, project_id=scene.project_id)
    taken = [note for note in notes if note.applied_to_episode_id is not None]
    if taken and taken[0].applied_to_episode_id is not None:
        _made(scene, taken[0].applied_to_episode_id)
        return _result(scene, taken[0].applied_to_episode_id, taken[0].note_id)
    with clock.frozen(began):
        first = _made(scene)
    with clock.frozen(began + timedelta(hours=2)):
        with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
            note = _note(tx, scene, first)
        return _result(scene, _made(scene), note)


@dataclass(frozen=True, slots=True)
class _Scene:
    workshop: Place
    identity: Identity
    project_id: ProjectId


def _register(operational: Any, identity: Identity) -> None:
    """Register the demo's models with prices; existing ones are kept."""
    for model, prices in _PRICES.items():
        try:
            with operational.worker() as tx:
                usage.add_model(tx, identity=identity, name=model, provider="demo")
                for unit, price in prices.items():
                    usage.add_price(
                        tx,
                        identity=identity,
                        model=model,
                        unit=unit,
                        price=price,
                        currency="EUR",
                        effective_from=clock.now() - timedelta(days=400),
                    )
        except Conflict:
            continue


def _project(tx: Tx[Operational], identity: Identity, *, start: date) -> ProjectId:
    """The project with its schedule from ``start`` on, its production and budget."""
    known = [p for p in door.list_projects(tx, identity=identity) if p.title == TITLE]
    project = (
        known[0]
        if known
        else door.create_project(
            tx, identity=identity, new=door.NewProject(TITLE, "it", brief=BRIEF)
        )
    )
    production.change_production(
        tx,
        identity=identity,
        project_id=project.project_id,
        change=ProductionChange(
            level=Level.BEGINNER, voices=_VOICES, text_model=_WRITER, speech_model=_VOICE
        ),
    )
    if not known:
        usage.set_budget(
            tx,
            identity=identity,
            new=NewBudget(
                limit=LIMIT,
                currency="EUR",
                scope=BudgetScope.PROJECT,
                scope_ref=str(project.project_id),
                name=TITLE,
            ),
        )
    planning.set_cadence(
        tx,
        identity=identity,
        project_id=project.project_id,
        config={**_CADENCE, "start": start.isoformat()},
    )
    return project.project_id


def _note(tx: Tx[Operational], scene: _Scene, episode_id: StudioEpisodeId) -> door.NoteId:
    """Leave the note on the first episode."""
    added = door.add_note(
        tx,
        identity=scene.identity,
        project_id=scene.project_id,
        body=NOTE,
        kind=door.NoteKind.IDEA,
        episode_id=episode_id,
    )
    return added.note.note_id


def _made(scene: _Scene, again: StudioEpisodeId | None = None) -> StudioEpisodeId:
    """Make an episode now, or make this one again."""
    organization_id, identity = scene.identity.organization_id, scene.identity
    with scene.workshop.operational.app(organization_id) as tx:
        if again is None:
            slot = generating.generate_episode(tx, identity=identity, project_id=scene.project_id)
        else:
            slot = generating.regenerate_episode(tx, identity=identity, episode_id=again)
    generating.work_slot(scene.workshop, identity=identity, slot_id=slot.slot_id)
    return StudioEpisodeId(slot.episode_id or episode_of(slot.slot_id))


def _result(scene: _Scene, episode_id: StudioEpisodeId, note_id: door.NoteId) -> ChapterResult:
    identity = scene.identity
    with scene.workshop.operational.app(identity.organization_id) as tx:
        publication = publishing.publication_of(tx, identity=identity, episode_id=episode_id)
        if publication is None:
            return ChapterResult(False, ("The studio's episode was not generated.",), {})
        note = door.show_note(tx, identity=identity, note_id=note_id)
        episode = door.show_episode(tx, identity=identity, episode_id=episode_id)
        budget = next(
            b for b in usage.list_budgets(tx, identity=identity) if b.scope_id == scene.project_id
        )
        episodes = door.list_episodes(tx, identity=identity, project_id=scene.project_id)
        cost = sum(
            (
                step.cost
                for each in episodes
                for step in generating.steps_of(tx, identity=identity, episode_id=each.episode_id)
            ),
            Decimal(0),
        )
        timeline = publishing.timeline_of(
            tx, identity=identity, store=scene.workshop.store, episode_id=episode_id
        )
        slots = planning.list_slots(tx, identity=identity, project_id=scene.project_id)
    figures = _figures(publication, cost, note.state)
    figures["chapters"] = [chapter.title for chapter in timeline.chapters] if timeline else []
    figures["slots_planned"] = sum(slot.status == "pending" for slot in slots)
    figures["in_catalogue"] = episode.catalog_episode_id is not None
    spoken = "spoken in Italian" if has_espeak() else "in tones (no speech program is installed)"
    first = (
        f"The note “{NOTE}” became the chapter “{figures['chapters'][1]}”: "
        f"{figures['audio_seconds']} s {spoken}, {len(figures['chapters'])} chapters, "
        f"{figures['cost']} of {LIMIT} EUR spent."
    )
    second = (
        f"It is item {publication.number} of its feed and in the catalogue; "
        f"{figures['slots_planned']} more episodes are scheduled."
    )
    ok = (
        note.state == door.NoteState.APPLIED
        and bool(figures["in_catalogue"])
        and budget.reserved == 0
        and cost <= Decimal(LIMIT)
    )
    return ChapterResult(ok, (first, second), figures)


def _figures(publication: Publication, cost: Decimal, note_state: str) -> dict[str, Any]:
    """The chapter's figures.

    The cost is that of the episodes' steps: the budget's own figure is reset each month.
    """
    return {
        "note": note_state,
        "title": publication.title,
        "audio_seconds": round(publication.duration_ms / 1000),
        "bytes": publication.audio_bytes,
        "sha256": publication.audio_ref.partition(":")[2],
        "feed_items": publication.number,
        "cost": usage.plain(cost),
        "limit": LIMIT,
    }
