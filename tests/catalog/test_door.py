"""The public interface of ``catalog``."""

from __future__ import annotations

from wavehouse import catalog


def test_the_door_is_sorted_and_everything_in_it_is_there() -> None:
    """The public names of the package are listed once."""
    assert sorted(catalog.__all__) == catalog.__all__
    assert [] == [name for name in catalog.__all__ if not hasattr(catalog, name)]
