"""A program that reads JSON from stdin and writes spoken PCM to stdout, as a separate process.

eSpeak NG is GPL: it is loaded here and never in Wavehouse's own process (decision 1401). A fresh
process for each text also makes the bytes the same every time. This file imports nothing of
Wavehouse, and is started by ``speech.py`` with ``python -I``.

Input: ``{"text", "voice", "speed", "pitch", "library", "data"}``. Output: 16-bit mono samples. The
exit code is 3 when the library has no such voice.
"""

import ctypes
import json
import sys

_SYNCHRONOUS = 2
_UTF8 = 1
_SPEED, _PITCH = 1, 3


def main() -> int:
    """Speak; returns the exit code."""
    wanted = json.load(sys.stdin)
    library = ctypes.CDLL(wanted["library"])
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, wanted["data"].encode(), 0)
    if rate <= 0:
        return 2
    samples = bytearray()
    # breathy voices use noise, which is seeded by the time
    if hasattr(library, "espeak_ng_SetRandSeed"):
        library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    callback = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
    )

    def collect(wave, number, _events):  # type: ignore[no-untyped-def]
        if wave and number > 0:
            samples.extend(ctypes.string_at(wave, number * 2))
        return 0

    kept = callback(collect)
    library.espeak_SetSynthCallback(kept)
    if library.espeak_SetVoiceByName(wanted["voice"].encode()) != 0:
        return 3
    library.espeak_SetParameter(_SPEED, wanted["speed"], 0)
    library.espeak_SetParameter(_PITCH, wanted["pitch"], 0)
    text = wanted["text"].encode()
    library.espeak_Synth(
        ctypes.c_char_p(text), ctypes.c_size_t(len(text) + 1), 0, 1, 0, _UTF8, None, None
    )
    library.espeak_Synchronize()
    sys.stdout.buffer.write(rate.to_bytes(4, "little") + samples)
    return 0


if __name__ == "__main__":
    sys.exit(main())
