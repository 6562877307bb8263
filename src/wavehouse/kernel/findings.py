"""Reports of contexts to operators: findings of ``wavehouse doctor``, values of ``/metrics``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. ``command`` is the command to run when it is not ``ok``."""

    name: str
    ok: bool
    message: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """The current value of a gauge; the manifest declares its name and meaning."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
