"""Plain English: phrases that are never wanted, counted by context; the counts only go down.

CONTRIBUTING.md says what to write instead. The test searches docstrings, comments, messages and
help of the source, in pages, templates and documents, and in the docstrings of tests.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NEVER = {
    "anew": r"\banew\b",
    "held against": r"\bheld against\b|\bhold(?:s|ing)? (?:\w+ ){0,4}against\b",
    "is told": r"\b(?:is|are|be|was|were) told\b|\btold apart\b",
    "nobody foresaw": r"\bforesaw\b",
    "lies": r"\b(?:lies|lie) (?:in|on|at|before|after|below|under|where|there|beside|outside)\b",
    "stands": r"\bstands (?:in|at|for|there|whole|before|alone|on|below|as)\b",
    "is no X": r"\b(?:is|are|was) no (?:number|date|day|address|file|folder|text|network|hash|error"
    r"|JSON|UTF-8|name|e-mail|valid|matter|duration|language|list|object|table|feed|picture)\b",
    "letter for email": r"\b(?:a|the|this|newest|all|last|his|her|their) letters?\b",
    "of one's own": r"\bof (?:one's|ones) own\b",
    "what became of": r"\bwhat bec(?:ame|omes) of\b",
    "the door of": r"\b(?:[Tt]he door|[Tt]he outside world) of\b",
    "accuse": r"\baccus(?:es?|ed (?:of|only|by))\b",
    "of this id": r"\bof (?:this|that) id\b",
    "forever": r"\bfor ever\b",
    "goes on from": r"\b(?:goes|go|went) on (?:where|from)\b",
    "an empty text": r"\ban? empty text\b",
    "one's data": r"\bone's (?:data|rows|copy)\b",
    "another content": r"\banother content\b",
    "to be forgotten": r"\b(?:requests|asks|asked) to be forgotten\b",
    "does not answer": r"\b(?:server|hub|provider|database|Redis|it) does not answer\b",
    "answers with status": r"\banswers with status\b",
    "requests of late": r"\b(?:requests|figures|wrong) of late\b",
    "who without a noun": r"(?:\bby|\bto|\bfor|\bfrom|\band|\bor|^|[.:;,]) "
    r"who(?:ever)? (?:asks|acts|leaves|looks|opens|resumes|erases|wants|reads|starts|calls|uses)\b",
}
ALLOWED: dict[str, int] = {}
"""The number of such phrases that each part of the tree may still have. It may only go down."""

_TEXTS = (".py", ".md", ".html", ".js", ".txt", ".sql")
# The style page quotes the phrases; the history keeps its words.
_HISTORY = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/reference/",
    "src/wavehouse/databases/",
    "src/wavehouse/reference/fonts/",
)


def phrases(text: str) -> Counter[str]:
    """The number of times that each unwanted phrase occurs in a text."""
    joined = re.sub(r"\s*\n\s*(?:#\s*|//\s*)?", " ", text)
    result = Counter({name: len(re.findall(pattern, joined)) for name, pattern in NEVER.items()})
    return +result


def part(name: str) -> str:
    """The context or folder whose count includes a file."""
    parts = Path(name).parts
    if parts[:2] == ("src", "wavehouse") and len(parts) > 3:
        return parts[2]
    return parts[0] if len(parts) > 1 else "pages at the top"


def counted(root: Path, tracked: list[str]) -> dict[str, Counter[str]]:
    """The phrases in every part of the tree."""
    result: dict[str, Counter[str]] = {}
    for name in tracked:
        if not name.endswith(_TEXTS) or name.startswith(_HISTORY) or name == str(_THIS):
            continue
        result.setdefault(part(name), Counter()).update(phrases((root / name).read_text("utf-8")))
    return {name: count for name, count in result.items() if count}


_THIS = Path("tests/house/test_plain_english.py")


def test_the_lint_sees_a_phrase_across_lines_and_leaves_plain_words_alone() -> None:
    """Examples that the lint detects and ignores."""
    assert {"held against": 1} == phrases("# the figures are held\n# against the truth")
    assert {"is no X": 1} == phrases("this is no date")
    assert {"letter for email": 1} == phrases("the letter is sent")
    assert {"what became of": 1} == phrases("stored with what became of it")
    assert {"goes on from": 1, "forever": 1} == phrases("it goes on where it was, for ever")
    assert {"does not answer": 1} == phrases("the server does not answer in time")
    assert {} == phrases("compared with the truth; this is not a date; the email is sent again")


def test_no_part_has_more_odd_phrases_than_it_had(root: Path, tracked: list[str]) -> None:
    """Replace them as CONTRIBUTING.md says; when a part has fewer, lower its number."""
    text = counted(root, tracked)
    totals = {name: sum(count.values()) for name, count in sorted(text.items())}
    print(f"odd phrases: {sum(totals.values())} in all: {totals}")

    assert {} == {n: dict(text[n]) for n, c in totals.items() if c > ALLOWED.get(n, 0)}


# --- hints and commands of errors ----------------------------------------------------------------

SENTENCE = re.compile(r"(?s)[^a-z\s].*[.?!:]|.*\{\}")
"""A capital letter (or a value) at its start, a full stop, question mark or colon at its end."""
TYPED = re.compile(
    r"(?s)(?:wavehouse|GET|POST|SELECT|DROP|GRANT|CREATE|createdb|iconv|useradd|kill|mkdir|mv"
    r"|pip install|\{\}|[A-Z_]+=).*(?<![.?!])"
)
"""Text that can be pasted into a shell, an API client or psql."""


def _texts(value: ast.expr) -> Iterator[str]:
    """The possible texts of an argument, with values as ``{}``; nothing for a plain name."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in value.values
        )
    elif isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)


