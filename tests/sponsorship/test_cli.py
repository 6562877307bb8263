import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from wavehouse.kernel.errors import NotFound
from wavehouse.sponsorship import cli
from wavehouse.workspace import Workspace

Run = Callable[..., Result]
Files = Callable[..., Path]


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """Runs a command of sponsorship in this workspace."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield workspace

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(
            cli.__dict__.get(arguments[0]) or cli.credits_, arguments[1:], obj=opened
        )

    return invoke


def test_a_campaign_is_told_credited_and_reported_by_commands(run: Run, tmp_path: Path) -> None:
    """The steps are a user's: add, read conversions, list, report."""
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
    again = run("report", "--campaign", "autumn", *formats).stdout.split()
    assert (2, False) == (len(again), paths["pdf"] in again)  # never replaced
    assert Path(paths["pdf"]).read_bytes().startswith(b"%PDF")
    assert "Autumn\tNordlys\tLa Lanterna\tactive" in run("campaigns", "list").stdout
    listed = json.loads(run("reports", "list", "--json").stdout)["reports"]
    assert {4: 0} == {len(listed): run("reports", "verify").exit_code}
    left = Path(paths["pdf"].replace(paths["pdf"][-40:-4], str(UUID(int=7))))
    left.write_bytes(b"%PDF")  # as a run that was killed before its commit
    named = run("reports", "verify")
    assert (0, f"{left}: not recorded\n") == (named.exit_code, named.stdout)
    Path(paths["pdf"]).unlink()
    missing = run("reports", "verify", "--json")
    assert (3, 4) == (missing.exit_code, json.loads(missing.stdout)["checked"])
    assert ["pdf"] == [fault["format"] for fault in json.loads(missing.stdout)["faults"]]


def test_bad_rows_are_told_with_file_and_line_and_the_exit_code_is_three(
    run: Run, tmp_path: Path
) -> None:
    """Good rows are stored."""
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "occurred_at,promo_code,conversion_type,conversion_value,currency,order_id\n"
        "2026-11-01T10:00:00Z,nord15,purchase,abc,EUR,A-1\n"
        "2026-11-01T10:00:00Z,nord15,purchase,40.00,EUR,A-2\n"
    )
    done = run("conversions", str(orders))
    assert 3 == done.exit_code
    assert f"{orders}:2: conversion_value is not a decimal amount" in done.stderr
    assert (
        "read\tstored\tduplicate\tunmatched\tdropped\tquarantined\n2\t0\t0\t1\t0\t1\n"
        == done.stdout
    )


def test_empty_lists_say_what_to_type(run: Run, campaigns_file: Callable[..., Path]) -> None:
    """Non-empty lists are data on stdout; the import reports its changes."""
    empty = [run("sponsors", "list"), run("campaigns", "list")]
    assert ["", ""] == [item.stdout for item in empty]
    assert all("yet" in item.stderr and "wavehouse " in item.stderr for item in empty)
    imported = run("campaigns", "import", str(campaigns_file()), "--json")
    assert {"added": 1, "updated": 0, "unchanged": 0} == json.loads(imported.stdout)
    listed = json.loads(run("sponsors", "list", "--json").stdout)
    assert ["Nordlys Audio"] == [item["name"] for item in listed["sponsors"]]
    run("sponsors", "add", "--name", "nordlys audio", "--company", "Nordlys AS")
    assert "Nordlys Audio\tNordlys AS" in run("sponsors", "list").stdout


def test_wrong_words_are_usage_errors(run: Run) -> None:
    """An invalid fee gives exit code 2; an unknown campaign gives a message."""
    wrong = run("campaigns", "add", "--value", "much")
    absent = run("report", "--campaign", "x", "--from", "2026-11-01", "--to", "2026-11-02")
    assert 2 == wrong.exit_code
    assert "'much' is not a decimal amount like 4515.00" in wrong.stderr
    assert isinstance(absent.exception, NotFound)


