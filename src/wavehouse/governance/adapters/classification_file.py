"""The classification file, ``configs/data-classification.yml``, and its vocabulary.

The package has a link to the file; the wheel contains the file itself.
"""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from wavehouse.governance.types.classification import ClassificationFile, TableEntry, Vocabulary
from wavehouse.kernel.errors import InvalidInput, NotFound

NAME = "data-classification.yml"
LIMIT = 8 * 1024 * 1024
"""Bytes of the largest file that is read."""
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CHECK = "wavehouse classify check"
_Entry = TypeVar("_Entry")


class _Loader(_Base):  # type: ignore[misc]
    """The safe loader, refusing duplicate keys: YAML would keep the last one silently."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"a key must be text: {key!r}", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} occurs twice", key_node.start_mark
                )
            seen.add(key)
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


def read_classification(path: Path | None = None) -> ClassificationFile:
    """The classification file; without a path, the product's own.

    NotFound without a file; InvalidInput names the line, or the table and the field.
    """
    where = str(path or f"configs/{NAME}")
    try:
        content = path.read_bytes() if path else (files("wavehouse.governance") / NAME).read_bytes()
    except OSError as error:
        raise NotFound(
            f"the classification file cannot be read: {error.strerror or error}", where=where
        ) from None
    if len(content) > LIMIT:
        raise InvalidInput(f"the file is larger than {LIMIT // 2**20} MiB", where=where)
    return parse(content, where)


def parse(content: bytes | str, where: str = NAME) -> ClassificationFile:
    """Parse the text of a classification file."""
    try:
        document = yaml.load(content, Loader=_Loader)  # noqa: S506 - derived from the safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it is not valid UTF-8 text"
        raise InvalidInput(f"invalid YAML: {problem}", where=f"{where}{line}") from None
    except RecursionError:
        raise InvalidInput("invalid YAML: nested too deeply", where=where) from None
    if not isinstance(document, dict):
        raise InvalidInput(
            "the file must be a mapping with version, tables, …", where=where, command=_CHECK
        )
    tables = document.get("tables")
    if isinstance(tables, dict):
        for name, entry in tables.items():
            _convert(entry, TableEntry, f"{where}, table {name}")
    return _convert(document, ClassificationFile, where)


def _convert(value: object, kind: type[_Entry], where: str) -> _Entry:
    try:
        return msgspec.convert(value, kind, builtin_types=(date,))
    except msgspec.ValidationError as error:
        raise InvalidInput(f"invalid entry: {error}", where=where, command=_CHECK) from None


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the file, for editors and other programs."""
    schema = msgspec.json.schema(ClassificationFile)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://wavehouse.dev/schemas/data-classification.schema.json",
        "title": "Wavehouse data classification, version 1",
        **schema,
    }


def read_vocabulary() -> Vocabulary:
    """The keys of fideslang that the file may use."""
    text = (files("wavehouse.governance") / "vocabulary.toml").read_text(encoding="utf-8")
    keys = tomllib.loads(text)
    return Vocabulary(
        f"fideslang/{keys['version']}",
        frozenset(keys["categories"]),
        frozenset(keys["uses"]),
        frozenset(keys["subjects"]),
    )
