"""Checks that a text is in the requested language, by its most common words and its alphabet."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_ENOUGH = 12
"""Shorter texts, in words, are not judged."""
_CLOSE = 0.75
"""Related languages share small words: this share of the best score suffices."""
_LEAST = 0.12
"""The least share of small words in an ordinary text of a language."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

_SMALL_WORDS = {
    "da": """
        og i at det er en til på de som med for der den har af ikke var kan jeg vi fra du et
        om han hun sig men så hvad blev meget også efter eller når
    """,
    "de": """
        der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch
        es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über so
        zum war haben nur oder aber vor zur bis mehr durch man ich wir
    """,
    "en": """
        the of and to in a is that it for on with as was at by be this have from or are an not
        but you we they he his her she all been has their if there can will one which when
        what so our your it's i
    """,
    "es": """
        de la que el en y a los se del las un por con no una su para es al lo como más o pero
        sus le ha me si sin sobre este ya entre cuando todo esta ser son dos también fue había
        era muy hasta desde está porque nos
    """,
    "fi": """
        ja on ei se että hän oli joka mutta kun niin myös ovat tai sen kuin mukaan ole jos
        vain hänen vielä mitä nyt minä me sitten tämä
    """,
    "fr": """
        de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce
        il sont avec ont été son à aux mais comme ou sa elle nous vous cette leur être fait
        tout ses je on
    """,
    "it": """
        di e il la che in a per un è del una con non i le si da sono al come più della dei lo
        nel gli alla ma ha anche questo o se delle ci nella suo su questa era due quando tutto
        molto oggi poi dal ogni dove ne mi tra perché qui sua degli cosa
    """,
    "nb": """
        og i det er en til på som med for av at har de ikke den et om var fra vi han kan men
        hun seg så jeg hva ble også etter eller når blir ved noe være dette
    """,
    "nl": """
        de van het een en in is dat op te zijn voor met die niet aan er om ook als maar bij of
        door hij naar uit wordt nog wel ze we ik je dan over heeft hebben werd geen meer was
    """,
    "pl": """
        i w na z do się nie że to jest o jak po a od za są co przez ale tak dla już był jego
        przy które tylko czy może być oraz
    """,
    "pt": """
        de a o que e do da em um para com não uma os no se na por mais as dos como mas ao das
        ele seu sua ou quando muito nos já eu também só pelo pela até isso ela entre era
        depois sem mesmo são está
    """,
    "sv": """
        och i att det som en på är av för med till den har de inte om ett han men var jag från
        vi så kan hon när nu eller sin efter också där mycket vara
    """,
}
PROFILES = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_ALIKE = {"no": "nb", "nn": "nb"}
_SCRIPTS = {
    "ar": "ARABIC", "bg": "CYRILLIC", "el": "GREEK", "fa": "ARABIC", "he": "HEBREW",
    "hi": "DEVANAGARI", "ja": "CJK", "ko": "HANGUL", "ru": "CYRILLIC", "sr": "CYRILLIC",
    "th": "THAI", "uk": "CYRILLIC", "zh": "CJK",
}  # fmt: skip
_JAPANESE = ("HIRAGANA", "KATAKANA", "CJK")


def language_of(text: str) -> str | None:
    """The language of a text in the Latin alphabet, or None when it is unclear."""
    scores = _scores(text)
    if not scores:
        return None
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] >= _LEAST else None


def is_in(text: str, language: str) -> bool | None:
    """Whether a text is in a language; None when that is undecidable.

    That is the case for short texts, and for languages without a profile.
    """
    wanted = language.partition("-")[0].lower()
    wanted = _ALIKE.get(wanted, wanted)
    alphabet = _alphabet(text)
    if wanted in _SCRIPTS:
        expected = _JAPANESE if wanted == "ja" else (_SCRIPTS[wanted],)
        return None if alphabet is None else alphabet in expected
    if alphabet not in (None, "LATIN"):
        return False
    scores = _scores(text)
    if not scores or wanted not in PROFILES:
        return None
    best = max(scores.values())
    return scores[wanted] >= _LEAST and scores[wanted] >= _CLOSE * best


def foreign_parts(parts: Iterable[str], language: str) -> list[int]:
    """The numbers of the parts that are in another language, from 0."""
    return [number for number, part in enumerate(parts) if is_in(part, language) is False]


def _scores(text: str) -> dict[str, float]:
    """For each language, the share of words that are small words of it; empty for short texts."""
    words = [
        piece for word in _WORD.findall(text.lower()) for piece in (word, *re.split("['’]", word))
    ]
    words = [word for word in words if word]
    if len(words) < _ENOUGH:
        return {}
    return {
        language: sum(word in small for word in words) / len(words)
        for language, small in PROFILES.items()
    }


def _alphabet(text: str) -> str | None:
    """The alphabet of most letters; None for fewer than twelve letters."""
    names = Counter(
        unicodedata.name(character, "").split(" ")[0] for character in text if character.isalpha()
    )
    if sum(names.values()) < _ENOUGH:
        return None
    return names.most_common(1)[0][0]
