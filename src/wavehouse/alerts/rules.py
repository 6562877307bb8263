"""The alert rules: pure functions from measurements to observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wavehouse.alerts.types import Observation, Rule, RuleName
from wavehouse.kernel.ids import PodcastId

if TYPE_CHECKING:
    from wavehouse.catalog import PodcastSummary
    from wavehouse.measurement import (
        QuietSource,
        RequestShares,
        RollupPasses,
        WaitingWork,
        WeeklyDownloads,
    )

CLEAR_FOR = timedelta(minutes=10)
"""The time a value must be in order before its alert resolves, which avoids flapping."""

RULES: dict[RuleName, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            name=RuleName.FIGURES_LATE,
            title="Figures are late",
            unit="minutes",
            setting="alert_delay_minutes",
            advice="Check for a running worker (wavehouse doctor), or run wavehouse rollup run.",
        ),
        Rule(
            name=RuleName.DAILY_ROLLUPS_LATE,
            title="Daily rollups are late",
            unit="hours",
            setting="alert_daily_by_hour",
            advice="Run wavehouse rollup run, which reports the reason.",
        ),
        Rule(
            name=RuleName.ROLLUP_SLOW,
            title="Rollups are slow",
            unit="minutes",
            setting="alert_rollup_minutes",
            advice="Check the disk and the other load on the machine.",
        ),
        Rule(
            name=RuleName.SOURCE_QUIET,
            title="A source has gone quiet",
            unit="hours",
            setting="alert_quiet_hours",
            advice="Check that the host still delivers logs.",
        ),
        Rule(
            name=RuleName.FEED_FAILING,
            title="A feed cannot be read",
            unit="hours",
            setting="alert_feed_hours",
            advice="Open the address; wavehouse feeds list shows the reason.",
        ),
        Rule(
            name=RuleName.UNKNOWN_PATH_SHARE,
            title="Many requests for unknown files",
            unit="percent",
            setting="alert_unknown_percent",
            advice="wavehouse doctor names the paths; usually a feed or a path rule is missing.",
        ),
        Rule(
            name=RuleName.BAD_IP_SHARE,
            title="Many requests from data-centre networks",
            unit="percent",
            setting="alert_bad_ip_percent",
            advice="wavehouse requests shows them; an office or a dorm can be included (R19).",
        ),
        Rule(
            name=RuleName.DOWNLOADS_FALLING,
            title="Downloads are falling",
            unit="percent",
            setting="alert_drop_percent",
            advice="Compare the days with wavehouse downloads; a missing log looks like a drop.",
        ),
        Rule(
            name=RuleName.INCLUSION_EXPIRED,
            title="An inclusion has expired",
            unit="entries",
            setting=None,
            advice="See wavehouse inclusions list; revalidate or remove them.",
        ),
    )
}
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def figures_late(waiting: WaitingWork, *, now: datetime, limit: int) -> Observation:
    """A stored request appears in the figures within an hour (POD-9)."""
    minutes = 0.0 if waiting.since is None else max((now - waiting.since) / _MINUTE, 0.0)
    return Observation(
        rule=RuleName.FIGURES_LATE,
        value=minutes,
        threshold=limit,
        firing=minutes > limit,
        message=f"the oldest stored request has waited {minutes:.0f} minutes to be counted",
    )


def daily_rollups_late(waiting: WaitingWork, *, now: datetime, by_hour: int) -> Observation:
    """The requests of past days are rolled up by 02:00 UTC (POD-9)."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    due, since = midnight + by_hour * _HOUR, waiting.since_of_past
    late = since is not None and now >= due and since < due
    hours = (now - due) / _HOUR if late else 0.0
    state = f"incomplete at {by_hour:02d}:00 UTC" if late else "complete"
    return Observation(
        rule=RuleName.DAILY_ROLLUPS_LATE,
        value=hours,
        threshold=0,
        firing=late,
        message=f"the rollups of past days are {state}",
    )


def rollup_slow(passes: RollupPasses, *, limit: int) -> Observation:
    """The longest rollup of the last day."""
    minutes = None if passes.longest is None else passes.longest / _MINUTE
    lasted = (
        "no rollup ran" if minutes is None else f"the longest rollup took {minutes:.1f} minutes"
    )
    return Observation(
        rule=RuleName.ROLLUP_SLOW,
        value=minutes,
        threshold=limit,
        firing=minutes is not None and minutes > limit,
        message=f"{lasted} within the last day",
    )


