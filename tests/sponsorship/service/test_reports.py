import errno
import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from wavehouse import accounts, sponsorship
from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, WavehouseError
from wavehouse.kernel.ids import ReportId, UserId
from wavehouse.measurement.types import NO_PODCAST
from wavehouse.sponsorship.adapters import report_files
from wavehouse.sponsorship.rules import reporting
from wavehouse.sponsorship.types import Delivery, Provenance, ReportInputs, StoredReport
from wavehouse.workspace import Workspace

Files = Callable[..., Path]
COMPUTED = datetime(2026, 11, 20, 11, 30, tzinfo=UTC)


def roll(workspace: Workspace, podcast_id: UUID, rows: list[tuple[UUID, str, int]]) -> None:
    """Write daily rollups as the rollup job does."""
    with workspace.stores.analytics.worker() as tx:
        tx.value("SELECT analytics.ensure_period(%s)", [date(2026, 10, 1)])
        columns = tx.values(
            """
            SELECT column_name FROM information_schema.columns
            WHERE table_schema = 'analytics' AND table_name = 'listener_events_daily'
              AND data_type = 'bigint' AND column_name <> 'downloads'
            """
        )
        zeros = ", ".join("0" for _ in columns)
        for day in sorted({day for _, day, _ in rows}):
            tx.execute(
                """
                INSERT INTO analytics.audience_daily VALUES (%s, %s, %s, 1, 1, 1, %s)
                """,
                [day, workspace.organization.organization_id, NO_PODCAST, COMPUTED],
            )
        for episode_id, day, downloads in rows:
            tx.execute(
                f"""
                INSERT INTO analytics.listener_events_daily
                  (day, organization_id, podcast_id, episode_id, downloads, computed_at,
                   {", ".join(columns)})
                VALUES (%s, %s, %s, %s, %s, %s, {zeros})
                """,
                [
                    day,
                    workspace.organization.organization_id,
                    podcast_id,
                    episode_id,
                    downloads,
                    COMPUTED,
                ],
            )


def make(
    workspace: Workspace,
    folder: Path,
    *,
    first: date,
    last: date,
    formats: tuple[str, ...],
    campaign: str = "autumn host-read",
) -> list[StoredReport]:
    organization_id = workspace.organization.organization_id
    with (
        workspace.stores.analytics.app(organization_id) as analytics,
        workspace.stores.operational.app(organization_id) as tx,
    ):
        return sponsorship.make_report(
            tx,
            identity=workspace.identity,
            card=sponsorship.find_campaign(tx, identity=workspace.identity, wanted=campaign),
            first=first,
            last=last,
            delivery=sponsorship.from_rollups(analytics, tx, identity=workspace.identity),
            formats=formats,
            folder=folder,
        )


@pytest.fixture
def flown(
    workspace: Workspace, show: Any, campaigns_file: Files, conversions_file: Files
) -> Workspace:
    """A campaign with downloads before, in and after its flight, and two orders."""
    organization_id = workspace.organization.organization_id
    with workspace.stores.operational.app(organization_id) as tx:
        sponsorship.import_campaigns(tx, identity=workspace.identity, path=campaigns_file())
        sponsorship.ingest_conversions(
            tx,
            identity=workspace.identity,
            path=conversions_file(
                "2026-11-01T10:00:00Z,NORD15,purchase,304.00,EUR,A-1",
                "2026-11-20T10:00:00Z,NORD15,purchase,100.00,EUR,A-2",
            ),
        )
    one, two = show.episode_ids
    roll(
        workspace,
        show.podcast_id,
        [
            (one, "2026-10-20", 1_000),
            (one, "2026-10-21", 40),
            (one, "2026-11-19", 50),
            (two, "2026-11-19", 10),
            (two, "2026-11-20", 2_000),
        ],
    )
    return workspace


def test_at24_impressions_are_the_downloads_of_the_carrying_episodes_in_flight(
    flown: Workspace, tmp_path: Path
) -> None:
    """Days outside the flight do not count, whatever the report's dates."""
    (made,) = make(
        flown, tmp_path, first=date(2026, 10, 1), last=date(2026, 11, 20), formats=("json",)
    )
    data = json.loads(made.path.read_bytes())
    figures = {figure["id"]: figure for figure in data["figures"]}
    assert (100, 2, "304.00") == (
        figures["impressions"]["value"],
        figures["conversions"]["value"],
        figures["net_return"]["value"],
    )
    assert {"Episode 1": 90, "Episode 2": 10} == {
        line["title"]: line["impressions"] for line in data["episodes"]
    }
    assert (30, "2026-10-21", "2026-11-19") == (
        len(data["days"]),
        data["days"][0]["day"],
        data["days"][-1]["day"],
    )
    assert {40, 50 + 10, None} == {day["impressions"] for day in data["days"]}
    assert figures["impressions"]["data_as_of"] is None  # no request was read: only rollups
    assert "user_agents" in figures["impressions"]["list_versions"]


