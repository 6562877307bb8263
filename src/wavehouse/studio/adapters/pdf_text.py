"""A program that reads a PDF from its standard input, with limits on its own process."""

from __future__ import annotations

import io
import json
import logging
import resource
import sys

MOST_PAGES = 500
MOST_CHARACTERS = 2_000_000
MEMORY = 1024 * 1024 * 1024


def limit(seconds: int) -> None:
    """Limit processor time, memory and files of this process; it may write no file."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def text_of(content: bytes) -> dict[str, object]:
    """Title, text and number of pages, or the error as a sentence."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"error": "the PDF is protected by a password"}
        pages = len(reader.pages)
        if pages > MOST_PAGES:
            return {"error": f"the PDF has {pages:,} pages; the limit is {MOST_PAGES}"}
        parts: list[str] = []
        length = 0
        for page in reader.pages:
            parts.append(page.extract_text())
            length += len(parts[-1])
            if length > MOST_CHARACTERS:
                return {"error": f"the PDF has more than {MOST_CHARACTERS:,} characters"}
        title = (reader.metadata.title if reader.metadata else None) or ""
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
        return {"error": "the PDF is damaged"}
    return {"title": title, "text": "\n\n".join(parts), "pages": pages}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    limit(int(sys.argv[1]))
    answer = text_of(sys.stdin.buffer.read())
    json.dump(answer, sys.stdout)
