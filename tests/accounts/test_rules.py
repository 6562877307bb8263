"""Tokens, keys and slugs, without a database."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.accounts import rules
from wavehouse.accounts.types import KeyRecord
from wavehouse.kernel.ids import ApiKeyId, OrganizationId, UserId

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
BASE62 = string.digits + string.ascii_letters
ID = UUID(int=1)


def _record(secret: str, **changes: object) -> KeyRecord:
    facts: dict[str, object] = {
        "api_key_id": ApiKeyId(ID),
        "organization_id": OrganizationId(ID),
        "user_id": UserId(ID),
        "name": "shop",
        "role": "admin",
        "key_hash": rules.token_hash(secret),
        "scopes": ["conversions:write"],
        "expires_at": None,
        "last_used_at": None,
        "revoked_at": None,
    }
    return KeyRecord(**{**facts, **changes})  # type: ignore[arg-type]


@given(st.text(BASE62, min_size=8, max_size=8), st.text(BASE62, min_size=32, max_size=32))
def test_a_key_that_was_written_is_read_back(prefix: str, secret: str) -> None:
    """The text of a key gives its prefix and its secret."""
    assert (prefix, secret) == rules.read_key(rules.key_text(prefix, secret))


@given(
    st.text(BASE62, min_size=8, max_size=8),
    st.text(BASE62, min_size=32, max_size=32),
    st.integers(0, 57),
    st.sampled_from(BASE62),
)
def test_a_single_wrong_character_is_seen_without_the_database(
    prefix: str, secret: str, place: int, letter: str
) -> None:
    """CRC-32 detects every single-character error; a mistyped key is invalid."""
    text = rules.key_text(prefix, secret)
    place %= len(text)
    wrong = text[:place] + letter + text[place + 1 :]

    assert (wrong == text) == (rules.read_key(wrong) is not None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wh_live",
        "wh_live_abc",
        "sk_live_12345678_" + "a" * 32 + "_00000000",
        "\x00",
        "wh_" * 99,
    ],
)
def test_garbage_is_not_a_key(text: str) -> None:
    """A header may contain anything; parsing never raises."""
    assert rules.read_key(text) is None


@given(st.binary(min_size=48, max_size=48))
def test_base62_has_the_length_and_the_letters_that_were_asked_for(noise: bytes) -> None:
    """Any random input gives 32 characters of [0-9A-Za-z]."""
    text = rules.base62(noise, 32)

    assert 32 == len(text)
    assert set(text) <= set(BASE62)


def test_a_key_is_valid_with_its_own_secret_only() -> None:
    """The hash of the secret decides whether it is valid."""
    assert rules.key_is_valid(_record("a" * 32), "a" * 32, AT)
    assert not rules.key_is_valid(_record("a" * 32), "b" * 32, AT)


def test_a_revoked_key_is_not_valid() -> None:
    """Revocation takes effect immediately."""
    assert not rules.key_is_valid(_record("a", revoked_at=AT - timedelta(days=1)), "a", AT)


def test_a_key_ends_at_the_instant_of_its_expiry() -> None:
    """Half-open: the key works one microsecond before its expiry and fails at it."""
    record = _record("a", expires_at=AT)

    assert rules.key_is_valid(record, "a", AT - timedelta(microseconds=1))
    assert not rules.key_is_valid(record, "a", AT)


@given(st.text(max_size=60))
def test_every_name_has_a_slug_that_the_database_accepts(name: str) -> None:
    """Lower-case letters and digits joined by single dashes, never empty."""
    slug = rules.slug_of(name)

    assert slug
    assert all(part.isascii() and part.isalnum() for part in slug.split("-"))
    assert slug == slug.lower()


def test_the_hash_of_a_token_is_sha256() -> None:
    """32 bytes that match the published test vector of "abc"."""
    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" == (
        rules.token_hash("abc").hex()
    )


def test_the_command_knows_every_scope() -> None:
    """`keys create --scope` lists them without importing anything; both lists are equal."""
    from wavehouse.accounts.cli.keys import SCOPES
    from wavehouse.accounts.types import Scope

    assert SCOPES == [scope.value for scope in Scope]
