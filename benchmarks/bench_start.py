"""The command line: the cost of a command as a whole process."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import measuring
from measuring import Figure, child_cpu, milliseconds, times

GOAL = 0.080


def figures(size: float) -> Iterator[Figure]:
    """CPU of user and system, best of several; compared with the interpreter and click alone."""
    runs = max(3, round(9 * size))
    bare = child_cpu([sys.executable, "-c", "pass"], runs)
    click = child_cpu([sys.executable, "-c", "import click"], runs)
    for arguments in (
        ["--version"],
        ["--help"],
        ["ingest", "--help"],
        ["ingest", "logs", "--help"],
    ):
        ours = child_cpu([sys.executable, "-m", "wavehouse", *arguments], runs)
        yield Figure(
            f"wavehouse {' '.join(arguments)}",
            f"{milliseconds(ours)} CPU",
            f"python {milliseconds(bare)}, with click {milliseconds(click)}",
            f"{times(ours / bare)}, {times(ours / click)}",
            f"< {milliseconds(GOAL)}",
            ours < GOAL,
        )


if __name__ == "__main__":
    measuring.main(__doc__ or "", figures)
