"""The steps ``synthesize``, ``assemble``, ``encode`` and ``transcript``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from wavehouse.studio.adapters.mp3 import BIT_RATE, mp3
from wavehouse.studio.adapters.speech import SpeechProvider
from wavehouse.studio.rules import transcripts
from wavehouse.studio.rules.id3 import Picture, Tags, id3
from wavehouse.studio.rules.script_blocks import spoken
from wavehouse.studio.rules.sound import (
    Part,
    Sound,
    Timeline,
    as_wave,
    assembled,
    bridge,
    from_wave,
    jingle,
    silence,
)
from wavehouse.studio.service.generation.paying import Answered, Payment
from wavehouse.studio.service.generation.stepping import Run, Work, run_step
from wavehouse.studio.types.generation import EpisodeToMake, Step
from wavehouse.studio.types.production import Section, Voice
from wavehouse.usage import Unit

_BETWEEN_LINES, _BETWEEN_SECTIONS = 350, 500


@dataclass(frozen=True, slots=True)
class Speaker:
    """The speaker of this project. ``metered``: its model is in the registry."""

    provider: SpeechProvider
    model: str
    metered: bool
    voices: tuple[Voice, ...]

    def voice(self, name: str) -> Voice:
        """The voice of a speaker; the first voice for an unknown name."""
        return next((v for v in self.voices if v.speaker == name), self.voices[0])


@dataclass(frozen=True, slots=True)
class Recording:
    """The finished audio: references of the MP3 and of the transcript's index, and its timeline."""

    audio_ref: str
    index_ref: str
    timeline: Timeline


def recorded(
    run: Run,
    sections: Sequence[Section],
    speaker: Speaker,
    episode: EpisodeToMake,
    *,
    title: str,
    author: str,
    cover: Picture,
) -> Recording:
    """Speak the script, join it, encode it, and write its transcript and chapters."""
    refs = _synthesized(run, sections, speaker, episode)
    assembly = json.loads(run.store.get(_assembled(run, sections, refs)))
    timeline = transcripts.from_json(assembly["timeline"])
    tags = Tags(title, episode.project_title, author, episode.language, timeline.chapters, cover)
    audio_ref = _encoded(run, assembly["sound"], tags)
    return Recording(audio_ref, _transcribed(run, timeline), timeline)


def _synthesized(
    run: Run, sections: Sequence[Section], speaker: Speaker, episode: EpisodeToMake
) -> list[str]:
    """The sound of each line, in order."""
    lines = [line for section in sections for line in section.lines]
    refs = []
    for number, line in enumerate(lines):
        text, voice = spoken(line.text), speaker.voice(line.speaker)
        work = Work(
            inputs={
                "text": text,
                "voice": asdict(voice),
                "language": episode.language,
                "speaker": [speaker.provider.name, speaker.model],
            },
            make=_speech(speaker, text, voice, episode.language),
            segment=number,
            payment=_payment(speaker, text, episode),
        )
        refs.append(run_step(run, Step.SYNTHESIZE, work))
    return refs


def _speech(speaker: Speaker, text: str, voice: Voice, language: str) -> Any:
    def make() -> Answered:
        sound = speaker.provider.speak(text, voice=voice, language=language)
        return Answered(as_wave(sound), {Unit.CHARACTER: Decimal(len(text))})

    return make


def _payment(speaker: Speaker, text: str, episode: EpisodeToMake) -> Payment | None:
    if not speaker.metered:
        return None
    bound = {Unit.CHARACTER: Decimal(len(text))}
    return Payment(speaker.model, "studio.speech", bound, episode.project_id)


def _assembled(run: Run, sections: Sequence[Section], refs: Sequence[str]) -> str:
    """Jingle, sections with a bridge between them, pauses between lines."""
    shape = [[section.title, [[x.speaker, x.text] for x in section.lines]] for section in sections]

    def make() -> Answered:
        parts, following = [Part(jingle()), Part(silence(_BETWEEN_LINES))], iter(refs)
        for number, section in enumerate(sections):
            if number:
                parts += [Part(silence(_BETWEEN_LINES)), Part(bridge())]
                parts.append(Part(silence(_BETWEEN_SECTIONS)))
            for position, line in enumerate(section.lines):
                sound = from_wave(run.store.get(next(following)))
                title = section.title if position == 0 else None
                parts.append(Part(sound, title, line.speaker, spoken(line.text)))
                parts.append(Part(silence(_BETWEEN_LINES)))
        sound, timeline = assembled(parts)
        made = {"sound": run.store.put(as_wave(sound)), "timeline": transcripts.as_json(timeline)}
        return Answered(json.dumps(made, ensure_ascii=False).encode(), {})

    work = Work(inputs={"script": shape, "sounds": list(refs)}, make=make)
    return run_step(run, Step.ASSEMBLE, work)


def _encoded(run: Run, sound_ref: str, tags: Tags) -> str:
    def make() -> Answered:
        sound: Sound = from_wave(run.store.get(sound_ref))
        return Answered(id3(tags) + mp3(sound), {})

    cover = hashlib.sha256(tags.picture.content).hexdigest() if tags.picture else None
    named = {**asdict(replace(tags, picture=None)), "picture": cover}
    inputs = {"sound": sound_ref, "tags": named, "rate": BIT_RATE}
    return run_step(run, Step.ENCODE, Work(inputs=inputs, make=make))


def _transcribed(run: Run, timeline: Timeline) -> str:
    """Write transcript and chapters; returns the index of these files."""
    stored = transcripts.as_json(timeline)

    def make() -> Answered:
        index = {
            "timeline": stored,
            "vtt": run.store.put(transcripts.vtt(timeline)),
            "json": run.store.put(transcripts.json_transcript(timeline)),
            "chapters": run.store.put(transcripts.json_chapters(timeline)),
        }
        return Answered(json.dumps(index, ensure_ascii=False).encode(), {})

    return run_step(run, Step.TRANSCRIPT, Work(inputs={"timeline": stored}, make=make))
