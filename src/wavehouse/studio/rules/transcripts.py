"""Transcript and chapters as files: WebVTT, JSON transcript, JSON chapters (Podcasting 2.0)."""

from __future__ import annotations

import json
from typing import Any

from wavehouse.kernel import words
from wavehouse.studio.rules.sound import Chapter, Cue, Timeline

CHAPTERS_TYPE = "application/json+chapters"
VTT_TYPE = "text/vtt"
JSON_TYPE = "application/json"


def vtt(timeline: Timeline) -> bytes:
    """The transcript as WebVTT, with a voice for each cue."""
    blocks = ["WEBVTT"]
    for cue in timeline.cues:
        text = words.line(cue.text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        speaker = words.line(cue.speaker).replace(">", "")
        blocks.append(f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n<v {speaker}>{text}")
    return ("\n\n".join(blocks) + "\n").encode()


def json_transcript(timeline: Timeline) -> bytes:
    """The transcript as the namespace's JSON: segments with times in seconds."""
    return _dumped(
        {
            "version": "1.0.0",
            "segments": [
                {
                    "speaker": cue.speaker,
                    "startTime": cue.start / 1000,
                    "endTime": cue.end / 1000,
                    "body": cue.text,
                }
                for cue in timeline.cues
            ],
        }
    )


def json_chapters(timeline: Timeline) -> bytes:
    """The chapters as the namespace's JSON, version 1.2.0."""
    chapters = [
        {"startTime": each.start / 1000, "endTime": each.end / 1000, "title": each.title}
        for each in timeline.chapters
    ]
    return _dumped({"version": "1.2.0", "chapters": chapters})


def as_json(timeline: Timeline) -> dict[str, Any]:
    """A timeline in its stored form."""
    return {
        "length": timeline.length,
        "chapters": [[each.start, each.end, each.title] for each in timeline.chapters],
        "cues": [[cue.start, cue.end, cue.speaker, cue.text] for cue in timeline.cues],
    }


def from_json(stored: dict[str, Any]) -> Timeline:
    """A stored timeline."""
    return Timeline(
        stored["length"],
        tuple(Chapter(start, end, title) for start, end, title in stored["chapters"]),
        tuple(Cue(start, end, who, text) for start, end, who, text in stored["cues"]),
    )


def _stamp(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _dumped(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
