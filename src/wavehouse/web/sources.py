"""The sources page: feeds, log files, and quarantined rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from wavehouse import catalog, measurement
from wavehouse.accounts import Identity
from wavehouse.catalog import FileOfSeveral, PodcastSummary
from wavehouse.charts import format as fmt
from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.ids import PodcastId
from wavehouse.kernel.paging import decoded, encoded
from wavehouse.measurement import QuarantinedRow, SourceSummary, UnknownPlace
from wavehouse.web.access import Form
from wavehouse.web.entered import CORRECTABLE, NOTHING, Entered, refused
from wavehouse.web.page_context import PageContext, back

FILES = 25
ROWS = 20
_TONES = {"active": "good", "failing": "bad", "gone": "bad", "paused": "warn"}


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed as the page shows it."""

    podcast_id: str
    title: str
    address: str
    status: str
    tone: str
    message: str
    episodes: str
    checked: str
    next: str
    can_poll: bool
    can_pause: bool


@dataclass(frozen=True, slots=True)
class FileLine:
    """A log file as the page shows it."""

    name: str
    format: str
    lines: str
    bytes: str
    waiting: int
    read: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A quarantined row as the page shows it."""

    location: str
    why: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class UnknownLine:
    """An unknown host and path as the page shows it."""

    address: str
    requests: str
    would_count: str


@dataclass(frozen=True, slots=True)
class SharedLine:
    """A file shared by several episodes as the page shows it."""

    address: str
    titles: str


def router(context: PageContext) -> APIRouter:
    """Routes of ``/sources`` and its forms."""
    routes = APIRouter(include_in_schema=False)
    workspace = context.workspace

    def page(
        request: Request,
        identity: Identity,
        after: str | None = None,
        entered: Entered = NOTHING,
    ) -> Response:
        before = _place(after)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            shows = catalog.list_podcasts(tx, identity=identity)
            files = measurement.source_files(tx, identity=identity, limit=FILES + 1, before=before)
            rows = measurement.quarantined(tx, identity=identity, limit=ROWS)
            waiting = measurement.waiting(tx, identity=identity)
            unknown = measurement.unknown_places(tx, identity=identity)
            shared = catalog.files_of_several(tx, identity=identity)
        keep = workspace.settings["raw_retention_days"]
        return context.page(
            request,
            "sources",
            identity,
            feeds=[_feed(podcast) for podcast in shows],
            files=[_file(file) for file in files[:FILES]],
            older=_older(files),
            first_page=after is None,
            reasons=[
                (measurement.fault_explained(reason, keep), fmt.count(number))
                for reason, number in waiting
            ],
            rows=[_row(row, keep) for row in rows],
            unknown=[_unknown(unknown) for unknown in unknown],
            shared=[_shared(file) for file in shared[:ROWS]],
            entered=entered,
        )

    @routes.get("/sources")
    def show(request: Request, after: str | None = None) -> Response:
        return page(request, context.visitor(request), after)

    @routes.post("/sources/feeds")
    def change_feed(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        podcast_id = _podcast(fields)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            match fields.get("action"):
                case "pause":
                    catalog.pause_feed(tx, identity=identity, podcast_id=podcast_id)
                    return back("/sources", "paused_feed")
                case "resume":
                    catalog.resume_feed(tx, identity=identity, podcast_id=podcast_id)
                    return back("/sources", "resumed_feed")
            catalog.enqueue_poll(tx, identity=identity, podcast_id=podcast_id)
        return back("/sources", "queued_poll")

    @routes.post("/sources/replay")
    def replay(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            measurement.enqueue_replay(tx, identity=identity)
        return back("/sources", "queued")

    @routes.post("/sources/paths")
    def map_paths(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        try:
            with workspace.stores.operational.app(identity.organization_id) as tx:
                catalog.add_path_rule(tx, identity=identity, rule=fields.get("rule", ""))
        except CORRECTABLE as error:
            entered = replace(refused(fields, error, ()), wrong="rule")
            return page(request, identity, entered=entered)
        done = measurement.count(workspace.stores.operational, workspace.settings)
        return back("/sources", "mapped", done.downloads_added)

    @routes.post("/sources/discard")
    def discard(request: Request, fields: Form) -> Response:
        identity = context.editor(request, fields)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            closed = measurement.discard(tx, identity=identity)
        return back("/sources", "discarded", closed)

    return routes


def _podcast(fields: dict[str, str]) -> PodcastId:
    try:
        return PodcastId(UUID(fields.get("podcast_id", "")))
    except ValueError:
        raise UsageError("invalid podcast id", hint="Reload the page.") from None


def _place(after: str | None) -> tuple[datetime, UUID] | None:
    if after is None:
        return None
    at, name = decoded(after, 2)
    try:
        return datetime.fromisoformat(at), UUID(name)
    except ValueError:
        raise UsageError("invalid cursor", hint="Start again without a cursor.") from None


def _older(files: list[SourceSummary]) -> str:
    if len(files) <= FILES:
        return ""
    last = files[FILES - 1]
    return encoded((last.last_read_at.isoformat(), str(last.source_file_id)))


def _feed(show: PodcastSummary) -> FeedLine:
    return FeedLine(
        str(show.podcast_id),
        show.title,
        show.feed_url,
        show.state,
        _TONES.get(show.state, "plain"),
        _poll_message(show),
        fmt.count(show.episodes),
        fmt.instant(show.last_ingested_at),
        fmt.instant(show.next_poll_at) if show.next_poll_at else "–",
        catalog.is_web_address(show.feed_url),
        show.state in {"active", "failing"},
    )


def _poll_message(show: PodcastSummary) -> str:
    if show.state == "unpolled":
        return "read from a file; not polled until it is resumed"
    times = f" ({show.failures} times)" if show.failures > 1 else ""
    return f"{show.poll_message or ''}{times}"


def _file(file: SourceSummary) -> FileLine:
    return FileLine(
        file.name.rpartition("/")[2],
        file.format,
        fmt.count(file.lines_read),
        _bytes(file.bytes_read),
        file.waiting,
        fmt.instant(file.last_read_at),
    )


def _bytes(number: int) -> str:
    """Format a size in bytes like a file manager."""
    amount, units = float(number), ["B", "KB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"


def _unknown(unknown: UnknownPlace) -> UnknownLine:
    return UnknownLine(unknown.place, fmt.count(unknown.requests), fmt.count(unknown.would_count))


def _shared(file: FileOfSeveral) -> SharedLine:
    return SharedLine(f"{file.media_host}{file.media_path}", ", ".join(file.titles))


def _row(row: QuarantinedRow, keep: int) -> WaitingRow:
    name = row.file.rpartition("/")[2]
    return WaitingRow(
        f"{name}:{row.line_number}",
        measurement.fault_explained(row.reason, keep),
        row.excerpt[:120],
    )
