"""The methodology page (R52) says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from wavehouse.measurement import RULE_VERSION

PAGE = (Path(__file__).parents[2] / "docs" / "concepts" / "how-we-count.md").read_text("utf-8")


def test_r52_the_page_has_the_programs_rule_version() -> None:
    """Changing a figure raises the code's version; an outdated page fails."""
    assert RULE_VERSION == re.findall(r"Rule version: `([^`]+)`", PAGE)[0]


def test_r26_the_page_says_what_the_threshold_is() -> None:
    """Header bytes and a minute's bytes, at any position: not only the first minute."""
    assert "at any position" in PAGE
    assert "first minute** of the file" not in PAGE
