"""The changes that the product may make to the home's permissions."""

from __future__ import annotations

from pathlib import Path

import pytest

from wavehouse.kernel.errors import Refused
from wavehouse.store import EmbeddedServer
from wavehouse.store.binaries import Account, let_pass

STRANGER = Account("stranger", uid=987654, gid=987654, other=True)


def test_a_home_that_is_a_file_is_refused_and_left_as_it_is(home_folder: Path) -> None:
    """A typing error such as WAVEHOUSE_HOME=/etc/passwd must not change that file's mode."""
    file = home_folder / "file"
    file.write_text("mine")
    file.chmod(0o640)
    with pytest.raises(Refused, match="is a file"), EmbeddedServer(file).running():
        pass
    assert (0o640, "mine") == (file.stat().st_mode & 0o7777, file.read_text())


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0o700, 0o711), (0o750, 0o751), (0o711, 0o711), (0o755, 0o755), (0o1777, 0o1777)],
)
def test_a_home_only_gains_the_right_to_pass_through(
    home_folder: Path, mode: int, expected: int
) -> None:
    """An open folder such as /tmp is unchanged; a closed one lets the server's account pass."""
    home_folder.chmod(mode)
    let_pass(home_folder, STRANGER)
    assert expected == home_folder.stat().st_mode & 0o7777
