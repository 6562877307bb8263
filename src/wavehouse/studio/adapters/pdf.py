"""Reading a PDF as text in a subprocess with limits, so that a hostile file costs only seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from wavehouse.kernel import words
from wavehouse.kernel.errors import InvalidInput
from wavehouse.studio.types.documents import DocumentKind, DocumentText

LARGEST = 20 * 1024 * 1024
SECONDS = 30
_WORKER = Path(__file__).with_name("pdf_text.py")


def read_pdf_file(path: Path, *, title: str = "") -> DocumentText:
    """The text of a PDF file. InvalidInput for more than 20 MB, before reading it."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InvalidInput("the file cannot be read", where=str(path)) from error
    if size > LARGEST:
        raise InvalidInput(
            f"the PDF is {size / 1024 / 1024:,.0f} MB; the limit is 20 MB", where=str(path)
        )
    return read_pdf(path.read_bytes(), title=title or path.stem)


def read_pdf(content: bytes, *, title: str) -> DocumentText:
    """The text of a PDF: at most 20 MB, 500 pages, 30 seconds, 2 million characters.

    InvalidInput for a file that is larger, encrypted, broken or without text.
    """
    if len(content) > LARGEST:
        raise InvalidInput("the PDF is larger than 20 MB", where="file")
    if not content.startswith(b"%PDF-"):
        raise InvalidInput("the file is not a PDF", where="file")
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_WORKER), str(SECONDS)],
            input=content,
            capture_output=True,
            timeout=SECONDS + 10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InvalidInput("the PDF takes longer than 30 seconds to read", where="file") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise InvalidInput(
            "the PDF cannot be read: it is damaged, or needs too much time or memory", where="file"
        ) from None
    if "error" in answer:
        raise InvalidInput(str(answer["error"]), where="file")
    return DocumentText(
        DocumentKind.PDF,
        words.line(str(answer["title"])) or title,
        str(answer["text"]),
        pages=int(answer["pages"]),
    )
