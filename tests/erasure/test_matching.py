"""Searching for many spellings at once finds what searching for each of them finds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.erasure.rules.identifiers import needles, page_pattern
from wavehouse.erasure.rules.matching import Matcher
from wavehouse.erasure.types import Identifier, LedgerKind

_LETTERS = st.text("ab1@.-", min_size=6, max_size=24)


@given(st.lists(_LETTERS, min_size=1, max_size=8), st.text("ab1@.-", max_size=300))
def test_it_finds_what_a_search_for_each_finds(spellings: list[str], text: str) -> None:
    """All places of all spellings, short and long ones, also where they overlap."""
    content = "|".join([text, *spellings[:2], text[:40] + spellings[0]]).encode()
    expected = {
        (match.start(), each.encode())
        for each in spellings
        for match in re.finditer(b"(?=" + re.escape(each.encode()) + b")", content)
    }
    found = list(Matcher({each.encode(): b"" for each in spellings}).matches(content))
    assert expected == set(found)
    assert len(found) == len(set(found))


def test_an_address_is_a_word_of_its_own_here_too() -> None:
    """As in the search for one person: the neighbour with a longer address is somebody else."""
    spelled = needles([Identifier(LedgerKind.EMAIL, "anna@example.org")])
    matcher = Matcher({form.encode(): pattern.encode() for form, pattern in spelled})
    content = b"joanna@example.org, anna@example.org, %2fanna@example.org, anna@example.org.uk"
    assert {20, 41} == {place for place, _ in matcher.matches(content)}


def test_in_the_servers_pages_the_byte_with_the_length_may_precede() -> None:
    """The pattern of pages, which looks at the byte before the address."""
    form = "anna@example.org"
    matcher = Matcher({form.encode(): page_pattern(form)})
    header = bytes([2 * (len(form) + 1) + 1])
    assert [9] == [place for place, _ in matcher.matches(b"zzzzzzzz" + header + form.encode())]
    assert [] == list(matcher.matches(b"zzzzzzzzz" + form.encode()))


def test_a_spelling_that_is_too_short_is_refused() -> None:
    """It would be met everywhere; ``forms`` leaves it out before."""
    with pytest.raises(ValueError, match="shorter than 6"):
        Matcher({b"abc": b""})
