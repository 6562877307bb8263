"""Standard Webhooks in our code, checked against the official library; the retry table."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from wavehouse.kernel.errors import InvalidInput
from wavehouse.webhooks import rules
from wavehouse.webhooks.types import Outcome

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
BODY = rules.body_of("report.generated", NOW, {"report_id": "ø"})
ID = "0199c0de-0000-7000-8000-000000000000"


class _Clock(datetime):
    """The official library's clock, set to ``NOW``."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """``NOW`` in the requested zone."""
        return NOW.astimezone(tz)


@pytest.fixture(autouse=True)
def _official_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standardwebhooks.webhooks.datetime", _Clock)


def _headers(*keys: bytes, body: bytes = BODY, at: datetime = NOW) -> dict[str, str]:
    return rules.headers(keys or (KEY,), event_id=ID, timestamp=int(at.timestamp()), body=body)


def test_the_official_library_verifies_what_we_sign() -> None:
    """The event is as it was emitted."""
    event = Webhook(rules.secret_text(KEY)).verify(BODY, _headers())

    assert event["data"] == {"report_id": "ø"}
    assert json.loads(BODY) == event


def test_we_verify_what_the_official_library_signs() -> None:
    """Byte for byte the same signature."""
    signed = Webhook(rules.secret_text(KEY)).sign(ID, NOW, BODY.decode())
    headers = {**_headers(), "webhook-signature": signed}

    assert _headers()["webhook-signature"] == signed
    assert json.loads(BODY) == rules.verify([KEY], headers, BODY, now=NOW)


@given(st.binary(min_size=24, max_size=64), st.text(min_size=1), st.integers(-290, 290))
def test_both_agree_on_any_secret_and_text(key: bytes, text: str, seconds: int) -> None:
    """The clocks may differ by up to five minutes in either direction."""
    text = text.encode("utf-8", "replace").decode()
    at = NOW + timedelta(seconds=seconds)
    body = rules.body_of("a.b", at, {"text": text})
    headers = _headers(key, body=body, at=at)

    assert text == Webhook(rules.secret_text(key)).verify(body, headers)["data"]["text"]
    assert text == rules.verify([key], headers, body, now=at)["data"]["text"]


def test_during_a_rotation_both_secrets_verify() -> None:
    """Two signatures, separated by a space, the new one first."""
    headers = _headers(OTHER, KEY)

    assert 2 == len(headers["webhook-signature"].split(" "))
    for key in (KEY, OTHER):
        assert json.loads(BODY) == Webhook(rules.secret_text(key)).verify(BODY, headers)
        assert json.loads(BODY) == rules.verify([key], headers, BODY, now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-id": "another"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "soon"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v1,ü"},
        {"webhook-signature": "v2," + "A" * 44},
    ],
)
def test_a_changed_header_is_refused_by_one_kind_of_error(wrong: dict[str, str]) -> None:
    """Malformed headers are refused, too, never another exception."""
    with pytest.raises(InvalidInput):
        rules.verify([KEY], {**_headers(), **wrong}, BODY, now=NOW)


def test_another_body_another_key_and_a_late_delivery_are_refused() -> None:
    """The official library refuses another key as well."""
    with pytest.raises(InvalidInput):
        rules.verify([KEY], _headers(), BODY + b" ", now=NOW)
    with pytest.raises(InvalidInput):
        rules.verify([OTHER], _headers(), BODY, now=NOW)
    with pytest.raises(InvalidInput, match="five minutes"):
        rules.verify([KEY], _headers(), BODY, now=NOW + timedelta(seconds=301))
    with pytest.raises(WebhookVerificationError):
        Webhook(rules.secret_text(OTHER)).verify(BODY, _headers())


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_%%", "whsec_" + "AAAA" * 4, "x" * 200])
def test_a_secret_of_the_wrong_form_is_refused(text: str) -> None:
    """24 to 64 bytes in base64."""
    with pytest.raises(InvalidInput):
        rules.secret_key(text)

    assert KEY == rules.secret_key(rules.secret_text(KEY))


def test_the_retry_table_is_that_of_the_standard() -> None:
    """5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, then no more; ten per cent either way."""
    seconds = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    delays = [rules.next_delay(attempt, 0.5) for attempt in range(1, 10)]

    assert [timedelta(seconds=each) for each in seconds] == delays
    assert timedelta(seconds=4.5) == rules.next_delay(1, 0.0)
    assert timedelta(seconds=5.5) == rules.next_delay(1, 1.0)
    assert None is rules.next_delay(10, 0.5)


@pytest.mark.parametrize(
    ("header", "expected"),
    [("120", 120), ("1", 5), ("999999999", 86_400), ("-5", 5), ("Tue, 01 Dec", 5), (None, 5)],
)
def test_retry_after_is_respected_within_a_day(header: str | None, expected: int) -> None:
    """The longer of the two waits; invalid and past times change nothing."""
    wait = rules.next_delay(1, 0.5, rules.seconds_of(header))

    assert timedelta(seconds=expected) == wait


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (301, Outcome.FAILED),
        (304, Outcome.FAILED),
        (404, Outcome.FAILED),
        (410, Outcome.GONE),
        (429, Outcome.FAILED),
        (500, Outcome.FAILED),
        (None, Outcome.FAILED),
    ],
)
def test_a_redirect_is_a_failure_and_410_is_the_end(status: int | None, expected: Outcome) -> None:
    """Only 2xx is delivered."""
    assert expected == rules.outcome(status)


def test_an_excerpt_is_text_that_the_database_can_hold() -> None:
    """Cut to 1 kB, no NUL, no broken UTF-8."""
    assert 1024 == len(rules.excerpt_of(b"a" * 5000))
    assert "a\ufffdb\ufffd" == rules.excerpt_of(b"a\0b\xff")
