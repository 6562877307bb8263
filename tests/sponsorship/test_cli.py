import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wavehouse.accounts import Workplace
from wavehouse.kernel.errors import NotFound
from wavehouse.sponsorship import cli

Run = Callable[..., Result]


@pytest.fixture
def run(place: Workplace) -> Run:
    """Runs a command of sponsorship in this workplace."""

    @contextmanager
    def opened() -> Iterator[Workplace]:
        yield place

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli.__dict__[arguments[0]], arguments[1:], obj=opened)

    return invoke


def test_a_campaign_is_told_credited_and_reported_by_commands(run: Run, tmp_path: Path) -> None:
    """The way of a person: add, read conversions, list, report."""
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "occurred_at,promo_code,conversion_type,conversion_value,currency,order_id\n"
        "2026-11-01T10:00:00Z,nord15,purchase,404.00,EUR,A-1\n"
    )
    read = run("conversions", str(orders), "--json")
    flight = ("--from", "2026-10-21", "--to", "2026-11-19")
    carried = ("--show", "la lanterna", "--episode", "e1", "--code", "NORD15")
    booked = ("--name", "Autumn", "--sponsor", "Nordlys", "--value", "100.00", *flight, *carried)
    added = run("campaigns", "add", *booked, "--impressions", "3000", "--json")
    campaign_id = json.loads(added.stdout)["campaign_id"]
    formats = ("--format", "pdf", "--format", "json", "--out", str(tmp_path / "out"))
    made = run("report", "--campaign", campaign_id, *flight, *formats, "--json")
    paths = json.loads(made.stdout)["reports"]
    figures = json.loads(Path(paths["json"]).read_bytes())["figures"]
    assert [1, 1] == [json.loads(read.stdout)[name] for name in ("read", "unmatched")]
    assert "3.04×" == next(f["text"] for f in figures if f["id"] == "roi")
    assert Path(paths["pdf"]).read_bytes().startswith(b"%PDF")
    assert paths["pdf"] in run("report", "--campaign", "autumn", *flight, *formats).stdout
    assert "Autumn\tNordlys\tLa Lanterna\tactive" in run("campaigns", "list").stdout


def test_bad_rows_are_told_with_file_and_line_and_the_exit_code_is_three(
    run: Run, tmp_path: Path
) -> None:
    """Good rows are kept all the same."""
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "occurred_at,promo_code,conversion_type,conversion_value,currency,order_id\n"
        "2026-11-01T10:00:00Z,nord15,purchase,abc,EUR,A-1\n"
        "2026-11-01T10:00:00Z,nord15,purchase,40.00,EUR,A-2\n"
    )
    done = run("conversions", str(orders))
    assert 3 == done.exit_code
    assert f"{orders}:2: conversion_value is not a decimal amount" in done.stderr
    assert "read\tstored\tduplicate\tunmatched\tquarantined\n2\t0\t0\t1\t1\n" == done.stdout


def test_empty_lists_say_what_to_type(run: Run, campaigns_file: Callable[..., Path]) -> None:
    """And filled ones are data on stdout; the import says what it changed."""
    empty = [run("sponsors", "list"), run("campaigns", "list")]
    assert ["", ""] == [one.stdout for one in empty]
    assert all("yet" in one.stderr and "wavehouse " in one.stderr for one in empty)
    imported = run("campaigns", "import", str(campaigns_file()), "--json")
    assert {"added": 1, "updated": 0, "unchanged": 0} == json.loads(imported.stdout)
    listed = json.loads(run("sponsors", "list", "--json").stdout)
    assert ["Nordlys Audio"] == [one["name"] for one in listed["sponsors"]]
    run("sponsors", "add", "--name", "nordlys audio", "--company", "Nordlys AS")
    assert "Nordlys Audio\tNordlys AS" in run("sponsors", "list").stdout


def test_wrong_words_are_usage_errors(run: Run) -> None:
    """A fee that is no amount is 2; a campaign that is not there is a sentence."""
    wrong = run("campaigns", "add", "--value", "much")
    absent = run("report", "--campaign", "x", "--from", "2026-11-01", "--to", "2026-11-02")
    assert 2 == wrong.exit_code
    assert "'much' is not a decimal amount like 4515.00" in wrong.stderr
    assert isinstance(absent.exception, NotFound)