def test_a_report_counts_the_days_that_it_names(flown: Workspace, tmp_path: Path) -> None:
    """From 1 to 19 November: sixty downloads and one order."""
    (made,) = make(
        flown, tmp_path, first=date(2026, 11, 1), last=date(2026, 11, 19), formats=("json",)
    )
    figures = {f["id"]: f["value"] for f in json.loads(made.path.read_bytes())["figures"]}
    assert (60, 1, "304.00") == (
        figures["impressions"],
        figures["conversions"],
        figures["revenue"],
    )


def test_a_report_is_remembered_with_its_hash_versions_and_file(
    flown: Workspace, tmp_path: Path
) -> None:
    """Both formats come from one object and have the same number."""
    made = make(
        flown,
        tmp_path / "new" / "folder",
        first=date(2026, 10, 21),
        last=date(2026, 11, 19),
        formats=("pdf", "json", "pdf"),
    )
    with flown.stores.operational.worker() as tx:
        hashes = tx.values("SELECT content_hash FROM sponsorship.reports ORDER BY format")
        numbers = tx.values("SELECT DISTINCT metadata ->> 'number' FROM sponsorship.reports")
        versions = tx.value("SELECT rule_versions FROM sponsorship.reports LIMIT 1")
        announced = tx.values(
            "SELECT payload ->> 'report_id' FROM queue.outbox WHERE event_type = 'report.generated'"
        )
    assert {str(one.report_id) for one in made} == set(announced)
    by_format = {one.format: one for one in made}
    assert [by_format["json"].content_hash, by_format["pdf"].content_hash] == hashes
    assert all(hashlib.sha256(one.path.read_bytes()).digest() == one.content_hash for one in made)
    assert [json.loads(by_format["json"].path.read_bytes())["number"]] == numbers
    assert "attribution-1" == versions["AT21"]
    pdf = by_format["pdf"]
    assert (
        f"nordlys-audio-autumn-host-read-2026-10-21-2026-11-19-{pdf.report_id}.pdf" == pdf.path.name
    )


def test_a_campaign_before_its_flight_has_a_report_too(
    workspace: Workspace, campaigns_file: Files, tmp_path: Path
) -> None:
    """Nothing has happened yet: a page of empty states, no division by zero."""
    later = {"start_date": "2026-12-01", "end_date": "2026-12-20", "status": "scheduled"}
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        sponsorship.import_campaigns(tx, identity=workspace.identity, path=campaigns_file(**later))
    pdf, told = make(
        workspace,
        tmp_path,
        first=date(2026, 12, 1),
        last=date(2026, 12, 20),
        formats=("pdf", "json"),
    )
    data = json.loads(told.path.read_bytes())
    assert ([], b"%PDF") == (data["days"], pdf.path.read_bytes()[:4])
    assert None is next(f["value"] for f in data["figures"] if f["id"] == "roi")


def rename(workspace: Workspace, name: str) -> None:
    """Give every campaign a name."""
    with workspace.stores.operational.worker() as tx:
        tx.execute("UPDATE sponsorship.campaigns SET name = %s", [name])


