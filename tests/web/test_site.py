"""The Host headers that are the site's own."""

from __future__ import annotations

import pytest

from wavehouse.web import Site


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost", True),
        ("localhost:8420", True),
        ("LOCALHOST.:8420", True),
        ("127.0.0.1:8420", True),
        ("[::1]:8420", True),
        ("[::1]", True),
        ("::1", True),
        ("shows.example", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1:8420.evil.example", False),
        ("localhost:port", False),
        ("", False),
    ],
)
def test_a_host_is_ours_by_its_whole_name_and_a_port_of_digits(host: str, allowed: bool) -> None:
    """The check protects against names that are rebound to this machine."""
    assert allowed == Site(hosts=frozenset({"shows.example"})).allows(host)
