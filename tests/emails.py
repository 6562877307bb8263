"""Reading emails in tests."""

from __future__ import annotations

from email.message import EmailMessage


def text_of(message: EmailMessage) -> str:
    """The text part of an email."""
    part = message.get_body(preferencelist=("plain",))
    assert part is not None
    return str(part.get_content())
