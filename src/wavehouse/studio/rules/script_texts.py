"""The offline writer's sentences, in Italian and English; several of each, selected by seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Texts:
    """The sentences of a language. Placeholders: show, title, number, date, topic, quote, name."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    date: str
    opening: str
    closing: str
    documents: str
    greeting: tuple[str, ...]
    greeting_short: tuple[str, ...]
    welcome: tuple[str, ...]
    answer: tuple[str, ...]
    bridge: tuple[str, ...]
    topic: tuple[str, ...]
    thought: tuple[str, ...]
    listener: tuple[str, ...]
    listener_answer: tuple[str, ...]
    source: tuple[str, ...]
    memory: tuple[str, ...]
    goodbye: tuple[str, ...]
    goodbye_answer: tuple[str, ...]
    title: str


ITALIAN = Texts(
    weekdays=("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
    months=(
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ),
    date="{weekday} {day} {month}",
    opening="Buongiorno",
    closing="A presto",
    documents="Dalle nostre letture",
    greeting=(
        "Buongiorno a tutti, e benvenuti a {show}. Oggi è {date}, e questa è la puntata numero {number}.",
        "Ciao a tutti, siete con {show}. È {date}: cominciamo la puntata numero {number}.",
    ),
    greeting_short=("Buongiorno! Questa è {show}, puntata {number}.",),
    welcome=(
        "Prendetevi dieci minuti con calma, magari con un caffè in mano: abbiamo scelto per voi poche cose, ma buone.",
        "Mettetevi comodi: parliamo piano, così chi sta imparando la lingua può seguirci senza fatica.",
    ),
    answer=(
        "Buongiorno! Sono contenta di essere qui con voi anche oggi.",
        "Ben trovati. Ho dormito poco, ma per voi ci sono sempre.",
    ),
    bridge=("Allora, da dove cominciamo?", "Di che cosa parliamo adesso?", "E poi, che cosa c'è?"),
    topic=(
        "Il prossimo tema è questo: {topic}. È una di quelle cose che vediamo ogni giorno, e proprio per questo non la guardiamo più.",
        "Ed eccoci a un altro tema, {topic}. Se ci pensate bene, dice molto di come viviamo e di che cosa ci piace.",
    ),
    thought=(
        "È vero. A me fa pensare alla mattina presto, quando la città è ancora quieta e tutto sembra più semplice.",
        "Sì, e ognuno lo racconta a modo suo: basta chiedere a due persone per avere tre storie diverse.",
        "Mi piace, perché non serve molto: un po' di tempo, un po' di attenzione, e la voglia di ascoltare.",
    ),
    listener=(
        "Questo tema ci arriva da una nota: {topic}. Grazie, è una bella idea e la prendiamo subito.",
        "Nell'ultima puntata qualcuno ci ha lasciato una nota: {topic}. Eccoci, ne parliamo oggi.",
    ),
    listener_answer=(
        "Volentieri. È una cosa che tocca tutti, e di solito se ne parla troppo poco.",
        "Sì, era ora. Cominciamo da quello che conosciamo, e poi vediamo dove ci porta.",
    ),
    source=(
        "Nel documento «{name}» si legge questo: «{quote}» {label}",
        "Cito da «{name}»: «{quote}» {label}",
    ),
    memory=("E ricordiamoci sempre di quello che sappiamo: {quote}",),
    goodbye=(
        "E con questo siamo alla fine. Grazie per averci ascoltato: ci sentiamo alla prossima puntata di {show}.",
        "Per oggi è tutto. Se vi è piaciuto, ditelo a un amico. Noi torniamo presto con {show}.",
    ),
    goodbye_answer=("Ciao, e buona giornata!", "A presto, e state bene!"),
    title="{topic}",
)

ENGLISH = Texts(
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    date="{weekday}, {day} {month}",
    opening="Good morning",
    closing="Goodbye",
    documents="From our reading",
    greeting=(
        "Good morning, and welcome to {show}. It is {date}, and this is episode number {number}.",
        "Hello everyone, you are listening to {show}. It is {date}, and here is episode {number}.",
    ),
    greeting_short=("Good morning! This is {show}, episode {number}.",),
    welcome=(
        "Take ten quiet minutes with us, perhaps with a coffee in your hand: we have picked a few good things for you.",
        "Make yourself comfortable. We speak slowly here, so that everybody can follow us with ease.",
    ),
    answer=(
        "Good morning! I am glad to be here with you again.",
        "Hello there. It was a short night, but for you I am already awake.",
    ),
    bridge=(
        "So, where do we begin?",
        "What is next on the list?",
        "And what do we have after that?",
    ),
    topic=(
        "Let us talk about {topic}. It is one of those things that we see every day, and so we no longer look at it.",
        "Our subject now is {topic}. If you think about it, it says a lot about how we live and what we like.",
    ),
    thought=(
        "That is true. It makes me think of the early morning, when the town is quiet and everything seems simple.",
        "Yes, and everybody tells it in their own way: ask two people and you will have three different stories.",
        "I like it, because it does not take much: a little time, a little care, and a wish to listen.",
    ),
    listener=(
        "This one comes from a note to our desk: {topic}. Thank you, it is a good idea and we take it up at once.",
        "After the last episode somebody left us a note: {topic}. So here we are, and today we talk about it.",
    ),
    listener_answer=(
        "Gladly. It is something that touches all of us, and there is usually too little talk about it.",
        "Yes, it was time. Let us begin with what we know, and then see where it takes us.",
    ),
    source=(
        "In the document “{name}” we can read this: “{quote}” {label}",
        "I quote from “{name}”: “{quote}” {label}",
    ),
    memory=("And let us keep in mind what we have learnt: {quote}",),
    goodbye=(
        "And with this we are at the end. Thank you for listening: we will be back with the next episode of {show}.",
        "That is all for today. If you liked it, tell a friend. We will be back soon with {show}.",
    ),
    goodbye_answer=("Goodbye, and have a good day!", "See you soon, and take care!"),
    title="{topic}",
)

TEXTS: Mapping[str, Texts] = {"it": ITALIAN, "en": ENGLISH}
"""The languages of the offline writer."""
