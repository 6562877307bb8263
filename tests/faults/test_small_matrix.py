"""A few kills of the matrix (`make faults` runs the others).

In the gate, ``journeys/test_truth_under_faults.py`` kills and stops programs.
"""

from __future__ import annotations

import pytest
from tests.faults import ladders, late, matrix


@pytest.mark.harness
@pytest.mark.parametrize(("stage", "blow"), [("ingest", "server SIGKILL"), ("rollup", "SIGTERM")])
def test_struck_and_typed_again_the_end_is_the_truth(stage: str, blow: str) -> None:
    """One fault each: nothing is lost or doubled, no partial report, a one-sentence error."""
    (cell,) = matrix.run_matrix((stage,), (blow,), 1, people=150, days=4)

    assert [] == cell.wrong
    assert cell.kills + cell.missed > 0


@pytest.mark.harness
def test_late_rows_by_four_programs_some_killed_end_as_a_rebuild() -> None:
    """A small `make late`: the truth, no hour computed again without a reason, no mismatch."""
    with matrix.folder() as folder:
        outcome = late.run(folder, people=60, days=6, late=1_500)

    assert [] == outcome.wrong
    assert outcome.late > 300


@pytest.mark.harness
def test_a_struck_runners_ladder_ends_as_an_undisturbed_one() -> None:
    """A small `make ladders`: eight kills, nothing applied twice, no invalid index."""
    cells = ladders.run(8)

    assert [] == [text for cell in cells for text in cell.wrong]
    assert 8 <= sum(cell.kills for cell in cells)