@pytest.mark.parametrize(
    "name",
    ["autumn host-read", "Autumn Host Read!", "a" * 255, "秋の" * 120, "осень " * 42, "🎧" * 60],
)
def test_an_issued_report_is_never_replaced(flown: Workspace, tmp_path: Path, name: str) -> None:
    """Two equal reports, with names that are similar, long or not Latin: all files remain."""
    days = {"first": date(2026, 10, 21), "last": date(2026, 11, 19), "formats": ("json", "csv")}
    earlier = make(flown, tmp_path / "out", **days)  # type: ignore[arg-type]
    with flown.stores.operational.app(flown.identity.organization_id) as tx:
        card = sponsorship.find_campaign(tx, identity=flown.identity, wanted="autumn host-read")
    rename(flown, name)
    for _ in range(2):
        earlier += make(flown, tmp_path / "out", campaign=str(card.campaign_id), **days)  # type: ignore[arg-type]
    assert 6 == len({one.path for one in earlier}) == len(list((tmp_path / "out").iterdir()))
    assert all(hashlib.sha256(r.path.read_bytes()).digest() == r.content_hash for r in earlier)
    assert {0o600} == {r.path.stat().st_mode & 0o777 for r in earlier}


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Cafe\u0301 So\u0308der", "café-söder"),
        ("हिन्दी पॉडकास्ट", "हिन्दी-पॉडकास्ट"),
        ("ภาษาไทย ที่นี่", "ภาษาไทย-ที่นี่"),
        ("../../etc/passwd", "etc-passwd"),
        ("\u202eevil", "evil"),
    ],
)
def test_a_reports_file_name_keeps_the_words_of_any_script(
    inputs: ReportInputs, name: str, stem: str
) -> None:
    """Decomposed accents are composed, and vowel signs are part of their word."""
    data = replace(reporting.build(inputs), sponsor=name, campaign="")
    assert report_files.file_name(data, "pdf", ReportId(UUID(int=1))).startswith(f"{stem}-2026-")


def test_reports_are_verified_wherever_their_folder_is(flown: Workspace, tmp_path: Path) -> None:
    """A folder with a name that is not UTF-8; then changed, deleted, and replaced by a pipe."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 100% #?;x"))
    days = {"first": date(2026, 11, 1), "last": date(2026, 11, 2)}
    made = make(flown, folder, **days, formats=("json", "csv"))  # type: ignore[arg-type]
    made += make(flown, folder, **days, formats=("json", "csv"))  # type: ignore[arg-type]

    def faults() -> list[str | None]:
        with flown.stores.operational.app(flown.identity.organization_id) as tx:
            ids = [report.report_id for report in made]
            checked = sponsorship.verify_reports(tx, identity=flown.identity, report_ids=ids)
            return [fault for _, fault in checked]

    assert [None] * 4 == faults()
    made[0].path.write_bytes(made[0].path.read_bytes().replace(b"1", b"2"))
    made[1].path.unlink()
    made[2].path.unlink()
    os.mkfifo(made[2].path)
    gone = "the report's file was moved or deleted"
    assert ["the report's file was changed after it was created", gone, gone, None] == faults()


def test_a_report_that_cannot_be_made_in_all_formats_leaves_no_file(
    flown: Workspace, tmp_path: Path
) -> None:
    """Nothing would record the file of the first format."""
    organization_id = flown.identity.organization_id
    with flown.stores.operational.app(organization_id) as tx:
        card = sponsorship.find_campaign(tx, identity=flown.identity, wanted="autumn host-read")
    unknown = replace(flown.identity, user_id=UserId(UUID(int=9)))
    with (
        pytest.raises(Exception, match="user"),
        flown.stores.operational.app(organization_id) as tx,
    ):
        sponsorship.make_report(
            tx,
            identity=unknown,
            card=card,
            delivery=lambda **_: Delivery((), Provenance("1", {}, None)),
            formats=("json",),
            folder=tmp_path / "out",
        )
    assert [] == list((tmp_path / "out").iterdir())


def test_eight_reports_at_once_all_remain_and_verify(flown: Workspace, tmp_path: Path) -> None:
    """Eight threads issue the same report into one folder at the same moment."""

    def issue(_: int) -> list[StoredReport]:
        return make(
            flown,
            tmp_path / "out",
            first=date(2026, 10, 21),
            last=date(2026, 11, 19),
            formats=("json",),
        )

    with ThreadPoolExecutor(8) as pool:
        made = [report for reports in pool.map(issue, range(8)) for report in reports]
    assert 8 == len({report.path for report in made}) == len(list((tmp_path / "out").iterdir()))
    assert all(hashlib.sha256(r.path.read_bytes()).digest() == r.content_hash for r in made)


def test_an_unfinished_report_of_a_killed_program_is_removed(
    flown: Workspace, tmp_path: Path
) -> None:
    """A process id above the kernel's limit belongs to no program."""
    abandoned = tmp_path / ".wavehouse-report-00.99999999"
    abandoned.write_bytes(b"half")
    make(flown, tmp_path, first=date(2026, 11, 1), last=date(2026, 11, 2), formats=("json",))
    assert not abandoned.exists()


