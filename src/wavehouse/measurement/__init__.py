"""Public interface of ``measurement``: from access logs to counted downloads and rollups."""

from wavehouse.measurement.adapters.roller import portable as rollup_statement
from wavehouse.measurement.queries.adoption import UnknownPlace
from wavehouse.measurement.queries.sealing import note_changed_days
from wavehouse.measurement.rules.dimensions import DIMENSIONS, Card, Dimension
from wavehouse.measurement.rules.outcomes import fault_explained
from wavehouse.measurement.rules.windows import CountWindow
from wavehouse.measurement.rules.windows import differences as window_differences
from wavehouse.measurement.service.adoption import unknown_places
from wavehouse.measurement.service.aside import set_aside
from wavehouse.measurement.service.audience import audience
from wavehouse.measurement.service.audience_index import index_listeners
from wavehouse.measurement.service.counting import count, pending_days, recount
from wavehouse.measurement.service.inclusions import expired_inclusions
from wavehouse.measurement.service.ingest import ingest_logs
from wavehouse.measurement.service.lateness import (
    quiet_sources,
    request_shares,
    rollup_passes,
    waiting_work,
    weekly_downloads,
)
from wavehouse.measurement.service.leaving_out import RAW_CLOCKS, leave_out
from wavehouse.measurement.service.lookups import list_version
from wavehouse.measurement.service.moving import follow_home
from wavehouse.measurement.service.quarantine import Reader as QuarantineReader
from wavehouse.measurement.service.quarantine import discard, enqueue_replay, replay, waiting
from wavehouse.measurement.service.quarantine import files as source_files
from wavehouse.measurement.service.quarantine import listed as quarantined
from wavehouse.measurement.service.reading import (
    By,
    backlog,
    data_as_of,
    days,
    days_with_data,
    episode_days,
    estimates,
    figures,
    filtered,
    flagged,
    freshness,
    hour_figures,
    hours,
    known_period,
    listeners,
    outcomes,
    trace,
)
from wavehouse.measurement.service.repairing import repair_seals
from wavehouse.measurement.service.rolling import not_rolled_up, reconcile, roll_up
from wavehouse.measurement.service.sealing import not_sealed, seal
from wavehouse.measurement.service.visitors import Visitor, visitor
from wavehouse.measurement.service.watching import Pass, watch
from wavehouse.measurement.service.windows import by_window
from wavehouse.measurement.types import (
    RULE_VERSION,
    Aside,
    Audience,
    Backlog,
    Counted,
    DayTotal,
    EpisodeDay,
    Figure,
    FileResult,
    Freshness,
    HourFigure,
    LeftOut,
    QuarantinedRow,
    QuietSource,
    Reconciliation,
    Repaired,
    RequestShares,
    RolledUp,
    RollupPasses,
    SealOutcome,
    SourceSummary,
    Tally,
    TracedRequest,
    WaitingWork,
    WeeklyDownloads,
    WindowFigures,
)

__all__ = [
    "DIMENSIONS",
    "RAW_CLOCKS",
    "RULE_VERSION",
    "Aside",
    "Audience",
    "Backlog",
    "By",
    "Card",
    "CountWindow",
    "Counted",
    "DayTotal",
    "Dimension",
    "EpisodeDay",
    "Figure",
    "FileResult",
    "Freshness",
    "HourFigure",
    "LeftOut",
    "Pass",
    "QuarantineReader",
    "QuarantinedRow",
    "QuietSource",
    "Reconciliation",
    "Repaired",
    "RequestShares",
    "RolledUp",
    "RollupPasses",
    "SealOutcome",
    "SourceSummary",
    "Tally",
    "TracedRequest",
    "UnknownPlace",
    "Visitor",
    "WaitingWork",
    "WeeklyDownloads",
    "WindowFigures",
    "audience",
    "backlog",
    "by_window",
    "count",
    "data_as_of",
    "days",
    "days_with_data",
    "discard",
    "enqueue_replay",
    "episode_days",
    "estimates",
    "expired_inclusions",
    "fault_explained",
    "figures",
    "filtered",
    "flagged",
    "follow_home",
    "freshness",
    "hour_figures",
    "hours",
    "index_listeners",
    "ingest_logs",
    "known_period",
    "leave_out",
    "list_version",
    "listeners",
    "not_rolled_up",
    "not_sealed",
    "note_changed_days",
    "outcomes",
    "pending_days",
    "quarantined",
    "quiet_sources",
    "reconcile",
    "recount",
    "repair_seals",
    "replay",
    "request_shares",
    "roll_up",
    "rollup_passes",
    "rollup_statement",
    "seal",
    "set_aside",
    "source_files",
    "trace",
    "unknown_places",
    "visitor",
    "waiting",
    "waiting_work",
    "watch",
    "weekly_downloads",
    "window_differences",
]
