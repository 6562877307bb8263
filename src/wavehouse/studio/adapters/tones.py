"""The synthesizer without dependencies: a tone for each syllable, the same for the same text."""

from __future__ import annotations

import re
import zlib

from wavehouse.studio.rules.sound import Sound, silence, tones
from wavehouse.studio.types.production import Voice

_VOWELS = re.compile(r"[aeiouyàèéìíòóùúäöüåæøâêîôû]+", re.IGNORECASE)
_SCALE = (262.0, 294.0, 330.0, 392.0, 440.0)
_SYLLABLE, _GAP, _SENTENCE = 90, 40, 260


class ToneSpeech:
    """Speaks in tones: valid, audible and deterministic, but not language."""

    name = "tones"

    def speak(self, text: str, *, voice: Voice, language: str) -> Sound:
        """Each word as a few tones, whose height depends on the voice's pitch."""
        samples = bytearray()
        factor = 0.6 + voice.pitch / 100
        for word in text.split():
            syllables = max(1, len(_VOWELS.findall(word)))
            first = zlib.crc32(word.casefold().encode()) % len(_SCALE)
            scale = [factor * _SCALE[(first + n) % len(_SCALE)] for n in range(syllables)]
            samples += tones(scale, _SYLLABLE * 165 // voice.speed).samples
            samples += silence(_SENTENCE if word.endswith((".", "?", "!")) else _GAP).samples
        return Sound(bytes(samples))
