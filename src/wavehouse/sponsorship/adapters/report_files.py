"""Files of issued reports: written once, never replaced.

A report that a sponsor has received must not change. Its file name therefore contains the report's
id, and the file is created exclusively and atomically.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit
from uuid import UUID, uuid4

from wavehouse.kernel.errors import Conflict, WavehouseError
from wavehouse.kernel.ids import ReportId
from wavehouse.kernel.processes import is_running
from wavehouse.sponsorship.types import ReportData, ReportType

ENDINGS = {"csv": "csv.zip"}
_UNFINISHED = ".wavehouse-report-"
_ISSUED = re.compile(
    r"^[^.].*-\d{4}-\d\d-\d\d(?:-[a-z]+)?-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"\.(?:csv\.zip|json|pdf|xlsx)$"
)
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_STEM_BYTES = 120
"""Most file systems allow 255 bytes; dates, kind, id and ending take up to 90."""


def file_name(data: ReportData, format_: str, report_id: ReportId) -> str:
    """The name of a report's file: sponsor, campaign, dates, kind, and the report's id.

    Words keep the characters of any script, with their vowel signs and accents. A long name is
    truncated by bytes, between characters; the id distinguishes names that are equal after
    cleaning or truncation.
    """
    text = unicodedata.normalize("NFC", f"{data.sponsor} {data.campaign}".casefold())
    words = "".join(each if _in_word(each) else " " for each in text).split()
    stem = _cut("-".join(words), _STEM_BYTES).strip("-") or "report"
    kind = "" if data.report_type is ReportType.SPONSOR else f"-{data.report_type.split('_')[0]}"
    ending = ENDINGS.get(format_, format_)
    return f"{stem}-{data.first_day}-{data.last_day}{kind}-{report_id}.{ending}"


def issued_ids(folder: Path) -> dict[UUID, Path]:
    """The files of a folder that have the name of an issued report, by the report's id."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return {}
    matches = ((_ISSUED.search(name), name) for name in names)
    return {UUID(match[1]): folder / name for match, name in matches if match}


def located(url: str) -> Path:
    """The path of a report's file from its URL."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(url).path)))


def read_report(path: Path) -> bytes | None:
    """The content of a report's file; None if it is missing, a pipe or a device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def write_report(path: Path, content: bytes) -> None:
    """Create a report's file, readable by its owner only.

    The file is complete as soon as it has its name. Conflict when a file with this name exists;
    WavehouseError when the folder or the file cannot be written.
    """
    unfinished = path.with_name(f"{_UNFINISHED}{uuid4().hex}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_abandoned(path.parent)
        try:
            _create(unfinished, content)
            _name(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync(path.parent)
    except OSError as error:
        raise WavehouseError(
            f"the report cannot be written: {error.strerror}",
            where=str(path),
            hint="Choose another folder with --out.",
        ) from None


def _name(unfinished: Path, path: Path) -> None:
    """Give a finished file its name. Conflict when the name is taken."""
    try:
        os.link(unfinished, path)  # unlike a rename, a link never replaces a file
    except OSError as error:
        if error.errno not in (errno.EEXIST, *_NO_LINKS):
            raise
        if path.exists():
            raise Conflict(
                "a file with this name exists; an issued report is never replaced", where=str(path)
            ) from None
        unfinished.rename(path)


def _remove_abandoned(folder: Path) -> None:
    """Remove unfinished files of killed processes."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        pid = path.name.rpartition(".")[2]
        if pid.isdecimal() and not is_running(int(pid)):
            path.unlink(missing_ok=True)


def _create(path: Path, content: bytes) -> None:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _cut(text: str, most: int) -> str:
    """The longest prefix of a text with at most ``most`` bytes in UTF-8."""
    return text.encode()[:most].decode(errors="ignore")
