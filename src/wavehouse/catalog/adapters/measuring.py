"""Measure many files at once, a few at a time; a file that cannot be measured stops no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from wavehouse.catalog.adapters.probe import MediaProbe
from wavehouse.catalog.rules.addresses import shown
from wavehouse.catalog.rules.versions import FeedFile, Place
from wavehouse.catalog.types import MediaFacts, ProbeFailure
from wavehouse.kernel.errors import WavehouseError
from wavehouse.kernel.reference import tracking_prefixes

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Measured:
    """The facts of the files that could be measured, and why the others could not."""

    facts: Mapping[Place, MediaFacts]
    failures: tuple[ProbeFailure, ...]


def measure(files: Sequence[FeedFile], probe: MediaProbe) -> Measured:
    """Probe the files, at the address behind the prefixes: others count what passes theirs."""

    def probed(file: FeedFile) -> MediaFacts | ProbeFailure:
        url = tracking_prefixes().strip(file.url)
        try:
            return probe.probe(url)
        except WavehouseError as wrong:
            return ProbeFailure(shown(url), wrong.message)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="probe") as pool:
        found = list(zip(files, pool.map(probed, files), strict=True))
    return Measured(
        {file.place: facts for file, facts in found if isinstance(facts, MediaFacts)},
        tuple(failure for _, failure in found if isinstance(failure, ProbeFailure)),
    )
