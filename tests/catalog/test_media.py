"""Facts read from the first bytes of a media file (rules R26 and R29)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wavehouse.catalog.adapters.probe import driven
from wavehouse.catalog.rules.media import read_media
from wavehouse.catalog.rules.mpeg import frame_at
from wavehouse.catalog.types import MediaFacts

_spec = importlib.util.spec_from_file_location(
    "media_samples", Path(__file__).with_name("media_samples.py")
)
assert _spec is not None
assert _spec.loader is not None
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

SOUND = made.frame() * 3000
XING_MS = round(3000 * 1152 * 1000 / 44100)


def probed(data: bytes) -> MediaFacts:
    """The facts of a file, read through the ranges that the reader requests."""
    return driven(lambda wish: (data[wish.offset :][: wish.length], len(data)))


def test_r26_the_header_of_an_mp3_is_its_id3_tag() -> None:
    """The tag with its artwork is header, whether or not it is larger than the first window."""
    for size in (1000, 300_000):
        data = made.id3(size) + made.xing_frame(3000) + SOUND
        assert MediaFacts(len(data), size + 10, XING_MS) == probed(data)


def test_r26_a_footer_and_a_second_tag_are_header_too() -> None:
    """Tags follow each other; a footer repeats ten bytes."""
    data = made.id3(500, footer=True) + made.id3(700) + made.xing_frame(3000, b"Info") + SOUND
    assert MediaFacts(len(data), 520 + 710, XING_MS) == probed(data)


def test_r26_padding_before_the_first_frame_is_header() -> None:
    """Zeros between tag and sound are not sound."""
    data = made.id3(100) + b"\0" * 2048 + made.vbri_frame(3000) + SOUND
    assert MediaFacts(len(data), 110 + 2048, XING_MS) == probed(data)


def test_a_constant_bitrate_gives_the_duration_without_a_stated_count() -> None:
    """Bytes of sound divided by 128 kbit/s."""
    data = made.id3(100) + SOUND
    assert MediaFacts(len(data), 110, round(len(SOUND) * 8000 / 128000)) == probed(data)


def test_r29_a_changing_bitrate_without_a_count_has_no_known_duration() -> None:
    """A guess would move the threshold; with an unknown duration the whole file is required."""
    louder = made.frame(head=b"\xff\xfb\xa0\x00", size=522)
    data = made.id3(100) + (made.frame() + louder) * 500
    assert MediaFacts(len(data), 110, None) == probed(data)


def test_r26_an_mp4_with_its_index_in_front_has_everything_before_the_sound_as_header() -> None:
    """For moov, free, mdat the header extends to the payload of mdat."""
    for version, wide in ((0, False), (1, True)):
        moov = box(b"moov", made.mvhd(1000, 61_500, version=version) + box(b"udta", b"\0" * 90_000))
        front = made.FTYP + moov + box(b"free", b"\0" * 10)
        data = front + made.box(b"mdat", b"\1" * 5000, wide=wide)
        expected = MediaFacts(len(data), len(front) + (16 if wide else 8), 61_500)
        assert expected == probed(data)


def box(kind: bytes, payload: bytes) -> bytes:
    return bytes(made.box(kind, payload))


def test_r26_an_mp4_with_its_index_at_the_end_has_all_but_the_sound_as_header() -> None:
    """A player must also fetch the index before it can play the first minute."""
    moov = box(b"moov", made.mvhd(600, 36_000))
    data = made.FTYP + box(b"mdat", b"\1" * 200_000) + moov
    assert MediaFacts(len(data), len(data) - 200_000, 60_000) == probed(data)


def test_a_fragmented_mp4_states_its_duration_elsewhere() -> None:
    """When mvhd is empty, mehd has the duration."""
    mehd = box(b"mehd", b"\0\0\0\0" + (90_000).to_bytes(4))
    moov = box(b"moov", made.mvhd(1000, 0) + box(b"mvex", mehd))
    data = made.FTYP + moov + box(b"moof", b"\0" * 50) + box(b"mdat", b"\1" * 5000)
    assert 90_000 == probed(data).duration_ms


@pytest.mark.parametrize(
    "data",
    [b"", b"OggS" + b"\0" * 500, b"RIFF" + b"\0" * 500, b"\xff" * 5000, made.id3(50)[:30]],
    ids=["nothing", "ogg", "wav", "ones", "half a tag"],
)
def test_r29_a_file_of_another_kind_keeps_only_its_size(data: bytes) -> None:
    """What cannot be computed is unknown, not guessed."""
    assert MediaFacts(len(data), None, None) == probed(data)


def test_a_frame_needs_known_bitrate_and_rate() -> None:
    """Frames with reserved values or free format have no known size."""
    assert 417 == (frame_at(made.frame(), 0) or pytest.fail("no frame")).size
    for head in (
        b"\xff\xfb\x00\x00",
        b"\xff\xfb\xf0\x00",
        b"\xff\xfb\x9c\x00",
        b"\xff\xe9\x90\x00",
    ):
        assert frame_at(head, 0) is None


@given(
    st.sampled_from([b"ID3\x04\0\0", made.FTYP, b"\xff\xfb\x90\0", b""]), st.binary(max_size=200)
)
def test_no_bytes_are_too_strange_for_the_reader(start: bytes, noise: bytes) -> None:
    """For any input the facts are within the file, and the reader terminates."""
    data = start + noise
    reader = read_media(data, len(data))
    sent = None
    for _ in range(200):
        try:
            wish = next(reader) if sent is None else reader.send(sent)
        except StopIteration as done:
            facts = done.value
            assert len(data) == facts.bytes
            assert facts.duration_ms is None or facts.duration_ms > 0
            return
        sent = data[wish.offset : wish.offset + wish.length]
    pytest.fail("the reader never ends")
