"""Balance the tags of malformed text: every end tag has a start, every start an end.

An end tag closes whatever was left open inside its element; an end tag without a start is removed;
items cannot nest; a ``<`` that starts no tag is text. Line breaks are kept.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<kept><!\[CDATA\[[\s\S]*?\]\]>)
    |(?P<gone><!--[\s\S]*?-->|<\?[\s\S]*?\?>|<![A-Za-z][^<>]*>)
    |</\s*(?P<end>[A-Za-z_][\w:.-]*)[^<>]*>
    |<(?P<start>[A-Za-z_][\w:.-]*)
      (?P<attributes>(?:[^<>"']|"[^"<]*"|'[^'<]*')*?)(?P<empty>/?)>
    |(?P<stray><)""",
    re.VERBOSE,
)
_ATTRIBUTES = re.compile(r"""(?:\s+[A-Za-z_][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*""")
_ITEMS = frozenset({"item", "entry"})
_DEEPEST = 100


def balanced(text: str) -> str:
    """The same text with balanced tags."""
    text = _with_closed_sections(text)
    out: list[str] = []
    open_tags: list[str] = []
    position = 0
    for token in _TOKEN.finditer(text):
        out.append(text[position : token.start()])
        out.append(_replacement(token, open_tags))
        position = token.end()
    out.append(text[position:].replace("<", "&lt;"))
    out.extend(f"</{name}>" for name in reversed(open_tags))
    return "".join(out)


def _with_closed_sections(text: str) -> str:
    """Remove the start of CDATA sections and comments that never end.

    Otherwise each start would search to the end of the text.
    """
    for start, end in (("<![CDATA[", "]]>"), ("<!--", "-->"), ("<?", "?>")):
        last = text.rfind(end)
        text = text[: last + 1] + text[last + 1 :].replace(start, "")
    return text


def _replacement(token: re.Match[str], open_tags: list[str]) -> str:
    if token["kept"]:
        return token["kept"]
    if token["start"]:
        return _started(token, open_tags)
    if token["end"]:
        return _ended(token["end"], open_tags)
    return "&lt;" if token["stray"] else "\n" * token["gone"].count("\n")


def _started(token: re.Match[str], open_tags: list[str]) -> str:
    name, written = token["start"], token["attributes"]
    before = _ended(name, open_tags) if name in _ITEMS else ""
    breaks = "\n" * written.count("\n")
    if len(open_tags) >= _DEEPEST:
        return breaks
    attributes = written if _ATTRIBUTES.fullmatch(written) else breaks
    if token["empty"]:
        return f"{before}<{name}{attributes}/>"
    open_tags.append(name)
    return f"{before}<{name}{attributes}>"


def _ended(name: str, open_tags: list[str]) -> str:
    """End tags down to the innermost open element with this name; empty when none is open."""
    if name not in open_tags:
        return ""
    closed = []
    while True:
        closed.append(open_tags.pop())
        if closed[-1] == name:
            return "".join(f"</{tag}>" for tag in closed)