def sources_quiet(
    sources: Sequence[QuietSource], *, now: datetime, limit: int
) -> Iterator[Observation]:
    """Sources that stopped delivering regularly; a single "in order" if there are none."""
    for source in sources:
        hours = (now - source.last_read_at) / _HOUR
        name = f"{source.folder or 'the working folder'} ({source.format})"
        yield Observation(
            rule=RuleName.SOURCE_QUIET,
            subject=f"{source.folder} {source.format}",
            value=hours,
            threshold=limit,
            firing=hours > limit,
            message=f"no log has come from {name} for {hours:.0f} hours",
        )
    if not sources:
        yield _fine(RuleName.SOURCE_QUIET, limit, "all regular sources deliver")


def feeds_failing(
    shows: Sequence[PodcastSummary], *, now: datetime, limit: int
) -> Iterator[Observation]:
    """Feeds that have failed for longer than the limit, or that are gone."""
    bad = [show for show in shows if show.state in {"failing", "gone"} and show.failing_since]
    for show in bad:
        since = show.failing_since or now
        hours = (now - since) / _HOUR
        state = "is gone" if show.state == "gone" else f"has failed for {hours:.1f} hours"
        yield Observation(
            rule=RuleName.FEED_FAILING,
            subject=str(show.podcast_id),
            value=hours,
            threshold=limit,
            firing=show.state == "gone" or hours > limit,
            message=f'the feed of "{show.title}" {state}: {show.poll_message or "unknown error"}',
        )
    if not bad:
        yield _fine(RuleName.FEED_FAILING, limit, "all polled feeds can be read")


def shares(
    requests: RequestShares, *, unknown_limit: int, bad_ip_limit: int, least: int
) -> Iterator[Observation]:
    """Shares of recent requests; with fewer than ``least`` requests no alert fires."""
    unknown = _percent(requests.unknown_path, requests.candidates)
    yield Observation(
        rule=RuleName.UNKNOWN_PATH_SHARE,
        value=unknown,
        threshold=unknown_limit,
        firing=unknown is not None and requests.candidates >= least and unknown > unknown_limit,
        message=f"{requests.unknown_path:,} of {requests.candidates:,} requests in the last "
        f"{requests.hours} hours are for files that no feed names",
    )
    bad_ip = _percent(requests.bad_ip, requests.requests)
    yield Observation(
        rule=RuleName.BAD_IP_SHARE,
        value=bad_ip,
        threshold=bad_ip_limit,
        firing=bad_ip is not None and requests.requests >= least and bad_ip > bad_ip_limit,
        message=f"{requests.bad_ip:,} of {requests.requests:,} requests in the last "
        f"{requests.hours} hours come from data-centre networks",
    )


def downloads_falling(
    weeks: Sequence[WeeklyDownloads], titles: Mapping[PodcastId, str], *, limit: int, least: int
) -> Iterator[Observation]:
    """Shows whose downloads fell from one week to the next; shows with too few are skipped."""
    known = [week for week in weeks if week.week_before >= least]
    for week in known:
        fall = 100 * (week.week_before - week.last_week) / week.week_before
        title = titles.get(PodcastId(week.podcast_id), str(week.podcast_id))
        yield Observation(
            rule=RuleName.DOWNLOADS_FALLING,
            subject=str(week.podcast_id),
            value=fall,
            threshold=limit,
            firing=fall > limit,
            message=f'"{title}" had {week.last_week:,} downloads in the last week, after '
            f"{week.week_before:,} in the week before",
        )
    if not known:
        yield _fine(RuleName.DOWNLOADS_FALLING, limit, f"no show had {least} downloads in a week")


def inclusions_expired(number: int) -> Observation:
    """Expired inclusions: their listeners are filtered again (R19)."""
    return Observation(
        rule=RuleName.INCLUSION_EXPIRED,
        value=number,
        threshold=0,
        firing=number > 0,
        message=f"{number} inclusions have expired: their listeners are filtered again (R19)",
    )


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _fine(rule: RuleName, limit: int, message: str) -> Observation:
    return Observation(rule=rule, value=None, threshold=limit, firing=False, message=message)


def email_text(message: str, rule: Rule, *, resolved: bool, address: str) -> tuple[str, str]:
    """The subject and text of the email about an alert."""
    subject = f"Resolved: {rule.title}" if resolved else f"Alert: {rule.title}"
    first = message[:1].upper() + message[1:]
    if resolved:
        return subject, f"This alert has resolved by itself.\n\n{first}.\n\n{address}/alerts\n"
    return subject, f"{first}.\n\n{rule.advice}\n\n{address}/alerts\n"
