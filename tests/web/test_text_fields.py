"""Every text in a request is cleaned of control and bidi characters, or refused.

The fields come from the application itself, so a new one is tested automatically.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

import pytest
from fastapi.params import File, Form
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ValidationError

from wavehouse.kernel import words
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

STEERING = "\x1b[2J\u202e\u2066\u200f\x85\x07\ufeff"
# Each is a text that some field accepts without the control characters.
GOOD = (
    "Anna", "https://a.example/x", "a@b.example", "2026-11-01", "2026-11-18T10:00:00Z", "1.00", "0",
    "EUR", "active",
)  # fmt: skip
# Hashed or compared, never stored as text and never shown; a credential is WebAuthn's own JSON, of
# which only bytes and a counter are stored.
PARAGRAPHS = {
    ("ContentIn", "text"),
    ("ProjectIn", "brief"),
    ("ProjectPatch", "brief"),
    ("BlockIn", "body"),
    ("NoteIn", "body"),
    ("MemoryIn", "content"),
    ("CorrectionIn", "content"),
    ("DocumentIn", "text"),
    ("HighlightIn", "note"),
    ("QuestionIn", "text"),
    ("UserEventIn", "event_data"),
}
"""Texts with several lines."""
SECRETS = {"password", "token", "credential"}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type, including those of their fields."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models(field.annotation)
    elif get_origin(annotation) is not None:
        for part in get_args(annotation):
            yield from _models(part)


def _is_text(annotation: Any) -> bool:
    return annotation is str or any(_is_text(part) for part in get_args(annotation))


def text_fields(app: Any) -> list[tuple[type[BaseModel], str]]:
    """Every text field of every model that a route takes as its body."""
    bodies = {
        model
        for context in iter_route_contexts(app.routes)
        for param in getattr(getattr(context, "dependant", None), "body_params", ())
        for model in _models(param.field_info.annotation)
    }
    return sorted(
        (
            (model, name)
            for model in bodies
            for name, field in model.model_fields.items()
            if _is_text(field.annotation)
        ),
        key=lambda each: (each[0].__qualname__, each[1]),
    )


def _kept(model: type[BaseModel], name: str, value: object) -> object:
    """A field's result for a value, without the rest of its model."""
    instance = model.model_construct()
    model.__pydantic_validator__.validate_assignment(instance, name, value)
    return getattr(instance, name)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for part in pair for text in _texts(part))
    elif isinstance(value, list | tuple):
        yield from (text for part in value for text in _texts(part))


def verdict(model: type[BaseModel], name: str) -> str:
    """``cleaned`` or ``refused``; ``kept`` and ``unknown`` are wrong."""
    found = set()
    for good in GOOD:
        for wrap in (lambda text: text, lambda text: [text], lambda text: {"name": text}):
            try:
                _kept(model, name, wrap(good))
            except ValidationError:
                continue
            try:
                kept = _kept(model, name, wrap(good + STEERING))
            except ValidationError:
                found.add("refused")
            else:
                breaks = "\n" if (model.__name__, name) in PARAGRAPHS else ""
                plain = all(
                    words.is_plain(text.replace(breaks or " ", " ")) for text in _texts(kept)
                )
                found.add("cleaned" if plain else "kept")
    return "kept" if "kept" in found else max(found, default="unknown")


def test_every_text_field_of_a_request_is_cleaned_or_refuses(workspace: Workspace) -> None:
    """Names are cleaned of control characters, ids and addresses with them are refused."""
    fields = text_fields(live_app(workspace))

    verdicts = {
        f"{model.__name__}.{name}": verdict(model, name)
        for model, name in fields
        if name not in SECRETS
    }

    assert {} == {name: said for name, said in verdicts.items() if said in ("kept", "unknown")}
    assert {"NewPasskeyIn.name", "NewAppIn.name", "EpisodeIn.title", "SponsorIn.company"} <= set(
        verdicts
    )


def _unreadable(annotation: Any) -> bool:
    """Whether a type is a class without inspectable fields, such as a dataclass."""
    if isinstance(annotation, type):
        return is_dataclass(annotation) or annotation is str
    return any(_unreadable(part) for part in get_args(annotation))


def test_every_json_body_is_a_model_whose_fields_are_looked_at(workspace: Workspace) -> None:
    """A dataclass or a plain text as a body would bypass the cleaning of fields."""
    outside = {
        f"{getattr(context, 'path', '')} {param.name}"
        for context in iter_route_contexts(live_app(workspace).routes)
        for param in getattr(getattr(context, "dependant", None), "body_params", ())
        if not isinstance(param.field_info, Form | File)
        and _unreadable(param.field_info.annotation)
    }

    assert set() == outside


class Careless(BaseModel):
    """A model with fields of every kind that are not cleaned."""

    name: str
    tags: list[str] = []
    settings: dict[str, str] = {}
    note: str | None = None


@pytest.mark.parametrize("name", Careless.model_fields)
def test_a_field_that_keeps_what_steers_is_found(name: str) -> None:
    """The test must be able to fail."""
    assert "kept" == verdict(Careless, name)
