"""The ledger outside the databases: a file in the home that a restore does not undo.

``erasure/ledger.ndjson``, mode 0600, is append-only, and on disk before anything is removed. A line
is a JSON object: ``at``, ``request``, ``subject`` (the kind of subject), ``purpose`` (``intent``
before the first destructive step, ``done`` after the last), ``key`` (fingerprint of the HMAC key),
``hashes`` (a list of ``[kind, hex]``). It contains no identifiers and no free text.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from wavehouse.kernel.errors import InvalidInput

NAME = "ledger.ndjson"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of the file."""

    at: datetime
    request_id: UUID
    subject: str
    purpose: str
    key: str
    organization: UUID | None
    hashes: tuple[tuple[str, bytes], ...]


def ledger_path(home: Path) -> Path:
    """The ledger file of a home."""
    return home / "erasure" / NAME


def append(home: Path, *lines: LedgerLine) -> None:
    """Append lines and wait until they are on disk. OSError when they cannot be written."""
    path = ledger_path(home)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    created = not path.exists()
    content = "\n".join(map(_text, lines))
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        waiting = memoryview((b"\n" if torn else b"") + content.encode() + b"\n")
        while waiting:  # a full disk takes a part, and refuses the rest
            waiting = waiting[os.write(descriptor, waiting) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if created:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _text(line: LedgerLine) -> str:
    return json.dumps(
        {
            "at": line.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "request": str(line.request_id),
            "subject": line.subject,
            "purpose": line.purpose,
            "key": line.key,
            "organization": str(line.organization) if line.organization else None,
            "hashes": [[kind, value.hex()] for kind, value in line.hashes],
        },
        separators=(",", ":"),
    )


def read(path: Path) -> Iterator[LedgerLine]:
    """The lines of a ledger. A torn last line, left by a crash, is skipped; others are refused."""
    if not path.exists():
        return
    lines = path.read_bytes().split(b"\n")
    for number, text in enumerate(lines, 1):
        if not text:
            continue
        try:
            yield _line(json.loads(text))
        except (ValueError, KeyError, TypeError):
            # An append that was cut off: the next one began a new line.
            if number >= len(lines) - 1 or not text.endswith(b"}"):
                continue
            raise InvalidInput(
                "this line of the ledger is damaged", where=f"{path}:{number}"
            ) from None


_HASH = 32
"""Bytes of a keyed hash."""


def _line(values: dict[str, object]) -> LedgerLine:
    hashes = values["hashes"]
    if not isinstance(hashes, Sequence):
        raise ValueError("hashes")
    organization = values.get("organization")
    if any(len(value) != 2 * _HASH for _, value in hashes):
        raise ValueError("the length of a hash")
    return LedgerLine(
        datetime.fromisoformat(str(values["at"])),
        UUID(str(values["request"])),
        str(values["subject"]),
        str(values["purpose"]),
        str(values["key"]),
        UUID(str(organization)) if organization else None,
        tuple((str(kind), bytes.fromhex(str(value))) for kind, value in hashes),
    )
