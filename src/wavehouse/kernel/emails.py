"""Normalises email addresses, so that one mailbox has one spelling."""

from __future__ import annotations

import re
import unicodedata

from wavehouse.kernel import words
from wavehouse.kernel.errors import InvalidInput

LONGEST = 255
_EMAIL = re.compile(r"[^@\s\0-\x1f\x7f]+@[^@\s\0-\x1f\x7f]+\.[^@\s\0-\x1f\x7f]+")


def normalised_email(text: str) -> str:
    """NFC, trimmed, lower-cased (AC1). InvalidInput for an invalid address."""
    address = unicodedata.normalize("NFC", text).strip().lower()
    if len(address) > LONGEST or not _EMAIL.fullmatch(address) or not words.is_plain(address):
        raise InvalidInput("invalid e-mail address", hint="An address looks like anna@example.org.")
    return address
