"""Settings: flags > ``WAVEHOUSE_*`` > ``wavehouse.toml`` > defaults, each value with its source.

``NAME_FILE`` variables (Docker and Kubernetes secrets) are read when ``NAME`` is not set. Unknown
keys are errors with a suggestion, so that a misspelt setting is never silently ignored.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.reference import own_lists
from wavehouse.kernel.settings import OPTIONS, OWN_LISTS, Option, default_home

MASK = "********"


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value and its source."""

    option: Option
    value: Any
    source: str

    def shown(self) -> str:
        """The value for display: secrets masked, unset as a dash."""
        if self.value is None:
            return "–"
        return masked_url(str(self.value)) if self.option.secret else str(self.value)


@dataclass(frozen=True, slots=True)
class Settings:
    """The resolved settings of one process."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name].value

    @property
    def home(self) -> Path:
        """``WAVEHOUSE_HOME``: the folder of the embedded server and of files."""
        return Path(self["home"])

    def url_of(self, database: str) -> str | None:
        """The configured URL of a database, or None for the embedded server."""
        url = self[f"{database}_url"]
        return None if url is None else str(url)


_PASSWORD_PARAMETER = re.compile(r"((?:^|[?&])(?:ssl)?password=)[^&]*", re.IGNORECASE)


def masked_url(text: str) -> str:
    """A URL or secret with all its passwords masked."""
    if "://" not in text:
        return MASK
    scheme, rest = text.split("://", 1)
    credentials, at, host = rest.rpartition("@")
    if ":" in credentials:
        credentials = f"{credentials.split(':', 1)[0]}:{MASK}"
    host = _PASSWORD_PARAMETER.sub(rf"\g<1>{MASK}", host)
    return f"{scheme}://{credentials}{at}{host}"


_BY_NAME = {option.name: option for option in OPTIONS}


def _parse(option: Option, raw: Any, source: str) -> Value:
    text = ",".join(str(part) for part in raw) if isinstance(raw, list) else str(raw)
    try:
        return Value(option, option.read(text), source)
    except ValueError as error:
        shown = MASK if option.secret else repr(text)
        raise UsageError(
            f"invalid value {shown} of {option.name}: {error}", where=source, hint=option.help
        ) from None


def _from_environment(option: Option, environment: Mapping[str, str]) -> Value | None:
    if environment.get(option.variable):
        return _parse(option, environment[option.variable], option.variable)
    pointer = f"{option.variable}_FILE"
    if environment.get(pointer):
        try:
            content = Path(environment[pointer]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UsageError(
                f"the file in {pointer} cannot be read: {error.strerror}", where=pointer
            ) from None
        except UnicodeDecodeError:
            raise UsageError(f"the file in {pointer} is not text", where=pointer) from None
        return _parse(option, content, pointer)
    return None


def _toml(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the settings file is not valid TOML: {error}", where=str(path)) from None
    for key in content:
        if key not in _BY_NAME:
            close = difflib.get_close_matches(key, _BY_NAME, n=1)
            hint = f"Did you mean {close[0]}?" if close else None
            raise UsageError(
                f"unknown setting {key!r}",
                where=str(path),
                hint=hint,
                command="wavehouse config show",
            )
    return content


def load(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Resolve every setting. Raises UsageError for unknown keys and invalid values."""
    env = os.environ if environment is None else environment
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    named = env.get("WAVEHOUSE_CONFIG")
    path = Path(named) if named else (folder or Path.cwd()) / "wavehouse.toml"
    if named and not path.is_file():
        raise UsageError("the file in WAVEHOUSE_CONFIG does not exist", where=named)
    filed = _toml(path) if path.is_file() else {}
    values: dict[str, Value] = {}
    for option in OPTIONS:
        if option.name in given:
            values[option.name] = _parse(option, given[option.name], f"--{option.name}")
        elif (raw := _from_environment(option, env)) is not None:
            values[option.name] = raw
        elif option.name in filed:
            values[option.name] = _parse(option, filed[option.name], str(path))
        else:
            values[option.name] = Value(option, option.default, "default")
    if values["home"].value is None:
        values["home"] = Value(_BY_NAME["home"], str(default_home()), "default")
    settings = Settings(values)
    own_lists.use_home(
        settings.home,
        {kind: settings[name] for kind, name in OWN_LISTS.items()},
    )
    return settings
