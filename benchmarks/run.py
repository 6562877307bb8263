"""All benchmarks in one table: goal, figure, and the peer's figure.

    .venv/bin/python benchmarks/run.py                  all of them, some minutes
    .venv/bin/python benchmarks/run.py ingest rollup    some of them
    .venv/bin/python benchmarks/run.py --size 0.1       a taste
    .venv/bin/python benchmarks/run.py --out FILE.md    the table as a document, too

The exit code shows whether they ran, not whether a goal was met, as the machine may be busy.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

from measuring import Table, machine, options

HERE = Path(__file__).parent
NAMES = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def main() -> int:
    """Run the selected benchmarks; 1 when one failed."""
    parser = options("Measure the promises of speed; print ratios.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--out", type=Path, help="write the table there as Markdown")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    print(machine(), flush=True)
    began, table, broken = time.perf_counter(), Table(), []
    for name in chosen.names or NAMES:
        print(f"\n{name}", flush=True)
        try:
            for figure in importlib.import_module(f"bench_{name}").figures(chosen.size):
                table.add(figure)
        except Exception as error:
            broken.append(name)
            print(f"  BROKEN: {type(error).__name__}: {error}", flush=True)
    text = _document(table, chosen.size, chosen.names, time.perf_counter() - began, broken)
    print(f"\n{text}")
    if chosen.out:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text(text + "\n", encoding="utf-8")
    return 1 if broken else 0


def _document(
    table: Table, size: float, names: list[str], seconds: float, broken: list[str]
) -> str:
    again = " ".join([".venv/bin/python benchmarks/run.py", *names, f"--size {size:g}"])
    lost = [
        f"- {f.what}: {f.ours} ({f.ratio}; goal {f.goal})" for f in table.rows if f.met is False
    ]
    return "\n".join(
        [
            f"Measured {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC on {machine()},",
            f"in {seconds:.0f} s, by `{again}` (`make bench` runs all).",
            "",
            table.text(),
            "",
            "Where we lose:" if lost else "No goal was missed in this run.",
            *lost,
            *(f"- {name} did not run" for name in broken),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
