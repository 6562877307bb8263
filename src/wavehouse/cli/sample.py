"""The sample data of the demo: its location, whether it is current, and its removal."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wavehouse.kernel import clock, terminal
from wavehouse.kernel.errors import Refused
from wavehouse.kernel.serving import running_address

if TYPE_CHECKING:
    from wavehouse.kernel.config import Settings
    from wavehouse.workspace import Stage, Workspace


@dataclass(frozen=True, slots=True)
class Sample:
    """A simulated world in ``WAVEHOUSE_HOME/sample``; ``sample.json`` marks the home as a demo."""

    home: Path
    embedded: bool
    seed: int
    people: int
    days: int
    until: date
    served: bool = False

    @classmethod
    def wanted(cls, settings: Settings, *, seed: int, people: int, days: int) -> Sample:
        """The sample for the options, up to yesterday (UTC)."""
        from wavehouse.kernel.errors import UsageError
        from wavehouse.store import DATABASES

        if days >= settings["raw_retention_days"]:
            raise UsageError(
                f"--days must be less than raw_retention_days ({settings['raw_retention_days']})"
            )
        embedded = all(settings.url_of(name) is None for name in DATABASES)
        until = clock.today() - timedelta(days=1)
        served = running_address(settings) is not None
        return cls(settings.home, embedded, seed, people, days, until, served)

    @property
    def folder(self) -> Path:
        """Feeds, logs, campaigns, conversions and the truth."""
        return self.home / "sample"

    @property
    def reports(self) -> Path:
        """The folder of the demo's reports."""
        return self.home / "reports"

    @property
    def _marker(self) -> Path:
        return self.home / "sample.json"

    def _description(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "people": self.people,
            "days": self.days,
            "until": self.until.isoformat(),
        }

    def _found(self) -> dict[str, Any] | None:
        if not self._marker.exists():
            return None
        marker: dict[str, Any] = json.loads(self._marker.read_text(encoding="utf-8"))
        return marker

    def make_room(self) -> Sample:
        """Remove the sample of another day or seed, as a mixture would not match any truth.

        While the dashboard is served, the sample of an earlier day is kept. Returns the sample in
        use.
        """
        marker = self._found()
        if marker is not None and marker != self._description():
            older = {**marker, "until": self._description()["until"]}
            if older == self._description() and self.served:
                terminal.say(
                    f"The sample data ends on {marker['until']}, because it is being served."
                )
                return dataclasses.replace(self, until=date.fromisoformat(marker["until"]))
            terminal.say("Replacing the sample data of an earlier demo.")
            terminal.say(self.remove())
            self._mark()
        return self

    def _mark(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self._marker.write_text(json.dumps(self._description()), encoding="utf-8")

    def refuse_foreign_data(self, workspace: Workspace) -> None:
        """Refuse to mix sample data with real data; mark empty databases as sample."""
        from wavehouse import catalog

        if self._found() is None:
            with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
                shows = catalog.list_podcasts(tx, identity=workspace.identity)
            if shows:
                raise Refused(
                    "this installation has your own shows; sample data would mix with them",
                    where=str(self.home),
                    command="WAVEHOUSE_HOME=/tmp/wavehouse-demo wavehouse demo",
                )
            self._mark()

    def guids(self) -> set[str]:
        """The guids of the sample's shows, with those of the self-check."""
        from wavehouse import catalog

        feeds = sorted(self.folder.glob("**/feeds/*.xml"))
        return {str(catalog.parse_feed(feed.read_bytes()).podcast_guid) for feed in feeds}

    def period(self) -> tuple[date, date]:
        """The days of the existing sample."""
        marker = self._found() or self._description()
        last = date.fromisoformat(marker["until"])
        return last - timedelta(days=marker["days"]), last + timedelta(days=1)

    def campaigns(self) -> set[tuple[str, str]]:
        """Sponsor and name of the sample's campaigns."""
        from wavehouse.cli.demo_measured import sample_campaigns

        return sample_campaigns(self.folder)

    def orders(self) -> list[str]:
        """The ids of the sample's orders, also as stored when no campaign has their code."""
        file = self.folder / "conversions.csv"
        if not file.exists():
            return []
        with file.open(encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
        ids = [row["order_id"] for row in rows]
        return ids + [f"{row['promo_code'].lower()}\x1f{row['order_id']}" for row in rows]

    def simulate(self) -> dict[str, Any]:
        """Write the sample, or use the existing one; returns its truth."""
        from wavehouse.simulation import Progress, Settings, simulate

        truth = self.folder / "truth.json"
        if truth.exists():
            known: dict[str, Any] = json.loads(truth.read_text(encoding="utf-8"))
            return known
        settings = Settings(self.seed, self.people, self.days, self.until, rules_apart=True)
        seen = 0
        with terminal.progress("Simulating listeners", self.days, "days") as meter:

            def report(now: Progress) -> None:
                nonlocal seen
                meter.advance(now.day - seen)
                seen = now.day

            return simulate(settings, self.folder, force=True, report=report)

    def stage(self, workspace: Workspace) -> Stage:
        """The stage for the demo's chapters."""
        from wavehouse.workspace import Stage

        return Stage(workspace, self.folder, self.simulate(), self.until, self.reports)

    def remove(self, *, dry_run: bool = False) -> str:
        """Remove the sample; returns a sentence about what was removed and what stays.

        Its databases are removed when nothing else is in them, and otherwise only its rows. With
        ``dry_run``, nothing is removed, and the sentence says what would be.
        """
        if self._found() is None:
            return "There is no sample data."
        from wavehouse.app import open_workspace
        from wavehouse.cli.sample_removal import SampleRemoval

        with open_workspace() as workspace:
            removal = SampleRemoval.of(workspace, self)
            if removal.is_beside or not self.embedded:
                sentence = removal.sentence(dry_run=dry_run)
                if not dry_run:
                    removal.remove()
                    self._marker.unlink()
                return sentence
        if dry_run:
            return "Would remove the sample with its databases: nothing else is in them."
        from wavehouse.store import EmbeddedServer

        with EmbeddedServer(self.home).removable() as data:
            for folder in (data, self.folder, self.reports, self.home / "studio"):
                shutil.rmtree(folder, ignore_errors=True)
            self._marker.unlink()
        return "Removed the sample with its databases: nothing else was in them."
