"""The step ``plan``: the episode's material, collected and stored in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import generation as queries
from wavehouse.studio.service.documents import sources
from wavehouse.studio.service.generation.stepping import Run, Work
from wavehouse.studio.service.memory import recalled
from wavehouse.studio.service.notes import open_notes
from wavehouse.studio.service.production import voices_of
from wavehouse.studio.types.documents import Source
from wavehouse.studio.types.generation import EpisodeToMake, Step, StepStatus
from wavehouse.studio.types.ids import ProjectId, StudioEpisodeId
from wavehouse.studio.types.memory import Memory
from wavehouse.studio.types.notes import Note
from wavehouse.studio.types.production import Excerpt, Material, Production

_MOST_MEMORIES, _MOST_SOURCES = 50, 40
_LONGEST_EXCERPT = 2_000


def prepared(run: Run, episode: EpisodeToMake, production: Production, day: date) -> Material:
    """The material of this generation.

    It is collected once: a repeated attempt reads the first one's material, and notes that arrive
    meanwhile reach the next episode.
    """
    run.check()
    with run.operational.app(run.identity.organization_id) as tx:
        row = queries.step_of(
            tx,
            organization_id=run.identity.organization_id,
            generation_id=run.generation_id,
            step=Step.PLAN,
        )
    if row is not None and row.output_ref and run.store.has(row.output_ref):
        run.kept.append(f"{Step.PLAN}:0")
        return material_of(json.loads(run.store.get(row.output_ref)))
    with run.writing({"step": Step.PLAN}) as write:
        material = _taken(run, write.tx, episode, production, day)
        inputs = asdict(material)
        ref = run.store.put(json.dumps(inputs, ensure_ascii=False, default=str).encode())
        work = Work(inputs=inputs, make=_nothing, manifest=manifest_of(material))
        run.put(write.tx, Step.PLAN, work, StepStatus.COMPLETED, ref)
    run.ran.append(f"{Step.PLAN}:0")
    return material


def manifest_of(material: Material) -> dict[str, Any]:
    """The ids of all contributions of people and documents."""
    return {
        "notes": [each.ref for each in material.notes],
        "memories": [each.ref for each in material.memories],
        "sources": [each.ref for each in material.sources],
        "labels": [each.label for each in material.sources],
    }


def material_of(stored: dict[str, Any]) -> Material:
    """Stored material."""
    lists = {
        name: tuple(Excerpt(**each) for each in stored[name])
        for name in ("notes", "memories", "sources")
    }
    return Material(
        **{
            **stored,
            **lists,
            "day": date.fromisoformat(stored["day"]),
            "speakers": tuple(stored["speakers"]),
        }
    )


def _taken(
    run: Run, tx: Tx[Operational], episode: EpisodeToMake, production: Production, day: date
) -> Material:
    project_id = ProjectId(episode.project_id)
    notes = open_notes(
        tx,
        identity=run.identity,
        project_id=project_id,
        for_episode_id=StudioEpisodeId(episode.episode_id),
    )
    memories = recalled(tx, identity=run.identity, project_id=project_id)
    cited = sources(tx, identity=run.identity, project_id=project_id)
    return Material(
        title=episode.project_title,
        brief=episode.brief,
        language=episode.language,
        level=production.level,
        number=episode.number,
        day=day,
        speakers=tuple(voice.speaker for voice in voices_of(production)),
        notes=tuple(_notes(notes)),
        memories=tuple(_memories(memories)),
        sources=tuple(_sources(cited)),
    )


def _notes(notes: Iterable[Note]) -> Iterable[Excerpt]:
    for note in notes:
        yield Excerpt(note.kind, str(note.note_id), note.body[:_LONGEST_EXCERPT])


def _memories(memories: Sequence[Memory]) -> Iterable[Excerpt]:
    for memory in memories[-_MOST_MEMORIES:]:
        if memory.content is not None:
            yield Excerpt("memory", str(memory.memory_id), memory.content[:_LONGEST_EXCERPT])


def _sources(cited: Sequence[Source]) -> Iterable[Excerpt]:
    for source in cited[:_MOST_SOURCES]:
        yield Excerpt(
            "source",
            f"{source.document_id}#{source.number}",
            source.body[:_LONGEST_EXCERPT],
            source.label,
            source.title,
        )


def _nothing() -> Any:
    raise AssertionError("the plan is stored by its own transaction")
