"""Results of checks before and after a run. No I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One check before and after a run (OPS-13).

    ``name`` is ``rows``, ``nulls``, ``duplicates``, ``orphans``, or the column of a query in a
    ``.check.sql`` file; ``subject`` a table or that file. None: the object does not exist, or the
    check took too long.
    """

    name: str
    subject: str
    before: object = None
    after: object = None

    def as_json(self) -> dict[str, object]:
        """The check as JSON values."""
        return {
            "check": self.name,
            "subject": self.subject,
            "before": self.before,
            "after": self.after,
        }
