"""Words that a learner probably knows, and content by unknown words."""

from __future__ import annotations

from itertools import permutations

import pytest
from tests.learning.desk import Desk

from wavehouse.kernel.errors import NotFound
from wavehouse.learning.rules import vocabulary as rules
from wavehouse.learning.service import sessions, vocabulary
from wavehouse.learning.types import OutcomeClass

CLEAN, HEAVY, EARLY = OutcomeClass.CLEAN, OutcomeClass.HEAVY, OutcomeClass.EARLY


def test_each_understood_piece_makes_its_words_more_probable_in_any_order() -> None:
    """A piece counts a word once; a piece that was left says little."""
    heard = [(CLEAN, ["pane", "pane"]), (CLEAN, ["pane", "cena"]), (EARLY, ["nave"])]
    known = rules.chances(heard)

    assert (2, 1, 1) == (known["pane"].pieces, known["cena"].pieces, known["nave"].pieces)
    assert known["nave"].chance < 0.2 < known["cena"].chance < known["pane"].chance < 1
    assert {tuple(sorted(rules.chances(each).items())) for each in permutations(heard)} == {
        tuple(sorted(known.items()))
    }


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("L'acqua dell’isola.", "it", ["acqua", "isola"]),
        ("Un po' d'olio", "it", ["un", "po", "olio"]),
        ("They don't know", "en", ["they", "don't", "know"]),
        ("1, 2, 3!", "it", []),
    ],
)
def test_words_of_a_text_without_elisions(text: str, language: str, words: list[str]) -> None:
    """Italian articles before a vowel are cut off; English contractions are words."""
    assert words == rules.words_in(text, language)


def test_unknown_words_are_counted_by_how_often_they_are_said() -> None:
    """Coverage is of running words; a text without words is covered."""
    known = rules.chances([(CLEAN, ["il", "pane"])] * 9)
    assert ("nave",) == rules.unknown(["il", "pane", "nave", "nave"], known).words
    assert (
        rules.unknown(["il", "nave", "nave"], known).coverage
        < rules.unknown(["il", "il", "nave"], known).coverage
        < rules.unknown(["il", "pane"], known).coverage
    )
    assert rules.Unknown(1.0, ()) == rules.unknown([], known)


def test_unheard_content_is_listed_by_its_unknown_words(desk: Desk) -> None:
    """What was understood counts; an erased session is forgotten with its words."""
    desk.content("heard", "same", text="Anna compra il pane e il vino.")
    desk.content("other", text="La nave salpa verso arcipelaghi remoti.")
    desk.session("s", "anna")
    desk.send("s", *desk.heard("heard"))
    asked = {"session_id": "s", "language": "it"}

    words = desk.call(vocabulary.known_words, **asked)
    assert {"anna", "compra", "e", "il", "pane", "vino"} == {word.word for word in words}
    listed = desk.call(vocabulary.by_unknown_words, **asked)
    assert ["same", "other"] == [piece.content_id for piece in listed]
    assert "nave" in listed[1].unknown.words
    assert [] == desk.call(vocabulary.known_words, session_id="s", language="en")

    desk.call(sessions.erase_session, session_id="s")
    with pytest.raises(NotFound):
        desk.call(vocabulary.known_words, **asked)
    desk.session("t", "anna")
    assert [] == desk.call(vocabulary.known_words, session_id="t", language="it")