def faulty(tree: ast.AST) -> list[tuple[int, str]]:
    """Hints that are not sentences and commands that cannot be typed, with their lines."""
    return [
        (keyword.value.lineno, f"{keyword.arg}={text!r}")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg in ("hint", "command")
        for text in _texts(keyword.value)
        if text and not (SENTENCE if keyword.arg == "hint" else TYPED).fullmatch(text)
    ]


def test_a_hint_without_a_full_stop_and_a_command_that_is_a_sentence_are_seen() -> None:
    """Examples that the lint detects and accepts."""
    wrong = "f(hint='give one of them', command='Use wavehouse keys list.')"
    right = "f(hint=f'Give one of {names}.', command='wavehouse keys list')"

    assert ["hint='give one of them'", "command='Use wavehouse keys list.'"] == [
        text for _, text in faulty(ast.parse(wrong))
    ]
    assert [] == faulty(ast.parse(right))


def test_every_hint_is_a_sentence_and_every_command_can_be_typed(sources: list[Any]) -> None:
    """Users read the hint and paste the command; a page shows the command as code."""
    faults = [
        f"{source.place}:{line} {text}" for source in sources for line, text in faulty(source.tree)
    ]

    assert [] == faults


# --- names ---------------------------------------------------------------------------------------

VAGUE = {"told", "found", "one", "place", "says", "Asked", "Desk"}
"""Names that do not describe a thing, unlike ``message``, ``rows``, ``workspace``, ``request``."""
VAGUE_LEFT = {"measurement": 1, "schema": 1, "simulation": 1}
"""The number of such names that each context still binds. It may only go down."""


def vague(tree: ast.AST) -> list[tuple[int, str]]:
    """The vague names of a module's variables, parameters, functions and classes."""
    bound: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store(), lineno=line) | ast.arg(arg=name, lineno=line):
                bound.append((line, name))
            case ast.ClassDef(name=name, lineno=line):
                bound.append((line, name))
            case _:
                continue
    return [(line, name) for line, name in bound if name in VAGUE]


def test_names_say_what_a_thing_is(sources: list[Any]) -> None:
    """Rename vague names; when a context has fewer, lower its number."""
    left = Counter(source.context for source in sources for _ in vague(source.tree))
    print(f"vague names: {sum(left.values())} in all: {dict(sorted(left.items()))}")

    assert {} == {name: n for name, n in left.items() if n > VAGUE_LEFT.get(name, 0)}
