"""Rules from paths to files: addresses with different paths that mean one file (R03).

A rule is one line, ``pattern => address``; ``reference/path-rules.txt`` explains the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.reference.files import path_of
from wavehouse.kernel.reference.own_lists import OwnFile, own_files
from wavehouse.kernel.reference.prefix_list import split_address

_HOLE = re.compile(r"\{(\*\*|\*|[a-z_]\w*)(?::(uuid|hex|digits))?\}", re.IGNORECASE)
_FORMS = {
    None: r"[^/?]+?",
    "uuid": r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    "hex": r"[0-9a-fA-F]+",
    "digits": r"[0-9]+",
}
_GUID = "guid:"
_GRAMMAR = (
    "A rule is: pattern => address. For example: "
    "cdn.example/{show}/{digest}/{file} => cdn.example/{show}/{file}."
)


@dataclass(frozen=True, slots=True)
class PathRule:
    """One rule: its pattern, and the address or guid that matches mean."""

    text: str
    expression: re.Pattern[str]
    parameters: tuple[tuple[str, re.Pattern[str]], ...]
    target: str

    def meaning(self, host: str, path: str, query: str) -> str | None:
        """The ``host/path`` or ``guid:…`` that a request means; None when it does not match."""
        match = self.expression.fullmatch(host + path)
        if match is None:
            return None
        named = match.groupdict()
        given = dict(part.partition("=")[::2] for part in query.split("&"))
        for name, expression in self.parameters:
            value = expression.fullmatch(given.get(name, ""))
            if value is None:
                return None
            named |= value.groupdict()
        return _HOLE.sub(lambda hole: named[hole[1].lower()], self.target)


@dataclass(frozen=True, slots=True)
class PathRules:
    """Rules in matching order."""

    rules: tuple[PathRule, ...] = ()

    def meaning(self, host: str, path: str, query: str = "") -> tuple[str, PathRule] | None:
        """The meaning by the first matching rule, and the rule."""
        for rule in self.rules:
            meaning = rule.meaning(host, path, query)
            if meaning is not None:
                return meaning, rule
        return None


def read_rules(path: Path) -> list[PathRule]:
    """The rules of a file; ``#`` starts a comment.

    InvalidInput with the number of an invalid line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as broken:
        raise InvalidInput("the path rules cannot be read", where=str(path)) from broken
    return [
        checked_rule(line, f"{path}:{number}")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


@cache
def _of_files(files: tuple[OwnFile, ...]) -> tuple[PathRule, ...]:
    paths = [*(file.path for file in files), path_of("path-rules.txt")]
    return tuple(rule for path in paths for rule in read_rules(path))


def path_rules(own: Iterable[str] = ()) -> PathRules:
    """An organization's own rules, then those of the operator's files, then the bundled ones."""
    return PathRules((*map(checked_rule, own), *_of_files(own_files("paths"))))


def checked_rule(line: str, where: str | None = None) -> PathRule:
    """Parse one rule; InvalidInput when it is invalid or would match every address."""
    pattern, arrow, target = (part.strip() for part in line.partition("=>"))
    if not arrow or not pattern or not target or " " in pattern + target:
        raise InvalidInput(f"{line.strip()!r} is not a rule", where=where, hint=_GRAMMAR)
    pattern, target = _without_scheme(pattern), _without_scheme(target)
    path, _, query = pattern.partition("?")
    if "/" not in path or not _HOLE.sub("", path).strip("/."):
        raise InvalidInput(f"{pattern!r} would match every address", where=where, hint=_GRAMMAR)
    seen: set[str] = set()
    expression = _expression(path, seen)
    parameters = tuple(
        (name, _expression(value, seen))
        for name, _, value in (part.partition("=") for part in query.split("&") if part)
    )
    if unknown := {h[1].lower() for h in _HOLE.finditer(target)} - seen:
        raise InvalidInput(
            f"{{{min(unknown)}}} is not in the pattern {pattern!r}", where=where, hint=_GRAMMAR
        )
    if not target.startswith(_GUID) and "/" not in target:
        raise InvalidInput(f"{target!r} is not an address", where=where, hint=_GRAMMAR)
    return PathRule(f"{pattern} => {target}", expression, parameters, target)


def _without_scheme(text: str) -> str:
    return re.sub(r"^https?://", "", text, flags=re.IGNORECASE)


def _expression(pattern: str, seen: set[str]) -> re.Pattern[str]:
    """The expression of a pattern; the names of its placeholders are added to ``seen``."""
    parts, at = [], 0
    for hole in _HOLE.finditer(pattern):
        parts.append(re.escape(pattern[at : hole.start()]))
        name, at = hole[1].lower(), hole.end()
        if name == "**":
            before = parts[-1]
            slash = before.endswith("/") and pattern[at : at + 1] == "/"
            parts.append(r"(?:[^/?]+/)*[^/?]*" if not slash else r"(?:[^/?]+/)*?")
            at += slash
        elif name == "*" or name in seen:
            parts.append(_FORMS[hole[2]] if name == "*" else f"(?P={name})")
        else:
            seen.add(name)
            parts.append(f"(?P<{name}>{_FORMS[hole[2] and hole[2].lower()]})")
    parts.append(re.escape(pattern[at:]))
    return re.compile("".join(parts), re.IGNORECASE)


def meaning_of(rules: PathRules, url: str) -> tuple[str, PathRule] | None:
    """The meaning of a whole address by the rules."""
    return rules.meaning(*split_address(url))
