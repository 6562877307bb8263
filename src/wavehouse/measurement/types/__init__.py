"""Data types of counting: requests, reasons, results, figures. No I/O."""

from __future__ import annotations

from uuid import UUID

from wavehouse.measurement.types.counting import (
    Backlog,
    Counted,
    EventIndex,
    Freshness,
    Mismatch,
    Reconciliation,
    RolledUp,
    TracedRequest,
)
from wavehouse.measurement.types.figures import (
    Audience,
    AudienceCell,
    AudienceLine,
    CalendarCell,
    DayTotal,
    EpisodeDay,
    Figure,
    HourFigure,
    HourTotal,
    KeysOfCell,
    PeriodFigures,
    WindowFigures,
    WindowPart,
)
from wavehouse.measurement.types.lateness import (
    QuietSource,
    RequestShares,
    RollupPasses,
    WaitingWork,
    WeeklyDownloads,
)
from wavehouse.measurement.types.reading import (
    Aside,
    Chunk,
    Fault,
    FileResult,
    Inclusion,
    MediaFacts,
    MediaFile,
    OwnedSpan,
    QuarantinedRow,
    Reason,
    Reject,
    SourceFile,
    SourceSummary,
    Tail,
    Tally,
    Validation,
)
from wavehouse.measurement.types.sealing import (
    LeftOut,
    Seal,
    SealedDay,
    SealedFile,
    SealFinding,
    SealManifest,
    SealOutcome,
    SealState,
)
from wavehouse.measurement.types.warehouse import (
    BucketDigests,
    Comparison,
    DayDone,
    Difference,
    WarehouseDay,
)

RULE_VERSION = "PTMG-2.3/4"
"""The guidelines implemented by counting, and the revision of our interpretation."""

NO_PODCAST = UUID(int=0)
"""The id that means "all podcasts" in stored daily audiences, as distinct counts do not add up."""

__all__ = [
    "NO_PODCAST",
    "RULE_VERSION",
    "Aside",
    "Audience",
    "AudienceCell",
    "AudienceLine",
    "Backlog",
    "BucketDigests",
    "CalendarCell",
    "Chunk",
    "Comparison",
    "Counted",
    "DayDone",
    "DayTotal",
    "Difference",
    "EpisodeDay",
    "EventIndex",
    "Fault",
    "Figure",
    "FileResult",
    "Freshness",
    "HourFigure",
    "HourTotal",
    "Inclusion",
    "KeysOfCell",
    "LeftOut",
    "MediaFacts",
    "MediaFile",
    "Mismatch",
    "OwnedSpan",
    "PeriodFigures",
    "QuarantinedRow",
    "QuietSource",
    "Reason",
    "Reconciliation",
    "Reject",
    "RequestShares",
    "RolledUp",
    "RollupPasses",
    "Seal",
    "SealFinding",
    "SealManifest",
    "SealOutcome",
    "SealState",
    "SealedDay",
    "SealedFile",
    "SourceFile",
    "SourceSummary",
    "Tail",
    "Tally",
    "TracedRequest",
    "Validation",
    "WaitingWork",
    "WarehouseDay",
    "WeeklyDownloads",
    "WindowFigures",
    "WindowPart",
]
