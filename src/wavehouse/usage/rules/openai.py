"""The gateway's view of the OpenAI API: request bounds, usage of a response, errors.

A token of a byte-level tokenizer is at least one byte, so the bytes of a text are an upper bound of
its tokens; four bytes per token is the estimate when nothing better is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from wavehouse.kernel.errors import InvalidInput
from wavehouse.usage.types import Unit

DEFAULT_OUTPUT = 4096
"""Output tokens when a request sets no maximum; sent upstream as the maximum."""
MOST_OUTPUT = 1_000_000
MOST_CHOICES = 16
_PER_MESSAGE = 16
_PER_REQUEST = 64
_BYTES_A_TOKEN = 4
_IMPLAUSIBLE = 8
"""Reports below one token per 32 bytes are rejected."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A request to send upstream, with an upper bound of its usage."""

    body: dict[str, Any]
    model: str
    bound: dict[Unit, Decimal]
    input_bytes: int
    stream: bool = False
    reports_usage: bool = False
    end_user: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """The usage of a call, and why it differs from the upstream's report."""

    quantities: dict[Unit, Decimal]
    doubts: dict[str, Any] = field(default_factory=dict)


def chat_plan(body: Any, *, context_window: int | None = None) -> Plan:
    """Plan a chat completion. InvalidInput when its usage cannot be bounded."""
    fields = _object(body)
    messages = fields.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InvalidInput("messages is not a list of messages", where="messages")
    choices = _whole(fields, "n", 1, MOST_CHOICES)
    size, bounded = _size(messages)
    for more in ("tools", "functions", "response_format", "tool_choice"):
        if fields.get(more) is not None:
            size += len(json.dumps(fields[more], ensure_ascii=False).encode("utf-8", "replace"))
    most = size + _PER_MESSAGE * len(messages) + _PER_REQUEST
    if not bounded:
        if context_window is None:
            raise InvalidInput(
                "images, audio and files need a model whose context window is known",
                where="messages",
                hint="The operator can add it to the model.",
            )
        most = context_window
    limits = [name for name in ("max_completion_tokens", "max_tokens") if fields.get(name)]
    output = min([_whole(fields, name, 1, MOST_OUTPUT) for name in limits] or [DEFAULT_OUTPUT])
    sent = dict(fields)
    for name in limits or ["max_tokens"]:
        sent[name] = output
    stream = _flag(fields, "stream")
    options = fields.get("stream_options") or {}
    if not isinstance(options, dict):
        raise InvalidInput("stream_options is not an object", where="stream_options")
    reports = options.get("include_usage") is True
    if stream:
        sent["stream_options"] = {**options, "include_usage": True}
    return Plan(
        sent,
        _model(fields),
        {Unit.INPUT: Decimal(most), Unit.OUTPUT: Decimal(output * choices)},
        size,
        stream,
        reports,
        _end_user(fields),
    )


def is_more_than_text(body: Any) -> bool:
    """Whether a chat request has images, audio or files, so the context window matters."""
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        return False
    messages = body.get("messages")
    return isinstance(messages, list) and any(
        isinstance(message, dict) and isinstance(message.get("content"), list)
        for message in messages
    )


def embeddings_plan(body: Any) -> Plan:
    """Plan an embedding of texts or of token lists."""
    fields = _object(body)
    given = fields.get("input")
    items = [given] if isinstance(given, str) else given
    if not isinstance(items, list) or not items:
        raise InvalidInput("input is not a string or a list", where="input")
    size = 0
    for item in items:
        if isinstance(item, str):
            size += len(item.encode("utf-8", "replace"))
        elif isinstance(item, list):
            size += len(item)
        elif isinstance(item, int) and not isinstance(item, bool):
            size += 1
        else:
            raise InvalidInput("input may only contain strings and tokens", where="input")
    most = size + 4 * len(items)
    return Plan(
        fields, _model(fields), {Unit.INPUT: Decimal(most)}, size, end_user=_end_user(fields)
    )


def speech_plan(body: Any) -> Plan:
    """Plan a speech request: each character of the text counts."""
    fields = _object(body)
    text = fields.get("input")
    if not isinstance(text, str) or not text:
        raise InvalidInput("input is not a string", where="input")
    return Plan(
        fields,
        _model(fields),
        {Unit.CHARACTER: Decimal(len(text))},
        len(text),
        end_user=_end_user(fields),
    )


def with_maximum(plan: Plan, name: str, field_name: str) -> dict[str, Any]:
    """The body for an upstream's model, using that model's name for the maximum-tokens field."""
    body = {**plan.body, "model": name}
    if "max_tokens" in body and field_name != "max_tokens" and "max_completion_tokens" not in body:
        body[field_name] = body.pop("max_tokens")
    return body