def test_a_pixel_is_made_listed_and_retired_by_commands(run: Run, campaigns_file: Files) -> None:
    """The command prints the snippet for the page."""
    assert "No pixels yet" in run("pixels", "list").stderr
    run("campaigns", "import", str(campaigns_file()))
    words = ("--campaign", "Autumn host-read", "--name", "Thanks", "--site", "https://wh.example/")
    shown = run("pixels", "add", *words)
    answer = json.loads(run("pixels", "add", *words, "--json").stdout)

    assert 'src="https://wh.example/p/' in shown.stdout
    assert "wavehouse.converted(" in answer["call"]
    assert 0 == run("pixels", "retire", answer["pixel_id"]).exit_code
    active = {
        p["id"]: p["active"] for p in json.loads(run("pixels", "list", "--json").stdout)["pixels"]
    }
    assert (2, False) == (len(active), active[answer["pixel_id"]])


def test_credits_are_shown_by_both_models_and_derived_anew(
    run: Run, campaigns_file: Files, conversions_file: Files
) -> None:
    """Side by side, with equal sums; another precedence reads no file."""
    run("campaigns", "import", str(campaigns_file()))
    run("conversions", str(conversions_file("2026-11-01T10:00:00Z,NORD15,purchase,9.99,EUR,A-1")))
    period = ("--from", "2026-11-01", "--to", "2026-11-30")
    (line,) = json.loads(run("credits", "show", *period, "--json").stdout)["credits"]

    assert {"conversions": "1", "amount": "9.99"} == line["last_touch"] == line["linear"]
    assert "promo_code\tEUR\t1\t9.99\t1\t9.99" in run("credits", "show", *period).stdout
    assert (
        0
        == json.loads(run("credits", "derive", "--precedence", "utm", "--json").stdout)["credited"]
    )
    assert "No conversions are credited" in run("credits", "show", *period).stderr
    assert 1 == json.loads(run("credits", "derive", "--json").stdout)["credited"]
    assert 2 == run("credits", "derive", "--precedence", "utm,utm").exit_code


def test_a_campaign_is_moved_and_placed_by_commands(run: Run, campaigns_file: Files) -> None:
    """States and placements, with dry run and undo."""
    run("campaigns", "import", str(campaigns_file()))
    assert "active\tpaused" in run("campaigns", "move", "Autumn host-read", "paused").stdout
    due = json.loads(run("campaigns", "advance", "--dry-run", "--json").stdout)
    assert (True, "completed") == (due["dry_run"], due["moves"][0]["after"])
    assert "paused\tcompleted" in run("campaigns", "advance").stdout
    assert "is in the state that its dates require" in run("campaigns", "advance").stderr

    words = ("--episode", "e1", "--slot", "2", "--position", "pre_roll", "--json")
    (made,) = json.loads(run("campaigns", "place", "Autumn host-read", *words).stdout)["placements"]
    assert 0 == run("campaigns", "displace", made["id"]).exit_code
    assert "pre_roll" not in run("campaigns", "placements", "Autumn host-read").stdout


def test_signs_that_the_pdf_cannot_print_are_a_warning_of_the_command(
    run: Run, tmp_path: Path
) -> None:
    """Arabic and Devanagari: on stderr, in the command's JSON, and only when a PDF is made."""
    flight = ("--from", "2026-10-21", "--to", "2026-11-19")
    names = ("--name", "خريف", "--sponsor", "हिन्दी Audio", "--show", "la lanterna")
    run("campaigns", "add", *names, "--value", "100.00", *flight)
    made = run("report", "--campaign", "خريف", "--out", str(tmp_path), "--json")
    other = run("report", "--campaign", "خريف", "--out", str(tmp_path), "--format", "csv", "--json")
    (warning,) = json.loads(made.stdout)["warnings"]

    assert "they are printed as □" in warning
    assert all(sign in warning for sign in "خريفहनद")
    assert f"Warning: {warning}." in made.stderr
    assert ([], "") == (json.loads(other.stdout)["warnings"], other.stderr)


def test_a_wrong_show_is_answered_with_the_nearest_title(run: Run) -> None:
    """As for campaigns: one wrong letter does not send the user to another list."""
    flight = ("--from", "2026-10-21", "--to", "2026-11-19", "--value", "1")
    wrong = ("--name", "X", "--sponsor", "Y", "--show")
    near = run("campaigns", "add", *wrong, "la lanterne", *flight).exception
    far = run("campaigns", "add", *wrong, "quite another", *flight).exception

    assert "Did you mean 'La Lanterna'?" == near.hint  # type: ignore[union-attr]
    assert None is far.hint  # type: ignore[union-attr]
