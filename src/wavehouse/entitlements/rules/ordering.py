"""The order in which events happened, independent of their arrival (E7).

The provider's times are whole seconds, so ties are usual. They are resolved by the rank of the type
(created < updated < deleted), then by the chain of previous attributes, then by the event's id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from wavehouse.entitlements.types import Fact, Scalar

_CREATED, _CHANGED, _DELETED = 0, 1, 2
_LONGEST, _TRIES = 12, 2_000
Follows = Callable[[Fact, Mapping[str, Scalar]], bool]


def rank(kind: str) -> int:
    """The rank of a type within a second."""
    if kind.endswith((".created", ".granted", ".linked")):
        return _CREATED
    return _DELETED if kind.endswith(".deleted") else _CHANGED


def ordered(facts: Iterable[Fact]) -> list[Fact]:
    """Each event once, in order. Copies of an event count as one."""
    distinct = {fact.event_id: fact for fact in facts}.values()
    listed = sorted(distinct, key=lambda f: (f.created, rank(f.type), f.event_id))
    latest: dict[str, Mapping[str, Scalar]] = {}
    result: list[Fact] = []
    for _, group in groupby(listed, key=lambda f: (f.created, rank(f.type))):
        for fact in _chained(list(group), latest):
            latest[fact.subject] = fact.values
            result.append(fact)
    return result


def _chained(group: list[Fact], latest: Mapping[str, Mapping[str, Scalar]]) -> list[Fact]:
    """A group of one second; the events of each object in the order of their changes."""
    subjects: dict[str, list[Fact]] = {}
    for fact in group:
        subjects.setdefault(fact.subject, []).append(fact)
    queues = {s: iter(_chain(facts, latest.get(s))) for s, facts in subjects.items()}
    return [next(queues[fact.subject]) for fact in group]


def _chain(facts: list[Fact], before: Mapping[str, Scalar] | None) -> list[Fact]:
    """Events of one object, each after the one whose result it changed; by id where none fits.

    A chain that uses all of them is preferred: an object may return to a state within a second. So
    is one in which values that an event does not name as changed are the same before it: an event
    that changed other fields only, such as a charge's, does not come after the refund.
    """
    if len(facts) > _LONGEST:
        return facts
    for follows in (_continues, _follows):
        whole = _whole(facts, before, [_TRIES], follows)
        if whole is not None:
            return whole
    left, result = list(facts), list[Fact]()
    while left:
        heads = [f for f in left if before is not None and _follows(f, before)]
        chosen = (heads or left)[0]
        left.remove(chosen)
        result.append(chosen)
        before = chosen.values
    return result


def _whole(
    left: list[Fact], before: Mapping[str, Scalar] | None, tries: list[int], follows: Follows
) -> list[Fact] | None:
    """A chain of all events, the first one by their ids; None without such a chain."""
    if not left:
        return []
    tries[0] -= 1
    if tries[0] < 0:
        return None
    for fact in left:
        if before is not None and not follows(fact, before):
            continue
        rest = _whole([f for f in left if f is not fact], fact.values, tries, follows)
        if rest is not None:
            return [fact, *rest]
    return None


def _follows(fact: Fact, values: Mapping[str, Scalar]) -> bool:
    """Whether an update's previous values equal these."""
    return bool(fact.previous) and all(
        values.get(name) == value for name, value in fact.previous.items()
    )


def _continues(fact: Fact, values: Mapping[str, Scalar]) -> bool:
    """Whether these are all values before an update: the previous ones and the unchanged ones."""
    expected = {**fact.values, **fact.previous}
    return all(values[name] == value for name, value in expected.items() if name in values)
