"""Adapters of ``usage``: price files, the time zone database, upstream servers."""

from wavehouse.usage.adapters.files import read_json, shipped_prices, tzdata_version

__all__ = ["read_json", "shipped_prices", "tzdata_version"]
