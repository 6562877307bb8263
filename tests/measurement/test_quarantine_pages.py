"""The quarantine is replayed and discarded in pages, however many rows wait."""

from __future__ import annotations

from typing import Any

import pytest
from tests import acting

from wavehouse.measurement.service import quarantine


def test_replay_and_discard_handle_every_row_however_many(
    own_desk: Any, hit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are read in pages, by file and offset: no page's end leaves one out or repeats one."""
    monkeypatch.setattr(quarantine, "_ROWS_AT_ONCE", 3)
    good = [hit.but(ip=f"198.51.100.{n}").combined() for n in range(16)]
    for name, lines in (("b.log", good[:8]), ("a.log", good[8:])):
        damaged = [
            line.replace("[18/Nov", "[98/Nov") if n % 4 != 0 else line
            for n, line in enumerate(lines)
        ]
        path = own_desk.write("\n".join([*damaged, "rubbish"]) + "\n", name=name)
        own_desk.ingest(path)
        path.write_text("\n".join([*lines, "rubbish"]) + "\n")
    seen: list[tuple[int, int]] = []
    done = quarantine.replay(
        own_desk.place.stores.operational,
        own_desk.place.settings,
        identity=own_desk.place.identity,
        progress=lambda tried, stored: seen.append((tried, stored)),
    )

    assert (14, 12, 2) == (done.tried, done.stored, done.still_bad)
    assert (14, 12) == seen[-1]
    assert [(16,)] == own_desk.rows("SELECT count(*) FROM measurement.requests")
    assert 2 == acting.operational(own_desk.place, quarantine.discard)
    assert [] == acting.operational(own_desk.place, quarantine.listed)
