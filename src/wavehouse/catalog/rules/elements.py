"""Look up elements by intended name, whatever prefix or namespace address the feed uses.

A name is ``title``, ``itunes:author``, ``podcast:person`` …, in lower case. An element gets its
family from its namespace, or, when the feed forgot to declare the prefix or mistyped the address,
from the prefix itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from lxml import etree

from wavehouse.catalog.rules.balance import balanced
from wavehouse.catalog.rules.values import one_line
from wavehouse.kernel import words
from wavehouse.kernel.errors import InvalidInput

_FAMILIES = {
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "podcastindex.org/namespace/1.0": "podcast:",
    "github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast:",
    "www.w3.org/2005/atom": "atom:",
    "purl.org/atom/ns": "atom:",
    "purl.org/rss/1.0/modules/content": "content:",
    "purl.org/dc/elements/1.1": "dc:",
    "purl.org/dc/terms": "dcterms:",
    "search.yahoo.com/mrss": "media:",
    "www.google.com/schemas/play-podcasts/1.0": "googleplay:",
    "www.w3.org/1999/02/22-rdf-syntax-ns": "rdf:",
    "purl.org/rss/1.0": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "backend.userland.com/rss2": "",
    "backend.userland.com/rss": "",
    "blogs.law.harvard.edu/tech/rss": "",
}
_MOST_ATTRIBUTES = 100
_KNOWN_PREFIXES = frozenset(family for family in _FAMILIES.values() if family)


@lru_cache(maxsize=4096)
def _meant(tag: str, prefix: str | None) -> str:
    if not tag.startswith("{"):
        return tag.lower()
    address, _, local = tag[1:].partition("}")
    known = _FAMILIES.get(address.lower().partition("://")[2].rstrip("/#"))
    if known is None:
        literal = f"{(prefix or '').lower()}:"
        known = literal if literal in _KNOWN_PREFIXES else f"{{{address}}}"
    return known + local.lower()


def name_of(element: etree._Element) -> str:
    """The intended name of this element."""
    return _meant(str(element.tag), element.prefix)


def text_of(element: etree._Element) -> str | None:
    """All the text in an element, trimmed, or None when there is none."""
    if len(element):
        return "".join(str(part) for part in element.itertext()).strip() or None
    return (element.text or "").strip() or None


def line_of(element: etree._Element) -> int:
    """The line of the file on which the element starts."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def attribute(element: etree._Element, *names: str) -> str | None:
    """The first attribute with one of these names, in any case, on one line; None if empty."""
    for name in names:
        value = element.get(name)
        if value is not None and (text := words.line(value)):
            return text
    return _in_another_case(element, names)


def _in_another_case(element: etree._Element, names: tuple[str, ...]) -> str | None:
    keys = element.keys()
    # Looking through all of them takes quadratic time in lxml; no feed has more than a dozen.
    if len(keys) > _MOST_ATTRIBUTES:
        return None
    written = {key.lower(): key for key in keys}
    for name in names:
        key = written.get(name.lower())
        if key is not None and (text := words.line(element.get(key) or "")):
            return text
    return None


class Children:
    """The children of an element, found by name."""

    __slots__ = ("_by_name", "element")

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self._by_name: dict[str, list[etree._Element]] = {}
        for child in element:
            tag = child.tag
            if isinstance(tag, str):
                self._by_name.setdefault(_meant(tag, child.prefix), []).append(child)

    def all(self, *names: str) -> Sequence[etree._Element]:
        """Every child with one of the names, name by name."""
        if len(names) == 1:
            return self._by_name.get(names[0], ())
        return [child for name in names for child in self._by_name.get(name, ())]

    def first(self, *names: str) -> etree._Element | None:
        """The first child with one of these names, in the order of the names."""
        return next(iter(self.all(*names)), None)

    def text(self, *names: str) -> str | None:
        """The text of the first child with this name that is not empty."""
        return next((text for child in self.all(*names) if (text := text_of(child))), None)

    def paragraphs(self, *names: str) -> str | None:
        """The same, without control and bidi characters."""
        text = self.text(*names)
        return words.paragraphs(text) or None if text else None

    def line(self, *names: str) -> str | None:
        """The same on one line, with HTML's entities resolved."""
        return one_line(self.text(*names))

    def attribute(self, name: str, attribute_name: str) -> str | None:
        """An attribute of the first child by this name that has it."""
        attributes = (attribute(child, attribute_name) for child in self.all(name))
        return next((value for value in attributes if value), None)


def _parsed_once(xml: str) -> tuple[etree._Element | None, list[tuple[int, str]]]:
    """Parse with entities unresolved, nothing loaded from anywhere, depth and text limited."""
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(xml.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as wrong:
        return None, [(wrong.lineno or 0, wrong.msg or "invalid XML")]
    # an undeclared prefix is so common that this reader expects it
    log = (e for e in parser.error_log if e.type_name != "NS_ERR_UNDEFINED_NAMESPACE")
    return root, [(entry.line, entry.message) for entry in log]


def parsed(xml: str) -> tuple[etree._Element, list[tuple[int, str]]]:
    """The root of a cleaned text, and the parser's complaints as (line, message).

    A text that is not well-formed is parsed again with its tags balanced: the parser's own recovery
    would nest every later item inside the unclosed element.
    """
    root, complaints = _parsed_once(xml)
    if complaints:
        root = _parsed_once(balanced(xml))[0]
    if root is None:
        line, message = complaints[0] if complaints else (0, "nothing was found")
        raise InvalidInput(f"the XML cannot be read: {message}", where=f":{line}")
    return root, complaints
