"""User events: a registry, a quarantine, no lost events (CRE-5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.studio.conftest import NOW, Studio

from wavehouse import studio
from wavehouse.kernel.errors import InvalidInput
from wavehouse.studio import NewEvent, Recorded

OPENED = {
    "type": "object",
    "required": ["episode"],
    "properties": {"episode": {"type": "string", "maxLength": 10}, "seconds": {"minimum": 0}},
    "additionalProperties": False,
}


def event(client: str, kind: str = "episode.heard", **data: Any) -> NewEvent:
    """An event at the present time."""
    return NewEvent(kind, client, NOW, data or {"episode": "monday"})


def recorded(room: Studio, *events: NewEvent) -> Recorded:
    """Record events."""
    result: Recorded = room.act(studio.record_events, events=events)
    return result


def register(room: Studio, name: str = "episode.heard", schema: Any = None) -> None:
    """Register a type as the operator."""
    with room.workspace.stores.operational.worker() as tx:
        studio.register_event_type(
            tx,
            identity=room.identity,
            event_type=name,
            description="A person heard an episode.",
            json_schema=OPENED if schema is None else schema,
        )


def test_cre5_an_unknown_type_is_quarantined_and_accepted_once_it_is_registered(
    room: Studio,
) -> None:
    """Events that still do not match stay, with the reason."""
    first = recorded(room, event("1"), event("2", episode=7), event("1"))
    register(room)
    replayed = room.act(studio.replay_events)
    later = recorded(room, event("3"), event("4", episode="monday", extra=1))
    rows = {e.client_event_id: e for e in room.act(studio.list_events)}

    assert Recorded(0, 2, 1) == first
    assert Recorded(1, 1, 0) == replayed
    assert Recorded(1, 1, 0) == later
    assert (None, "$.episode is not string", None, "$ has the unknown field extra") == tuple(
        rows[name].reason for name in "1234"
    )


def test_cre5_a_client_id_is_unique_for_an_organization_and_a_day(room: Studio) -> None:
    """On the next day the same id is another event."""
    register(room)
    tomorrow = NewEvent("episode.heard", "1", NOW + timedelta(days=1), {"episode": "monday"})

    assert Recorded(2, 0, 1) == recorded(room, event("1"), event("1"), tomorrow)


def test_cre5_an_event_fits_any_version_that_is_not_retired(room: Studio) -> None:
    """A new version does not quarantine clients that send the old form."""
    register(room)
    register(room, schema={"type": "object", "required": ["episode", "place"]})
    both = recorded(room, event("1"), event("2", episode="monday", place="car"))
    with room.workspace.stores.operational.worker() as tx:
        studio.retire_event_type(tx, identity=room.identity, event_type="episode.heard")
    retired = recorded(room, event("3"))

    assert Recorded(2, 0, 0) == both
    assert Recorded(0, 1, 0) == retired


@pytest.mark.parametrize(
    "bad",
    [
        event("1", kind=""),
        event(""),
        event("x" * 256),
        event("1\u202e"),
        event("1", value=float("nan")),
        event("1", text="\0"),
        event("1", text="x" * 70_000),
        NewEvent("episode.heard", "1", NOW.replace(tzinfo=None), {}),
    ],
)
def test_cre5_an_event_that_cannot_be_stored_is_refused_with_its_number(
    room: Studio, bad: NewEvent
) -> None:
    """The other events are not stored either, so that the client can send all of them again."""
    with pytest.raises(InvalidInput) as refused:
        recorded(room, event("good"), bad)

    assert str(refused.value.where).startswith("events[1].")
    assert [] == room.act(studio.list_events)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"pattern": "("},
        {"properties": {"a": {"$ref": "#"}}},
        {"minimum": "1"},
        {"required": "a"},
        {"items": []},
        {"additionalProperties": {"type": "string"}},
    ],
)
def test_cre5_a_schema_with_an_unsupported_rule_is_refused(room: Studio, schema: Any) -> None:
    """No rule is silently ignored."""
    with pytest.raises(InvalidInput, match="not supported or has an invalid value"):
        register(room, schema=schema)


def test_cre5_the_supported_rules_of_json_schema_are_checked() -> None:
    """Each rule is tested with a valid and an invalid value."""
    from wavehouse.studio.rules.schemas import violation

    cases: list[tuple[dict[str, Any], object, object]] = [
        ({"type": "integer"}, 3.0, 3.5),
        ({"type": ["string", "null"]}, None, 1),
        ({"type": "number"}, 1, True),
        ({"enum": [1, "a"]}, 1, True),
        ({"const": False}, False, 0),
        ({"minimum": 2}, 2, 1),
        ({"maximum": 2}, "x", 3),
        ({"minLength": 2}, "ab", "a"),
        ({"maxItems": 1}, [1], [1, 2]),
        ({"items": {"type": "string"}}, ["a"], ["a", 1]),
        ({"required": ["a"]}, {"a": None}, {}),
    ]

    for schema, good, bad in cases:
        assert violation(good, schema) is None
        assert violation(bad, schema) is not None
