"""The subset of JSON schema that event types need (decision 1406).

Supported keywords: type, required, properties, additionalProperties (a boolean), items, enum,
const, minimum, maximum, minLength, maxLength, minItems, maxItems, and the annotations title,
description, $schema, default, examples. A schema with any other keyword is refused when it is
registered, so that no rule is silently ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from wavehouse.kernel.errors import InvalidInput

_ANNOTATIONS = {"title", "description", "$schema", "default", "examples"}
_NUMBERS = {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: _is_number(value),
    "integer": lambda value: _is_number(value) and value % 1 == 0,
}
_BOUNDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda value, bound: not _is_number(value) or value >= bound,
    "maximum": lambda value, bound: not _is_number(value) or value <= bound,
    "minLength": lambda value, bound: not isinstance(value, str) or len(value) >= bound,
    "maxLength": lambda value, bound: not isinstance(value, str) or len(value) <= bound,
    "minItems": lambda value, bound: not isinstance(value, list) or len(value) >= bound,
    "maxItems": lambda value, bound: not isinstance(value, list) or len(value) <= bound,
}
_DEEPEST = 20


def check_schema(schema: object, where: str = "json_schema", depth: int = 0) -> None:
    """InvalidInput unless every keyword of the schema is supported and has a valid value."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        raise InvalidInput("a JSON schema must be an object with at most 20 levels", where=where)
    for keyword, value in schema.items():
        if not _is_usable(keyword, value):
            raise InvalidInput(
                f"the keyword {keyword!r} is not supported or has an invalid value",
                where=f"{where}.{keyword}",
            )
    for name, child in schema.get("properties", {}).items():
        check_schema(child, f"{where}.properties.{name}", depth + 1)
    if "items" in schema:
        check_schema(schema["items"], f"{where}.items", depth + 1)


def violation(value: object, schema: Mapping[str, Any], path: str = "$") -> str | None:
    """The reason why a value does not match a schema, with the place; None when it matches."""
    named = schema.get("type")
    types = [named] if isinstance(named, str) else named or []
    if types and not any(_TYPES[name](value) for name in types):
        return f"{path} is not {' or '.join(types)}"
    if "enum" in schema and not any(_equal(value, each) for each in schema["enum"]):
        return f"{path} is not one of the allowed values"
    if "const" in schema and not _equal(value, schema["const"]):
        return f"{path} is not the required value"
    for keyword, fits in _BOUNDS.items():
        if keyword in schema and not fits(value, schema[keyword]):
            return f"{path} violates {keyword} {schema[keyword]}"
    if isinstance(value, dict):
        return _object_violation(value, schema, path)
    if isinstance(value, list) and "items" in schema:
        for index, child in enumerate(value):
            if reason := violation(child, schema["items"], f"{path}[{index}]"):
                return reason
    return None


def _object_violation(value: dict[str, Any], schema: Mapping[str, Any], path: str) -> str | None:
    for name in schema.get("required", ()):
        if name not in value:
            return f"{path} lacks {name}"
    properties = schema.get("properties", {})
    for name, child in value.items():
        if name in properties:
            if reason := violation(child, properties[name], f"{path}.{name}"):
                return reason
        elif schema.get("additionalProperties") is False:
            return f"{path} has the unknown field {name}"
    return None


def _is_usable(keyword: str, value: object) -> bool:
    if keyword in _ANNOTATIONS or keyword == "const":
        return True
    if keyword == "type":
        names = value if isinstance(value, list) else [value]
        return bool(names) and all(isinstance(n, str) and n in _TYPES for n in names)
    if keyword == "required":
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if keyword in _NUMBERS:
        return _is_number(value)
    if keyword == "enum":
        return isinstance(value, list) and bool(value)
    if keyword == "additionalProperties":
        return isinstance(value, bool)
    return keyword in {"properties", "items"} and isinstance(value, dict)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _equal(left: object, right: object) -> bool:
    """JSON equality: true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)
