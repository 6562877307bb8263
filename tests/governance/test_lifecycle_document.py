"""``docs/DATA_LIFECYCLE_AND_GOVERNANCE.md``: every link, status, owner and command is checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "DATA_LIFECYCLE_AND_GOVERNANCE.md"
OWNERS = {"listener platform", "platform operations"}
DATABASES = {"listeners", "operational", "analytics", "learning"}
_LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")


def rows(title: str) -> list[list[str]]:
    """The rows of the table below a heading, as cells."""
    text = PAGE.read_text(encoding="utf-8")
    assert f"\n## {title}\n" in text
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_lis9_each_row_leads_from_schema_to_erd_policy_workflow_and_test() -> None:
    """Links lead to existing files of their kind, anchors to headings of this page."""
    page = PAGE.read_text(encoding="utf-8")
    kinds = (
        ("reference/dictionary/", "decisions/"),
        ("reference/erd/",),
        ("#",),
        ("runbooks/", "guides/"),
        ("../tests/",),
    )
    table = rows("From schema to test")
    databases = set()
    for data, *cells in table:
        for cell, starts in zip(cells, kinds, strict=True):
            links = _LINK.findall(cell)
            assert links or cell == "–", (data, cell)
            for link in links:
                assert link.startswith(starts), (data, link)
                if link.startswith("#"):
                    heading = link[1:].replace("-", " ")
                    assert heading in page.lower().replace("-", " "), link
                    continue
                target = (PAGE.parent / link).resolve()
                assert target.is_file(), link
                if link.startswith("../tests/"):
                    assert "\ndef test_" in target.read_text(encoding="utf-8"), link
                databases |= {part for part in Path(link).parts if part in DATABASES}

    assert len(table) >= 9
    assert databases >= DATABASES


def test_the_dictionary_and_the_diagram_of_a_row_are_of_the_same_schema() -> None:
    """A diagram beside another table's dictionary would mislead."""
    for data, dictionary, diagram, *_ in rows("From schema to test"):
        schemas = [link.split("/", 2)[2] for link in _LINK.findall(dictionary) if "dict" in link]
        drawn = [link.split("/", 2)[2] for link in _LINK.findall(diagram)]
        assert schemas == drawn, data


def test_confirmed_requirements_have_the_status_of_traceability_and_an_owner() -> None:
    """Both tables say the same."""
    text = (ROOT / "docs" / "traceability.md").read_text(encoding="utf-8")
    known = dict(re.findall(r"^\| ([A-Z]{3}-\d+) \| [^|]+ \| (\w+) \|", text, re.MULTILINE))
    table = rows("Confirmed requirements")

    assert {"LIS-3", "LIS-5", "LIS-9", "POD-10", "OPS-3", "OPS-10", "OPS-20"} <= {
        row[0] for row in table
    }
    for requirement, confirmed, owner, status in table:
        assert known[requirement] == status, requirement
        assert owner in OWNERS
        assert confirmed


def test_open_questions_have_an_owner_a_status_and_what_holds_meanwhile() -> None:
    """Nothing is open without somebody to ask."""
    table = rows("Open questions")

    assert table
    for question, meanwhile, owner, status in table:
        assert question.endswith("?")
        assert meanwhile
        assert owner in OWNERS
        assert status in ("open", "answered")


@pytest.mark.parametrize("name", ["retention", "audit", "backup-and-restore", "erasure"])
def test_lis5_a_runbook_names_its_reader_and_has_commands(name: str) -> None:
    """The commands themselves are checked with those of all documents."""
    text = (ROOT / "docs" / "runbooks" / f"{name}.md").read_text(encoding="utf-8")

    assert text.count("wavehouse ") >= 5
    if name == "retention":
        assert all(owner in text.lower() for owner in OWNERS)