def text_of(answer: Mapping[str, Any]) -> str | None:
    """The text of a chat completion, with reasoning and tool calls; None if the body is not one."""
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        return None
    parts = []
    for choice in choices:
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(message, dict):
            return None
        parts.append(delta_text(message))
    return "".join(parts)


def delta_text(delta: Mapping[str, Any]) -> str:
    """The text of a message or of a streamed delta."""
    parts = [
        value
        for name in ("content", "reasoning_content", "reasoning", "refusal")
        if isinstance(value := delta.get(name), str)
    ]
    calls = delta.get("tool_calls")
    if isinstance(calls, list) and calls:
        parts.append(json.dumps(calls, ensure_ascii=False))
    return "".join(parts)


def counted(plan: Plan, text: str, pieces: int, reported: Any) -> Count:
    """The usage of a text call: the reported usage if it agrees with our own count and the bound.

    If the report is missing or implausible, our own estimate counts, never more than the bound.
    Rejected reports are stored with the event.
    """
    own_out = max(pieces, _estimate(len(text.encode("utf-8", "replace"))))
    own_in = _estimate(plan.input_bytes)
    most_in, most_out = plan.bound[Unit.INPUT], plan.bound.get(Unit.OUTPUT, Decimal(0))
    usage = reported if isinstance(reported, dict) else None
    doubts: dict[str, Any] = {}
    came = _tokens(usage, "prompt_tokens")
    went = _tokens(usage, "completion_tokens")
    if usage is None or came is None or (went is None and most_out):
        doubts["estimated"] = "the upstream reported no usage"
    came = _plausible(came, own_in, plan.input_bytes, most_in, "input", doubts)
    went = _plausible(
        went, own_out, len(text.encode("utf-8", "replace")), most_out, "output", doubts
    )
    if "implausible" in doubts and usage is not None:
        doubts["reported"] = {
            name: usage[name] for name in ("prompt_tokens", "completion_tokens") if name in usage
        }
    cached = min(_detail(usage, "prompt_tokens_details", "cached_tokens"), came)
    reasoning = min(_detail(usage, "completion_tokens_details", "reasoning_tokens"), went)
    quantities = {
        Unit.INPUT: Decimal(came - cached),
        Unit.CACHE_READ: Decimal(cached),
        Unit.OUTPUT: Decimal(went - reasoning),
        Unit.REASONING: Decimal(reasoning),
    }
    return Count({unit: number for unit, number in quantities.items() if number}, doubts)


def _plausible(
    reported: int | None,
    own: int,
    size: int,
    most: Decimal,
    name: str,
    doubts: dict[str, Any],
) -> int:
    if reported is None:
        return int(min(Decimal(own), most))
    if reported > most:
        doubts.setdefault("implausible", []).append(f"more {name} than the upper bound")
        return int(most)
    if reported * _BYTES_A_TOKEN * _IMPLAUSIBLE < size:
        doubts.setdefault("implausible", []).append(f"less {name} than was received")
        return int(min(Decimal(own), most))
    return reported


def _tokens(usage: Mapping[str, Any] | None, name: str) -> int | None:
    value = None if usage is None else usage.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def _detail(usage: Mapping[str, Any] | None, group: str, name: str) -> int:
    details = None if usage is None else usage.get(group)
    return (_tokens(details, name) or 0) if isinstance(details, dict) else 0


def _estimate(size: int) -> int:
    return -(-size // _BYTES_A_TOKEN)


def _size(messages: list[Any]) -> tuple[int, bool]:
    """The size of the messages in bytes, and whether they are text only."""
    bounded = True
    for message in messages:
        if not isinstance(message, dict):
            raise InvalidInput("a message is not an object", where="messages")
        content = message.get("content")
        if isinstance(content, list):
            bounded = bounded and all(
                isinstance(part, dict) and part.get("type") in {"text", "refusal"}
                for part in content
            )
    return len(json.dumps(messages, ensure_ascii=False).encode("utf-8", "replace")), bounded


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise InvalidInput("the body is not a JSON object", where="body")
    return body


def _model(fields: Mapping[str, Any]) -> str:
    model = fields.get("model")
    if not isinstance(model, str) or not model:
        raise InvalidInput("model is missing", where="model")
    return model


def _whole(fields: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = fields.get(name)
    if value is None:
        return least
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInput(f"{name} is not a whole number from {least} to {most}", where=name)
    return value


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    if value not in (None, True, False):
        raise InvalidInput(f"{name} is not true or false", where=name)
    return value is True


def _end_user(fields: Mapping[str, Any]) -> str | None:
    for name in ("safety_identifier", "user"):
        value = fields.get(name)
        if value is not None and not isinstance(value, str):
            raise InvalidInput(f"{name} is not a string", where=name)
        if value:
            return value
    return None
