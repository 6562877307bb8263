import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from wavehouse.sponsorship.rules import reporting
from wavehouse.sponsorship.service.rendering import (
    FORMATS,
    missing_in_pdf,
    render,
    render_pdf,
)
from wavehouse.sponsorship.types import DayCount, ReportInputs, ReportType, Sponsor


def text_of(pdf: bytes) -> str:
    reader = PdfReader(io.BytesIO(pdf))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_data_gives_the_same_bytes(inputs: ReportInputs, format_: str) -> None:
    """A report can be generated again and compared."""
    data = reporting.build(inputs)
    assert render(data, format_) == render(reporting.build(inputs), format_)


def test_at24_pdf_and_json_show_the_same_figures(inputs: ReportInputs) -> None:
    """Every figure in the JSON is printed in the PDF."""
    data = reporting.build(inputs)
    printed = text_of(render(data, "pdf"))
    figures = json.loads(render(data, "json"))["figures"]
    shown = {f["id"]: (" ".join(f["text"].split()), f["label"]) for f in figures}
    missing = [key for key, texts in shown.items() if any(t not in printed for t in texts)]
    assert ([], 21) == (missing, len(figures))


def test_the_pdf_has_two_pages_and_says_that_it_is_accessible(inputs: ReportInputs) -> None:
    """PDF/UA-1: tagged, with a title and a language."""
    reader = PdfReader(io.BytesIO(render_pdf(reporting.build(inputs))))
    catalog: Any = reader.trailer["/Root"]
    assert 2 == len(reader.pages)
    assert ("en", True) == (catalog["/Lang"], bool(catalog["/MarkInfo"]["/Marked"]))
    assert b"pdfuaid" in catalog["/Metadata"].get_object().get_data()
    assert reader.metadata is not None
    assert "Nordlys Audio · Autumn host-read" == reader.metadata.title


def test_a_name_cannot_bring_markup_into_the_report(inputs: ReportInputs) -> None:
    """Data is never source text: code is printed literally."""
    hostile = '#panic("x") *b* $m$ @y <z> \\ `c`'
    data = reporting.build(replace(inputs, sponsor=Sponsor(inputs.sponsor.sponsor_id, hostile)))
    assert '#panic("x") *b* $m$ @y <z>' in text_of(render_pdf(data))


def test_names_in_greek_cyrillic_and_accents_are_printed(inputs: ReportInputs) -> None:
    """The bundled fonts cover the scripts of Europe."""
    name = "Ωδή Ночной żółć ő"
    data = reporting.build(replace(inputs, podcast_title=name))
    assert name in text_of(render_pdf(data))


def test_a_sign_without_a_glyph_is_printed_as_a_box_and_explained(inputs: ReportInputs) -> None:
    """The report is made and says so, and the JSON has the full name (PDF/UA refuses the glyph)."""
    data = reporting.build(replace(inputs, podcast_title="ไทย Radio\u200d\n東京"))
    printed = text_of(render_pdf(data))
    assert "□□□ Radio" in printed
    assert "東京" in printed
    assert "a sign they lack is printed as □" in printed
    assert "ทยไ" == missing_in_pdf(data)
    assert "ไทย Radio" in json.loads(render(data, "json"))["podcast"]


def test_a_silent_campaign_has_words_in_place_of_charts(silent: ReportInputs) -> None:
    """The empty state says what will appear there, and how."""
    printed = text_of(render_pdf(reporting.build(silent)))
    assert "No download of the carrying episodes has been counted" in printed
    assert "No conversion has been credited in this period" in printed
    assert "No episode is tied to this campaign yet" in printed


@pytest.mark.parametrize("count", [1, 2, 60])
def test_a_flight_of_any_length_is_drawn(inputs: ReportInputs, count: int) -> None:
    """One day is a point, sixty a line."""
    first = inputs.days[0].day
    days = tuple(DayCount(first + timedelta(days=n), 100 + n, True) for n in range(count))
    assert "Impressions delivered" in text_of(
        render_pdf(reporting.build(replace(inputs, days=days)))
    )


