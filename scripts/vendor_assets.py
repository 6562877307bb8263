"""Copy third-party files into ``web/static``, with ``npm pack`` and without a build.

``python scripts/vendor_assets.py`` fetches, copies and checks; ``--check`` only checks the
committed files and needs no network; ``--pin`` writes the checksums of the fetched files, after a
version was changed manually in ``assets.toml``.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parents[1] / "src/wavehouse/web/static"
MANIFEST = STATIC / "assets.toml"


def sha256(content: bytes) -> str:
    """The checksum pinned in the manifest."""
    return hashlib.sha256(content).hexdigest()


def fetched(asset: dict[str, Any], folder: Path) -> dict[str, bytes]:
    """The asset's listed files, from its npm package."""
    wanted = f"{asset['name']}@{asset['version']}"
    packed = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", str(folder), wanted],
        check=True,
        capture_output=True,
        text=True,
    )
    archive = folder / packed.stdout.strip().splitlines()[-1]
    contents: dict[str, bytes] = {}
    with tarfile.open(archive) as package:
        for file in asset["file"]:
            member = package.extractfile(f"package/{file['from']}")
            if member is None:
                raise SystemExit(f"{wanted} has no file {file['from']}")
            contents[file["to"]] = member.read()
    return contents


def problems(manifest: dict[str, Any]) -> list[str]:
    """Every listed file that is missing or does not match its checksum."""
    found = []
    for asset in manifest["asset"]:
        for file in asset["file"]:
            path = STATIC / file["to"]
            if not path.is_file():
                found.append(f"{file['to']}: absent")
            elif sha256(path.read_bytes()) != file["sha256"]:
                found.append(f"{file['to']}: not the file of {asset['name']} {asset['version']}")
    return found


def pin(text: str, sums: dict[str, str]) -> str:
    """The manifest's text with the checksum of every file replaced."""
    for to, digest in sums.items():
        pattern = rf'(to = "{re.escape(to)}"\nsha256 = ")[0-9a-f]*(")'
        text = re.sub(pattern, rf"\g<1>{digest}\g<2>", text)
    return text


def vendor(manifest: dict[str, Any], *, pinning: bool) -> None:
    """Fetch all files, refuse those that differ from their checksums, then write."""
    contents: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for asset in manifest["asset"]:
            contents |= fetched(asset, Path(folder))
    sums = {to: sha256(content) for to, content in contents.items()}
    pinned = {file["to"]: file["sha256"] for asset in manifest["asset"] for file in asset["file"]}
    changed = [to for to, digest in sums.items() if digest != pinned[to]]
    if changed and not pinning:
        raise SystemExit(f"not what assets.toml pins: {', '.join(changed)}; look, then use --pin")
    for to, content in contents.items():
        path = STATIC / to
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if pinning:
        MANIFEST.write_text(pin(MANIFEST.read_text(encoding="utf-8"), sums), encoding="utf-8")


def main() -> int:
    """Fetch or check; returns 3 when a committed file is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare only, without the network")
    parser.add_argument("--pin", action="store_true", help="write the sums of what was fetched")
    options = parser.parse_args()
    if not options.check:
        vendor(tomllib.loads(MANIFEST.read_text(encoding="utf-8")), pinning=options.pin)
    found = problems(tomllib.loads(MANIFEST.read_text(encoding="utf-8")))
    print("\n".join(found) or "all assets are what assets.toml says")
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main())
