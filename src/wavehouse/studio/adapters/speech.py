"""Offline speech: eSpeak NG in a separate process for each text, otherwise tones."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Protocol

from wavehouse.kernel.errors import InvalidInput, Unreachable
from wavehouse.studio.adapters.server import Server
from wavehouse.studio.adapters.tones import ToneSpeech
from wavehouse.studio.rules.sound import Sound, from_wave, resampled
from wavehouse.studio.types.production import Voice

_PROGRAM = Path(__file__).with_name("espeak.py")
_NO_VOICE = 3
_ORDINARY_SPEED = 160
_LONGEST_SECONDS = 60
_LONGEST_TEXT = 20_000


class SpeechProvider(Protocol):
    """Turns text into sound."""

    name: str

    def speak(self, text: str, *, voice: Voice, language: str) -> Sound:
        """The text spoken in a voice; ``language`` is the text's language as a BCP 47 tag."""
        ...


class EspeakSpeech:
    """eSpeak NG, from the extra ``speech`` (decision 1401)."""

    name = "espeak-ng"

    def speak(self, text: str, *, voice: Voice, language: str) -> Sound:
        """The text spoken in a voice; the same bytes for the same text, every time.

        InvalidInput for a language without a voice, Unreachable when the program fails.
        """
        import espeakng_loader

        name = voice.name or language.partition("-")[0].lower()
        wanted = {
            "text": text[:_LONGEST_TEXT],
            "voice": f"{name}+{voice.variant}" if voice.variant else name,
            "speed": voice.speed,
            "pitch": voice.pitch,
            "library": str(espeakng_loader.get_library_path()),
            "data": str(espeakng_loader.get_data_path()),
        }
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", str(_PROGRAM)],
                input=json.dumps(wanted).encode(),
                capture_output=True,
                timeout=_LONGEST_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unreachable(f"the speech program failed ({type(error).__name__})") from None
        if done.returncode == _NO_VOICE:
            raise InvalidInput(
                f"there is no voice {wanted['voice']!r} for the language {language!r}",
                where="voices",
                hint="Choose a language that eSpeak NG supports, or another variant.",
            )
        if done.returncode != 0 or len(done.stdout) <= 4:
            raise Unreachable(
                f"the speech program exited with status {done.returncode}, without audio"
            )
        rate = int.from_bytes(done.stdout[:4], "little")
        return Sound(resampled(done.stdout[4:], rate))


class ServerSpeech:
    """A model behind ``/audio/speech``, with WAV output."""

    name = "server"

    def __init__(self, server: Server, *, model: str) -> None:
        self._server, self._model = server, model

    def speak(self, text: str, *, voice: Voice, language: str) -> Sound:
        """The text spoken in a voice. Unreachable for a 200 that is not a WAV file."""
        body = {
            "model": self._model,
            "input": text,
            "voice": voice.name or "alloy",
            "response_format": "wav",
            "speed": round(voice.speed / _ORDINARY_SPEED, 2),
        }
        try:
            sound = from_wave(self._server.post("audio/speech", body))
        except ValueError as error:
            raise Unreachable(
                f"the speech provider responded with status 200 and {error}"
            ) from None
        if not sound.samples:
            raise Unreachable("the speech provider responded with status 200, but without audio")
        return sound


@cache
def has_espeak() -> bool:
    """Whether the extra ``speech`` is installed."""
    return importlib.util.find_spec("espeakng_loader") is not None


def local_speech(name: str = "") -> SpeechProvider:
    """The offline voice: eSpeak NG where it is installed, tones otherwise, or with ``tones``."""
    return EspeakSpeech() if has_espeak() and name != "tones" else ToneSpeech()
