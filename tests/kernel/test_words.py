"""Text from outside is cleaned for terminals, XML and spreadsheets."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from wavehouse.kernel import words

STEERING = [
    *map(chr, [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, *range(0x80, 0xA0)]),
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff",
]
ANYTHING = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)


@pytest.mark.parametrize("letter", STEERING, ids=[f"{ord(letter):04x}" for letter in STEERING])
def test_a_steering_character_passes_no_door_and_no_way_out(letter: str) -> None:
    """Every function removes them; next line (U+0085) is a line break."""
    text = f"a{letter}b"
    for clean in (words.line, words.paragraphs, words.terminal, words.xml, words.cell):
        assert letter not in clean(text)
    assert letter not in words.json(json.dumps(text, ensure_ascii=False))


def test_names_of_all_scripts_stay_as_they_are() -> None:
    """Joiners and marks belong to their scripts and emoji, and are kept."""
    for name in (
        "Straße №7",
        "שָׁלוֹם",
        "می‌خواهم",
        "क्षि",
        "👩‍👩‍👧",
        "日本語 ポッドキャスト",
        "e\u0301",
    ):
        assert name == words.line(name) == words.paragraphs(name) == words.terminal(name)


def test_a_line_is_one_line() -> None:
    """Every kind of line break becomes a space, and several become one."""
    assert "a b c d" == words.line(" a\r\n\tb\u2028\u2029c\x85 d ")
    assert "a\nb\nc\nd" == words.paragraphs("a\r\nb\u2028c\x85d")


def test_a_terminal_shows_what_it_was_meant_to_obey() -> None:
    """Control characters are escaped, not removed, so that the cause is visible."""
    assert "\\x1b[2Jgone\\u202e" == words.terminal("\x1b[2Jgone\u202e")
    assert "a\nb\\rc" == words.terminal("a\r\nb\rc")


@given(ANYTHING)
def test_json_keeps_its_values(text: str) -> None:
    """Escapes are only another spelling of the same value."""
    dumped = json.dumps({"a": text}, ensure_ascii=False)
    assert {"a": text} == json.loads(words.json(dumped))


@given(ANYTHING)
def test_xml_is_well_formed_in_elements_and_attributes(text: str) -> None:
    """With either quote; parsing gives the text without characters that XML forbids."""
    shown = words.xml(text)
    root = etree.fromstring(f"<a b=\"{shown}\" c='{shown}'>{shown}</a>".encode())
    assert words.paragraphs(text) == (root.text or "")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "'=1", '"=1', "\x00=1",
        "\u202e=1", "\ufeff=1", "＝1", "＋1+1", "－1+1", "＠SUM(A1)", "|calc", "%0A=1", "\xa0=1",
        "\u2028=1", "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "+A1", "--1",
    ],
)  # fmt: skip
def test_a_formula_is_a_text_in_a_spreadsheet(text: str) -> None:
    """Every disguise is found, since spreadsheets skip spaces before the sign."""
    assert words.cell(text).startswith("'")


@pytest.mark.parametrize("text", ["-5", "+3.20", "-1,000", "1e-5", "-0.5%", "a=b", "x - y", ""])
def test_a_number_and_an_ordinary_text_stay(text: str) -> None:
    """An apostrophe would turn a number into text."""
    assert text == words.cell(text)
