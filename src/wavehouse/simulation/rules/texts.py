"""The texts of the invented shows. We wrote them all; the people in them do not exist."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """A show's description and episode titles, newest first."""

    key: str
    title: str
    author: str
    description: str
    category: str
    people: tuple[tuple[str, str], ...]
    weekday: int
    latest: int
    minutes: tuple[int, int]
    weight: float
    stories: tuple[tuple[str, str], ...]


LANTERNA = Script(
    key="lalanterna",
    title="La Lanterna",
    author="Officina Faro",
    description=(
        "Small true stories from Italy, told slowly and in English, by two people who grew up "
        "on different sides of the same harbour. New every Wednesday."
    ),
    category="Society & Culture",
    people=(("Marta Bevilacqua", "host"), ("Tom Ashdown", "host"), ("Ilaria Conti", "producer")),
    weekday=2,
    latest=84,
    minutes=(24, 46),
    weight=1.0,
    stories=(
        ("Inside the night train to Palermo", "Eleven carriages, one ferry, no sleep."),
        ("The subtitle hunters", "Three friends translate the films that nobody else will."),
        ("What a lighthouse hears", "A keeper's forty years of recordings of the same rock."),
        ("Dialects that refuse to die", "A grocer answers only in the language of her valley."),
        ("A town without clocks", "The bell tower fell, and for a year nobody minded."),
        ("The bell maker's last order", "A foundry casts a note that no church has asked for."),
        ("Salt, and who carries it", "Walking the pans of Trapani with the last of the carriers."),
        ("The piano on the third floor", "It went up in 1911. It cannot come down."),
        ("Seventeen kinds of rain", "A retired ferry captain has a word for each of them."),
        ("The cinema that shows one film", "Every night since 1963, and the seats are full."),
        ("A letter for the wrong Rosa", "Two women, one name, one street, fifty years of post."),
        ("How to close a bridge", "A village votes on the only road it has."),
        ("The beekeeper of Platform 4", "Milan's busiest station has a quiet roof."),
        ("Grandmother's radio licence", "A box of receipts turns out to be a diary."),
        ("The football pitch in the sea", "On Sundays the tide is the referee."),
        ("Everyone here plays the tuba", "A mountain band and its one applicant for the flute."),
        ("The map with no north", "A cartographer draws her city from memory of smells."),
        ("Three tables at Caffè Aurora", "Who sits where has been settled since the war."),
        ("The man who paints the lines", "He has lost two roads, and found a third."),
        ("Lemons in December", "A greenhouse, a feud and a very good marmalade."),
        ("The choir that cannot meet", "Nine islands, one ferry a week, four parts."),
        ("A museum of unsent postcards", "Visitors may read one, and must leave one."),
    ),
)

OFFCUT = Script(
    key="offcut",
    title="Offcut",
    author="Bench & Co.",
    description=(
        "A show about making things and about what is left on the floor afterwards. A carpenter, "
        "a chemist and a guest take one object apart every Monday."
    ),
    category="Leisure",
    people=(("Priya Nand", "host"), ("Jonas Wirth", "host")),
    weekday=0,
    latest=131,
    minutes=(31, 58),
    weight=0.55,
    stories=(
        ("The hinge that never squeaks", "Why a kitchen door in Oslo is silent."),
        ("Glue, honestly", "Four glues, one broken chair and a bet."),
        ("A pencil is a sandwich", "Cedar, clay and a factory that hums in B flat."),
        ("Screws we should have kept", "The lost threads of the nineteenth century."),
        ("How paper remembers", "Fold it once and it is never flat again."),
        ("The quietest vacuum cleaner", "It exists, and nobody bought it."),
        ("Paint that dries on Thursday", "Humidity, patience and a cathedral ceiling."),
        ("Zips: an apology", "Priya takes back what she said in episode nine."),
        ("The spring inside everything", "From mattresses to pens, by way of Sheffield."),
        ("Bricks have a front", "A wall looks at you, if you know where to stand."),
        ("Cork, and the monkeys", "Harvest day, with the people who climb."),
        ("A button with two holes", "And why four is not twice as good."),
        ("Solder, flux and superstition", "What the smoke really is."),
        ("The workshop without light", "A blind instrument maker shows us her bench."),
    ),
)

SOTTOVOCE = Script(
    key="sottovoce",
    title="Sottovoce",
    author="Radio Molo",
    description=(
        "Ten quiet minutes before sleep: a street, a sound and a short walk, recorded at night "
        "and told close to the microphone. New every Friday."
    ),
    category="Health & Fitness",
    people=(("Elio Sanna", "host"),),
    weekday=4,
    latest=212,
    minutes=(9, 14),
    weight=0.4,
    stories=(
        ("Fountain, 2 a.m.", "Nobody is there but the water and a cat."),
        ("The baker's radio", "Flour on the dial, the news in a whisper."),
        ("Snow on the tram wires", "A city with its shoes off."),
        ("Boats that knock", "Twelve hulls and one loose rope."),
        ("Under the plane trees", "A bench that faces the wrong way."),
        ("The lift in Via Po", "Six floors of somebody's perfume."),
        ("Shutters", "One by one, from the corner to the square."),
        ("Night bus 60", "The driver hums; the windows agree."),
        ("A kitchen with the window open", "Basil, rain, the neighbours' last plates."),
        ("The swimming pool after hours", "What lamps sound like."),
        ("Library, closing", "A trolley with one bad wheel."),
        ("Wind in the scaffolding", "The church plays its own organ."),
    ),
)

SCRIPTS = (LANTERNA, OFFCUT, SOTTOVOCE)
