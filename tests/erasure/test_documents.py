"""What a person reads: the certificate as PDF, and the index of an archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pypdf import PdfReader
from tests import erasing
from tests.erasing import Person

from wavehouse.erasure import SubjectKind, Wanted
from wavehouse.erasure.adapters.archive import Archived, archive_of
from wavehouse.erasure.adapters.certificate_pdf import pdf
from wavehouse.workspace import Workspace

NOW = datetime(2026, 11, 30, 21, 36, 20, 102177, tzinfo=UTC)
Make = Callable[[str], Person]


def _certificate(workspace: Workspace, person: Make) -> dict[str, Any]:
    person("anna@example.org")
    outcome = erasing.erased(workspace, Wanted(SubjectKind.LISTENER, "anna@example.org"))
    return dict(outcome.certificate or {})


def _text(document: dict[str, Any]) -> str:
    pages = PdfReader(io.BytesIO(pdf(document))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_a_certificate_in_any_script_is_printed(workspace: Workspace, person: Make) -> None:
    """A sign without a glyph ended in an unexpected error; it is a box, and the page says so."""
    document = _certificate(workspace, person)
    assert "printed as □" not in _text(document)

    text = _text({**document, "issued_by": "شركة القهوة 日本ラジオ 🎧", "decision": "طلب"})

    assert "□□□□ □□□□□□ 日本ラジオ" in text
    assert "fonts do not have are printed as □" in text


def test_a_certificate_has_sentences_instead_of_stamps_and_codes(
    workspace: Workspace, person: Make
) -> None:
    """Times, numbers and reasons as a person writes them; tables without a change in one list."""
    document = _certificate(workspace, person)
    for step in document["steps"]:
        if step["table"] == "listeners.listeners":
            step["rows"] = 1_234_567

    text = _text(document)

    at = document["completed_at"]
    assert f"{at[:10]}, {at[11:16]} UTC" in text
    assert at not in text
    assert "1,234,567" in text
    assert "(legal obligation)" in text
    assert "No rows were changed in: " in text
    assert 1 == text.count("the worker may not read it")
    assert all(step["table"] in text for step in document["steps"])


def _index(rows: list[dict[str, Any]]) -> str:
    table = "listeners.listeners.devices"
    made = archive_of(
        Archived("listener", "req", "شركة القهوة", NOW, {table: rows}, {table: {"name": "user"}})
    )
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert "deleted_at" in archive.read(f"{table}.csv").decode()
        return archive.read("index.html").decode()


def test_a_few_rows_are_records_and_many_a_table() -> None:
    """Twelve columns side by side broke every word; columns without a value are in the files."""
    row = {"device_name": "Anna's 秋 🎧", "seen_at": NOW, "deleted_at": None}

    few, many = _index([row]), _index([row] * 6)

    assert '<th scope=row title="">Device name</th><td>Anna&#39;s 秋 🎧</td>' in few.replace(
        "&apos;", "&#39;"
    ).replace("Anna's", "Anna&#39;s")
    assert "2026-11-30 21:36:20 UTC" in few
    assert "1 row<" in few
    assert '<th scope=col title="">Device name</th>' in many
    assert "Deleted at" not in few + many
    assert "شركة القهوة" in few
