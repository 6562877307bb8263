"""Speech, MP3 and tags: reproducible bytes, which another library reads correctly."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import ID3
from mutagen.mp3 import MP3

from wavehouse.kernel.errors import InvalidInput
from wavehouse.studio.adapters.mp3 import mp3
from wavehouse.studio.adapters.speech import EspeakSpeech, has_espeak
from wavehouse.studio.adapters.tones import ToneSpeech
from wavehouse.studio.rules.id3 import Picture, Tags, id3
from wavehouse.studio.rules.sound import (
    RATE,
    Chapter,
    Part,
    Sound,
    as_wave,
    assembled,
    from_wave,
    jingle,
    resampled,
    silence,
)
from wavehouse.studio.types.production import Voice

READ_MP3: Any = MP3
READ_TAG: Any = ID3
TEXT = "Buongiorno a tutti, oggi parliamo del mercato."
GIULIA, MARCO = Voice("Giulia", variant="f2"), Voice("Marco", variant="m3", pitch=40)
speech = pytest.mark.skipif(not has_espeak(), reason="the extra speech is not installed")


@speech
def test_speech_is_real_differs_by_voice_and_is_the_same_bytes_every_time() -> None:
    """Two voices, a language, a pace; each text in a separate process."""
    espeak = EspeakSpeech()

    once, twice = (espeak.speak(TEXT, voice=GIULIA, language="it-IT") for _ in range(2))
    other = espeak.speak(TEXT, voice=MARCO, language="it-IT")
    slow = espeak.speak(TEXT, voice=Voice("Giulia", variant="f2", speed=90), language="it-IT")

    assert once == twice
    assert once != other
    assert 2 < once.seconds < slow.seconds


@speech
def test_speech_in_a_language_without_a_voice_is_refused_with_a_sentence() -> None:
    """Neither silence nor another language is used instead."""
    with pytest.raises(InvalidInput, match="there is no voice 'xx'"):
        EspeakSpeech().speak(TEXT, voice=Voice("A"), language="xx")


def test_tones_are_there_without_any_extra_and_the_same_for_the_same_text() -> None:
    """One tone a syllable: audible, not silent, longer for a longer text."""
    tones = ToneSpeech()

    once, twice = (tones.speak(TEXT, voice=GIULIA, language="it") for _ in range(2))

    assert once == twice
    assert any(once.samples)
    assert once.seconds < tones.speak(f"{TEXT} {TEXT}", voice=GIULIA, language="it").seconds


def test_an_mp3_has_the_length_of_its_sound_and_the_chapters_of_its_tag() -> None:
    """Read by another library: length within a frame, titles, table of contents, cover."""
    sound, timeline = assembled(
        [
            Part(jingle()),
            Part(silence(2500), "Uno", "Giulia", "Ciao"),
            Part(silence(1500), "Due «àè»", "Marco", "Ciao"),
        ]
    )
    picture = Picture("image/png", b"\x89PNG picture")
    tags = Tags("Titolo", "Caffè", "Giulia", "it-IT", timeline.chapters, picture)

    content = id3(tags) + mp3(sound)

    read = READ_MP3(io.BytesIO(content))
    assert abs(sound.seconds - read.info.length) < 0.1
    assert (RATE, 1, 64_000) == (read.info.sample_rate, read.info.channels, read.info.bitrate)
    found = READ_TAG(io.BytesIO(content))
    assert (2, 4, 0) == found.version
    assert ["Titolo"] == found["TIT2"].text
    assert (["Caffè"], ["Giulia"], ["ita"]) == (
        found["TALB"].text,
        found["TPE1"].text,
        found["TLAN"].text,
    )
    assert ("image/png", picture.content) == (found.getall("APIC")[0].mime, picture.content)
    (contents,) = found.getall("CTOC")
    assert ["chp0", "chp1"] == contents.child_element_ids
    chapters = sorted(found.getall("CHAP"), key=lambda each: int(each.start_time))
    expected = [(c.start, c.end, c.title) for c in timeline.chapters]
    assert expected == [
        (each.start_time, each.end_time, str(each.sub_frames["TIT2"])) for each in chapters
    ]
    assert content == id3(tags) + mp3(sound)


@given(
    titles=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=20),
    title=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200),
)
def test_any_title_is_read_back_by_another_library(titles: list[str], title: str) -> None:
    """Any Unicode; a NUL would end a text early and becomes a space."""
    chapters = [Chapter(n * 10, n * 10 + 10, each) for n, each in enumerate(titles)]

    found = READ_TAG(io.BytesIO(id3(Tags(title, "a", "b", "en", chapters)) + bytes(200)))

    assert title.replace("\x00", " ") == str(found["TIT2"])
    read = {each.element_id: str(each.sub_frames["TIT2"]) for each in found.getall("CHAP")}
    assert {f"chp{n}": t.replace("\x00", " ") for n, t in enumerate(titles)} == read


def test_more_chapters_than_a_table_can_hold_are_refused() -> None:
    """The table's count is one byte."""
    chapters = [Chapter(n, n + 1, "x") for n in range(256)]

    with pytest.raises(ValueError, match="256 chapters"):
        id3(Tags("t", "a", "b", "en", chapters))


@given(samples=st.binary(max_size=400).filter(lambda content: len(content) % 2 == 0))
def test_a_sound_survives_the_way_into_a_wav_file_and_back(samples: bytes) -> None:
    """Another sample rate is converted to ours; an invalid file is refused."""
    assert Sound(samples) == from_wave(as_wave(Sound(samples)))
    assert samples == resampled(samples, RATE)
    assert abs(2 * len(resampled(samples, RATE // 2)) - 4 * len(samples)) <= 4
    with pytest.raises(ValueError, match="not a WAV file"):
        from_wave(b"{}" + samples)
