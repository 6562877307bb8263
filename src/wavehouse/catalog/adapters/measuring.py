"""Measure many files, a few at a time; one failure does not stop the others.

All files of a feed share a time limit, so that slow servers do not delay other feeds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from wavehouse.catalog.adapters.probe import MediaProbe
from wavehouse.catalog.rules.versions import FeedFile, Place
from wavehouse.catalog.types import MediaFacts, ProbeFailure
from wavehouse.kernel.errors import WavehouseError
from wavehouse.kernel.reference import tracking_prefixes
from wavehouse.kernel.web_addresses import shown

AT_ONCE = 4
_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Measured:
    """The facts of the measured files, and the reasons why others could not be measured."""

    facts: Mapping[Place, MediaFacts]
    failures: tuple[ProbeFailure, ...]
    left: int = 0


def measure(files: Sequence[FeedFile], probe: MediaProbe, seconds: float = _SECONDS) -> Measured:
    """Measure the files at their addresses without prefixes, since prefixes count each request.

    Any error of a file is recorded as its failure. Files that are not reached within ``seconds``
    are failures too; the next read of the feed measures them.
    """
    end = time.monotonic() + seconds

    def measured(file: FeedFile) -> MediaFacts | ProbeFailure:
        try:
            url = tracking_prefixes().strip(file.url)
            if time.monotonic() > end:
                reason = f"not measured: the feed's other files took {seconds:g} s; run it again"
                return ProbeFailure(shown(url), reason)
            return probe.probe(url)
        except WavehouseError as error:
            return ProbeFailure(shown(file.url), error.message)
        except Exception as error:  # a bad file must not fail the whole feed
            return ProbeFailure(shown(file.url), f"unexpected error: {type(error).__name__}")

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="probe") as pool:
        results = list(zip(files, pool.map(measured, files), strict=True))
    return Measured(
        {file.place: facts for file, facts in results if isinstance(facts, MediaFacts)},
        tuple(failure for _, failure in results if isinstance(failure, ProbeFailure)),
    )
