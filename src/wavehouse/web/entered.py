"""A rejected form: the entered values and the error."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from wavehouse.kernel.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    UsageError,
    WavehouseError,
)

CORRECTABLE = (Conflict, InvalidInput, NotFound, UsageError)
"""Errors that the visitor can correct in the form."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The submitted fields, and the message beside the field it concerns.

    ``wrong`` is the field's name, empty when the message concerns the whole form.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""
    message: str = ""

    def value(self, name: str, default: str = "") -> str:
        """The value to show in a field."""
        return self.fields.get(name, "") if self.fields else default

    def ticked(self, name: str, default: bool = False) -> bool:
        """Whether a checkbox is checked."""
        return name in self.fields if self.fields else default


NOTHING = Entered()


def refused(fields: Mapping[str, str], error: WavehouseError, known: Collection[str]) -> Entered:
    """A rejected form with the error's message, beside its field if that is in ``known``."""
    wrong = error.where if error.where in known else ""
    message = error.message if wrong or not error.where else f"{error.message} ({error.where})"
    sentence = message[:1].upper() + message[1:].removesuffix(".") + "."
    return Entered(fields, wrong or "", f"{sentence} {error.hint}" if error.hint else sentence)
