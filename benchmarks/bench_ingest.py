"""Stored, de-duplicated ingest, beside server-side COPY of the same rows into the same table.

The limit is what PostgreSQL itself does with the rows that our ingest made: written to a file on
the server by COPY TO, read back by COPY FROM into the emptied, partitioned, indexed table. It has
nothing to parse, to look up or to compare. Each is run twice in turn; the better run counts.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import ground
import measuring
from ground import Logs, Superuser, superuser
from measuring import Figure, best, per_second, percent, stopwatch, times

from wavehouse.accounts import Workplace
from wavehouse.simulation import LogFormat

LINES = 300_000
GOAL_SHARE = 0.55
GOAL_RATE = 100_000
GOAL_REPLAY = 2.0
_TABLES: LiteralString = "measurement.requests, measurement.source_files"


def figures(size: float) -> Iterator[Figure]:
    """Both formats in turn, each in databases of its own."""
    for format_ in (LogFormat.CLOUDFRONT, LogFormat.COMBINED):
        with ground.workplace() as place:
            logs = ground.simulated(
                place.settings.home / "sim", lines=round(LINES * size), format=format_
            )
            ground.register(place, logs)
            yield from _format(place, logs, format_)


def _format(place: Workplace, logs: Logs, format_: LogFormat) -> Iterator[Figure]:
    with superuser(place) as server:
        first = _load(place, server, logs)
        rows = server.execute("SELECT count(*) FROM measurement.requests").fetchone()[0]  # type: ignore[index]
        copies = {
            "CSV": place.settings.home / "postgres" / "rows.csv",
            "BINARY": place.settings.home / "postgres" / "rows.bin",
        }
        for kind, path in copies.items():
            server.execute(f"COPY ({_select(server)}) TO '{path}' (FORMAT {kind})")
        by_hand = _write_rows(server, limit=min(rows, 50_000))
        limit = {kind: _copy(server, path, kind) for kind, path in copies.items()}
        again = _load(place, server, logs)
        limit = {k: min(limit[k], _copy(server, path, k)) for k, path in copies.items()}
        ours = min(first, again, _load(place, server, logs))
        replay = best(lambda: _replay(place, logs), 1)
    name = f"ingest {format_.value}{' gz' if format_ is LogFormat.CLOUDFRONT else ''}"
    csv, binary = rows / limit["CSV"], rows / limit["BINARY"]
    rate = logs.lines / ours
    yield Figure(
        f"{name}, {logs.lines:,} lines",
        per_second(logs.lines, ours),
        f"COPY CSV {per_second(rows, limit['CSV'])}",
        percent(rate / csv),
        f">= {percent(GOAL_SHARE)}",
        rate / csv >= GOAL_SHARE,
    )
    yield Figure(
        f"{name}, the same",
        per_second(logs.lines, ours),
        f"COPY BINARY {per_second(rows, limit['BINARY'])}",
        percent(rate / binary),
        f">= {GOAL_RATE // 1000} k/s",
        rate >= GOAL_RATE,
    )
    yield Figure(
        f"{name}, the same",
        per_second(logs.lines, ours),
        f"psycopg write_row, no parsing {per_second(*by_hand)}",
        times(rate / (by_hand[0] / by_hand[1])),
    )
    told = "told by their ids" if format_ is LogFormat.CLOUDFRONT else "told by their heads"
    yield Figure(
        f"{name}, its lines again in other files, {told}",
        per_second(logs.lines, replay),
        f"first load {per_second(logs.lines, ours)}",
        times(ours / replay),
        f">= {times(GOAL_REPLAY)}",
        ours / replay >= GOAL_REPLAY,
    )


def _empty(server: Superuser) -> None:
    server.execute(f"TRUNCATE {_TABLES} CASCADE")
    server.execute("TRUNCATE measurement.count_log")
    server.execute("CHECKPOINT")


def _load(place: Workplace, server: Superuser, logs: Logs) -> float:
    _empty(server)
    with stopwatch() as took:
        tally = ground.ingest(place, logs.files)
    assert tally.stored, tally
    return took.wall


def _select(server: Superuser) -> str:
    """The table's columns in the order of loading, so that the file is as good as it can be."""
    return f"SELECT {_columns(server)} FROM measurement.requests ORDER BY batch_id, line_number"


def _columns(server: Superuser) -> str:
    row = server.execute(
        "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = 'measurement.requests'::regclass AND attnum > 0 AND NOT attisdropped"
    ).fetchone()
    assert row is not None
    return str(row[0])


def _copy(server: Superuser, path: Path, kind: str) -> float:
    server.execute("TRUNCATE measurement.requests")
    server.execute("CHECKPOINT")
    with stopwatch() as took:
        server.execute(
            f"COPY measurement.requests ({_columns(server)}) FROM '{path}' (FORMAT {kind})"
        )
    return took.wall


def _write_rows(server: Superuser, limit: int) -> tuple[int, float]:
    """The usual way of a Python program: a row at a time, from objects it has already."""
    rows = server.execute(f"{_select(server)} LIMIT {limit}").fetchall()
    _empty(server)
    statement = f"COPY measurement.requests ({_columns(server)}) FROM STDIN"
    with stopwatch() as took, server.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
    return len(rows), took.wall


def _replay(place: Workplace, logs: Logs) -> float:
    """The same lines in other files.

    CloudFront's have another head, so that each line is read and told by its request id. Lines of
    combined have no id of their own: there the head tells, and nothing is read.
    """
    again = logs.folder / "again"
    again.mkdir(exist_ok=True)
    copies = [_with_another_head(path, again) for path in logs.files]
    with stopwatch() as took:
        tally = ground.ingest(place, copies)
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
