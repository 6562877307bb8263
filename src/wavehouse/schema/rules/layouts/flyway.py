"""flyway: ``V2.1__slug.sql``, ``U2.1__slug.sql`` and repeatable ``R__slug.sql``.

Versions are numbers, part by part: 9999 comes before 10000, 2 before 2.1, and 2.0 is 2. A baseline
(``B2.1__slug.sql``) replaces all files up to its version: the newest is read as the first file if
no older files remain; otherwise those are read instead. A file runs in a transaction unless the
server refuses that, or its ``.conf`` has ``executeInTransaction=false``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from wavehouse.kernel.errors import InvalidInput
from wavehouse.schema.rules.layouts.names import NotRun, Read, same_version
from wavehouse.schema.types import REPEATABLE, Migration, SqlFile, version_key

_VERSIONED = re.compile(r"([BVU])([0-9]+(?:[._][0-9]+)*)__(.+)\.sql")
_REPEATABLE = re.compile(r"R__(.+)\.sql")
_CALLBACK = re.compile(r"(?:before|after)[A-Z]\w*|createSchema")
_PLACEHOLDER = re.compile(r"\$\{[^}\s]+\}")
_ALONE = re.compile(r"^\s*executeInTransaction\s*=\s*false\s*$", re.MULTILINE | re.IGNORECASE)


def read_folder(names: Sequence[str], read: Read) -> tuple[Migration, ...]:
    """The versioned migrations, then the repeatable ones by description."""
    ups: dict[tuple[int, ...], tuple[str, str, str]] = {}
    downs: dict[tuple[int, ...], str] = {}
    baselines: dict[tuple[int, ...], tuple[str, str, str]] = {}
    repeatable: list[tuple[str, str]] = []
    for name in names:
        base = name.rpartition("/")[2]
        if again := _REPEATABLE.fullmatch(base):
            repeatable.append((again[1], name))
        match = _VERSIONED.fullmatch(base)
        if match is None:
            continue
        version = match[2].replace("_", ".")
        key = version_key(version)
        if match[1] == "U":
            downs[key] = name
            continue
        known = baselines if match[1] == "B" else ups
        if key in known:
            raise same_version(name, known[key][2])
        known[key] = (version, match[3], name)
    newest = max(baselines, default=None)
    if newest is not None and all(key > newest for key in ups):
        ups = {newest: baselines[newest], **ups}

    def read_one(name: str) -> SqlFile:
        file = replace(read(name), server_decides=True)
        _refuse_placeholders(file)
        conf = f"{name}.conf"
        if conf in names and _ALONE.search(read(conf).text):
            return replace(file, transactional=False, server_decides=False)
        return file

    versioned = tuple(
        Migration(
            version,
            slug.replace(" ", "_"),
            read_one(name),
            read_one(downs[key]) if key in downs else None,
        )
        for key, (version, slug, name) in ups.items()
    )
    return versioned + tuple(
        Migration(f"{REPEATABLE}{slug}", slug.replace(" ", "_"), read_one(name), None)
        for slug, name in repeatable
    )


def not_run(names: Sequence[str]) -> list[NotRun]:
    """Callbacks and Java migrations: flyway runs them, this runner does not."""
    skipped = []
    for name in names:
        base = name.rpartition("/")[2]
        event = base.partition("__")[0].removesuffix(".sql")
        if base.endswith(".sql") and _CALLBACK.fullmatch(event):
            skipped.append(NotRun(name, "is a callback of flyway"))
        elif re.fullmatch(r"[VUR][0-9._]*__.+\.java", base):
            skipped.append(NotRun(name, "is written in Java"))
    return skipped


def _refuse_placeholders(file: SqlFile) -> None:
    if match := _PLACEHOLDER.search(file.text):
        raise InvalidInput(
            f"{match[0]} is a Flyway placeholder, which Wavehouse does not replace",
            where=f"{file.name}:{file.text.count(chr(10), 0, match.start()) + 1}",
            hint="Replace it with its value in a copy of the file.",
        )
