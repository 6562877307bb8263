"""The result of a smoke cycle. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.schema.types.objects import Difference


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """A ladder walked up, down and up again: the number of files, and of files undone.

    ``stays`` is the newest version that cannot be undone, None when all can. ``failed`` is the step
    that ended with ``error``: ``apply``, ``rollback`` or ``reapply``.
    """

    files: int
    undone: int
    stays: str | None
    differences: tuple[Difference, ...] = ()
    again_differs: tuple[Difference, ...] = ()
    failed: str | None = None
    error: str | None = None

    @property
    def is_fine(self) -> bool:
        """Whether it ran, and the schemas before and after match."""
        return self.failed is None and not self.differences and not self.again_differs

    def sentence(self) -> str:
        """The result in one line."""
        if self.failed is not None:
            return f"the smoke cycle ends with {self.failed}: {self.error}"
        whole = f"{self.files} files applied, {self.undone} rolled back, applied again"
        held = f"; {self.stays} and older versions cannot be rolled back" * (self.stays is not None)
        if self.differences:
            return f"{whole}, but rolling back left {len(self.differences)} differences{held}"
        if self.again_differs:
            return f"{whole}, with {len(self.again_differs)} differences{held}"
        return f"{whole}: the same schema{held}"

    def as_json(self) -> dict[str, object]:
        """The result as JSON values."""
        return {
            "files": self.files,
            "undone": self.undone,
            "stays": self.stays,
            "same": self.is_fine,
            "differences": [difference.as_json() for difference in self.differences],
            "again_differs": [difference.as_json() for difference in self.again_differs],
            "failed": self.failed,
            "error": self.error,
        }
