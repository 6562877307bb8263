"""Emails as files: stored when there is no mail server, and read back."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Timer

from wavehouse.kernel.config import Settings
from wavehouse.kernel.ids import uuid7
from wavehouse.mail.rendering import email_message

_KEPT = 15 * 60.0


def outbox_folder(settings: Settings) -> Path:
    """The folder for emails when there is no mail server: ``outbox`` in the data folder."""
    return settings.home / "outbox"


@dataclass(frozen=True, slots=True)
class Outbox:
    """Emails as ``.eml`` files that only the server's account can read."""

    folder: Path

    def send(self, *, to: str, subject: str, text: str) -> None:
        """Write the email as a new file of mode 0600. OSError when the folder cannot be used."""
        message = email_message(to=to, subject=subject, text=text)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file_path = self.folder / f"{uuid7()}.eml"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(file_path, flags, 0o600), "wb") as file:
            file.write(bytes(message))
        removal = Timer(_KEPT, file_path.unlink, kwargs={"missing_ok": True})
        removal.daemon = True  # `tidy` deletes what a stopped process left behind
        removal.start()

    def forget(self, *, to: str) -> int:
        """Delete stored emails to an address."""
        return forget_emails(self.folder, lambda _, recipient: recipient.lower() == to.lower())

    def forget_many(self, *, to: Collection[str]) -> Mapping[str, int]:
        """Delete stored emails to many addresses (lower case), reading each once."""
        gone = Counter[str]()

        def is_wanted(_: Path, recipient: str) -> bool:
            gone[recipient.lower()] += recipient.lower() in to
            return recipient.lower() in to

        forget_emails(self.folder, is_wanted)
        return +gone


@dataclass(frozen=True, slots=True)
class StoredEmail:
    """An email in the outbox; ``name`` is its file name without the suffix."""

    name: str
    written_at: datetime
    to: str
    subject: str
    text: str
    html: str


def stored_emails(folder: Path) -> list[StoredEmail]:
    """The emails of an outbox, newest first."""
    stored_emails = []
    for file_path in sorted(folder.glob("*.eml"), reverse=True) if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            message = message_from_bytes(file_path.read_bytes(), policy=policy.default)
            stored_emails.append(
                StoredEmail(
                    file_path.stem,
                    datetime.fromtimestamp(file_path.stat().st_mtime, UTC),
                    str(message["To"] or ""),
                    str(message["Subject"] or ""),
                    _part(message, "plain"),
                    _part(message, "html"),
                )
            )
    return stored_emails


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content())


def forget_emails(folder: Path, which: Callable[[Path, str], bool]) -> int:
    """Delete the emails that ``which`` selects by file and recipient; returns how many."""
    gone = 0
    for file_path in folder.glob("*.eml") if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            recipient = message_from_bytes(file_path.read_bytes(), policy=policy.default)["To"]
            if which(file_path, str(recipient or "")):
                file_path.unlink()
                gone += 1
    return gone


def forget_late_emails(outbox: Path, before: datetime) -> int:
    """Delete emails written before a given time; returns how many."""
    return forget_emails(outbox, lambda path, _: path.stat().st_mtime < before.timestamp())
