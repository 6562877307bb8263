"""Deadlines by the calendar, states, plans over foreign keys, spellings of identifiers."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from wavehouse.erasure.rules import identifiers, planning, states
from wavehouse.erasure.rules.clocks import clocks
from wavehouse.erasure.types import Action, Identifier, LedgerKind, Reference, Status, Way
from wavehouse.kernel.errors import Conflict


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("received", "zone", "gdpr", "ccpa"),
    [
        ("2026-11-30T12:00", "UTC", "2026-12-31T00:00", "2027-01-15T00:00"),
        ("2027-01-31T09:00", "UTC", "2027-03-01T00:00", "2027-03-18T00:00"),
        ("2028-01-31T09:00", "UTC", "2028-03-01T00:00", "2028-03-17T00:00"),
        ("2028-01-29T09:00", "UTC", "2028-03-01T00:00", "2028-03-15T00:00"),
        ("2028-02-29T09:00", "UTC", "2028-03-30T00:00", "2028-04-15T00:00"),
        # 31 January in Berlin is still the 30th in New York; clocks change in between.
        ("2027-01-31T03:00", "Europe/Berlin", "2027-02-28T23:00", "2027-03-17T23:00"),
        ("2027-01-31T03:00", "America/New_York", "2027-03-01T05:00", "2027-03-17T04:00"),
    ],
)
def test_a_month_and_45_days_end_with_their_last_local_day(
    received: str, zone: str, gdpr: str, ccpa: str
) -> None:
    """The same date of the next month, or its last day; the earlier deadline is shown."""
    due = clocks(_at(received), zone)
    assert (_at(gdpr), _at(ccpa)) == (due.gdpr_at, due.ccpa_at)
    assert min(_at(gdpr), _at(ccpa)) == due.due_at


def test_deadlines_are_extended_from_the_receipt_and_business_days_skip_weekends() -> None:
    """Three months and 90 days in all; ten business days after a Friday are two weeks."""
    due = clocks(_at("2026-11-30T12:00"), "UTC", extended=True)
    assert (_at("2027-03-01T00:00"), _at("2027-03-01T00:00")) == (due.gdpr_at, due.ccpa_at)
    friday = clocks(_at("2026-11-27T12:00"), "UTC")
    assert _at("2026-12-12T00:00") == friday.acknowledge_at


def test_states_end_and_nothing_is_undone_once_rows_are_removed() -> None:
    """An erasure that executes cannot be rejected; an ended one cannot change."""
    states.check_change(Status.SOFT_DELETED, Status.REJECTED)
    states.check_change(Status.FAILED, Status.EXECUTING)
    for before in (Status.EXECUTING, Status.VERIFYING, Status.COMPLETED, Status.REJECTED):
        with pytest.raises(Conflict):
            states.check_change(before, Status.REJECTED)


def _way(table: str, action: Action = Action.DELETE, over: tuple[str, ...] = ()) -> Way:
    return Way("listeners", table, 0, action, "id", over)


def _order(ways: list[Way], references: list[Reference]) -> list[tuple[str, str]]:
    made = planning.steps(ways, {"listeners": references})
    assert list(range(len(made))) == [step.position for step in made]
    return [(step.action.value, step.table) for step in made]


def test_children_go_before_parents_and_changes_before_deletions() -> None:
    """By foreign keys, and by the tables through which rows are found."""
    ways = [_way("a"), _way("b"), _way("c", over=("b",)), _way("kept", Action.ANONYMISE)]
    references = [Reference("b", "a", ("a_id",), "c"), Reference("b", "b", ("up",), "r")]
    assert [
        ("anonymise", "kept"), ("delete", "c"), ("delete", "b"), ("delete", "a"),
    ] == _order(ways, references)  # fmt: skip


def test_a_cycle_is_broken_where_the_database_gives_up_or_by_emptying_a_reference() -> None:
    """SET NULL breaks it by itself; a nullable reference is emptied; otherwise it is refused."""
    forth = Reference("a", "b", ("b_id",), "r")
    soft = Reference("b", "a", ("a_id",), "n", ("a_id",))
    hard = Reference("b", "a", ("a_id",), "r", ("a_id",))
    assert [("delete", "a"), ("delete", "b")] == _order([_way("a"), _way("b")], [forth, soft])
    assert [("null", "b"), ("delete", "a"), ("delete", "b")] == _order(
        [_way("a"), _way("b")], [forth, hard]
    )
    with pytest.raises(Conflict, match="refer to each other"):
        _order([_way("a"), _way("b")], [forth, Reference("b", "a", ("a_id",), "r")])


def test_a_hold_keeps_the_rows_that_held_rows_refer_to() -> None:
    """A held child keeps its parents, or the cascade would remove it; others go."""
    from dataclasses import replace

    references = {"listeners": [Reference("child", "parent", ("p",), "c")]}
    made = [
        replace(step, rows=1)
        for step in planning.steps([_way("parent"), _way("child"), _way("other")], references)
    ]
    held = planning.held_by(made, references, {"listeners.child": "court"}, "")
    assert {"child", "parent"} == {step.table for step in held if step.held}
    assert all(step.held for step in planning.held_by(made, references, {}, "on the person"))


def test_the_digest_changes_with_steps_and_policy_and_not_with_counts() -> None:
    """Rows come and go while a request waits; every row is dealt with."""
    from dataclasses import replace

    made = planning.steps([_way("a")], {})
    digest = planning.digest(made, "v1")
    assert digest == planning.digest([replace(made[0], rows=5)], "v1")
    assert digest != planning.digest(made, "v2")
    assert digest != planning.digest([replace(made[0], held="court")], "v1")
    assert made[0] == planning.step_of(planning.as_json(made[0]))


def test_identifiers_are_searched_in_all_spellings_and_short_ones_are_not() -> None:
    """A uuid with and without dashes; an email also percent-encoded and hashed."""
    person = Identifier(LedgerKind.EMAIL, " Anna+1@Example.org ")
    assert "anna+1@example.org" == identifiers.normalised(person)
    assert {"anna+1@example.org", "anna%2b1%40example.org"} < set(identifiers.forms(person))
    found = re.compile(identifiers.pattern("anna@example.org"))
    for text in (
        "anna@example.org",
        "<anna@example.org>",
        "%2fanna@example.org",
        "anna@example.org.",
    ):
        assert found.search(text), text
    for text in ("joanna@example.org", "x.anna@example.org", "anna@example.org.uk"):
        assert not found.search(text), text
    key = Identifier(LedgerKind.SUBJECT_ID, "0193E0A0-0000-7000-8000-00000000000A")
    assert (key.value.lower(), key.value.lower().replace("-", "")) == identifiers.forms(key)
    assert 1 == identifiers.too_short([Identifier(LedgerKind.EXTERNAL, "cus_1"), person])


def test_an_address_in_a_page_is_found_between_the_lengths_of_texts() -> None:
    """Its own length may precede it, and any byte may follow; a longer address is another one."""
    email = "frieda.demo@example.org"
    found = re.compile(identifiers.page_pattern(email))
    own = bytes([2 * (len(email) + 1) + 1])
    assert b"1" == own
    assert found.search(own + email.encode() + b"1frieda")
    assert found.search(b"\x00" + email.encode() + b"\x00")
    assert not found.search(b"wini" + email.encode())
    assert not found.search(b"5" + email.encode())
    longer = "f" * 19 + "@example.org"
    assert re.search(identifiers.page_pattern(longer), b"A".lower() + longer.encode())
    assert re.search(
        identifiers.page_pattern("f" * 200 + "@example.org"), b"f" * 200 + b"@example.org"
    )
