from wavehouse import sponsorship


def test_the_door_is_sorted_and_complete() -> None:
    """Every listed name exists, in sorted order."""
    names = sponsorship.__all__
    assert sorted(names, key=lambda n: (not n[0].isupper(), n)) == names
    assert [] == [name for name in names if not hasattr(sponsorship, name)]
