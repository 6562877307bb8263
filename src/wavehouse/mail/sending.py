"""Sending emails, behind a Protocol: through a mail server, or to a folder if there is none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from wavehouse.kernel.config import Settings
from wavehouse.mail.outbox import Outbox, outbox_folder
from wavehouse.mail.rendering import email_message

_PATIENCE = 20.0


class Mail(Protocol):
    """Sends emails."""

    def send(self, *, to: str, subject: str, text: str) -> None:
        """Send an email; its text may contain a secret and is never logged (AC10)."""

    def forget(self, *, to: str) -> int:
        """Delete stored emails to an address; returns how many."""

    def forget_many(self, *, to: Collection[str]) -> Mapping[str, int]:
        """Delete stored emails to many addresses (lower case); how many to each."""


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
        """Send the email, with a timeout of 20 s per response. OSError on failure.

        With ``starttls`` a server that offers no TLS, or whose certificate is not valid for
        ``host``, receives neither the email nor the password.
        """
        import smtplib
        import ssl

        message = email_message(to=to, subject=subject, text=text)
        message["From"] = self.sender
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
            server.send_message(message)

    def forget(self, *, to: str) -> int:
        """Does nothing: no emails are stored."""
        return 0

    def forget_many(self, *, to: Collection[str]) -> Mapping[str, int]:
        """Does nothing: no emails are stored."""
        return {}


def mail_of(settings: Settings, *, domain: str) -> Mail:
    """The configured mail server, or the folder ``outbox`` when there is none.

    ``domain`` is the name of this site, for the sender's address when none is set.
    """
    if settings["smtp_host"] is None:
        return Outbox(outbox_folder(settings))
    return Smtp(
        settings["smtp_host"],
        settings["smtp_port"],
        settings["mail_from"] or f"wavehouse@{domain}",
        settings["smtp_security"],
        settings["smtp_user"] or "",
        settings["smtp_password"] or "",
    )
