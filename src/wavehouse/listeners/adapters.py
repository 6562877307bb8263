"""Mail to listeners, behind a Protocol: without a mail server it is written to a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from wavehouse.kernel.ids import uuid7


class Mail(Protocol):
    """Takes one letter to one address."""

    def send(self, *, to: str, subject: str, text: str) -> None:
        """Hand the letter on; its text holds a secret and stands in no log line (AC10)."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Letters as ``.eml`` files that only the server's account can read."""

    folder: Path

    def send(self, *, to: str, subject: str, text: str) -> None:
        """Write the letter as a new file of mode 0600. OSError when the folder cannot be used."""
        letter = EmailMessage()
        letter["To"], letter["Subject"] = to, subject
        letter.set_content(text)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = self.folder / f"{uuid7()}.eml"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(place, flags, 0o600), "wb") as file:
            file.write(bytes(letter))
