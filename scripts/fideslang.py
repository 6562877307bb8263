"""Compare the vocabulary with the package fideslang: ``make fideslang``.

The package pins pydantic below 2.13, so it cannot be in the environment of development: it gets a
temporary one of its own. Exit code 3 when a key differs. It is not part of the gate.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
VOCABULARY = ROOT / "src" / "wavehouse" / "governance" / "vocabulary.toml"
KINDS = {"categories": "data_category", "uses": "data_use", "subjects": "data_subject"}
"""Our lists, and the attributes of the package's taxonomy."""
READER = """
import json
from fideslang.default_taxonomy import DEFAULT_TAXONOMY as taxonomy
kinds = ("data_category", "data_use", "data_subject")
keys = {kind: [str(each.fides_key) for each in getattr(taxonomy, kind)] for kind in kinds}
print(json.dumps(keys))
"""


def packaged(version: str) -> dict[str, list[str]]:
    """The keys of the package, by attribute."""
    with tempfile.TemporaryDirectory() as folder:
        python = f"{folder}/bin/python"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        install = [python, "-m", "pip", "install", "--quiet", f"fideslang=={version}"]
        subprocess.run(install, check=True)
        done = subprocess.run([python, "-c", READER], check=True, capture_output=True, text=True)
    keys: dict[str, list[str]] = json.loads(done.stdout)
    return keys


def main() -> int:
    """Print each kind with the number of equal keys, and every key that only one side has."""
    ours = tomllib.loads(VOCABULARY.read_text(encoding="utf-8"))
    theirs = packaged(ours["version"])
    wrong = 0
    for kind, attribute in KINDS.items():
        own, packed = set(ours[kind]), set(theirs[attribute])
        print(f"{kind}: {len(own & packed)} equal of {len(packed)} in fideslang {ours['version']}")
        for key in sorted(own ^ packed):
            print(f"  {key}: only {'here' if key in own else 'in the package'}")
            wrong += 1
    return 3 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
