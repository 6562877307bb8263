"""``make audit``: bandit on the source, and the licence of every package that is installed.

New findings are errors. Every exception has a reason here; an exception that is no longer needed is
an error too, so that the list stays correct. ``--notice`` writes the list of packages to NOTICE.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "wavehouse"
NOTICE = ROOT / "NOTICE"
BEGIN = "Installed beside it, under their own licences (`make audit` compares this list):\n"

# (bandit rule, file or folder) → the reason why it is allowed there.
EXCEPTIONS = {
    ("B101", ""): "asserts narrow types; nothing that must be checked depends on one",
    ("B105", "accounts/rules.py"): "'!' marks an account without a password",
    ("B107", "listeners/http/"): "an empty token is the default of an optional query parameter",
    ("B107", "web/access.py"): "an empty token is the default of an optional query parameter",
    ("B311", "schema/service/session.py"): "randomness spreads the waits for a lock",
    ("B311", "simulation/"): "a simulation must be repeatable by its seed",
    ("B404", "store/embedded.py"): "the embedded server consists of programs",
    ("B603", "store/embedded.py"): "arguments are a list; the one shell line is a constant",
    ("B104", "kernel/serving.py"): "recognizes the address, binds nothing",
    ("B105", "web/page_context.py"): "sentences about passwords",
    ("B105", "backups/demo.py"): "the demo signs its own invented payment events",
    ("B106", "web/listener_erasure.py"): "an empty token on the page of deleting an account",
    ("B506", "governance/adapters/classification_file.py"): "the loader derives from SafeLoader",
    ("B106", "web/entering.py"): "an empty token on the page of signing in",
    (
        "B107",
        "entitlements/http/feeds.py",
    ): "an empty token is the default of an optional parameter",
    ("B107", "web/members.py"): "an empty token is the default of an optional query parameter",
    ("B311", "learning/"): "simulated learners and choices must be repeatable by their seed",
    ("B311", "queue/service/worker.py"): "randomness spreads the waits of workers",
    ("B311", "webhooks/service/delivering.py"): "randomness spreads the retries",
    ("B404", "cli/demo_by_itself.py"): "starts this program's own workers",
    ("B603", "cli/demo_by_itself.py"): "arguments are a list of constants",
    ("B404", "studio/adapters/"): "speech and PDFs are read by programs of their own, with limits",
    ("B603", "studio/adapters/"): "arguments are a list; texts go by standard input",
    ("B405", "studio/rules/feed.py"): "writes XML, reads none",
    (
        "B608",
        "engines/",
    ): "names of tables and columns are constants of measurement/rules/warehouse.py,"
    " a database's name is checked, dates are formatted dates, values are parameters",
    ("B608", "measurement/formats/"): "DuckDB, in memory: columns and lists of our own, files as "
    "parameters (docs/decisions/0604)",
    ("B608", "schema/adapters/objects.py"): "parts of statements that are constants of the file",
    ("B704", "listeners/http/"): "markup is a constant around one escaped token",
    ("B704", "web/"): "SVG from charts/, which escapes every word (kernel/words.py)",
}
_ONE = (
    r"MIT(-0)?( License)?|(2|3)-Clause BSD License|BSD([- ](2|3)-Clause)?( License)?|PSF-2\.0|"
    r"0BSD|"
    r"ISC( License.*)?|Apache(( |-)2(\.0)?)?|Apache Software License|"
    r"Apache License, Version 2\.0|Zlib|"
    r"(The )?Unlicense.*|CC0.*|Python Software Foundation License"
)
PERMISSIVE = re.compile(f"({_ONE})( (AND|OR) ({_ONE}))*")
# Not permissive, with the reason why the product may still be installed with it.
WEAK_COPYLEFT = {
    "certifi": "MPL-2.0: a list of certificates, used as it is",
    "hypothesis": "MPL-2.0: runs tests, is not installed with the product",
    "espeakng-loader": "MIT with eSpeak NG (GPL-3.0): the extra speech; runs as another program",
    "lameenc": "LGPL-3.0: imported as a library, can be replaced by another version",
    "mutagen": "GPL-2.0: reads our tags in tests, is not installed with the product",
    "pathspec": "MPL-2.0: used by tools of development",
    "axe-playwright-python": "names no licence; brings axe-core (MPL-2.0): only runs tests",
    "mygpoclient": "GPL-3.0: the other side of a conformance test, not installed with the product",
    "psycopg": "LGPL-3.0: imported as a library, can be replaced by another version",
    "psycopg-binary": "LGPL-3.0: imported as a library, can be replaced by another version",
    "psycopg-pool": "LGPL-3.0: imported as a library, can be replaced by another version",
}


def names_in(lock: str) -> list[str]:
    """The packages of a lock file, by name."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return sorted(set(re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)), key=str.lower)


