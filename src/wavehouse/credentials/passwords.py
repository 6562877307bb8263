"""Rules for passwords (AC4)."""

from __future__ import annotations

import unicodedata

from wavehouse.kernel.errors import InvalidInput

SHORTEST, LONGEST = 12, 256


def normalised_password(text: str) -> str:
    """Normalize a password to NFC, so that all keyboards give the same one (AC4)."""
    return unicodedata.normalize("NFC", text)


def usable_password(text: str, email: str) -> str:
    """AC4: 12 to 256 characters of any kind, and not the address. InvalidInput otherwise."""
    password = normalised_password(text)
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(f"a password has {SHORTEST} to {LONGEST} characters")
    if password.strip().lower() == email:
        raise InvalidInput("the e-mail address cannot be the password")
    return password
