"""Reading a web page as text, with the guarded client for addresses written by other people."""

from __future__ import annotations

from html.parser import HTMLParser

from wavehouse.fetching import Limits, Web
from wavehouse.kernel import words
from wavehouse.kernel.errors import InvalidInput
from wavehouse.studio.adapters.pdf import read_pdf
from wavehouse.studio.types.documents import DocumentKind, DocumentText

LARGEST = 20 * 1024 * 1024
_SECONDS = 20.0
_SKIPPED = {"script", "style", "noscript", "template", "svg", "nav", "head"}
_BLOCKS = {
    "p", "div", "section", "article", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "br",
    "blockquote", "pre", "table", "ul", "ol", "main", "header", "footer",
}  # fmt: skip
_OK = 200


def read_page(url: str, *, allow_private: bool = False) -> DocumentText:
    """The text of a web page, a text file or a PDF at an address; at most 20 MB, 20 seconds.

    Refused for a private address, Unreachable without a response, InvalidInput for anything that is
    not text, HTML or PDF.
    """
    web = Web(
        allow_private=allow_private,
        hint="Documents are read from public addresses only.",
        limits=Limits(largest=LARGEST, seconds=_SECONDS, redirects=5),
    )
    with web.get(url) as answer:
        if answer.response.status_code != _OK:
            raise InvalidInput(
                f"the server responded with status {answer.response.status_code}", where=url
            )
        kind = answer.response.headers.get("content-type", "").partition(";")[0].strip().lower()
        charset = _charset(answer.response.headers.get("content-type", ""))
        body = web.body(answer)
    if kind == "application/pdf" or body.startswith(b"%PDF-"):
        document = read_pdf(body, title=url)
        return DocumentText(DocumentKind.URL, document.title, document.text, url, document.pages)
    if not kind.startswith("text/") and kind != "application/xhtml+xml":
        raise InvalidInput(
            f"the address has {kind or 'an unknown type'}, not text, HTML or PDF", where=url
        )
    text = body.decode(charset, "replace")
    title = url
    if "html" in kind:
        title, text = text_of_html(text)
    return DocumentText(DocumentKind.URL, title or url, text, url)


def text_of_html(markup: str) -> tuple[str, str]:
    """The title and the visible text of a page; scripts, styles and navigation are left out."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    lines = (words.line(line) for line in "".join(reader.parts).split("\n"))
    text = "\n".join(line for line in lines if line)
    return words.line("".join(reader.title)), text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.title: list[str] = []
        self._skipped: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        if tag in _SKIPPED:
            self._skipped.append(tag)
        elif tag == "title":
            self._in_title = True
        elif tag == "body":
            self._skipped.clear()
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag == "title":
            self._in_title = False
        elif tag in self._skipped:
            del self._skipped[self._skipped.index(tag) :]
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep visible text."""
        if self._in_title:
            self.title.append(data)
        elif not self._skipped:
            self.parts.append(data.replace("\n", " "))


def _charset(content_type: str) -> str:
    name = content_type.lower().partition("charset=")[2].strip(" \"';")
    try:
        "".encode(name or "utf-8")
    except LookupError:
        return "utf-8"
    return name or "utf-8"
