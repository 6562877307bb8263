"""Layouts with one folder per version: diesel, prisma, hasura."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from wavehouse.schema.rules.layouts.names import Read, same_version
from wavehouse.schema.types import Migration, SqlFile

_DIESEL = re.compile(r"(?:.*/)?([0-9][0-9-]*)_([^/]+)/up\.sql")
_PRISMA = re.compile(r"(?:.*/)?([0-9]+)(?:_([^/]*))?/migration\.sql")
_HASURA = re.compile(r"(?:.*/)?([0-9]+)_([^/]+)/up\.sql")
_ALONE = re.compile(r"^\s*run_in_transaction\s*=\s*false\s*$", re.MULTILINE)


def diesel(names: Sequence[str], read: Read) -> tuple[Migration, ...]:
    """``<version>_<name>/up.sql``, ``down.sql``; ``metadata.toml`` may disable the transaction."""

    def read_one(name: str) -> SqlFile:
        about = f"{name.rpartition('/')[0]}/metadata.toml"
        alone = about in names and bool(_ALONE.search(read(about).text))
        return replace(read(name), transactional=not alone)

    return _folders(names, read_one, _DIESEL)


def prisma(names: Sequence[str], read: Read) -> tuple[Migration, ...]:
    """``<timestamp>_<name>/migration.sql``, without down file; sent whole, without transaction."""
    return _folders(names, lambda name: replace(read(name), server_decides=True), _PRISMA)


def hasura(names: Sequence[str], read: Read) -> tuple[Migration, ...]:
    """``<version>_<name>/up.sql`` and ``down.sql``, optionally in a folder per database."""
    return _folders(names, lambda name: replace(read(name), server_decides=True), _HASURA)


def _folders(names: Sequence[str], read: Read, pattern: re.Pattern[str]) -> tuple[Migration, ...]:
    migrations: dict[str, Migration] = {}
    for name in names:
        match = pattern.fullmatch(name)
        if match is None:
            continue
        version = match[1].replace("-", "")
        if version in migrations:
            raise same_version(name, str(migrations[version].up.path))
        down = f"{name.rpartition('/')[0]}/down.sql"
        has_down = down in names and not name.endswith("migration.sql")
        migrations[version] = Migration(
            version, match[2] or "", read(name), read(down) if has_down else None
        )
    return tuple(migrations.values())
