"""The environment in which sealed files are in a bucket of a test's server."""

from __future__ import annotations

from pathlib import Path

import pytest


def use_bucket(monkeypatch: pytest.MonkeyPatch, *, endpoint: str, cache: Path) -> None:
    """Set the address of the server, credentials, and an empty cache."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_REGION": "us-east-1",
        "XDG_CACHE_HOME": str(cache),
    }.items():
        monkeypatch.setenv(name, value)
