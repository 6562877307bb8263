"""Rebuild src/wavehouse/reference/fonts: four cuts of Inter for the reports.

Run by hand when Inter changes, in a throw-away environment with ``fonttools`` and ``brotli``:

    python scripts/subset_fonts.py

It packs the ``inter-ui`` package with npm (OFL-1.1), keeps Latin, Greek and Cyrillic with the
signs a report needs, and writes one static TrueType file per weight beside the licence text and the
list of the code points that can be printed.
"""

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

PACKAGE = "inter-ui@4.1.1"
CUTS = ("Regular", "Medium", "SemiBold", "Bold")
TARGET = Path(__file__).parent.parent / "src/wavehouse/reference/fonts"
UNICODES = (
    "U+0020-007E,U+00A0-024F,U+02BB-02BC,U+02C6,U+02D8-02DD,U+0300-0304,U+0306-030C,U+0323,"
    "U+0327-0328,U+0370-03FF,U+0400-052F,U+1E00-1EFF,U+1F00-1FFF,U+2002-200B,U+2010-2015,"
    "U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2032-2033,U+2039-203A,U+2044,U+20A0-20C0,"
    "U+2116,U+2122,U+2190-2193,U+2212,U+2215,U+2248,U+2260,U+2264-2265,U+25A1,U+FFFD"
)
FEATURES = ["kern", "liga", "calt", "tnum", "mark", "mkmk", "ccmp", "locl", "case"]


def main() -> None:
    """Write the four cuts and the licence."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
        archive = next(Path(folder).glob("*.tgz"))
        with tarfile.open(archive) as packed:
            for cut in CUTS:
                source = packed.extractfile(f"package/web/Inter-{cut}.woff2")
                assert source is not None
                cut_down(source.read(), TARGET / f"Inter-{cut}.ttf")
            licence = packed.extractfile("package/LICENSE.txt")
            assert licence is not None
            (TARGET / "LICENSE-Inter.txt").write_bytes(licence.read())
    (TARGET / "coverage.txt").write_text(coverage())


def cut_down(woff2: bytes, target: Path) -> None:
    """One static cut with only the scripts and features the reports use."""
    options = subset.Options(layout_features=FEATURES, hinting=False, notdef_outline=True)
    font = TTFont(io.BytesIO(woff2), recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(UNICODES))
    subsetter.subset(font)
    font.flavor = None
    font.save(target)
    print(f"{target.name}: {target.stat().st_size:,} bytes")


def coverage() -> str:
    """The code points that all four cuts have, as lines of ``first-last`` in hexadecimal."""
    cuts = [set(TTFont(TARGET / f"Inter-{cut}.ttf").getBestCmap()) for cut in CUTS]
    lines: list[list[int]] = []
    for point in sorted(set.intersection(*cuts)):
        if lines and lines[-1][1] == point - 1:
            lines[-1][1] = point
        else:
            lines.append([point, point])
    return "".join(f"{first:04X}-{last:04X}\n" for first, last in lines)


if __name__ == "__main__":
    main()
