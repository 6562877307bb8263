"""The sponsor report: data, JSON and PDF, compared with typst setting one line of text."""

from __future__ import annotations

from collections.abc import Iterator

import ground
import measuring
import typst
from measuring import Figure, best, milliseconds, quantile, stopwatch, times

from wavehouse import sponsorship
from wavehouse.workspace import Workspace

PEOPLE = 1000
ROUNDS = 15
GOAL = 0.2


def figures(size: float) -> Iterator[Figure]:
    """The campaign with the highest revenue, over its whole flight."""
    with ground.demonstration(max(50, round(PEOPLE * size))) as workspace:
        data, gathered = _data(workspace)
        with stopwatch() as first:
            sponsorship.render_pdf(data)
        laid_out = sorted(_took(lambda: sponsorship.render_pdf(data)) for _ in range(ROUNDS))
        written = best(lambda: _took(lambda: sponsorship.render(data, "json")), ROUNDS)
        line = best(lambda: _took(lambda: typst.compile(b"A line of text.")), ROUNDS)
        whole = sorted(_took(lambda: _made(workspace)) for _ in range(ROUNDS))
    middle, slow = quantile(whole, 0.5), quantile(whole, 0.95)
    yield Figure(
        "a whole report, PDF and JSON, warm: gathered, laid out, stored",
        f"P50 {milliseconds(middle)}, P95 {milliseconds(slow)}",
        f"typst, one line {milliseconds(line)}",
        times(middle / line),
        f"< {milliseconds(GOAL)}",
        middle < GOAL,
    )
    yield Figure(
        "its PDF alone, warm",
        milliseconds(laid_out[len(laid_out) // 2]),
        f"the first of the process {milliseconds(first.wall)}",
        times(laid_out[len(laid_out) // 2] / first.wall),
    )
    yield Figure(
        "its figures alone, and its JSON",
        f"{milliseconds(gathered)}, {milliseconds(written)}",
    )


def _data(workspace: Workspace) -> tuple[sponsorship.ReportData, float]:
    """A report's data, and the time of its second computation."""
    first, last = ground.last_days(60)
    with (
        workspace.stores.analytics.app(workspace.identity.organization_id) as analytics,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        card = sponsorship.campaign_results(
            tx, identity=workspace.identity, first=first, last=last
        )[0].card
        for _ in range(2):
            with stopwatch() as took:
                data = sponsorship.report_data(
                    tx,
                    identity=workspace.identity,
                    card=card,
                    first=card.start_date,
                    last=min(card.end_date, last),
                    delivery=sponsorship.from_rollups(analytics, tx, identity=workspace.identity),
                )
    return data, took.wall


def _made(workspace: Workspace) -> None:
    first, last = ground.last_days(60)
    with (
        workspace.stores.analytics.app(workspace.identity.organization_id) as analytics,
        workspace.stores.operational.app(workspace.identity.organization_id) as tx,
    ):
        card = sponsorship.campaign_results(
            tx, identity=workspace.identity, first=first, last=last
        )[0].card
        sponsorship.make_report(
            tx,
            identity=workspace.identity,
            card=card,
            first=card.start_date,
            last=min(card.end_date, last),
            delivery=sponsorship.from_rollups(analytics, tx, identity=workspace.identity),
            formats=("pdf", "json"),
            folder=workspace.settings.home / "reports",
        )


def _took(run: measuring.Runnable) -> float:
    with stopwatch() as took:
        run()
    return took.wall


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
