"""The manifest of a sealed day, as it was registered."""

from __future__ import annotations

import hashlib

from wavehouse.kernel.errors import NotFound, Refused
from wavehouse.measurement.adapters.sealed_store import SealedStore
from wavehouse.measurement.rules.sealing import manifest_of
from wavehouse.measurement.types import Seal, SealManifest


def manifest_at(store: SealedStore, of: Seal) -> SealManifest:
    """The manifest of a seal. Refused when it is not the registered one."""
    content = store.read(of.manifest)
    if hashlib.sha256(content).digest() != of.manifest_sha256:
        raise Refused(
            "a manifest of a sealed day was changed",
            where=of.manifest,
            command="wavehouse warehouse verify",
        )
    return manifest_of(content)


def is_registered(store: SealedStore, of: Seal) -> bool:
    """Whether the store's manifest is the registered one; False when it is missing."""
    try:
        content = store.read(of.manifest)
    except NotFound:
        return False
    return hashlib.sha256(content).digest() == of.manifest_sha256
