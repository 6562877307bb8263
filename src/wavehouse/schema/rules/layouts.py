"""Other tools' folders of migrations, read as pairs of an up and a down file.

In one-file layouts (dbmate, goose) each half keeps its place: the other half's lines are empty, so
that a message names the line that the author sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum

from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.rules.names import pairs
from wavehouse.schema.rules.script import allows_a_transaction, without_transaction
from wavehouse.schema.types import Migration, SqlFile

Read = Callable[[str], SqlFile]
_ONE_FILE = re.compile(r"([0-9]+)[_-]([\w.-]+)\.sql")
_IN_GO = re.compile(r"[0-9]+_.*\.go")
_FLYWAY = re.compile(r"([VU])([0-9]+(?:[._][0-9]+)*)__([\w.-]+)\.sql")
_DIRECTIVE = "-- wavehouse: non-transactional"


class Layout(StrEnum):
    """How a folder of migrations is laid out."""

    WAVEHOUSE = "wavehouse"
    GOLANG_MIGRATE = "golang-migrate"
    DBMATE = "dbmate"
    GOOSE = "goose"
    FLYWAY = "flyway"


def migrations(names: Iterable[str], read: Read, layout: Layout) -> tuple[Migration, ...]:
    """Every migration of a folder, oldest first."""
    if layout is Layout.WAVEHOUSE:
        return _pairs(names, read)
    return tuple(map(_ours, _FOREIGN[layout](names, read)))


def in_go(names: Iterable[str], layout: Layout) -> list[str]:
    """The files of a folder that its own tool runs, and nobody else can: migrations in Go."""
    if layout not in (Layout.GOLANG_MIGRATE, Layout.GOOSE):
        return []
    return sorted(n for n in names if _IN_GO.fullmatch(n) and not n.endswith("_test.go"))


def _pairs(names: Iterable[str], read: Read) -> tuple[Migration, ...]:
    return tuple(
        Migration(
            pair.version,
            pair.slug,
            read(pair.up),
            read(pair.down) if pair.down else None,
            read(pair.check) if pair.check else None,
        )
        for pair in pairs(names)
    )


def _golang_migrate(names: Iterable[str], read: Read) -> tuple[Migration, ...]:
    """As ours; programs that embed the tool keep migrations in Go beside those in SQL.

    The tool opens no transaction, so that a file of one statement may be one that allows none.
    """

    def read_bare(name: str) -> SqlFile:
        file = read(name)
        return replace(file, transactional=allows_a_transaction(file))

    return _pairs([name for name in names if name.endswith(".sql")], read_bare)


def _ours(migration: Migration) -> Migration:
    """A migration as our runner reads it."""
    down = migration.down
    return replace(
        migration,
        up=_our_file(migration.up),
        down=None if down is None else _our_file(down),
    )


def _our_file(file: SqlFile) -> SqlFile:
    """Elsewhere an empty file is a step that does nothing; here that is said by a statement."""
    if not file.text.strip():
        return replace(file, text="SELECT 1;\n")
    return without_transaction(file)


def _one_file(
    names: Iterable[str], read: Read, split: Callable[[str], tuple[str, str]], mark: str
) -> tuple[Migration, ...]:
    """``mark`` opens the up half; without it a file would pass for a step that does nothing."""
    found: dict[int, Migration] = {}
    for name in sorted(names):
        match = _ONE_FILE.fullmatch(name)
        if match is None:
            if name.endswith(".sql"):
                raise InvalidInput(
                    "the file name is not that of a migration of this layout", where=name
                )
            continue
        number = int(match[1])
        if number in found:
            raise InvalidInput(f"{found[number].up.path.name} has the same version", where=name)
        whole = read(name)
        if not re.search(mark, whole.text, re.MULTILINE | re.IGNORECASE):
            raise InvalidInput("the file has no up half of this layout", where=name)
        up, down = split(whole.text)
        found[number] = Migration(
            match[1],
            match[2],
            SqlFile(whole.path, up, whole.checksum),
            SqlFile(whole.path, down, whole.checksum) if down.strip() else None,
        )
    return tuple(found[number] for number in sorted(found))


def _dbmate(text: str) -> tuple[str, str]:
    """``-- migrate:up`` and ``-- migrate:down``, each with ``transaction:false`` if it likes."""
    halves: dict[str, list[str]] = {"up": [], "down": []}
    current = ""
    for line in text.splitlines():
        marker = re.match(r"\s*--\s*migrate:(up|down)\b(.*)", line)
        if marker:
            current = marker[1]
            line = _DIRECTIVE if "transaction:false" in marker[2].replace(" ", "") else ""
        for half, lines in halves.items():
            lines.append(line if half == current else "")
    return _text(halves["up"]), _text(halves["down"])


def _goose(text: str) -> tuple[str, str]:
    """``-- +goose Up`` and ``Down``; ``NO TRANSACTION`` is about both; statement marks go."""
    halves: dict[str, list[str]] = {"up": [], "down": []}
    current = ""
    outside = re.search(r"^\s*--\s*\+goose\s+NO\s+TRANSACTION", text, re.MULTILINE | re.IGNORECASE)
    for line in text.splitlines():
        marker = re.match(r"\s*--\s*\+goose\s+(\w+)", line, re.IGNORECASE)
        if marker:
            word = marker[1].lower()
            current = word if word in halves else current
            line = _DIRECTIVE if outside and word in halves else ""
        for half, lines in halves.items():
            lines.append(line if half == current else "")
    return _text(halves["up"]), _text(halves["down"])


def _text(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n" if any(line.strip() for line in lines) else ""


def _flyway(names: Iterable[str], read: Read) -> tuple[Migration, ...]:
    """``V1_2__slug.sql`` and ``U1_2__slug.sql``; repeatable files (``R__``) are not migrations."""
    ups: dict[str, tuple[str, str]] = {}
    downs: dict[str, str] = {}
    for name in sorted(names):
        match = _FLYWAY.fullmatch(name)
        if match is None:
            continue
        version = "".join(part.zfill(4) for part in re.split(r"[._]", match[2]))
        if match[1] == "U":
            downs[version] = name
        elif version in ups:
            raise InvalidInput(f"{ups[version][0]} has the same version", where=name)
        else:
            ups[version] = (name, match[3])
    # Versions of a different number of parts are compared part by part: all get the same length.
    longest = max(map(len, ups), default=0)
    ordered = sorted(ups, key=lambda version: version.ljust(longest, "0"))
    return tuple(
        Migration(
            version.ljust(longest, "0"),
            ups[version][1],
            read(ups[version][0]),
            read(downs[version]) if version in downs else None,
        )
        for version in ordered
    )


_FOREIGN = {
    Layout.GOLANG_MIGRATE: _golang_migrate,
    Layout.DBMATE: lambda names, read: _one_file(names, read, _dbmate, r"^\s*--\s*migrate:up\b"),
    Layout.GOOSE: lambda names, read: _one_file(names, read, _goose, r"^\s*--\s*\+goose\s+up\b"),
    Layout.FLYWAY: _flyway,
}
