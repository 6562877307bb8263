"""The outside world of ``usage``: files of prices, the time zone rules, upstreams."""

from wavehouse.usage.adapters.files import read_json, shipped_prices, tzdata_version

__all__ = ["read_json", "shipped_prices", "tzdata_version"]
