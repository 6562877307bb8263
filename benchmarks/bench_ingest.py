"""Stored, de-duplicated ingest, compared with server-side COPY of the same rows.

The limit is PostgreSQL alone with the rows of our ingest: written to a file on the server by COPY
TO, read back by COPY FROM into the emptied, partitioned, indexed table, without parsing, look-ups
or comparisons. Each is run twice in turn; the better run counts.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import ground
import measuring
from ground import Logs, Superuser, superuser
from measuring import Figure, Took, per_second, percent, stopwatch, times

from wavehouse.workspace import Workspace

LINES = 300_000
KINDS = ("csv", "binary")
GOAL_SHARE = 0.55
GOAL_RATE = 100_000
GOAL_REPLAY = 2.0
_TABLES: LiteralString = "measurement.requests, measurement.source_files"


def figures(size: float) -> Iterator[Figure]:
    """Both formats in turn, each in separate databases."""
    for format_ in ("cloudfront", "combined"):
        with ground.workspace() as workspace:
            logs = ground.simulated(
                workspace.settings.home / "sim", lines=round(LINES * size), format=format_
            )
            ground.register(workspace, logs)
            yield from _format(workspace, logs, format_)


def _format(workspace: Workspace, logs: Logs, format_: str) -> Iterator[Figure]:
    with superuser(workspace) as server:
        loads = [_load(workspace, server, logs)]
        counted = server.execute("SELECT count(*) FROM measurement.requests").fetchone()
        rows = int(counted[0]) if counted else 0
        files = {kind: workspace.settings.home / "postgres" / f"rows.{kind}" for kind in KINDS}
        for kind, path in files.items():
            server.execute(f"COPY ({_select(server)}) TO '{path}' (FORMAT {kind})")
        by_hand = _write_rows(server, limit=min(rows, 50_000))
        copies: dict[str, list[Took]] = {kind: [] for kind in KINDS}
        for _ in range(2):
            for kind, path in files.items():
                copies[kind].append(_copy(server, path, kind))
            loads.append(_load(workspace, server, logs))
        replay = _replay(workspace, logs)
    name = f"ingest {format_}{' gz' if format_ == 'cloudfront' else ''}"
    yield from _beside_copy(name, logs.lines, rows, loads, copies)
    ours = min(load.wall for load in loads)
    yield Figure(
        f"{name}, the same",
        per_second(logs.lines, ours),
        f"psycopg write_row, nothing to parse {per_second(*by_hand)}",
        times(logs.lines / ours / (by_hand[0] / by_hand[1])),
    )
    told = "their ids" if format_ == "cloudfront" else "their heads"
    yield Figure(
        f"{name}, its lines in other files, told by {told}",
        per_second(logs.lines, replay),
        f"first load {per_second(logs.lines, ours)}",
        times(ours / replay),
        f">= {times(GOAL_REPLAY)}",
        ours / replay >= GOAL_REPLAY,
    )


def _beside_copy(
    name: str, lines: int, rows: int, loads: list[Took], copies: dict[str, list[Took]]
) -> Iterator[Figure]:
    ours = min(load.wall for load in loads)
    limits = {kind: min(copy.wall for copy in took) for kind, took in copies.items()}
    shares = {kind: (lines / ours) / (rows / wall) for kind, wall in limits.items()}
    yield Figure(
        f"{name}, {lines:,} lines",
        per_second(lines, ours),
        f"COPY csv {per_second(rows, limits['csv'])}",
        percent(shares["csv"]),
        f">= {percent(GOAL_SHARE)}",
        shares["csv"] >= GOAL_SHARE,
    )
    yield Figure(
        f"{name}, the same",
        per_second(lines, ours),
        f"COPY binary {per_second(rows, limits['binary'])}",
        percent(shares["binary"]),
        f">= {GOAL_RATE // 1000} k/s",
        lines / ours >= GOAL_RATE,
    )
    load = min(loads, key=lambda took: took.cpu)
    copy = min(copies["csv"], key=lambda took: took.cpu)
    idle = lines / (load.cpu / (os.cpu_count() or 1))
    yield Figure(
        f"{name}, processors' time: idle, they do at most {per_second(idle, 1)}",
        f"{load.own / lines * 1e6:.1f} ours + {load.server / lines * 1e6:.1f} server us/line",
        f"COPY csv {copy.cpu / rows * 1e6:.1f} us/line",
        percent(copy.cpu / rows * idle),
    )


def _empty(server: Superuser) -> None:
    server.execute(f"TRUNCATE {_TABLES} CASCADE")
    server.execute("TRUNCATE measurement.count_log")
    server.execute("CHECKPOINT")


def _load(workspace: Workspace, server: Superuser, logs: Logs) -> Took:
    _empty(server)
    with stopwatch(workspace.settings.home / "postgres") as took:
        tally = ground.ingest(workspace, logs.files)
    assert tally.stored, tally
    return took


def _select(server: Superuser) -> str:
    """The table's columns in loading order, so that the file is as good as possible."""
    return f"SELECT {_columns(server)} FROM measurement.requests ORDER BY batch_id, line_number"


def _columns(server: Superuser) -> str:
    row = server.execute(
        "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = 'measurement.requests'::regclass AND attnum > 0 AND NOT attisdropped"
    ).fetchone()
    assert row is not None
    return str(row[0])


def _copy(server: Superuser, path: Path, kind: str) -> Took:
    server.execute("TRUNCATE measurement.requests")
    server.execute("CHECKPOINT")
    with stopwatch(path.parent) as took:
        server.execute(
            f"COPY measurement.requests ({_columns(server)}) FROM '{path}' (FORMAT {kind})"
        )
    return took


def _write_rows(server: Superuser, limit: int) -> tuple[int, float]:
    """The usual way in Python: one row at a time, from existing objects."""
    rows = server.execute(f"{_select(server)} LIMIT {limit}").fetchall()
    _empty(server)
    statement = f"COPY measurement.requests ({_columns(server)}) FROM STDIN"
    with stopwatch() as took, server.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
    return len(rows), took.wall


def _replay(workspace: Workspace, logs: Logs) -> float:
    """The same lines in other files.

    CloudFront's files have another head, so each line is read and recognised by its request id.
    Combined lines have no id: there the head identifies the file, and nothing is read.
    """
    again = logs.folder / "again"
    again.mkdir(exist_ok=True)
    copies = [_with_another_head(path, again) for path in logs.files]
    with stopwatch() as took:
        tally = ground.ingest(workspace, copies)
    assert tally.stored == 0, tally
    return took.wall


def _with_another_head(path: Path, folder: Path) -> Path:
    copy = folder / path.name
    if path.suffix == ".gz":
        content = gzip.decompress(path.read_bytes())
        first, _, rest = content.partition(b"\n")
        copy.write_bytes(gzip.compress(first + b"\n#Again\n" + rest, 6))
    else:
        copy.write_bytes(path.read_bytes())
    return copy


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