def licence_of(name: str) -> str | None:
    """A package's declared licence; None if it is not installed on this platform."""
    try:
        found = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classifiers = found.get_all("Classifier") or []
    named = [each.split(" :: ")[-1] for each in classifiers if each.startswith("License ::")]
    text = found["License-Expression"] or (found["License"] or "").strip().splitlines()
    first = text if isinstance(text, str) else (text[0] if text else "")
    if not first or len(first) > 60:
        first = named[0] if named else "unknown"
    return first


def licence_findings(names: list[str]) -> list[str]:
    """Packages whose licence is neither permissive nor an allowed exception."""
    found = []
    for name in names:
        licence = licence_of(name)
        if licence is None or name.lower() in WEAK_COPYLEFT:
            continue
        if not PERMISSIVE.fullmatch(licence):
            found.append(f"{name}: {licence}")
    return found


def bandit_findings() -> tuple[list[str], set[tuple[str, str]]]:
    """Findings of bandit beyond the exceptions, and the exceptions that were needed."""
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", str(SOURCE), "-f", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout:
        raise SystemExit(f"bandit failed: {done.stderr[-300:]}")
    found, used = [], set()
    for each in json.loads(done.stdout)["results"]:
        name = Path(each["filename"]).relative_to(SOURCE).as_posix()
        reasons = [
            key for key in EXCEPTIONS if key[0] == each["test_id"] and name.startswith(key[1])
        ]
        used.update(reasons)
        if not reasons:
            found.append(f"{name}:{each['line_number']}: {each['test_id']} {each['issue_text']}")
    return found, used


def notice_list() -> str:
    """The packages of the product with their licences, as in NOTICE."""
    lines = []
    for name in names_in("requirements.lock"):
        licence = licence_of(name)
        if licence is not None:
            lines.append(f"  {name}: {licence}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the findings; 1 if there are any."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--notice", action="store_true", help="write the list into NOTICE")
    if options.parse_args().notice:
        text = NOTICE.read_text(encoding="utf-8").partition(BEGIN)[0].rstrip("\n")
        NOTICE.write_text(f"{text}\n\n{BEGIN}{notice_list()}", encoding="utf-8")
        return 0
    packages = sorted({*names_in("requirements.lock"), *names_in("requirements-dev.lock")})
    licences = licence_findings(packages)
    code, used = bandit_findings()
    unused = [f"an unneeded exception: {key}" for key in EXCEPTIONS if key not in used]
    known = {name.lower() for name in packages}
    unused += [f"an unneeded exception: {name}" for name in WEAK_COPYLEFT if name not in known]
    for finding in (*licences, *code, *unused):
        print(finding)
    print(
        f"{len(packages)} packages, {len(licences)} licences to look at; bandit: {len(code)} "
        f"findings, {len(used)} exceptions with a reason, {len(unused)} without a need."
    )
    return 1 if licences or code or unused else 0


if __name__ == "__main__":
    sys.exit(main())
