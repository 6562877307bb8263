"""Sound as 16-bit mono samples: pauses, jingles, joining segments, chapters' times."""

from __future__ import annotations

import io
import math
import wave
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

RATE = 22_050
"""The sample rate of all sound that the studio produces."""
_FULL = 32_767


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono samples of 16 bits, little-endian, ``RATE`` per second."""

    samples: bytes

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / 2 / RATE

    @property
    def milliseconds(self) -> int:
        """Its length in whole milliseconds, rounded down."""
        return len(self.samples) // 2 * 1000 // RATE


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an episode: a spoken segment, a pause or a jingle.

    ``title`` begins a chapter; ``speaker`` and ``text`` are set for speech.
    """

    sound: Sound
    title: str | None = None
    speaker: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of an episode; times in milliseconds."""

    start: int
    end: int
    title: str


@dataclass(frozen=True, slots=True)
class Cue:
    """A passage of the transcript; times in milliseconds."""

    start: int
    end: int
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The chapters and cues of an assembled episode; the length in milliseconds."""

    length: int
    chapters: tuple[Chapter, ...]
    cues: tuple[Cue, ...]


def silence(milliseconds: int) -> Sound:
    """A pause."""
    return Sound(bytes(RATE * milliseconds // 1000 * 2))


def tones(frequencies: Sequence[float], milliseconds: int, volume: float = 0.25) -> Sound:
    """One tone after another, each with a soft start and end to avoid clicks."""
    number = RATE * milliseconds // 1000
    edge = max(1, number // 8)
    samples = array("h")
    for frequency in frequencies:
        step = 2 * math.pi * frequency / RATE
        for n in range(number):
            shape = min(1.0, (n + 1) / edge, (number - n) / edge)
            samples.append(round(_FULL * volume * shape * math.sin(step * n)))
    return Sound(_little_endian(samples))


def jingle() -> Sound:
    """An episode's opening: four rising tones."""
    return tones((392.0, 493.9, 587.3, 784.0), 160)


def bridge() -> Sound:
    """The sound between two chapters."""
    return tones((587.3, 493.9), 110, 0.15)


def assembled(parts: Sequence[Part]) -> tuple[Sound, Timeline]:
    """Join parts; the timeline has the chapters and the transcript's cues."""
    samples = bytearray()
    starts: list[tuple[int, str]] = []
    cues: list[Cue] = []
    for part in parts:
        start = len(samples) // 2 * 1000 // RATE
        samples += part.sound.samples
        if part.title:
            starts.append((start, part.title))
        if part.text:
            end = len(samples) // 2 * 1000 // RATE
            cues.append(Cue(start, end, part.speaker or "", part.text))
    length = len(samples) // 2 * 1000 // RATE
    ends = [start for start, _ in starts[1:]] + [length]
    chapters = tuple(
        Chapter(start, end, title) for (start, title), end in zip(starts, ends, strict=True)
    )
    return Sound(bytes(samples)), Timeline(length, chapters, tuple(cues))


def as_wave(sound: Sound) -> bytes:
    """The sound as a WAV file."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.samples)
    return target.getvalue()


def from_wave(content: bytes) -> Sound:
    """The sound of a WAV file. ValueError unless it is 16-bit mono at ``RATE``."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            samples = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"not a WAV file: {error}") from None
    if shape[1] != 2 or shape[0] not in (1, 2):
        raise ValueError(f"unsupported WAV file: {shape[0]} channels, {8 * shape[1]} bits")
    if shape[0] == 2:
        samples = _little_endian(array("h", samples)[::2])
    return Sound(resampled(samples, shape[2]))


def resampled(samples: bytes, rate: int) -> bytes:
    """Samples of another rate at ``RATE``, by linear interpolation."""
    if rate == RATE:
        return samples
    if not 4_000 <= rate <= 192_000:
        raise ValueError(f"unsupported sample rate: {rate}")
    source = array("h", samples)
    if not source:
        return b""
    number = len(source) * RATE // rate
    made = array("h", bytes(2 * number))
    for n in range(number):
        index, rest = divmod(n * rate, RATE)
        following = source[min(index + 1, len(source) - 1)]
        made[n] = source[index] + (following - source[index]) * rest // RATE
    return _little_endian(made)


def _little_endian(samples: array[int]) -> bytes:
    return samples.tobytes()