def test_a_file_that_no_report_records_is_listed(flown: Workspace, tmp_path: Path) -> None:
    """A run killed before its commit leaves one. Another organization's file is not listed."""
    folder, days = tmp_path / "out", {"first": date(2026, 11, 1), "last": date(2026, 11, 2)}
    (made,) = make(flown, folder, **days, formats=("csv",))  # type: ignore[arg-type]
    left = folder / made.path.name.replace(str(made.report_id), str(UUID(int=7)))
    left.write_bytes(b"zip")
    (folder / "notes-2026-11-01.json").write_bytes(b"{}")
    apart = tmp_path / "first-ever"
    apart.mkdir()
    first = apart / f"nordlys-autumn-2026-11-01-2026-11-02-roi-{UUID(int=8)}.pdf"
    first.write_bytes(b"%PDF")

    def unrecorded(identity: Identity) -> set[Path]:
        operational = flown.stores.operational
        with operational.app(identity.organization_id) as tx, operational.worker() as worker:
            return set(sponsorship.unrecorded_files(tx, worker, identity=identity, folders=[apart]))

    with flown.stores.operational.worker() as tx:
        _, other = accounts.further_organization(tx, identity=flown.identity, name="Other")

    assert {left, first} == unrecorded(flown.identity)
    assert {first} == unrecorded(other)


def test_a_report_that_fills_the_disk_leaves_no_part_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part would keep the disk full until another report is written there."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WavehouseError, match="No space left"):
        report_files.write_report(tmp_path / "a.pdf", b"%PDF")
    assert [] == list(tmp_path.iterdir())


def test_what_cannot_be_reported_is_a_sentence(flown: Workspace, tmp_path: Path) -> None:
    """An unknown format, reversed dates, a folder that is a file."""
    (tmp_path / "file").write_text("in the way")
    one, two = date(2026, 11, 1), date(2026, 11, 2)
    with pytest.raises(InvalidInput, match="one of csv, json, pdf, xlsx"):
        make(flown, tmp_path, first=one, last=two, formats=("docx",))
    with pytest.raises(InvalidInput, match="before its start"):
        make(flown, tmp_path, first=two, last=one, formats=("json",))
    with pytest.raises(WavehouseError, match="cannot be written"):
        make(flown, tmp_path / "file", first=one, last=two, formats=("json",))


def test_at21_the_list_of_campaigns_has_the_return_of_each(flown: Workspace) -> None:
    """(404 − 100) ÷ 100 = 3.04; another show has no campaign."""
    with flown.stores.operational.app(flown.organization.organization_id) as tx:
        span: dict[str, Any] = {"first": date(2026, 10, 1), "last": date(2026, 11, 28)}
        (found,) = sponsorship.campaign_results(tx, identity=flown.identity, **span)
        other = sponsorship.campaign_results(
            tx,
            identity=flown.identity,
            podcast_id=UUID(int=7),  # type: ignore[arg-type]
            **span,
        )
    assert (Decimal("3.04"), []) == (found.roi, other)


@pytest.mark.parametrize(
    ("today", "days", "roi", "later"),
    [("2026-11-09", 20, "3.56", "0"), ("2026-11-30", 30, "2.04", "100.00")],
)
def test_at21_the_list_the_api_and_the_report_have_one_return(
    flown: Workspace, tmp_path: Path, today: str, days: int, roi: str, later: str
) -> None:
    """Each is on the flight until today; an order after the flight is apart in all of them."""
    with clock.frozen(datetime.fromisoformat(f"{today}T12:00:00+00:00")):
        organization_id = flown.organization.organization_id
        with (
            flown.stores.analytics.app(organization_id) as analytics,
            flown.stores.operational.app(organization_id) as tx,
        ):
            (listed,) = sponsorship.flights_to_date(tx, identity=flown.identity)
            made = sponsorship.make_report(
                tx,
                identity=flown.identity,
                card=listed.card,
                delivery=sponsorship.from_rollups(analytics, tx, identity=flown.identity),
                formats=("json",),
                folder=tmp_path,
            )
    report = json.loads(made[0].path.read_bytes())
    figures = {f["id"]: f["value"] for f in report["figures"]}
    said = "worth €100, which are not in this report" in json.dumps(report, ensure_ascii=False)
    assert (days, roi) == (listed.fee.days, f"{listed.roi:.2f}")
    assert listed.after_flight is not None
    assert (later, later != "0") == (str(listed.after_flight.revenue), said)
    assert (figures["spend"], figures["revenue"], Decimal(figures["roi"])) == (
        str(listed.fee.amount),
        str(listed.results.revenue),
        listed.roi.quantize(Decimal("0.000001")) if listed.roi else None,
    )