def test_a_report_of_many_episodes_runs_over_pages(inputs: ReportInputs) -> None:
    """No row is lost when the table is longer than a page."""
    many = tuple(replace(inputs.episodes[0], title=f"Episode no. {n}") for n in range(60))
    printed = text_of(render_pdf(reporting.build(replace(inputs, episodes=many))))
    assert [] == [n for n in range(60) if f"Episode no. {n} " not in printed]


def csv_tables(content: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {
            name.removesuffix(".csv"): list(
                csv.DictReader(io.StringIO(archive.read(name).decode(), newline=""))
            )
            for name in archive.namelist()
        }


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


@pytest.mark.parametrize("kind", ReportType)
def test_at24_every_form_shows_the_same_totals(inputs: ReportInputs, kind: ReportType) -> None:
    """PDF, JSON, XLSX and CSV are read back: figures, days, episodes, money, to the cent."""
    data = reporting.build(replace(inputs, report_type=kind))
    fields = {f["id"]: f["value"] for f in json.loads(render(data, "json"))["figures"]}
    printed = text_of(render(data, "pdf"))
    files, book = csv_tables(render(data, "csv")), sheets(render(data, "xlsx"))
    in_files = {row["figure"]: row["value"] for row in files["figures"]}
    in_book = {row[0]: row[2] for row in book["Figures"][1:]}

    assert in_files.keys() == in_book.keys() <= fields.keys()
    for key, value in in_files.items():
        exact = None if fields[key] is None else Decimal(str(fields[key]))
        assert exact == (Decimal(value) if value else None)
        assert (None if exact is None else pytest.approx(float(exact))) == in_book[key]
        assert " ".join(data.figure(key).text.split()) in printed
    if "daily" in files:
        total = fields["impressions"]
        assert str(total) == files["daily"][-1]["impressions"]
        assert total == sum(int(row["impressions"]) for row in files["daily"][:-1])
        assert total == book["Impressions per day"][-1][1] == book["Episodes"][-1][3]
        assert str(total) == files["episodes"][-1]["impressions"]
    if "conversions" in files:
        assert fields["revenue"] == files["conversions"][-1]["revenue"]
        assert float(fields["revenue"]) == book["Conversions"][-1][3]
        assert str(fields["conversions"]) == files["conversions"][-1]["conversions"]


@pytest.mark.parametrize(
    ("kind", "present", "absent"),
    [
        (ReportType.SPONSOR, ("Return on investment", "Episodes", "ROI"), ()),
        (ReportType.PERFORMANCE, ("PERFORMANCE SUMMARY", "Episodes"), ("ROI is net", "Revenue")),
        (ReportType.ROI, ("RETURN ON INVESTMENT", "ROI is net return"), ("Heard to end",)),
    ],
)
def test_each_kind_of_report_has_its_part(
    inputs: ReportInputs, kind: ReportType, present: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    """Complete, delivery only, or return only."""
    printed = text_of(render_pdf(reporting.build(replace(inputs, report_type=kind))))

    assert [] == [words for words in present if words not in printed]
    assert [] == [words for words in absent if words in printed]


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-2+3", "+3-A1", "\t=1", '=HYPERLINK("x")'])
def test_a_name_cannot_bring_a_formula_into_a_sheet(inputs: ReportInputs, name: str) -> None:
    """Text stays text, in the workbook and in a spreadsheet that opens the CSV."""
    data = reporting.build(replace(inputs, podcast_title=name))
    cover = {row["field"]: row["value"] for row in csv_tables(render(data, "csv"))["cover"]}
    book = load_workbook(io.BytesIO(render(data, "xlsx")))

    assert f"'{name}" == cover["show"]
    assert ("s", name.strip()) == next(
        (row[1].data_type, str(row[1].value).strip())
        for row in book["Report"].iter_rows()
        if row[0].value == "show"
    )
