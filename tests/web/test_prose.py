"""Scripts as rendered text: structure is read, and nothing a script holds becomes HTML."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wavehouse.web.prose import Passage, Run, passages


def test_headings_lists_and_emphasis_are_read() -> None:
    """Lines of a paragraph are joined; a star that is not a mark stays a star."""
    text = "## Il vento\n\n**Giulia:** Oggi soffia\nda *nord*.\n\n- pane\n2. latte\n\n3 * 4 * 5"

    assert (
        Passage("heading", (Run("Il vento"),)),
        Passage(
            "paragraph",
            (Run("Giulia:", "strong"), Run(" Oggi soffia da "), Run("nord", "em"), Run(".")),
        ),
        Passage("item", (Run("pane"),)),
        Passage("item", (Run("latte"),)),
        Passage("paragraph", (Run("3 * 4 * 5"),)),
    ) == passages(text)


@given(st.text(alphabet="ab *_#-\n<>&[]()1.", max_size=200))
def test_no_letter_is_lost_and_none_is_added(text: str) -> None:
    """Only marks and white space may go."""
    shown = "".join(run.text for each in passages(text) for run in each.runs)

    assert [c for c in text if c in "ab<>&[]"] == [c for c in shown if c in "ab<>&[]"]
