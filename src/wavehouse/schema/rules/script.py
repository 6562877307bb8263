"""A migration file as statements: a small lexer, the header comment, and forbidden content.

The lexer handles everything that may contain a semicolon in PostgreSQL: quotes, dollar quotes,
nested comments, parentheses (``CREATE RULE``) and ``BEGIN ATOMIC … END`` bodies. It does not check
the grammar; the server does. Statements are sent one by one so that every error has its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.schema.types import Script, SqlFile, Statement, Waiver

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\r\f\v]+)
  | (?P<line_comment>--[^\n]*)
  | (?P<block_comment>/\*)
  | (?P<dollar>\$(?:[A-Za-z_\u0080-\U0010ffff][\w]*)?\$)
  | (?P<escaped>[eE]'[^'\\]*(?:(?:\\.|'')[^'\\]*)*')
  | (?P<string>'[^']*(?:''[^']*)*')
  | (?P<quoted>"[^"]*(?:""[^"]*)*")
  | (?P<word>[A-Za-z_\u0080-\U0010ffff][\w$]*)
  | (?P<number>[0-9][\w.]*)
  | (?P<semicolon>;)
  | (?P<open>\()
  | (?P<close>\))
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_DIRECTIVE = re.compile(r"--\s*wavehouse:\s*(\S+)\s*(.*)")
_WAIVER = re.compile(r"(?P<rule>[a-z0-9-]+)\s+until\s+(?P<until>\S+?):\s*(?P<reason>\S.*)")
_SPACE = frozenset({"space", "line_comment", "block_comment"})
_ENDS_TRANSACTION = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"})
_OWN_TRANSACTION = (
    ["BEGIN"],
    ["BEGIN", "TRANSACTION"],
    ["BEGIN", "WORK"],
    ["START", "TRANSACTION"],
    ["COMMIT"],
    ["COMMIT", "TRANSACTION"],
    ["COMMIT", "WORK"],
    ["END"],
    ["END", "TRANSACTION"],
)
_MAY_BE_OWN = re.compile("begin|start|commit|end", re.IGNORECASE)
_MAY_SET = re.compile(r"\bset\b|set_config", re.IGNORECASE)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_MOST_SETTINGS = 500
_COPY_ENDS = frozenset({"STDIN", "STDOUT"})
_PARENTHESES = {"open": 1, "close": -1}
_KEPT_WORDS = 16


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    start: int
    end: int


def line_at(text: str, offset: int) -> int:
    """The line, counted from 1, of a character."""
    return text.count("\n", 0, offset) + 1


def read_script(file: SqlFile) -> Script:
    """Split a file and check for forbidden content, which is refused before anything runs."""
    transactional, irreversible, unvalidated = file.transactional, None, None
    server_decides = file.server_decides
    waivers: list[Waiver] = [*file.waivers]
    for line, name, rest in _directives(file):
        if name == "non-transactional":
            transactional, server_decides = False, False
        elif name == "irreversible":
            irreversible = rest or "the file gives no reason"
        elif name == "unvalidated":
            unvalidated = rest or "the file gives no reason"
        elif name == "waive":
            waivers.append(_waiver(file, line, rest))
        else:
            raise InvalidInput(
                f"unknown option {name!r} in the header comment",
                where=f"{file.name}:{line}",
                hint="Known options: non-transactional, irreversible, unvalidated, waive.",
            )
    statements = []
    for statement in _statements(file):
        _check(file, statement)  # before reading on, as the data of a COPY cannot be parsed
        statements.append(statement)
    if not file.text.strip():
        raise InvalidInput(
            "the migration is empty",
            where=f"{file.name}:1",
            hint="Write its statements, or remove the file.",
        )
    return Script(
        tuple(statements), transactional, irreversible, tuple(waivers), server_decides, unvalidated
    )


def _directives(file: SqlFile) -> Iterator[tuple[int, str, str]]:
    for token in _tokens(file):
        if token.kind not in _SPACE:
            return
        match = _DIRECTIVE.match(file.text[token.start : token.end])
        if token.kind == "line_comment" and match:
            yield line_at(file.text, token.start), match[1].rstrip(":"), match[2].strip()


def without_transaction(file: SqlFile) -> SqlFile:
    """The file without its own ``BEGIN`` and ``COMMIT``, with unchanged line numbers.

    Other tools leave the transaction to the author; this runner wraps every file in one, which
    these words would end early. A file with several transactions keeps them as blocks, each of
    which is atomic. ``ROLLBACK`` is left in place, and refused.
    """
    text = file.text
    if not _MAY_BE_OWN.search(text):  # most files: tokenizing hundreds of them takes a while
        return file
    edges: list[tuple[int, int]] = []
    places: list[str] = []
    for tokens in _groups(file):
        words = [text[token.start : token.end].upper() for token in tokens]
        if words[0] == "COPY" and _COPY_ENDS & set(words):
            break  # its data is not SQL; the file is refused later
        is_edge = words in _OWN_TRANSACTION
        places.append(words[0] if is_edge else "")
        if is_edge:
            start, end = tokens[0].start, tokens[-1].end
            edges.append((start, end))
            text = text[:start] + re.sub(r"\S", " ", text[start:end]) + text[end:]
    if not edges:
        return file
    if not any(places[1:-1]):
        return replace(file, text=text)
    starts, ends = [0, *(end for _, end in edges)], [*(start for start, _ in edges), len(text)]
    blocks = tuple((a, b) for a, b in zip(starts, ends, strict=True) if text[a:b].strip(" \n;"))
    return replace(file, text=text, transactional=False, server_decides=False, blocks=blocks)


def custom_settings(file: SqlFile) -> list[str]:
    """Names with a dot that may be the file's custom settings, such as ``app.tenant``.

    The server does not list those, so they are queried by name.
    """
    if not _MAY_SET.search(file.text):
        return []
    return sorted({name.lower() for name in _DOTTED.findall(file.text)})[:_MOST_SETTINGS]


def names_of(text: str) -> list[str]:
    """Every name and word of a statement, quoted ones without their quotes."""
    whole = SqlFile(Path(), text, "")
    return [
        text[token.start : token.end].strip('"').replace('""', '"')
        for token in _tokens(whole)
        if token.kind in ("word", "quoted")
    ]


def _waiver(file: SqlFile, line: int, text: str) -> Waiver:
    match = _WAIVER.fullmatch(text)
    try:
        until = date.fromisoformat(match["until"]) if match else None
    except ValueError:
        until = None
    if match is None or until is None:
        raise InvalidInput(
            "a waiver needs a rule, an end date and a reason",
            where=f"{file.name}:{line}",
            hint="Write it like -- wavehouse: waive RULE until 2027-06-30: the table is empty.",
        )
    return Waiver(match["rule"], until, match["reason"].strip(), line)


def _tokens(file: SqlFile) -> Iterator[_Token]:
    text, at = file.text, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None, "the last alternative matches any character"  # noqa: S101
        kind, end = str(match.lastgroup), match.end()
        if kind == "block_comment":
            end = _end_of_comment(file, at)
        elif kind == "dollar":
            close = text.find(match[0], end)
            if close < 0:
                raise _unterminated(file, at, f"a {match[0]} quote")
            end = close + len(match[0])
        elif kind == "other" and match[0] in "'\"":
            raise _unterminated(file, at, "a quoted text or name")
        yield _Token(kind, at, end)
        at = end


def _end_of_comment(file: SqlFile, start: int) -> int:
    depth, at = 0, start
    while edge := _COMMENT_EDGE.search(file.text, at):
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
        if depth == 0:
            return at
    raise _unterminated(file, start, "a comment")


def _unterminated(file: SqlFile, offset: int, what: str) -> InvalidInput:
    return InvalidInput(
        f"{what} that starts here is not closed",
        where=f"{file.name}:{line_at(file.text, offset)}",
        hint="Close it and run the command again.",
    )


def _statements(file: SqlFile) -> Iterator[Statement]:
    line, counted = 1, 0
    for tokens in _groups(file):
        start, end = tokens[0].start, tokens[-1].end
        line += file.text.count("\n", counted, start)
        counted = start
        block = next((n for n, (a, b) in enumerate(file.blocks, 1) if a <= start < b), 0)
        yield Statement(line, file.text[start:end], _words(file, tokens), block)


def _words(file: SqlFile, tokens: list[_Token]) -> tuple[str, ...]:
    words = (file.text[t.start : t.end].upper() for t in tokens if t.kind == "word")
    return tuple(w for n, w in enumerate(words) if n < _KEPT_WORDS or w in _COPY_ENDS)


def _groups(file: SqlFile) -> Iterator[list[_Token]]:
    """The tokens of each statement, without surrounding space and final semicolon."""
    group: list[_Token] = []
    previous = ""
    parentheses = bodies = 0
    for token in _tokens(file):
        if token.kind in _SPACE:
            continue
        if token.kind == "semicolon" and parentheses == 0 and bodies == 0:
            if group:
                yield group
            group, previous = [], ""
            continue
        group.append(token)
        word = file.text[token.start : token.end].upper() if token.kind == "word" else ""
        bodies += _body_step(previous, word, bodies)
        previous = word
        parentheses = max(0, parentheses + _PARENTHESES.get(token.kind, 0))
    if group:
        yield group


def _body_step(previous: str, word: str, bodies: int) -> int:
    """How a token changes the depth of ``BEGIN ATOMIC`` bodies and of ``CASE`` within them."""
    if word == "ATOMIC" and previous == "BEGIN":
        return 1
    if bodies and word == "CASE":
        return 1
    return -1 if bodies and word == "END" else 0


def _check(file: SqlFile, statement: Statement) -> None:
    where = f"{file.name}:{statement.line}"
    first, rest = (statement.words or ("",))[0], statement.words[1:]
    to_savepoint = first == "ROLLBACK" and "TO" in rest[:2]
    two_phase = first == "PREPARE" and rest[:1] == ("TRANSACTION",)
    if (first in _ENDS_TRANSACTION and not to_savepoint) or two_phase:
        raise Refused(
            f"{first} is not allowed in a migration: the runner gives every file a transaction",
            where=where,
            hint=f"Remove {first} from the file.",
        )
    if first == "COPY" and _COPY_ENDS & set(rest):
        raise Refused(
            "COPY with inline data works in psql only, not in a migration",
            where=where,
            hint="Write INSERT … VALUES instead.",
        )
    if statement.text.startswith("\\"):
        raise Refused(
            "backslash commands only work in psql, not in a migration",
            where=where,
            hint="Remove the line.",
        )
