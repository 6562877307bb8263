"""Use cases of the classification: reading it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from wavehouse.governance.adapters.classification_file import read_classification
from wavehouse.governance.rules.linking import resolve
from wavehouse.governance.types.classified import Classification


@cache
def load(path: Path | None = None) -> Classification:
    """The classification, the product's own without a path; read once for each process.

    InvalidInput when the file is invalid or a link cannot be resolved.
    """
    return resolve(read_classification(path))
