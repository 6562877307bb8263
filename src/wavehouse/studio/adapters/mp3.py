"""MP3 by LAME (``lameenc``, LGPL, decision 1403): constant rate, so the same bytes every time."""

from __future__ import annotations

import lameenc

from wavehouse.studio.rules.sound import RATE, Sound

BIT_RATE = 64
"""Kilobits per second: speech in one channel."""
_QUALITY = 7


def mp3(sound: Sound) -> bytes:
    """The frames of an MP3 file, without a tag."""
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_bit_rate(BIT_RATE)
    encoder.set_in_sample_rate(RATE)
    encoder.set_channels(1)
    encoder.set_quality(_QUALITY)
    return bytes(encoder.encode(sound.samples)) + bytes(encoder.flush())
