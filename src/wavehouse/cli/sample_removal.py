"""Removing the sample's rows from databases that also contain a person's own data."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from wavehouse import catalog, listeners, measurement, sponsorship
from wavehouse.cli import sample_rows
from wavehouse.cli.sample_rows import Ids
from wavehouse.workspace import Workspace

if TYPE_CHECKING:
    from wavehouse.cli.sample import Sample


@dataclass(frozen=True, slots=True)
class SampleRemoval:
    """The sample's rows, and the own data beside them: each kind with up to three names."""

    workspace: Workspace
    sample: Sample
    ids: Ids
    own: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, workspace: Workspace, sample: Sample) -> SampleRemoval:
        """Find the sample's rows, and the rows that are not its own."""
        identity, stores = workspace.identity, workspace.stores
        with stores.operational.worker() as tx:
            shows = catalog.list_podcasts(tx, identity=identity)
            cards = sponsorship.list_campaigns(tx, identity=identity)
        with stores.listeners.worker() as other:
            people = listeners.listed(other)
        sold = sample.campaigns()
        ids = sample_rows.found(
            stores,
            organization=identity.organization_id,
            guids=sorted(sample.guids()),
            campaigns=[str(c.campaign_id) for c in cards if (c.sponsor, c.name) in sold],
            orders=sample.orders(),
            folder=sample.folder,
        )
        with stores.operational.worker() as tx:
            counts = sample_rows.own_counts(tx, ids)
            logs = sample_rows.logs_beside(tx, ids)
        own: dict[str, Sequence[str]] = {
            "shows": [s.title for s in shows if str(s.podcast_id) not in ids.podcasts],
            "campaigns": [c.name for c in cards if str(c.campaign_id) not in ids.campaigns],
            "logs": logs,
            "listeners": [person.email for person in people],
            **{kind: [f"{count:,}"] for kind, count in counts.items() if count},
        }
        return cls(workspace, sample, ids, {kind: rows for kind, rows in own.items() if rows})

    @property
    def is_beside(self) -> bool:
        """Whether the databases contain anything that is not of the sample."""
        return bool(self.own)

    def sentence(self, *, dry_run: bool) -> str:
        """What is removed, with numbers; what stays, with names."""
        stores = self.workspace.stores
        with stores.operational.worker() as tx:
            rows = [*sample_rows.logs(self.ids), *sample_rows.operational(tx, self.ids)]
            counts = sample_rows.named(tx, rows)
        with stores.learning.worker() as other:
            counts |= sample_rows.named(other, sample_rows.learning(self.ids))
        removed = ", ".join(
            f"{count:,} {name}{'' if count == 1 else 's'}"
            for name, count in counts.items()
            if count
        )
        kept = "; ".join(f"{kind} ({_short(names)})" for kind, names in self.own.items())
        return (
            f"{'Would remove' if dry_run else 'Removed'} the sample's rows: {removed or 'none'}. "
            f"Your own data stays: {kept or 'none'}. The audit log and the erased listener's "
            "payment ledger stay too: entries cannot be removed from them."
        )

    def remove(self) -> None:
        """Remove the rows and files. Interrupted, it can be repeated, and continues from there."""
        stores, ids = self.workspace.stores, self.ids
        with stores.operational.worker() as tx:
            sample_rows.remove(tx, sample_rows.logs(ids))
        first, last = self.sample.period()
        measurement.recount(stores.operational, self.workspace.settings, first=first, last=last)
        measurement.roll_up(stores)
        with stores.learning.worker() as learning:
            sample_rows.remove(learning, sample_rows.learning(ids))
        with stores.listeners.worker() as offers:
            sample_rows.remove(offers, sample_rows.listeners())
        with stores.analytics.worker() as rollups:
            sample_rows.remove(rollups, sample_rows.analytics(ids))
        with stores.operational.worker() as tx:
            reports = sample_rows.report_files(tx, ids)
            sample_rows.remove(tx, sample_rows.operational(tx, ids))
            sample_rows.remove(tx, sample_rows.unused(tx, ids))
            sponsorship.recredit(tx, identity=self.workspace.identity)
        self._remove_files(reports)

    def _remove_files(self, reports: Sequence[str]) -> None:
        for report in reports:
            Path(unquote(urlsplit(report).path)).unlink(missing_ok=True)
        shutil.rmtree(self.sample.folder, ignore_errors=True)
        if "studio projects" not in self.own:
            shutil.rmtree(self.sample.home / "studio", ignore_errors=True)


def _short(names: Sequence[str]) -> str:
    rest = len(names) - 3
    return ", ".join(names[:3]) + (f" and {rest} more" if rest > 0 else "")
