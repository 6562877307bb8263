"""The installation's mailer, and the base address of links in emails."""

from __future__ import annotations

from urllib.parse import urlsplit

from wavehouse import mail
from wavehouse.kernel import serving
from wavehouse.kernel.config import Settings


def mailer(settings: Settings) -> tuple[mail.Mail, str]:
    """The mail server or the outbox, and the address of the dashboard."""
    address = serving.running_address(settings) or serving.address_of(settings)
    return mail.mail_of(settings, domain=urlsplit(address).hostname or "localhost"), address
