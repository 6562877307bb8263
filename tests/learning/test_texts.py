"""The difficulty of a text: only letters are counted, and a short text gets no level."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.learning.rules.texts import (
    coverage,
    difficulty_of,
    readability,
    sentences_of,
    words_of,
)

EASY = "Il cane corre. Il gatto dorme. La bimba ride. Il sole è alto. " * 10
HARD = (
    "Indipendentemente dalle considerazioni precedentemente esposte, l'amministrazione ritiene "
    "che l'applicazione delle disposizioni regolamentari concernenti l'autorizzazione "
    "paesaggistica presupponga un'istruttoria particolarmente approfondita e multidisciplinare. "
) * 6


def test_gulpease_counts_letters_and_no_punctuation() -> None:
    """Three words of 14 letters in one sentence: 89 + (300 - 140) / 3 = 142, cut to 100."""
    found = readability("Ciao, bella gente…!", "it")

    assert found is not None
    assert (3, 1, 14, 100.0) == (found.words, found.sentences, found.letters, found.ease)


def test_gulpease_of_a_counted_text() -> None:
    """10 words, 1 sentence, 59 letters: 89 + (300 - 590) / 10 = 60."""
    text = "Domenica mattina andiamo insieme al mercato vecchio del porto grande."
    found = readability(text, "it")

    assert found is not None
    assert (10, 1, 59, 60.0) == (found.words, found.sentences, found.letters, found.ease)


@pytest.mark.parametrize("language", ["it", "en", "it-IT"])
def test_long_words_and_long_sentences_are_harder(language: str) -> None:
    """Both indices and the difficulty rise."""
    easy, hard = readability(EASY, language), readability(HARD, language)

    assert easy
    assert hard
    assert easy.ease > hard.ease
    assert (easy.lexical, easy.discourse) < (hard.lexical, hard.discourse)
    assert difficulty_of(easy) < difficulty_of(hard)


def test_a_text_of_fewer_than_80_words_gets_no_level() -> None:
    """A single greeting must not be rated C2."""
    short, long = readability("Buongiorno.", "it"), readability(EASY, "it")

    assert short
    assert long
    assert ("", "A1") == (short.level, long.level)


def test_no_words_and_no_rules_are_none_and_never_zero() -> None:
    """The result is None, never a number."""
    assert None is readability("… 123 !", "it")
    assert None is readability(EASY, "de")


def test_words_and_sentences_of_spoken_text() -> None:
    """An elision is one word; a dot inside an abbreviation ends no sentence."""
    assert ["l'acqua", "del", "po"] == [word.lower() for word in words_of("L'acqua del Po: 3,5!")]
    assert ["Vieni", "Sì", "«No» disse"] == sentences_of("Vieni! Sì. «No» disse.")


def test_speech_rate_and_coverage() -> None:
    """120 words in a minute; half of the words are known."""
    found = readability("ciao mondo " * 60, "it", seconds=60)

    assert found is not None
    assert 120.0 == found.rate
    assert 0.5 == coverage("ciao mondo", {"ciao"})


@given(st.text(max_size=300))
def test_any_text_has_figures_in_their_ranges_or_none(text: str) -> None:
    """0 to 100 and 0 to 1."""
    found = readability(text, "it")

    assert found is None or (
        0 <= found.ease <= 100 and 0 <= found.lexical <= 1 and 0 <= found.discourse <= 1
    )
