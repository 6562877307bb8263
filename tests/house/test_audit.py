"""NOTICE lists the installed packages; licences are permissive or have a reason."""

from __future__ import annotations

from pathlib import Path

from scripts import audit

ROOT = Path(__file__).parents[2]


def test_notice_lists_the_packages_of_the_product_with_their_licences() -> None:
    """`python scripts/audit.py --notice` writes the list."""
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for line in audit.notice_list().splitlines():
        assert line in notice.splitlines()


def test_licences_are_permissive_or_have_a_reason() -> None:
    """The check covers every installed package, including development tools."""
    packages = [*audit.names_in("requirements.lock"), *audit.names_in("requirements-dev.lock")]

    assert [] == audit.licence_findings(packages)


def test_a_licence_that_is_not_permissive_is_found() -> None:
    """The check must be able to fail."""
    for licence in ("GPL-3.0", "AGPL-3.0-only", "unknown", "MIT AND GPL-2.0", ""):
        assert not audit.PERMISSIVE.fullmatch(licence)
