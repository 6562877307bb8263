"""The files of a feed, for counting without a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wavehouse.catalog import FileOfFeed
from wavehouse.kernel.ids import EnclosureId, EpisodeId, OrganizationId, PodcastId, named
from wavehouse.measurement.types import MediaFacts, MediaFile

_NOBODY = OrganizationId(named("count-only"))


def known_files(
    location: str, files: Iterable[FileOfFeed]
) -> tuple[list[MediaFile], list[MediaFacts]]:
    """The addresses that identify a request's file (R03), and the R26 inputs of each file."""
    places: list[MediaFile] = []
    facts: list[MediaFacts] = []
    for file in files:
        known = _facts(location, file)
        facts.append(known)
        places += _places(location, file, known)
    return places, facts


def _facts(location: str, file: FileOfFeed) -> MediaFacts:
    return MediaFacts(
        EnclosureId(named("count-only", location, file.guid, file.host, file.path)),
        EpisodeId(named("count-only", location, file.guid)),
        file.title,
        file.bytes,
        file.header_bytes,
        file.duration_ms,
    )


def _places(location: str, file: FileOfFeed, facts: MediaFacts) -> Iterator[MediaFile]:
    # R13: a playlist has position 0 and length 0, its segments have positions in the programme.
    path = file.path.lower()
    timed = 0 if path.endswith(".m3u8") or "mpegurl" in (file.media_type or "").lower() else None
    served: list[tuple[str, str, int | None, int | None, int | None]]
    served = [(file.host, file.path, timed, timed, None)]
    served += [(s.host, s.path, s.start_ms, s.duration_ms, s.bytes) for s in file.segments]
    hops = [(host, at, timed, timed, None) for host, at in file.hops]
    for host, at, start_ms, duration_ms, size in [*served, *hops]:
        yield MediaFile(
            enclosure_id=facts.enclosure_id,
            episode_id=facts.episode_id,
            podcast_id=PodcastId(named("count-only", location)),
            organization_id=_NOBODY,
            media_host=host,
            media_path=at,
            valid_from=file.published_at,
            published_at=file.published_at,
            start_ms=start_ms,
            duration_ms=duration_ms,
            segment_bytes=size,
            file_bytes=facts.bytes,
            is_measured=facts.header_bytes is not None,
            guid=file.guid,
            is_hop=(host, at) in file.hops,
        )
