"""Layouts with up and down in one file: dbmate and goose."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.rules.layouts.names import Layout, Read, no_migration, same_version
from wavehouse.schema.types import Migration, SqlFile

_DBMATE = re.compile(r"([0-9]+)(?:[_-]?(.*))\.sql")
_GOOSE = re.compile(r"([0-9]+)_(.*)\.sql")
_DBMATE_MARK = re.compile(r"--\s*migrate:(up|down)(?:\s*$|(\s+\S.*))")
_DBMATE_LIKE = re.compile(r"\s*--\s*migrate:(?:up|down)\b", re.IGNORECASE)
_ALONE = "-- wavehouse: non-transactional"
_VARIABLE = re.compile(
    r"\$(?:(?P<plain>[A-Za-z_]\w*)"
    r"|\{(?P<name>[A-Za-z_]\w*)(?:(?P<way>:-|-|:\?|\?)(?P<word>[^}]*))?\})"
)
Halves = Callable[[str, str], tuple[str, str]]


def dbmate(names: Sequence[str], read: Read) -> tuple[Migration, ...]:
    """``-- migrate:up`` and ``-- migrate:down``, each optionally with ``transaction:false``."""
    return _one_file(names, read, _DBMATE, r"^\s*--\s*migrate:up\b", _dbmate, Layout.DBMATE)


def goose(
    names: Sequence[str], read: Read, environment: Mapping[str, str]
) -> tuple[Migration, ...]:
    """``-- +goose Up`` and ``Down``; ``NO TRANSACTION`` applies to both; marks are removed.

    Between ``ENVSUB ON`` and ``ENVSUB OFF`` environment variables are substituted.
    """

    def halves(text: str, name: str) -> tuple[str, str]:
        return _goose(text, name, environment)

    return _one_file(names, read, _GOOSE, r"^\s*--\s*\+goose\s+up\b", halves, Layout.GOOSE)


def _one_file(
    names: Sequence[str],
    read: Read,
    pattern: re.Pattern[str],
    mark: str,
    halves: Halves,
    layout: Layout,
) -> tuple[Migration, ...]:
    """``mark`` starts the up half; a file without it is refused, not treated as an empty step."""
    migrations: dict[int, Migration] = {}
    for name in names:
        if not name.endswith(".sql"):
            continue
        match = pattern.fullmatch(name)
        if match is None:
            raise no_migration(name, layout)
        number = int(match[1])
        if number in migrations:
            raise same_version(name, migrations[number].up.name)
        whole = read(name)
        if not re.search(mark, whole.text, re.MULTILINE | re.IGNORECASE):
            raise InvalidInput(f"the file has no up section in the layout {layout}", where=name)
        up, down = halves(whole.text, name)
        migrations[number] = Migration(
            match[1],
            match[2],
            _half(whole, up),
            _half(whole, down) if down.strip() else None,
        )
    return tuple(migrations.values())


def _half(whole: SqlFile, text: str) -> SqlFile:
    return SqlFile(whole.path, text, whole.checksum, waivers=whole.waivers)


def _dbmate(text: str, name: str) -> tuple[str, str]:
    halves: dict[str, list[str]] = {"up": [], "down": []}
    sections = _Sections(name)
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        marker = _DBMATE_MARK.match(line)
        if marker:
            sections.begin(marker[1], number)
            line = _ALONE if _is_off(marker[2] or "", name, number) else ""
        elif _DBMATE_LIKE.match(line):
            raise InvalidInput(
                "dbmate does not read this line as the start of a section",
                where=f"{name}:{number}",
                hint="Write -- migrate:up or -- migrate:down in lower case, without indentation.",
            )
        sections.check(line, number)
        for half, lines in halves.items():
            lines.append(line if half == sections.current else "")
    return _text(halves["up"]), _text(halves["down"])


@dataclass(slots=True)
class _Sections:
    """The sections of a file: up first, each once. A line in none would never run: refused."""

    name: str
    current: str = ""
    begun: list[str] = field(default_factory=list)

    def begin(self, section: str, line: int) -> None:
        """Start a section. InvalidInput for a second one of the same name, or down before up."""
        if section in self.begun or (section == "down" and not self.begun):
            raise InvalidInput(
                f"a second {section} section starts here"
                if section in self.begun
                else "the down section is before the up section",
                where=f"{self.name}:{line}",
                hint="A file has one up section, and one down section after it.",
            )
        self.begun.append(section)
        self.current = section

    def check(self, text: str, line: int) -> None:
        """InvalidInput for a statement before the first section."""
        if not self.begun and text.strip() and not text.lstrip().startswith("--"):
            raise InvalidInput(
                "this text is before the up section, so it would not run",
                where=f"{self.name}:{line}",
                hint="Move it into the up section, or delete it.",
            )


def _is_off(options: str, name: str, line: int) -> bool:
    """Whether a half has the option ``transaction:false``. Raises for an unknown option."""
    is_off = False
    for option in options.split():
        key, _, value = option.partition(":")
        if key != "transaction" or value not in ("true", "false"):
            raise InvalidInput(
                f"unknown dbmate option {option}",
                where=f"{name}:{line}",
                hint="The only supported option is transaction:false.",
            )
        is_off = value == "false"
    return is_off


def _goose(text: str, name: str, environment: Mapping[str, str]) -> tuple[str, str]:
    halves: dict[str, list[str]] = {"up": [], "down": []}
    sections, substitutes = _Sections(name), False
    outside = re.search(r"^\s*--\s*\+goose\s+NO\s+TRANSACTION", text, re.MULTILINE | re.IGNORECASE)
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        marker = re.match(r"\s*--\s*\+goose\s+(\w+)(?:\s+(\w+))?", line, re.IGNORECASE)
        if marker:
            word = marker[1].lower()
            if word in halves:
                sections.begin(word, number)
            if word == "envsub":
                substitutes = str(marker[2]).lower() == "on"
            line = _ALONE if outside and word in halves else ""
        elif substitutes:
            line = _substituted(line, f"{name}:{number}", environment)
        sections.check(line, number)
        for half, lines in halves.items():
            lines.append(line if half == sections.current else "")
    return _text(halves["up"]), _text(halves["down"])


def _substituted(line: str, where: str, environment: Mapping[str, str]) -> str:
    """A line with environment variables substituted, ``${NAME:-default}`` included."""

    def value(match: re.Match[str]) -> str:
        name, way = match["plain"] or match["name"], match["way"] or ""
        known = environment.get(name)
        if known is not None and (known or not way.startswith(":")):
            return known
        if way.endswith("-"):
            return str(match["word"])
        raise InvalidInput(
            f"the variable {name} is not set", where=where, hint=f"Set {name} in the environment."
        )

    return _VARIABLE.sub(value, line)


def _text(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n" if any(line.strip() for line in lines) else ""
