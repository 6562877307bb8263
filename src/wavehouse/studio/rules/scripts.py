"""The offline writer: an outline and a script from templates, the same for the same material.

A note of the kind ``idea`` becomes a section. Feedback that asks for a shorter greeting or a slower
pace is followed. Any other note is declined, with the reason: templates cannot do more.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence

from wavehouse.kernel.errors import InvalidInput
from wavehouse.studio.rules.language import is_in
from wavehouse.studio.rules.script_texts import TEXTS, Texts
from wavehouse.studio.types.production import (
    Excerpt,
    Heading,
    Line,
    Material,
    Outline,
    Section,
)

SHORT_GREETING = "short greeting"
_SHORTER = re.compile(
    r"\b(short(er)?|brief(er)?|less|breve|corto|corta|meno|kortere|kürzer)\b", re.IGNORECASE
)
_GREETING = re.compile(r"\b(greeting|intro\w*|opening|saluto|saluti|inizio|apertura)\b", re.I)
_ASKS = re.compile(
    r"^\s*(?:please\s+)?(?:talk|speak|tell us|do something|an episode|parlate|parliamo|parla|"
    r"raccontate|raccontaci|una puntata)(?:\s+(?:more|di più|about|on|of|del|dello|della|dei|degli|"
    r"delle|di|su|sul|sulla)\b)*(?:\s+(?:dell|sull)['’]|\s+)",
    re.IGNORECASE,
)
_ARTICLES = frozenset({"Il", "Lo", "La", "L", "I", "Gli", "Le", "Un", "Una", "The", "A", "An"})
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_TOPICS = re.compile(r"[,;.]|\s(?:and|e)\s")
_MOST_TOPICS, _MOST_SOURCES, _LONGEST_TOPIC, _LONGEST_QUOTE = 3, 2, 120, 240
_BY_TEMPLATE = "the offline writer cannot follow this note; a language model could"
_FOREIGN = "the note is not in the language of the script, and the offline writer cannot translate"


def outline(material: Material) -> Outline:
    """The outline of an episode. InvalidInput for a language without templates."""
    texts = _texts(material)
    sections: list[Heading] = []
    declined: dict[str, str] = {}
    opening: list[str] = []
    for note in material.notes:
        if _SHORTER.search(note.body) and _GREETING.search(note.body):
            opening.append(note.ref)
        elif note.kind != "idea":
            declined[note.ref] = _BY_TEMPLATE
        elif is_in(note.body, material.language) is False:
            declined[note.ref] = _FOREIGN
        else:
            topic = _topic(note.body)
            sections.append(Heading(_capital(topic), (topic,), (note.ref,)))
    topics = _topics(material)
    sections += [Heading(_capital(topic), (topic,)) for topic in topics]
    cited = material.sources[:_MOST_SOURCES]
    if cited:
        sections.append(
            Heading(texts.documents, tuple(map(_quote, cited)), tuple(s.ref for s in cited))
        )
    first = (SHORT_GREETING,) if opening else ()
    title = sections[0].title if sections else material.title
    return Outline(
        texts.title.format(topic=title)[:300],
        (Heading(texts.opening, first, tuple(opening)), *sections, Heading(texts.closing, ())),
        declined,
    )


def script(material: Material, plan: Outline) -> tuple[Section, ...]:
    """The script of an outline."""
    texts, pick = _texts(material), _Pick(material)
    notes = {note.ref for note in material.notes}
    sources = {source.ref: source for source in material.sources}
    host, guest = material.speakers[0], material.speakers[-1]
    sections = [Section(texts.opening, _opening(material, plan.sections[0], texts, pick))]
    for heading in plan.sections[1:-1]:
        lines = [Line(host, pick(texts.bridge))]
        used = [sources[ref] for ref in heading.uses if ref in sources]
        if used:
            lines = [_cited(guest, source, texts, pick) for source in used]
        elif notes & set(heading.uses):
            lines.append(Line(guest, pick(texts.listener).format(topic=heading.points[0])))
            lines.append(Line(host, pick(texts.listener_answer)))
            lines.append(Line(guest, pick(texts.thought)))
        else:
            topic = _lowered(heading.points[0])
            lines.append(Line(guest, pick(texts.topic).format(topic=topic)))
            lines.append(Line(host, pick(texts.thought)))
        sections.append(Section(heading.title, tuple(lines)))
    return (*sections, Section(texts.closing, _closing(material, texts, pick)))


class _Pick:
    """Chooses among sentences in turn, starting at an index that depends on show and number."""

    def __init__(self, material: Material) -> None:
        self._first = zlib.crc32(f"{material.title} {material.number}".encode())
        self._turns: Counter[Sequence[str]] = Counter()

    def __call__(self, sentences: Sequence[str]) -> str:
        self._turns[sentences] += 1
        return sentences[(self._first + self._turns[sentences]) % len(sentences)]


def _opening(material: Material, heading: Heading, texts: Texts, pick: _Pick) -> tuple[Line, ...]:
    host, guest = material.speakers[0], material.speakers[-1]
    short = SHORT_GREETING in heading.points
    first = pick(texts.greeting_short if short else texts.greeting).format(
        show=material.title, number=material.number, date=_date(material, texts)
    )
    if short:
        return (Line(host, first),)
    return (Line(host, first), Line(host, pick(texts.welcome)), Line(guest, pick(texts.answer)))


def _closing(material: Material, texts: Texts, pick: _Pick) -> tuple[Line, ...]:
    host, guest = material.speakers[0], material.speakers[-1]
    lines = []
    usable = [m for m in material.memories if is_in(m.body, material.language) is not False]
    if usable:
        lines.append(Line(host, pick(texts.memory).format(quote=_first_sentence(usable[0].body))))
    lines.append(Line(host, pick(texts.goodbye).format(show=material.title)))
    return (*lines, Line(guest, pick(texts.goodbye_answer)))


def _cited(speaker: str, source: Excerpt, texts: Texts, pick: _Pick) -> Line:
    sentence = pick(texts.source)
    name = source.title or source.label.strip("[]")
    return Line(speaker, sentence.format(name=name, quote=_quote(source), label=source.label))


def _date(material: Material, texts: Texts) -> str:
    day = material.day
    return texts.date.format(
        weekday=texts.weekdays[day.weekday()], day=day.day, month=texts.months[day.month - 1]
    )


def _topics(material: Material) -> list[str]:
    """The subjects of the brief, starting with a different one for each episode."""
    if is_in(material.brief, material.language) is False:
        return []
    pieces = [_topic(piece) for piece in _TOPICS.split(material.brief)]
    topics = [piece for piece in pieces if piece]
    if not topics:
        return []
    first = material.number % len(topics)
    return (topics[first:] + topics[:first])[:_MOST_TOPICS]


def _topic(text: str) -> str:
    topic = _ASKS.sub("", _first_sentence(text)).strip(" .!?:;\"'«»“”")
    return _bounded(topic, _LONGEST_TOPIC)


def _quote(source: Excerpt) -> str:
    return _bounded(_first_sentence(source.body), _LONGEST_QUOTE)


def _first_sentence(text: str) -> str:
    return _bounded(_SENTENCE.split(" ".join(text.split()), maxsplit=1)[0], _LONGEST_QUOTE)


def _bounded(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return text[:longest].rsplit(" ", 1)[0].rstrip(",;: ") + "…"


def _lowered(text: str) -> str:
    """A topic inside a sentence: the brief's first article loses its capital."""
    word = text.partition(" ")[0].partition("'")[0]
    return text[:1].lower() + text[1:] if word in _ARTICLES else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _texts(material: Material) -> Texts:
    texts = TEXTS.get(material.language.partition("-")[0].lower())
    if texts is None:
        raise InvalidInput(
            f"the offline writer does not support the language {material.language!r}",
            where="language",
            hint="It writes Italian and English; set another text provider for this project.",
            command="wavehouse studio production PROJECT --writer openai_compatible",
        )
    return texts
