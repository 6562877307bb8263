"""A report as JSON: every figure with its definition, rule, versions and data-as-of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from wavehouse.sponsorship.types import ReportData

SCHEMA = "wavehouse.sponsor-report/1"


def render_json(data: ReportData) -> bytes:
    """The report as UTF-8 JSON with sorted keys: the same data gives the same bytes."""
    return json.dumps(as_dict(data), ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def as_dict(data: ReportData) -> dict[str, Any]:
    """The report as plain JSON values. Amounts and ratios are decimal strings, counts numbers."""
    return {"schema": SCHEMA, **{f.name: _plain(getattr(data, f.name)) for f in fields(data)}}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
