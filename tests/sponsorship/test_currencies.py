"""Amounts keep the decimals of their currency (ISO 4217) from the command to the report's files."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

from wavehouse.kernel.money import decimals
from wavehouse.sponsorship import cli
from wavehouse.sponsorship.types import CURRENCIES
from wavehouse.workspace import Workspace

Run = Callable[..., Result]
FLIGHT = ("--from", "2026-10-21", "--to", "2026-11-19")
CASES = [
    ("JPY", "1200000", "4800001", "¥4,800,001"),
    ("IDR", "500000000.00", "123456789012.50", "123,456,789,012.50\u00a0IDR"),
    ("EUR", "4515.05", "9030.10", "€9,030.10"),
    ("KWD", "1.234", "1234.567", "1,234.567\u00a0KWD"),
    ("CLF", "0.1234", "1.0001", "1.0001\u00a0CLF"),
]


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """Runs a command of sponsorship in this workspace."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield workspace

    def invoke(*arguments: str) -> Result:
        command = cli.__dict__.get(arguments[0]) or cli.credits_
        return CliRunner().invoke(command, arguments[1:], obj=opened)

    return invoke


def orders(folder: Path, *cells: str) -> str:
    """A file of conversions, one row for each amount with its currency."""
    path = folder / "orders.csv"
    path.write_text(
        "occurred_at,promo_code,conversion_type,conversion_value,currency,order_id\n"
        + "".join(
            f"2026-11-01T10:00:00Z,nord15,purchase,{cell},A-{n}\n" for n, cell in enumerate(cells)
        )
    )
    return str(path)


@pytest.mark.parametrize(("currency", "fee", "order", "printed"), CASES)
def test_an_amount_is_the_same_from_the_command_to_every_file(
    run: Run, tmp_path: Path, currency: str, fee: str, order: str, printed: str
) -> None:
    """Fee and order are what was typed, with the currency's own decimals, in JSON, CSV and PDF."""
    named = (
        "--name",
        "Autumn",
        "--sponsor",
        "Nordlys",
        "--show",
        "la lanterna",
        "--code",
        "NORD15",
    )
    added = run("campaigns", "add", *named, *FLIGHT, "--value", fee, "--currency", currency)
    assert 0 == added.exit_code, added.output
    (listed,) = json.loads(run("campaigns", "list", "--json").stdout)["campaigns"]
    assert (f"{fee} {currency}", currency) == (
        f"{listed['value']} {currency}",
        listed["currency"],
    )
    read = run("conversions", orders(tmp_path, f"{order},{currency}"), "--json")
    assert 1 == json.loads(read.stdout)["stored"], read.output
    formats = [word for name in ("pdf", "json", "csv") for word in ("--format", name)]
    out = ("--out", str(tmp_path / "out"), "--json")
    paths = json.loads(run("report", "--campaign", "autumn", *FLIGHT, *formats, *out).stdout)
    paths = paths["reports"]
    figures = {f["id"]: f for f in json.loads(Path(paths["json"]).read_bytes())["figures"]}
    assert (fee, order) == (figures["spend"]["value"], figures["revenue"]["value"])
    with zipfile.ZipFile(paths["csv"]) as archive:
        table = list(csv.reader(io.StringIO(archive.read("conversions.csv").decode())))
    assert ["total", "", "1", order, currency] == table[-1]
    pages = "".join(page.extract_text() for page in PdfReader(paths["pdf"]).pages)
    assert printed in pages


def test_an_amount_with_decimals_that_its_currency_does_not_have_is_quarantined(
    run: Run, tmp_path: Path
) -> None:
    """1200.50 yen and 1.2345 dinar do not exist: the row says so, nothing is rounded."""
    rows = ("1200.50,JPY", "1200.00,JPY", "1.2345,KWD", "1.2340,KWD", '"1,234",KWD')
    read = run("conversions", orders(tmp_path, *rows))
    assert 3 == read.exit_code
    assert "JPY have no decimals: write 1200, not 1200.50" in read.output
    assert "KWD have at most 3 decimals: write 1.234, not 1.2345" in read.output
    assert "not a decimal amount like 49.90: write 1.234 or 1234" in read.output


def test_every_known_currency_has_the_decimals_of_iso_4217() -> None:
    """The minor units published by ISO, for the codes that differ from two."""
    other = {code: decimals(code) for code in CURRENCIES if decimals(code) != 2}
    none = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
    three = "BHD IQD JOD KWD LYD OMR TND"
    expected = {code: places for codes, places in ((none, 0), (three, 3)) for code in codes.split()}
    assert {**expected, "CLF": 4, "UYW": 4} == other


def test_a_shared_credit_is_split_to_the_currencys_smallest_unit() -> None:
    """AT10: a third of 0.010 dinar is not rounded to a hundredth; 100 yen has no half yen."""
    from datetime import UTC, datetime
    from uuid import UUID

    from wavehouse.kernel.ids import CampaignId
    from wavehouse.sponsorship.rules.credit import credits_for
    from wavehouse.sponsorship.types import AttributionMethod, CreditModel, Touch

    touches = [
        Touch(CampaignId(UUID(int=n)), datetime(2026, 11, n, tzinfo=UTC), AttributionMethod.UTM)
        for n in (1, 2, 3)
    ]

    def shares(value: str, currency: str) -> list[str]:
        made = credits_for(Decimal(value), currency, touches, CreditModel.LINEAR)
        return [f"{credit.amount:f}" for credit in made]

    assert ["0.004", "0.003", "0.003"] == shares("0.010", "KWD")
    assert ["34", "33", "33"] == shares("100", "JPY")
    assert ["0.0001", "0.0000", "0.0000"] == shares("0.0001", "CLF")
