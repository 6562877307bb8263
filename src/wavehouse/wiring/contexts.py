"""The contexts of the product. A new context is a folder and a line here."""

from __future__ import annotations

CONTEXTS: tuple[str, ...] = (
    "cli",
    "web",
    "accounts",
    "audit",
    "schema",
    "queue",
    "listeners",
    "webhooks",
    "usage",
    "catalog",
    "measurement",
    "sponsorship",
    "alerts",
    "entitlements",
    "governance",
    "erasure",
    "studio",
    "learning",
    "simulation",
    "backups",
)
"""Folders below ``wavehouse`` with a ``manifest.py``. Routes and checks keep this order."""
