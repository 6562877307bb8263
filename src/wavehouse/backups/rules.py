"""Rules of backups: their names, the files that they contain, the segments that they need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from wavehouse.backups.types import Backup
from wavehouse.kernel import files

_SEGMENT = re.compile(r"[0-9A-F]{24}(\.partial)?")
_SEGMENT_BYTES = 16 * 2**20
_ID = re.compile(r"\d{8}T\d{6}Z")
EXCLUDED = {
    "audit/key": "signs the audit log; a copy in a backup could sign another history",
    "backups": "the backups themselves",
    "outbox": "unsent emails, which contain sign-in links",
    "postgres": "the server's data, copied by pg_basebackup",
    "programs": "PostgreSQL's programs, which the package contains",
    "restore.json": "the state of a restore",
    "serving.json": "the address of a running process",
    "start.lock": "a lock",
    "users.lock": "a lock",
}
"""Parts of the home that no backup holds, and why."""


def backup_id(at: datetime) -> str:
    """The name of a backup: its start in UTC, which sorts by time."""
    return f"{at:%Y%m%dT%H%M%SZ}"


def is_backup_id(name: str) -> bool:
    """True for a name of ``backup_id``."""
    return bool(_ID.fullmatch(name))


def is_excluded(path: str) -> bool:
    """True for a path in the home that backups leave out, such as an earlier state."""
    first = path.split("/", 1)[0]
    return (
        first in EXCLUDED
        or path in EXCLUDED
        or first.startswith(files.KEPT_ASIDE)
        or first.endswith(".new")
    )


def removable(
    backups: Sequence[Backup], *, now: datetime, keep: timedelta
) -> tuple[list[Backup], list[Backup]]:
    """The expired backups, and the others. The newest never expires, however old it is."""
    ordered = sorted(backups, key=lambda each: each.finished_at)
    expired = [each for each in ordered[:-1] if each.expires_at(keep) <= now]
    return expired, [each for each in ordered if each not in expired]


def unneeded_segments(names: Iterable[str], first_needed: str | None) -> list[str]:
    """Archived segments that no kept backup needs; all of them without a backup.

    A name is timeline, then position; only the position counts, since a restore continues in a new
    timeline from the same position. Histories of timelines are kept.
    """
    segments = [name for name in names if _SEGMENT.fullmatch(name)]
    if first_needed is None:
        return sorted(segments)
    return sorted(name for name in segments if name[8:24] < first_needed[8:24])


def end_of_timeline(history: str) -> str:
    """The segment in which the last timeline of a history file left the one before.

    A line has the earlier timeline, the position ``high/low`` in hex, and a reason.
    """
    timeline, position, *_ = history.strip().splitlines()[-1].split("\t")
    high, low = (int(part, 16) for part in position.split("/"))
    number = (high << 32 | low) // _SEGMENT_BYTES
    return f"{int(timeline):08X}{number // 256:08X}{number % 256:08X}"


def last_segment(names: Iterable[str], *, timeline: str) -> str | None:
    """The last whole segment of a timeline (8 hex digits) among archived names."""
    whole = [name for name in names if _SEGMENT.fullmatch(name) and len(name) == 24]
    return max((name for name in whole if name.startswith(timeline)), default=None)


UNSYNCED = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
"""Settings of a trial restore, which need not survive a power cut: nothing waits for the disk."""


def recovery_settings(
    *, archive: str | None, to_time: datetime | None, latest: bool = False
) -> str:
    """Settings with which the server recovers: to an instant, the archive's or the backup's end.

    All of them continue in a new timeline, so that a name in the archive has one content.
    """
    command = "exit 1" if archive is None else f'cp "{archive}/%f" "%p"'
    if latest:
        target = ""
    elif to_time is None:
        target = "recovery_target = 'immediate'\n"
    else:
        target = f"recovery_target_time = '{to_time.isoformat()}'\n"
    return (
        f"restore_command = '{command}'\n{target}"
        "recovery_target_timeline = 'current'\n"
        "recovery_target_action = 'promote'\n"
    )
