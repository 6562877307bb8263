from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wavehouse import sponsorship
from wavehouse.sponsorship.types import BadRow, CampaignFigures, CreditModel, IngestResult
from wavehouse.workspace import Workspace

Files = Callable[..., Path]
FIRST, LAST = date(2026, 10, 21), date(2026, 12, 31)


def read(workspace: Workspace, path: Path) -> IngestResult:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        return sponsorship.ingest_conversions(tx, identity=workspace.identity, path=path)


def bring_in(workspace: Workspace, path: Path) -> None:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        sponsorship.import_campaigns(tx, identity=workspace.identity, path=path)


def figures(workspace: Workspace) -> CampaignFigures:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        (campaigns,) = sponsorship.campaign_results(
            tx, identity=workspace.identity, first=FIRST, last=LAST
        )
    return campaigns


def test_at05_a_code_credits_its_campaign_and_nobody_out_of_season(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """Spelling is normalized; the day before the flight and an unknown code get no credit."""
    bring_in(workspace, campaigns_file())
    answer = read(
        workspace,
        conversions_file(
            "2026-10-21T00:00:00Z, nord15,purchase,150.00,EUR,A-1",
            "2026-11-01T10:00:00Z,ＮＯＲＤ１５,purchase,254.00,EUR,A-2",
            "2026-10-20T23:59:59Z,NORD15,purchase,70.00,EUR,A-3",
            "2026-11-01T10:00:00Z,OTHER,purchase,70.00,EUR,A-4",
        ),
    )
    result = figures(workspace)
    unknown = {"NORD15": 1, "OTHER": 1}
    assert IngestResult(4, 2, 0, 2, 0, unknown_codes=unknown) == answer
    assert (2, Decimal("404.00")) == (result.results.conversions, result.results.revenue)
    assert Decimal("3.04") == result.roi


def test_at02_a_file_read_twice_or_renamed_adds_nothing(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """A sponsor's order id is one conversion, whatever the file's name."""
    rows = [f"2026-11-01T10:00:0{n}Z,NORD15,purchase,10.00,EUR,A-{n}" for n in range(5)]
    bring_in(workspace, campaigns_file())
    read(workspace, conversions_file(*rows))
    again = read(workspace, conversions_file(*rows, rows[0], name="renamed.csv"))
    assert IngestResult(6, 0, 6, 0, 0) == again
    assert (5, Decimal("50.00")) == (
        figures(workspace).results.conversions,
        figures(workspace).results.revenue,
    )


def test_at02_refunds_lower_the_revenue_and_are_no_conversions(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """Two part refunds of one order are two; a repeated row is one."""
    bring_in(workspace, campaigns_file())
    refund = "2026-11-03T10:00:00Z,NORD15,purchase,-10.00,EUR,A-1"
    answer = read(
        workspace,
        conversions_file(
            "2026-11-01T10:00:00Z,NORD15,purchase,100.00,EUR,A-1",
            refund,
            refund,
            "2026-11-04T10:00:00Z,NORD15,purchase,-10.00,EUR,A-1",
        ),
    )
    results = figures(workspace).results
    assert IngestResult(4, 3, 1, 0, 0) == answer
    assert (1, 2, Decimal("80.00")) == (results.conversions, results.refunds, results.revenue)


def test_at23_another_currency_is_counted_and_its_value_told_apart(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """Without a stored rate no dollars become euros."""
    bring_in(workspace, campaigns_file())
    read(
        workspace,
        conversions_file(
            "2026-11-01T10:00:00Z,NORD15,purchase,100.00,EUR,A-1",
            "2026-11-01T10:00:00Z,NORD15,purchase,60.00,USD,A-2",
        ),
    )
    results = figures(workspace).results
    assert (2, Decimal("100.00")) == (results.conversions, results.revenue)
    assert [("USD", 1, Decimal("60.00"))] == [
        (u.currency, u.conversions, u.value) for u in results.unconverted
    ]


def test_bad_rows_go_to_the_quarantine_with_their_place_and_good_ones_stay(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """A bad row never refuses the file."""
    bring_in(workspace, campaigns_file())
    path = conversions_file(
        "2026-11-01T10:00:00Z,NORD15,purchase,100.00,EUR,A-1",
        "yesterday,NORD15,purchase,100.00,EUR,A-2",
        "2026-11-01T10:00:00Z,NORD15,purch",
        "2026-11-21T10:00:00Z,NORD15,purchase,100.00,EUR,A-3",
    )
    kept: list[BadRow] = []
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        total = sponsorship.ingest_conversions(
            tx,
            identity=workspace.identity,
            path=path,
            quarantine=lambda _path, bad: kept.extend(bad),
        )
    assert (4, 1, 3) == (total.read, total.stored, total.quarantined)
    assert [3, 4, 5] == [row.line for row in kept] == [row.line for row in total.problems]


def test_at04_a_campaign_told_late_gets_what_its_code_earned_before(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """Evidence is stored first: adding a campaign reads nothing again."""
    read(workspace, conversions_file("2026-11-01T10:00:00Z,NORD15,purchase,100.00,EUR,A-1"))
    bring_in(workspace, campaigns_file())
    again = read(workspace, conversions_file("2026-11-01T10:00:00Z,NORD15,purchase,100.00,EUR,A-1"))
    assert (1, Decimal("100.00")) == (
        figures(workspace).results.conversions,
        figures(workspace).results.revenue,
    )
    assert 1 == again.duplicate


def test_at05_moving_the_flight_moves_the_credit(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """Credits are derived: an import with other dates derives them again."""
    bring_in(workspace, campaigns_file())
    read(
        workspace,
        conversions_file(
            "2026-10-25T10:00:00Z,NORD15,purchase,30.00,EUR,A-1",
            "2026-11-10T10:00:00Z,NORD15,purchase,70.00,EUR,A-2",
        ),
    )
    bring_in(workspace, campaigns_file(start_date="2026-11-01"))
    assert Decimal("70.00") == figures(workspace).results.revenue
    bring_in(workspace, campaigns_file())
    assert Decimal("100.00") == figures(workspace).results.revenue


def test_at02_an_order_told_under_two_codes_is_credited_once_when_both_become_known(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """Unknown codes are different orders; with a known sponsor, they are one order."""
    read(
        workspace,
        conversions_file(
            "2026-11-01T10:00:00Z,NORD15,purchase,100.00,EUR,A-1",
            "2026-11-01T10:00:00Z,NORD20,purchase,100.00,EUR,A-1",
        ),
    )
    bring_in(workspace, campaigns_file(promo_codes=["NORD15", "NORD20"]))
    assert (1, Decimal("100.00")) == (
        figures(workspace).results.conversions,
        figures(workspace).results.revenue,
    )


def test_at04_another_model_is_derived_from_the_same_evidence(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """Switching the model reads no file; with one touch per order both models agree (AT10)."""
    bring_in(workspace, campaigns_file())
    read(workspace, conversions_file("2026-11-01T10:00:00Z,NORD15,purchase,100.00,EUR,A-1"))
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        derived = [sponsorship.recredit(tx, identity=workspace.identity) for _ in range(2)]
        totals = {
            model: sponsorship.campaign_results(
                tx, identity=workspace.identity, first=FIRST, last=LAST, model=model
            )[0].results.revenue
            for model in CreditModel
        }
    assert [1, 1] == derived
    assert {model: Decimal("100.00") for model in CreditModel} == totals


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["NORD15", "nord15 ", "OTHER"]),
            st.integers(-5_000, 9_000).map(lambda cents: f"{Decimal(cents) / 100:.2f}"),
            st.integers(1, 6).map(lambda n: f"A-{n}"),
        ),
        max_size=12,
    )
)
def test_at10_the_credits_are_the_matched_conversions_to_the_cent(
    workspace: Workspace,
    campaigns_file: Files,
    conversions_file: Files,
    told: list[tuple[str, str, str]],
) -> None:
    """For any reported rows, the campaign's sum equals the stored total."""
    bring_in(workspace, campaigns_file())
    rows = [f"2026-11-01T10:00:00Z,{c},purchase,{v},EUR,{o}" for c, v, o in told]
    read(workspace, conversions_file(*rows))
    once = figures(workspace).results
    read(workspace, conversions_file(*rows, *reversed(rows)))
    with workspace.stores.operational.worker() as tx:
        total = tx.value(
            """
            SELECT coalesce(sum(v.conversion_value), 0) FROM sponsorship.conversions v
            JOIN sponsorship.attribution_evidence e USING (conversion_id)
            WHERE e.campaign_id IS NOT NULL
            """
        )
    assert (total, once) == (once.revenue, figures(workspace).results)


def test_revenue_by_day_is_in_utc_days(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """00:30 in Rome is on the previous day in UTC."""
    bring_in(workspace, campaigns_file())
    read(
        workspace,
        conversions_file(
            "2026-11-02T00:30:00+01:00,NORD15,purchase,10.00,EUR,A-1",
            "2026-11-02T12:00:00+01:00,NORD15,purchase,20.00,EUR,A-2",
        ),
    )
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        days = sponsorship.revenue_by_day(tx, identity=workspace.identity, first=FIRST, last=LAST)
    assert [
        (date(2026, 11, 1), Decimal("10.00")),
        (date(2026, 11, 2), Decimal("20.00")),
    ] == [(day.day, day.amount) for day in days]


def test_another_organization_sees_none_of_it(
    workspace: Workspace, campaigns_file: Files, conversions_file: Files
) -> None:
    """Row security applies to every query."""
    bring_in(workspace, campaigns_file())
    with workspace.stores.operational.app(None) as tx:
        assert [] == sponsorship.list_campaigns(tx, identity=workspace.identity)
