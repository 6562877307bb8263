"""Source documents: text, pages, PDFs, their limits, and citable parts."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter
from tests.studio.conftest import Studio

from wavehouse import studio
from wavehouse.kernel.errors import InvalidInput, NotFound, Refused
from wavehouse.studio import DocumentKind, DocumentText, Project
from wavehouse.studio.adapters.pages import text_of_html
from wavehouse.studio.rules.chunking import LONGEST_CHUNK, chunks_of


def add(room: Studio, project: Project, text: str, title: str = "Harbour") -> studio.Document:
    """Add a text to a project."""
    document = DocumentText(DocumentKind.TEXT, title, text)
    added: studio.Document = room.act(
        studio.add_document, project_id=project.project_id, document=document
    )
    return added


def labels(room: Studio, project: Project) -> list[str]:
    """The labels that a script may cite."""
    return [s.label for s in room.act(studio.sources, project_id=project.project_id)]


def pdf(text: str, pages: int = 1, password: str | None = None) -> bytes:
    """A PDF with a text on its first page."""
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    for number in range(pages):
        page = writer.add_blank_page(200, 200)
        if number:
            continue
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 10 100 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = stream
    writer.add_metadata({"/Title": "Boats"})
    if password:
        writer.encrypt(password)
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def test_a_document_is_cut_into_parts_whose_numbers_are_never_used_again(room: Studio) -> None:
    """The same text again is the same document; a removed one cannot be cited."""
    project = room.project()
    first = add(room, project, "The boats leave at five.\n\n" * 100)
    again = add(room, project, "The boats leave at five.\n\n" * 100, "Other title")
    room.act(studio.remove_document, document_id=first.document_id)
    add(room, project, "Wind from the north.")

    assert first == again
    assert first.chunks > 1
    assert [f"[S{first.chunks + 1}]"] == labels(room, project)
    with pytest.raises(NotFound):
        room.act(studio.remove_document, document_id=first.document_id)


@given(st.text(st.sampled_from("ab .\n!"), max_size=6000))
def test_parts_of_a_document_hold_all_its_words_in_order(text: str) -> None:
    """Each is at its stated position, and none is longer than the limit."""
    parts = chunks_of(text)

    assert "".join(text.split()) == "".join("".join(body.split()) for _, body in parts)
    assert all(text[start : start + len(body)] == body for start, body in parts)
    assert all(len(body) <= LONGEST_CHUNK for _, body in parts)


def test_a_pdf_is_read_as_text_with_its_title(room: Studio, tmp_path: Path) -> None:
    """A separate process reads it."""
    path = tmp_path / "boats.pdf"
    path.write_bytes(pdf("The boats leave at five.", pages=2))
    document = studio.read_pdf_file(path)
    project = room.project()
    added = room.act(studio.add_document, project_id=project.project_id, document=document)

    assert ("pdf", "Boats", 2, 1) == (added.kind, added.title, added.pages, added.chunks)
    assert "[S1]" in labels(room, project)


def test_a_pdf_of_500_mb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A sparse file: reading it would take half a gigabyte of memory."""
    path = tmp_path / "large.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        os.truncate(path, 500 * 1024 * 1024)

    with pytest.raises(InvalidInput, match="500 MB; the limit is 20 MB"):
        studio.read_pdf_file(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"GIF89a", "not a PDF"),
        (b"%PDF-1.7\n" + b"x" * 1000, "damaged"),
        (pdf("secret", password="s"), "protected by a password"),
        (pdf("many", pages=501), "501 pages; the limit is 500"),
    ],
)
def test_a_pdf_that_cannot_be_used_is_refused_with_the_reason(
    content: bytes, sentence: str
) -> None:
    """One sentence, never a traceback."""
    with pytest.raises(InvalidInput, match=sentence):
        studio.read_pdf(content, title="x")


def test_a_document_without_text_is_refused(room: Studio) -> None:
    """A scan contains only pictures."""
    with pytest.raises(InvalidInput, match="contains no text"):
        add(room, room.project(), " \n\u202e ")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::ffff:10.0.0.1]/a", "http://169.254.169.254/x"]
)
def test_a_page_at_a_private_address_is_refused(url: str) -> None:
    """No request is sent to it."""
    with pytest.raises(Refused):
        studio.read_page(url)


def test_a_page_is_read_without_its_scripts_and_navigation() -> None:
    """The text has the title and the visible lines."""
    markup = (
        "<html><head><title>The &amp; harbour</title><style>p{}</style></head><body>"
        "<nav>Home</nav><script>alert(1)</script><p>Boats\nleave <b>at five</b>.</p>"
        "<div>Wind</div></body></html>"
    )

    assert ("The & harbour", "Boats leave at five.\nWind") == text_of_html(markup)
