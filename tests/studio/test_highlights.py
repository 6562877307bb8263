"""Highlights are found again after an edit, or are marked as orphaned (CRE-9)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.studio.conftest import Studio

from wavehouse import studio
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.studio import Block, Highlight, StudioEpisode
from wavehouse.studio.rules.anchoring import CONTEXT, DISTINCTIVE, anchor, fold, quote_of

STORY = "God morgen. Det blåser fra nord. Båtene går klokken fem. Det blåser fra sør."


def passage(text: str, words: str) -> tuple[int, int]:
    """The positions of words in a text."""
    start = text.index(words)
    return start, start + len(words)


def moved(before: str, words: str, after: str) -> str | None:
    """The text covered by a highlight of ``words`` after an edit."""
    span = anchor(after, quote_of(before, *passage(before, words)))
    return None if span is None else after[span[0] : span[1]]


@pytest.mark.parametrize(
    ("words", "after", "expected"),
    [
        ("blåser fra nord", f"Hei! {STORY}", "blåser fra nord"),
        ("blåser", STORY.replace("God morgen. ", ""), "blåser"),
        ("blåser fra nord", unicodedata.normalize("NFD", STORY), None),
        ("blåser fra nord", STORY.replace(" ", "\n  "), "blåser\n  fra\n  nord"),
        ("Båtene går klokken fem", STORY.replace("klokken fem", "klokka fem"), ""),
        ("Båtene går klokken fem", "Noe helt annet.", "orphaned"),
        ("fem", "fem fem fem", "orphaned"),
    ],
)
def test_cre9_a_quote_is_found_after_an_edit(words: str, after: str, expected: str | None) -> None:
    """Moved, in another Unicode form, across line breaks, edited; or not found."""
    found = moved(STORY, words, after)
    expectations = {
        None: unicodedata.normalize("NFD", words),
        "": "Båtene går klokka fem",
        "orphaned": None,
    }

    assert expectations.get(expected, expected) == found


def test_cre9_of_repeated_words_the_ones_with_the_same_surroundings_are_found() -> None:
    """This holds even when others are nearer to the old position."""
    start = STORY.rindex("Det blåser")
    quote = quote_of(STORY, start, start + len("Det blåser"))
    shorter = STORY.replace("Båtene går klokken fem. ", "")
    span = anchor(shorter, quote)

    assert (shorter.rindex("Det blåser"), shorter.rindex("Det blåser") + 10) == span


def naive(text: str, exact: str, prefix: str, suffix: str, old: int) -> tuple[int, int] | None:
    """Rule 1 of anchoring in its simplest, slowest form, for plain texts."""
    options = []
    for start in range(len(text) - len(exact) + 1):
        if text[start : start + len(exact)] != exact:
            continue
        before, after = text[:start], text[start + len(exact) :]
        left = max(n for n in range(len(prefix) + 1) if before.endswith(prefix[len(prefix) - n :]))
        right = max(n for n in range(len(suffix) + 1) if after.startswith(suffix[:n]))
        whole = 8 <= left == len(prefix) or 8 <= right == len(suffix)
        options.append((-(left + right), abs(start - old), start, whole))
    if not options:
        return None
    score, _, start, whole = min(options)
    half = -2 * score >= len(prefix) + len(suffix)
    accepted = half or whole or len(exact) >= DISTINCTIVE
    return (start, start + len(exact)) if accepted else None


PLAIN = st.text("ab", min_size=1, max_size=60)


@given(PLAIN, st.data(), PLAIN)
def test_cre9_a_second_implementation_finds_the_same_place(
    text: str, data: st.DataObject, other: str
) -> None:
    """Texts of two letters repeat everything; surroundings below eight letters skip rule 1."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = quote_of(text, start, end)
    cut = data.draw(st.integers(0, len(text)))
    edited = text[:cut] + other + text[cut:] if data.draw(st.booleans()) else other
    expected = naive(edited, quote.exact, quote.prefix, quote.suffix, quote.start)

    if expected is not None or min(len(quote.prefix), len(quote.suffix)) < 8:
        assert expected == anchor(edited, quote)


@given(st.text(min_size=1, max_size=80), st.data())
def test_cre9_in_the_same_text_a_quote_covers_the_same_words(
    text: str, data: st.DataObject
) -> None:
    """The property holds for any Unicode text."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = quote_of(text, start, end)
    span = anchor(text, quote)

    if not quote.exact.isspace():
        assert span is not None
        assert fold(quote.exact)[0].strip() == fold(text[span[0] : span[1]])[0].strip()


def highlighted(room: Studio, episode: StudioEpisode, block: Block, words: str) -> Highlight:
    """Highlight words in a block."""
    start, end = passage(block.body, words)
    made: Highlight = room.act(
        studio.add_highlight,
        episode_id=episode.episode_id,
        block_id=block.block_id,
        start=start,
        end=end,
    )
    return made


def states(room: Studio, episode: StudioEpisode) -> list[tuple[str, object, str]]:
    """State, block and covered words of each highlight."""
    blocks = {b.block_id: b.body for b in room.act(studio.script, episode_id=episode.episode_id)}
    rows = room.act(studio.list_highlights, episode_id=episode.episode_id)
    return [
        (row.state, row.block_id, blocks.get(row.block_id, "")[row.start : row.end]) for row in rows
    ]


def test_cre9_a_highlight_follows_its_words_into_another_block_and_back(room: Studio) -> None:
    """It is orphaned while they are gone, with their last revision."""
    episode = room.episode(room.project())
    first, second = room.write(episode, "God morgen alle sammen.", "Båtene går klokken fem.")
    highlighted(room, episode, second, "går klokken fem")
    room.write(episode, "Båtene går klokken fem.", "Ha det bra.")
    other = states(room, episode)
    room.write(episode, "Helt ny tekst.", "Ha det bra.")
    gone = room.act(studio.list_highlights, episode_id=episode.episode_id)
    room.write(episode, "Helt ny tekst.", "Som sagt: Båtene går klokken fem.")
    back = states(room, episode)

    assert [("anchored", first.block_id, "går klokken fem")] == other
    assert [("orphaned", 2)] == [(row.state, row.block_revision) for row in gone]
    assert [("anchored", second.block_id, "går klokken fem")] == back


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (0, 99), (3, 4)])
def test_cre9_a_passage_outside_the_text_is_refused(room: Studio, start: int, end: int) -> None:
    """A passage of white space only is refused as well."""
    episode = room.episode(room.project())
    (block,) = room.write(episode, "God morgen")

    with pytest.raises(InvalidInput, match=r"not within the text|only white space"):
        room.act(
            studio.add_highlight,
            episode_id=episode.episode_id,
            block_id=block.block_id,
            start=start,
            end=end,
        )
    with pytest.raises(NotFound):
        highlighted(room, room.episode(room.project("Sera")), block, "God")
    assert CONTEXT == 32
