"""The steps ``publish`` and ``notify``: one episode, one feed item, one event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from wavehouse import accounts, audit, catalog
from wavehouse.kernel import clock
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import production as queries
from wavehouse.studio.rules.script_blocks import spoken
from wavehouse.studio.service.generation.paying import Answered
from wavehouse.studio.service.generation.places import Place
from wavehouse.studio.service.generation.speaking import Recording
from wavehouse.studio.service.generation.stepping import Run, Work, run_step
from wavehouse.studio.service.notes import consume, notes_taken_by
from wavehouse.studio.service.pinging import order_ping
from wavehouse.studio.service.publishing import registered, timeline_of
from wavehouse.studio.types.generation import EpisodeToMake, Publication, Step, StepStatus
from wavehouse.studio.types.ids import NoteId, ProjectId, StudioEpisodeId
from wavehouse.studio.types.notes import Decision, NoteState
from wavehouse.studio.types.production import Outline, Section
from wavehouse.webhooks import EventType, emit

_NOT_USED = "the writer did not use this note"
_LONGEST_DESCRIPTION = 600


@dataclass(frozen=True, slots=True)
class Finished:
    """The data that publishing needs."""

    episode: EpisodeToMake
    outline: Outline
    sections: Sequence[Section]
    recording: Recording
    title: str


def published(run: Run, finished: Finished) -> None:
    """Publish the episode and decide its notes, in the transaction that completes the step."""
    recording = finished.recording

    def effect(tx: Tx[Operational], _: bytes) -> None:
        publication = _publication(run, tx, finished)
        organization_id = run.identity.organization_id
        queries.put_publication(tx, organization_id=organization_id, publication=publication)
        queries.set_published(tx, organization_id=organization_id, publication=publication)
        _decide(run, tx, finished.outline)
        audit.record(
            tx,
            actor=accounts.user_actor(run.identity),
            action="episode.published",
            resource=("studio_episode", run.episode_id),
            organization_id=organization_id,
            metadata={"audio": recording.audio_ref, "generation_id": str(run.generation_id)},
        )

    inputs = {
        "audio": recording.audio_ref,
        "index": recording.index_ref,
        "title": finished.title,
        "description": _description(finished.sections),
    }
    work = Work(
        inputs=inputs,
        make=lambda: Answered(json.dumps(inputs, ensure_ascii=False).encode(), {}),
        effect=effect,
    )
    run_step(run, Step.PUBLISH, work)


def announced(run: Run, episode: EpisodeToMake, workshop: Place, *, private: bool) -> None:
    """Read the feed into the catalog; then complete the slot with its event and its ping.

    LeaseLost when the lease is lost; no event is written then.
    """
    run.check()
    read = registered(
        run.operational,
        identity=run.identity,
        store=run.store,
        project_id=ProjectId(episode.project_id),
        address=workshop.address,
    )
    inputs = {"generation": str(run.generation_id)}
    work = Work(inputs=inputs, make=lambda: Answered(b"", {}))
    with run.writing({"step": Step.NOTIFY}) as write:
        catalog_episode_id = _in_catalogue(run, write.tx, read)
        queries.set_catalog_episode(
            write.tx,
            organization_id=run.identity.organization_id,
            episode_id=run.episode_id,
            catalog_episode_id=catalog_episode_id,
        )
        if catalog_episode_id is not None:
            _keep_transcript(run, write.tx, episode, catalog_episode_id)
        ref = f"catalog:{catalog_episode_id}"
        run.put(write.tx, Step.NOTIFY, work, StepStatus.COMPLETED, ref)
        emit(
            write.tx,
            identity=run.identity,
            event_type=EventType.EPISODE_PUBLISHED,
            subject=("episode", run.episode_id),
            data={
                "project_id": str(episode.project_id),
                "slot_id": str(run.lease.slot_id),
                "catalog_episode_id": str(catalog_episode_id) if catalog_episode_id else None,
            },
        )
        if workshop.hub and not private:
            order_ping(
                write.tx,
                identity=run.identity,
                project_id=episode.project_id,
                key=run.lease.slot_id,
            )
        write.completes = True


def _publication(run: Run, tx: Tx[Operational], finished: Finished) -> Publication:
    organization_id = run.identity.organization_id
    recording, episode = finished.recording, finished.episode
    old = queries.publication(tx, organization_id=organization_id, episode_id=run.episode_id)
    number = (
        old.number
        if old
        else queries.next_number(tx, organization_id=organization_id, project_id=episode.project_id)
    )
    speakers = list(dict.fromkeys(x.speaker for s in finished.sections for x in s.lines))
    return Publication(
        episode_id=run.episode_id,
        project_id=episode.project_id,
        generation_id=run.generation_id,
        season=old.season if old else 1,
        number=number,
        title=finished.title,
        description=_description(finished.sections),
        language=episode.language,
        speakers=speakers,
        audio_ref=recording.audio_ref,
        audio_bytes=run.store.path(recording.audio_ref).stat().st_size,
        duration_ms=recording.timeline.length,
        timeline_ref=recording.index_ref,
        published_at=old.published_at if old else clock.now(),
    )


def _decide(run: Run, tx: Tx[Operational], outline: Outline) -> None:
    """Apply the notes that the outline uses; decline the others with a reason."""
    episode_id = StudioEpisodeId(run.episode_id)
    used = {ref for heading in outline.sections for ref in heading.uses}
    taken = notes_taken_by(tx, identity=run.identity, episode_id=episode_id)
    decisions = [
        Decision(
            NoteId(note.note_id),
            applied=str(note.note_id) in used,
            reason=None
            if str(note.note_id) in used
            else outline.declined.get(str(note.note_id), _NOT_USED),
        )
        for note in taken
        if note.state == NoteState.CONSIDERED
    ]
    consume(tx, identity=run.identity, episode_id=episode_id, decisions=decisions)


def _in_catalogue(run: Run, tx: Tx[Operational], read: catalog.IngestedFeed) -> UUID | None:
    listed = catalog.list_episodes(tx, identity=run.identity, podcast_id=read.podcast_id)
    guid = str(run.episode_id)
    return next((each.episode_id for each in listed if each.guid == guid), None)


def _keep_transcript(
    run: Run, tx: Tx[Operational], episode: EpisodeToMake, catalog_episode_id: UUID
) -> None:
    """Copy the transcript into the catalogue, where it can be searched."""
    timeline = timeline_of(
        tx, identity=run.identity, store=run.store, episode_id=StudioEpisodeId(run.episode_id)
    )
    if timeline is None:
        return
    catalog.keep_transcript(
        tx,
        identity=run.identity,
        episode_id=catalog_episode_id,
        language=episode.language,
        segments=[
            {
                "speaker": cue.speaker,
                "startTime": cue.start / 1000,
                "endTime": cue.end / 1000,
                "body": cue.text,
            }
            for cue in timeline.cues
        ],
        seconds=max(1, round(timeline.length / 1000)),
    )


def _description(sections: Sequence[Section]) -> str:
    """The chapters, then the beginning of the script."""
    titles = " · ".join(section.title for section in sections[1:-1])
    first = " ".join(spoken(line.text) for line in sections[0].lines)
    return f"{titles}\n\n{first}".strip()[:_LONGEST_DESCRIPTION]
