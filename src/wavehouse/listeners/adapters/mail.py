"""Mail to listeners, behind a Protocol: without a mail server it is written to a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Timer
from typing import Protocol

from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.ids import uuid7
from wavehouse.listeners.types import Site

_PATIENCE = 20.0
_KEPT = 15 * 60.0


class Mail(Protocol):
    """Sends emails."""

    def send(self, *, to: str, subject: str, text: str) -> None:
        """Send an email; its text holds a secret and is in no log line (AC10)."""

    def forget(self, *, to: str) -> int:
        """Delete emails to an address that are still kept here; returns how many."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Emails as ``.eml`` files that only the server's account can read."""

    folder: Path

    def send(self, *, to: str, subject: str, text: str) -> None:
        """Write the email as a new file of mode 0600. OSError when the folder cannot be used."""
        letter = _letter(to=to, subject=subject, text=text)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{uuid7()}.eml"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(bytes(letter))
        gone = Timer(_KEPT, path.unlink, kwargs={"missing_ok": True})
        gone.daemon = True  # `tidy` deletes what a program that ended has left
        gone.start()

    def forget(self, *, to: str) -> int:
        """Delete the files to an address."""
        return forget_emails(self.folder, lambda _, recipient: recipient.lower() == to.lower())


@dataclass(frozen=True, slots=True)
class Smtp:
    """Emails through a mail server; ``security`` is ``starttls``, ``tls`` or ``none``."""

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, *, to: str, subject: str, text: str) -> None:
        """Send the email to the server within 20 s for each answer. OSError when it does not."""
        import smtplib
        import ssl

        letter = _letter(to=to, subject=subject, text=text)
        letter["From"] = self.sender
        trusted = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=_PATIENCE, context=trusted
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=_PATIENCE)
        with server:
            if self.security == "starttls":
                server.starttls(context=trusted)
            if self.user:
                server.login(self.user, self.password)
            server.send_message(letter)

    def forget(self, *, to: str) -> int:
        """Nothing is kept here."""
        return 0


def forget_emails(folder: Path, which: Callable[[Path, str], bool]) -> int:
    """Delete the emails of an outbox that ``which`` chooses by file and recipient; how many."""
    gone = 0
    for path in folder.glob("*.eml") if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            recipient = message_from_bytes(path.read_bytes(), policy=policy.default)["To"]
            if which(path, str(recipient or "")):
                path.unlink()
                gone += 1
    return gone


def forget_late_emails(outbox: Path, before: datetime) -> int:
    """Delete emails of the outbox that were written before an instant; returns how many."""
    return forget_emails(outbox, lambda path, _: path.stat().st_mtime < before.timestamp())


def mail_of(settings: Settings, site: Site) -> Mail:
    """The mail server of the settings, or ``outbox`` in the data folder when there is none."""
    if settings["smtp_host"] is None:
        return Outbox(settings.home / "outbox")
    return Smtp(
        settings["smtp_host"],
        settings["smtp_port"],
        settings["mail_from"] or f"wavehouse@{site.name}",
        settings["smtp_security"],
        settings["smtp_user"] or "",
        settings["smtp_password"] or "",
    )


def _letter(*, to: str, subject: str, text: str) -> EmailMessage:
    """Not quoted-printable, which would cut a link in two for people who read the file as it is."""
    letter = EmailMessage()
    letter["To"], letter["Subject"], letter["Date"] = to, subject, clock.now()
    letter.set_content(text, cte="7bit" if text.isascii() else "8bit")
    return letter
