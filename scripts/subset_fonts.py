"""Rebuild src/wavehouse/reference/fonts: four weights of Inter, and two fallback fonts for reports.

Run manually when a font changes, in a temporary environment with ``fonttools`` and ``brotli``:

    python scripts/subset_fonts.py

It packs the ``inter-ui`` package with npm (OFL-1.1), keeps Latin, Greek and Cyrillic with the signs
a report needs, and writes one static TrueType file per weight beside the licence text. For Chinese,
Japanese, Korean and emoji it cuts down Debian's ``fonts-droid-fallback`` (Apache-2.0) and npm's
``@expo-google-fonts/noto-emoji`` (OFL-1.1). The list of printable code points covers all of them
(decision 0506).
"""

import io
import subprocess
import tarfile
import tempfile
import unicodedata
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

PACKAGE = "inter-ui@4.1.1"
EMOJI = "@expo-google-fonts/noto-emoji@0.4.7"
CUTS = ("Regular", "Medium", "SemiBold", "Bold")
FALLBACKS = ("DroidSansFallback.ttf", "NotoEmoji-Regular.ttf")
NAMES = [0, 1, 2, 3, 4, 5, 6, 13, 14]
TARGET = Path(__file__).parent.parent / "src/wavehouse/reference/fonts"
UNICODES = (
    "U+0020-007E,U+00A0-024F,U+02BB-02BC,U+02C6,U+02D8-02DD,U+0300-0304,U+0306-030C,U+0323,"
    "U+0327-0328,U+0370-03FF,U+0400-052F,U+1E00-1EFF,U+1F00-1FFF,U+2002-200B,U+2010-2015,"
    "U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2032-2033,U+2039-203A,U+2044,U+20A0-20C0,"
    "U+2116,U+2122,U+2190-2193,U+2212,U+2215,U+2248,U+2260,U+2264-2265,U+25A1,U+FFFD"
)
FEATURES = ["kern", "liga", "calt", "tnum", "mark", "mkmk", "ccmp", "locl", "case"]


def main() -> None:
    """Write the four weights and the licence."""
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
        fallbacks(Path(folder))
    (TARGET / "coverage.txt").write_text(coverage())


def fallbacks(folder: Path) -> None:
    """The two fonts for characters that Inter does not have."""
    subprocess.run(["apt-get", "download", "fonts-droid-fallback"], cwd=folder, check=True)
    debian = next(folder.glob("fonts-droid-fallback*.deb"))
    subprocess.run(["dpkg-deb", "-x", str(debian), "droid"], cwd=folder, check=True)
    droid = next(folder.glob("droid/**/DroidSansFallback.ttf"))
    archive = (
        folder
        / subprocess.run(
            ["npm", "pack", "--silent", EMOJI],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    )
    with tarfile.open(archive) as packed:
        emoji = packed.extractfile("package/400Regular/NotoEmoji_400Regular.ttf")
        assert emoji is not None
        contents = [droid.read_bytes(), emoji.read()]
    for name, content in zip(FALLBACKS, contents, strict=True):
        options = subset.Options(
            layout_features=[], hinting=False, notdef_outline=True, name_IDs=NAMES
        )
        font = TTFont(io.BytesIO(content), recalcTimestamp=False)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=[point for point in font.getBestCmap() if point > 0x58F])
        subsetter.subset(font)
        font.save(TARGET / name)


def cut_down(woff2: bytes, target: Path) -> None:
    """One static weight with only the scripts and features used by reports."""
    options = subset.Options(layout_features=FEATURES, hinting=False, notdef_outline=True)
    font = TTFont(io.BytesIO(woff2), recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(UNICODES))
    subsetter.subset(font)
    font.flavor = None
    font.save(target)
    print(f"{target.name}: {target.stat().st_size:,} bytes")


def coverage() -> str:
    """The code points of all four weights, or a fallback, as hexadecimal ``first-last`` lines."""
    cuts = [set(TTFont(TARGET / f"Inter-{cut}.ttf").getBestCmap()) for cut in CUTS]
    others = [
        {
            p
            for p in TTFont(TARGET / name).getBestCmap()
            if unicodedata.category(chr(p))[0] in "LNPS"
        }
        for name in FALLBACKS
    ]
    lines: list[list[int]] = []
    for point in sorted(set.intersection(*cuts).union(*others)):
        if lines and lines[-1][1] == point - 1:
            lines[-1][1] = point
        else:
            lines.append([point, point])
    return "".join(f"{first:04X}-{last:04X}\n" for first, last in lines)


if __name__ == "__main__":
    main()
