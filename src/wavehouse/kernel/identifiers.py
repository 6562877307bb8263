"""The normalised form of identifiers of people, the same where they are erased and arrive."""

from __future__ import annotations

EMAIL, SUBJECT_ID, EXTERNAL = "email", "subject_id", "external"
"""Kinds of identifiers: an address, our own id of a person, an id that others chose."""


def normalised_identifier(kind: str, value: str) -> str:
    """The normalised form: trimmed; addresses and our own ids in lower case."""
    text = value.strip()
    return text if kind == EXTERNAL else text.lower()
