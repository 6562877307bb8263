"""The simulator: lines per second, compared with writing existing lines."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import ground
import measuring
from measuring import Figure, per_second, stopwatch, times

from wavehouse.simulation import log_formats

LINES = 200_000


def figures(size: float) -> Iterator[Figure]:
    """Both formats; CloudFront's is compressed, which is a large part of its cost."""
    with ground.folder() as folder:
        for format_ in log_formats():
            with stopwatch() as took:
                logs = ground.simulated(folder / format_, lines=round(LINES * size), format=format_)
            plain = _written_again(logs.files, folder / "again")
            yield Figure(
                f"simulate {format_}, {logs.lines:,} lines",
                per_second(logs.lines, took.wall),
                f"read, split, write the same {per_second(logs.lines, plain)}",
                times(took.wall / plain),
            )


def _written_again(files: list[Path], out: Path) -> float:
    contents = [
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for path in files
    ]
    with stopwatch() as took:
        for path, content in zip(files, contents, strict=True):
            lines = [f"{line}\n" for line in content.decode().split("\n")]
            if path.suffix == ".gz":
                with gzip.open(out, "wt", compresslevel=6, encoding="utf-8") as file:
                    file.writelines(lines)
            else:
                with out.open("w", encoding="utf-8") as plain:
                    plain.writelines(lines)
    return took.wall


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
