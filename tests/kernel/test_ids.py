from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from wavehouse.kernel import ids

instants = st.integers(946_684_800, 4_102_444_800).map(lambda s: datetime.fromtimestamp(s, UTC))


def test_uuid7_is_of_version_7_and_ordered_by_time() -> None:
    made = [ids.uuid7() for _ in range(50)]
    assert {7} == {u.version for u in made}
    assert [u.int >> 80 for u in made] == sorted(u.int >> 80 for u in made)
    assert 50 == len(set(made))


@given(instants, st.lists(st.text(), min_size=1, max_size=3))
def test_uuid8_is_the_same_for_the_same_fact(instant: datetime, parts: list[str]) -> None:
    made = ids.uuid8(instant, *parts)
    assert made == ids.uuid8(instant, *parts)
    assert 8 == made.version
    assert int(instant.timestamp() * 1000) == made.int >> 80


def test_uuid8_keeps_the_borders_of_its_parts() -> None:
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    assert ids.uuid8(instant, "ab", "c") != ids.uuid8(instant, "a", "bc")


def test_a_named_id_depends_on_its_namespace() -> None:
    assert ids.named("seed", "a") == ids.named("seed", "a")
    assert ids.named("seed", "a") != ids.named("other", "a")
