"""``wavehouse downloads --from-logs``: figures from log files, without storing them."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from wavehouse.kernel import terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from wavehouse.kernel.config import Settings
    from wavehouse.measurement.service.count_only import Known, Wanted
    from wavehouse.measurement.types import PeriodFigures, WindowFigures
    from wavehouse.workspace import OpenWorkspace

Found = TypeVar("Found")
_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Feeds:
    """The feeds to count by, and how to read them; without feeds, the registered shows."""

    locations: tuple[str, ...] = ()
    media: Path | None = None
    no_probe: bool = False
    allow_private: bool = False


def figures(
    open_workspace: OpenWorkspace, files: tuple[Path, ...], feeds: Feeds, wanted: Wanted
) -> PeriodFigures:
    """Count by the calendar window, with a progress bar."""
    from wavehouse.measurement.service.count_only import count_logs

    return _counted(count_logs, open_workspace, files, feeds, wanted)


def windows(
    open_workspace: OpenWorkspace, files: tuple[Path, ...], feeds: Feeds, wanted: Wanted
) -> WindowFigures:
    """Count by every window, with a progress bar."""
    from wavehouse.measurement.service.count_only import count_windows

    return _counted(count_windows, open_workspace, files, feeds, wanted)


def _counted(
    count: Callable[..., Found],
    open_workspace: OpenWorkspace,
    files: tuple[Path, ...],
    feeds: Feeds,
    wanted: Wanted,
) -> Found:
    """Count, with a progress bar. With feeds no database is opened."""
    from wavehouse.kernel import config
    from wavehouse.kernel.errors import UsageError
    from wavehouse.measurement.service.count_only import known_from_catalog

    if not files:
        raise UsageError(
            "--from-logs needs log files",
            command="wavehouse downloads --from-logs access.log --feed https://…/feed.xml",
        )
    with ExitStack() as stack:
        if feeds.locations:
            settings, known = config.load(), None
        else:
            workspace = stack.enter_context(open_workspace())
            settings = workspace.settings
            known = known_from_catalog(
                workspace.stores.operational, workspace.settings, identity=workspace.identity
            )
        known = known or known_of_feeds(settings, feeds)
        for warning in known.warnings[:_WARNINGS]:
            terminal.say(warning)
        if len(known.warnings) > _WARNINGS:
            terminal.say(f"… and {len(known.warnings) - _WARNINGS} more warnings")
        size = sum(path.stat().st_size for path in files)
        with terminal.progress("Reading logs", size, "bytes") as meter:
            return count(settings, known, files, wanted, on_bytes=meter.advance)


def known_of_feeds(settings: Settings, feeds: Feeds) -> Known:
    """The data for judging requests, from feeds; no database is opened."""
    from wavehouse.catalog import (
        FeedReading,
        FileFeedSource,
        Web,
        WebFeedSource,
        WebMediaProbe,
        is_web_address,
        read_media_file,
    )
    from wavehouse.measurement.service.count_only import known_from_feeds

    media = read_media_file(feeds.media) if feeds.media else {}
    with closing(Web(allow_private=feeds.allow_private)) as web:
        probe = None if feeds.no_probe else WebMediaProbe(web)
        return known_from_feeds(
            settings,
            [
                (
                    at,
                    FeedReading(
                        source=WebFeedSource(web) if is_web_address(at) else FileFeedSource(),
                        probe=probe,
                        media=media,
                    ),
                )
                for at in feeds.locations
            ],
        )


def print_findings(figures: PeriodFigures | WindowFigures) -> None:
    """Print further findings beside the figures."""
    unknown = getattr(figures, "filtered", {}).get("unknown_path", 0)
    if unknown and figures.read is not None:
        terminal.say(f"{unknown:,} requests are for files in no known feed:")
        for figure in getattr(figures, "unknown", []):
            terminal.say(f"  {figure.downloads:,} for {figure.member}")
        terminal.say(
            "Add each show's --feed, or add path rules for them; to check one: "
            "wavehouse paths test ADDRESS"
        )
    for fault, lines in sorted(figures.faults.items()):
        terminal.say(f"{lines:,} lines could not be used: {fault}")
    for error in figures.errors:
        terminal.say(f"Error: {error}")
