"""Every requirement has a correct row; every finished rule has a test with its number."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REQUIRED = {
    "LIS": 9,
    "LRN": 7,
    "CRE": 14,
    "POD": 12,
    "OPS": 26,
}
RULES = [
    *range(1, 18),
    *range(20, 23),
    *range(26, 32),
    33,
    34,
    41,
]
ATTRIBUTION = [21, 22]
TEST_NAME = re.compile(r"^\s*def (test_\w+)", re.MULTILINE)


@pytest.fixture(scope="module")
def rows(root: Path) -> dict[str, list[str]]:
    """The rows of the page by their first cell."""
    page = (root / "docs" / "traceability.md").read_text(encoding="utf-8")
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if re.match(r"\| (?:[A-Z]{3}-\d+|R\d\d|AT\d\d) ", line)
    ]
    assert len(cells) == len({row[0] for row in cells})
    return {row[0]: row[1:] for row in cells}


@pytest.fixture(scope="module")
def test_names(root: Path) -> list[str]:
    """The name of every test."""
    files = sorted((root / "tests").rglob("test_*.py"))
    return [name for f in files for name in TEST_NAME.findall(f.read_text(encoding="utf-8"))]


def _requirements(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    return {key: row for key, row in rows.items() if "-" in key}


def test_every_requirement_has_a_row(rows: dict[str, list[str]]) -> None:
    """LIS-1 to OPS-26, each exactly once."""
    wanted = {f"{kind}-{n}" for kind, last in REQUIRED.items() for n in range(1, last + 1)}

    assert wanted == set(_requirements(rows))


def test_every_row_has_a_status_an_owner_and_an_issue(rows: dict[str, list[str]]) -> None:
    """One of three statuses; a context or the documents; an issue's number or "later"."""
    faults = [
        key
        for key, row in _requirements(rows).items()
        if row[1] not in {"done", "partly", "planned"}
        or not re.fullmatch(r"[a-z]+", row[2])
        or not re.fullmatch(r"\d+|later", row[3])
    ]

    assert [] == faults


def test_every_path_of_a_row_exists(root: Path, rows: dict[str, list[str]]) -> None:
    """The named code, migrations, tests and pages exist."""
    faults = [
        f"{key}: {path}"
        for key, row in _requirements(rows).items()
        for path in re.findall(r"`([^`]+)`", row[4])
        if not (root / path).exists()
    ]

    assert [] == faults


def test_what_is_done_names_code_and_what_shows_it(rows: dict[str, list[str]]) -> None:
    """Done rows name a test, or a page that says how to see it; begun ones name their code."""
    faults = []
    for key, row in _requirements(rows).items():
        paths = re.findall(r"`([^`]+)`", row[4])
        shown = any(path.startswith(("tests/", "docs/runbooks/")) for path in paths)
        if (row[1] == "done" and not shown) or (row[1] != "planned" and not paths):
            faults.append(key)

    assert [] == faults


@pytest.mark.parametrize("number", RULES)
def test_every_counting_rule_of_this_issue_has_a_test_with_its_number(
    rows: dict[str, list[str]], test_names: list[str], number: int
) -> None:
    """``test_r27_…``; the number may also stand later in the name."""
    mine = [n for n in test_names if re.search(rf"_r{number:02}(?:_|$)", n)]

    assert f"R{number:02}" in rows
    assert mine


@pytest.mark.parametrize("number", ATTRIBUTION)
def test_every_money_rule_of_this_issue_has_a_test_with_its_number(
    rows: dict[str, list[str]], test_names: list[str], number: int
) -> None:
    """A test's name contains ``at21`` or the rule's other number."""
    assert f"AT{number}" in rows
    assert [n for n in test_names if re.search(rf"_at{number}(?:_|$)", n)]


def test_a_rule_that_is_called_done_has_a_test_with_its_number(
    rows: dict[str, list[str]], test_names: list[str]
) -> None:
    """The check does not depend on the issue that built the rule."""
    done = [key for key, row in rows.items() if "-" not in key and row[1] in {"done", "partly"}]
    without = [
        key
        for key in done
        if not any(re.search(rf"_{key.lower()}(?:_|$)", name) for name in test_names)
    ]

    assert [] == without


def test_the_page_names_no_rule_as_done_that_the_methodology_calls_unbuilt(
    root: Path, rows: dict[str, list[str]]
) -> None:
    """The two pages must not contradict each other."""
    page = (root / "docs" / "concepts" / "how-we-count.md").read_text(encoding="utf-8")
    unbuilt = set(re.findall(r"R\d\d", page.split("Not built yet:")[1].split("\n\n")[0])) - {"R13"}

    assert set() == unbuilt & {key for key, row in rows.items() if row[1] == "done"}
