"""A form creates its object once, and a secret is shown once, to its creator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from wavehouse.kernel import clock
from wavehouse.web.once import Once

NOW = datetime(2026, 11, 20, 14, 52, tzinfo=UTC)


def test_a_form_that_is_sent_twice_is_carried_out_once() -> None:
    """A double click, or Back and Send again."""
    once, made = Once(), []

    def work() -> str:
        made.append("key")
        return "secret"

    ticket = once.ticket()
    once.make(ticket, "me", work)
    once.make(ticket, "me", work)

    assert ["key"] == made
    assert "secret" == once.take(ticket, "me")
    assert once.take(ticket, "me") is None


def test_a_secret_is_not_shown_to_anybody_else_or_later() -> None:
    """Neither in another session nor in a tab reopened after ten minutes."""
    once = Once()
    with clock.frozen(NOW):
        once.make("one", "me", lambda: "secret")
        assert once.take("one", "you") is None
    with clock.frozen(NOW + timedelta(minutes=11)):
        assert once.take("one", "me") is None


def test_work_that_fails_can_be_sent_again() -> None:
    """The corrected form is carried out."""
    once = Once()

    def failing() -> str:
        raise ValueError("no")

    try:
        once.make("one", "me", failing)
    except ValueError:
        once.make("one", "me", lambda: "secret")

    assert "secret" == once.take("one", "me")
