"""Writers: the offline templates, or a server with the OpenAI API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wavehouse.kernel.errors import Unreachable
from wavehouse.studio.adapters.server import Server
from wavehouse.studio.rules import prompts, scripts
from wavehouse.studio.types.production import Material, Outline


@dataclass(frozen=True, slots=True)
class Written:
    """A reply and its tokens, limited to a plausible number."""

    text: str
    input_tokens: int
    output_tokens: int


class TextProvider(Protocol):
    """Writes outlines and scripts; a reply is the JSON that ``prompts`` describes."""

    def outline(self, material: Material, *, most_tokens: int) -> Written:
        """The outline of an episode."""
        ...

    def script(
        self, material: Material, outline: Outline, *, most_tokens: int, again: bool
    ) -> Written:
        """The script of an outline; ``again`` when the last one was in another language."""
        ...


class LocalWriter:
    """Templates: offline, deterministic. Tokens are counted as words."""

    def outline(self, material: Material, *, most_tokens: int) -> Written:
        """The outline of an episode."""
        made = prompts.outline_as_json(scripts.outline(material))
        return _counted(prompts.outline_prompt(material), made)

    def script(
        self, material: Material, outline: Outline, *, most_tokens: int, again: bool
    ) -> Written:
        """The script of an outline."""
        made = prompts.script_as_json(scripts.script(material, outline))
        return _counted(prompts.script_prompt(material, outline, again=again), made)


class ServerWriter:
    """A model behind ``/chat/completions``.

    No tools are offered, and a reply that calls one is not accepted.
    """

    def __init__(self, server: Server, *, model: str) -> None:
        self._server, self._model = server, model

    def outline(self, material: Material, *, most_tokens: int) -> Written:
        """The outline of an episode."""
        return self._ask(prompts.outline_prompt(material), most_tokens)

    def script(
        self, material: Material, outline: Outline, *, most_tokens: int, again: bool
    ) -> Written:
        """The script of an outline."""
        return self._ask(prompts.script_prompt(material, outline, again=again), most_tokens)

    def _ask(self, messages: Sequence[dict[str, str]], most_tokens: int) -> Written:
        body = {"model": self._model, "messages": list(messages), "max_tokens": most_tokens}
        reply = self._server.post("chat/completions", body)
        asked = sum(len(message["content"].encode()) for message in messages)
        return completion(reply, asked=asked, most_tokens=most_tokens)


def completion(reply: bytes, *, asked: int, most_tokens: int) -> Written:
    """The text of a chat completion. Unreachable for a 200 that is something else.

    ``asked`` is the size of the prompt in bytes: a report of more tokens than that, or of more than
    ``most_tokens``, is impossible and is replaced by an estimate.
    """
    try:
        given: Any = json.loads(reply)
        message = given["choices"][0]["message"]
        text = message["content"]
        if not isinstance(text, str) or not text.strip() or message.get("tool_calls"):
            raise ValueError("not text")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise Unreachable(
            "the text provider responded with status 200, but without a text"
        ) from None
    usage = given.get("usage")
    reported = usage if isinstance(usage, dict) else {}
    came = _count(reported.get("prompt_tokens"), asked)
    went = _count(reported.get("completion_tokens"), most_tokens)
    return Written(
        text,
        asked // 4 if came is None else came,
        min(most_tokens, len(text) // 3 + 1) if went is None else went,
    )


def _count(given: object, most: int) -> int | None:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= most:
        return None
    return given


def _counted(messages: Sequence[dict[str, str]], made: dict[str, Any]) -> Written:
    text = json.dumps(made, ensure_ascii=False)
    asked = sum(len(message["content"].split()) for message in messages)
    return Written(text, asked, len(text.split()))
