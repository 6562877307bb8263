"""Layouts of numbered files: golang-migrate, sqlx, supabase, plain SQL.

None of these tools wraps a file of several statements in a transaction; the server does, because
the file is sent whole. So a file runs in a transaction unless the server refuses that (``CREATE
INDEX CONCURRENTLY``, alone in its file).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from wavehouse.schema.rules.layouts.names import Layout, NotRun, Read, no_migration, same_version
from wavehouse.schema.rules.names import pairs
from wavehouse.schema.types import Migration, SqlFile

_IN_GO = re.compile(r"[0-9]+_.*\.go")
_SQLX = re.compile(r"([0-9]+)_(.+?)(?:\.(up|down))?\.sql")
_SUPABASE = re.compile(r"([0-9]+)_(.*)\.sql")
_PLAIN = re.compile(r"[vV]?([0-9]+(?:\.[0-9]+)*)(?:[._ -]+([^/]*?))?(?:\.(up|down))?\.sql")
_SQLX_ALONE = "-- no-transaction"


def pairs_of(names: Sequence[str], read: Read) -> tuple[Migration, ...]:
    """``<digits>_<slug>.up.sql`` with its ``.down.sql`` and ``.check.sql``."""
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


def in_go(names: Sequence[str]) -> list[NotRun]:
    """Migrations in Go, kept beside SQL files by programs that embed the tool."""
    matching = [n for n in names if _IN_GO.fullmatch(n) and not n.endswith("_test.go")]
    return [NotRun(name, "is written in Go") for name in matching]


def golang_migrate(names: Sequence[str], read: Read) -> tuple[Migration, ...]:
    """The same names as in our layout, without a transaction unless the file has one."""
    listed = [name for name in names if name.endswith(".sql")]
    return pairs_of(listed, lambda name: replace(read(name), server_decides=True))


def sqlx(names: Sequence[str], read: Read) -> tuple[Migration, ...]:
    """``<digits>_<name>.sql``, or ``.up.sql`` and ``.down.sql``; each in a transaction.

    A file that starts with ``-- no-transaction`` runs without one.
    """

    def read_one(name: str) -> SqlFile:
        file = read(name)
        return replace(file, transactional=not file.text.startswith(_SQLX_ALONE))

    return _numbered(names, read_one, _SQLX, Layout.SQLX)


def supabase(names: Sequence[str], read: Read) -> tuple[Migration, ...]:
    """``<timestamp>_<name>.sql``, without a down file."""

    def read_one(name: str) -> SqlFile:
        return replace(read(name), server_decides=True)

    return _numbered(names, read_one, _SUPABASE, Layout.SUPABASE)


def plain(names: Sequence[str], read: Read) -> tuple[Migration, ...]:
    """``001_name.sql``, ``1.2-name.sql``, ``V3.sql``; also ``.up.sql`` with ``.down.sql``."""

    def read_one(name: str) -> SqlFile:
        return replace(read(name), server_decides=True)

    return _numbered(names, read_one, _PLAIN, Layout.PLAIN)


def _numbered(
    names: Sequence[str], read: Read, pattern: re.Pattern[str], layout: Layout
) -> tuple[Migration, ...]:
    ups: dict[str, tuple[str, str]] = {}
    downs: dict[str, str] = {}
    for name in names:
        if not name.endswith(".sql"):
            continue
        match = pattern.fullmatch(name)
        if match is None:
            raise no_migration(name, layout)
        groups = (*match.groups(), None, None)
        version, slug, way = str(groups[0]), str(groups[1] or ""), groups[2]
        if way == "down":
            downs[version] = name
        elif version in ups:
            raise same_version(name, ups[version][0])
        else:
            ups[version] = (name, slug)
    if stray := sorted(set(downs) - set(ups)):
        raise no_migration(downs[stray[0]], layout)
    return tuple(
        Migration(version, slug, read(name), read(downs[version]) if version in downs else None)
        for version, (name, slug) in ups.items()
    )
