"""Price maps in LiteLLM's format and our own, read without floats (U2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from wavehouse.kernel.errors import InvalidInput, WavehouseError
from wavehouse.usage.rules.amounts import price_text, rounded
from wavehouse.usage.types import Modality, Unit

_FIELDS = {
    "input_cost_per_token": Unit.INPUT,
    "output_cost_per_token": Unit.OUTPUT,
    "cache_read_input_token_cost": Unit.CACHE_READ,
    "cache_creation_input_token_cost": Unit.CACHE_WRITE,
    "output_cost_per_reasoning_token": Unit.REASONING,
    "input_cost_per_character": Unit.CHARACTER,
    "output_cost_per_second": Unit.AUDIO_SECOND,
    "input_cost_per_second": Unit.AUDIO_SECOND,
    "input_cost_per_request": Unit.REQUEST,
}
_MODES = {
    "chat": Modality.TEXT,
    "completion": Modality.TEXT,
    "responses": Modality.TEXT,
    "embedding": Modality.EMBEDDING,
    "audio_speech": Modality.SPEECH,
    "audio_transcription": Modality.AUDIO,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A model in a price map with its prices in USD per unit."""

    provider: str
    name: str
    modality: Modality
    context_window: int | None
    prices: Mapping[Unit, Decimal]
    effective_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class PriceMap:
    """The entries of a price map, and the reasons for skipping others."""

    entries: tuple[Entry, ...]
    skipped: Mapping[str, str]
    source: str = ""


def parse(data: Any, where: str) -> PriceMap:
    """Parse a price map. InvalidInput when it is not an object or a price is not a number.

    Entries without a price, and entries of an unsupported mode, are skipped with a reason.
    """
    if not isinstance(data, dict):
        raise InvalidInput("the price list is not a JSON object", where=where)
    own = "models" in data and isinstance(data["models"], dict)
    listed = data["models"] if own else data
    entries, skipped = [], {}
    for key, fields in listed.items():
        if key == "sample_spec":
            continue
        if not isinstance(fields, dict):
            skipped[key] = "not an object"
            continue
        try:
            entry = _entry(str(key), fields, f"{where}: {key}")
        except WavehouseError as error:
            raise InvalidInput(error.message, where=f"{where}: {key}") from None
        if isinstance(entry, str):
            skipped[key] = entry
        else:
            entries.append(entry)
    return PriceMap(tuple(entries), skipped, str(data.get("source", "")) if own else "")


def _entry(key: str, fields: Mapping[str, Any], where: str) -> Entry | str:
    modality = _MODES.get(str(fields.get("mode", "chat")))
    if modality is None:
        return f"mode {fields.get('mode')!r} is not supported"
    prices = {}
    for field, unit in _FIELDS.items():
        if fields.get(field) is not None:
            prices[unit] = _price(fields[field], f"{where}: {field}")
    if not prices:
        return "no price"
    provider = str(fields.get("litellm_provider") or key.partition("/")[0])
    name = key.removeprefix(f"{provider}/")
    window = fields.get("max_input_tokens") or fields.get("max_tokens")
    since = fields.get("effective_from")
    return Entry(
        provider[:100],
        name[:255],
        modality,
        int(window) if isinstance(window, str) and window.isdecimal() and int(window) > 0 else None,
        prices,
        datetime.fromisoformat(since) if isinstance(since, str) else None,
    )


def _price(value: object, where: str) -> Decimal:
    if isinstance(value, float):
        raise InvalidInput(
            f"{where} is a float, so its exact decimal value is unknown", where=where
        )
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InvalidInput(f"{where} is not a number", where=where)
    return _shortened(str(value), where)


def _shortened(text: str, where: str) -> Decimal:
    """A price from its text, rounded to 12 decimals: published maps contain float artifacts."""
    try:
        return price_text(text, where)
    except InvalidInput as error:
        if "more than 12 decimals" not in error.message:
            raise
        return rounded(Decimal(text))


def converted(price: Decimal, rate: Decimal | None) -> Decimal:
    """Convert a price to another currency: times the rate, 12 decimals, half-even."""
    return price if rate is None else rounded(price * rate)
