"""The sample data of the demo: its location, whether it is current, and its removal."""

from __future__ import annotations

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

MOST_FILES = 1000


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
            terminal.say("Removing the sample data of an earlier demo.")
            self.remove()
        return self

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
            self.home.mkdir(parents=True, exist_ok=True)
            self._marker.write_text(json.dumps(self._description()), encoding="utf-8")

    def _refuse_to_remove_others(self) -> None:
        """Refuse to remove the demo's home when it contains the user's own data."""
        from wavehouse.app import open_workspace

        with open_workspace() as workspace:
            own = self._own(workspace)
        if own:
            raise Refused(
                f"these databases also contain your own data: {'; '.join(own)}",
                where=str(self.home),
                hint="Nothing was removed. Use another folder for the demo.",
                command="WAVEHOUSE_HOME=/tmp/wavehouse-demo wavehouse demo",
            )

    def _own(self, workspace: Workspace) -> list[str]:
        """Data that is not from the sample: shows, campaigns, logs, listeners; each as a phrase."""
        from wavehouse import catalog, listeners, measurement, sponsorship

        feeds = sorted(self.folder.glob("**/feeds/*.xml"))
        sample = {catalog.parse_feed(feed.read_bytes()).podcast_guid for feed in feeds}
        entries = self._campaigns()
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            shows = catalog.list_podcasts(tx, identity=identity)
            cards = sponsorship.list_campaigns(tx, identity=identity)
            files = measurement.source_files(tx, identity=identity, limit=MOST_FILES)
        with workspace.stores.listeners.worker() as other:
            people = listeners.listed(other)
        values = {
            "shows": [show.title for show in shows if show.podcast_guid not in sample],
            "campaigns": [c.name for c in cards if (c.sponsor, c.name) not in entries],
            "logs": [
                f.name for f in files if not Path(f.name).is_relative_to(self.folder.absolute())
            ],
            "listeners": [person.email for person in people],
        }
        return [f"{kind} ({', '.join(those[:3])})" for kind, those in values.items() if those]

    def _campaigns(self) -> set[tuple[str, str]]:
        """Sponsor and name of the sample's campaigns."""
        file = self.folder / "campaigns.json"
        if not file.exists():
            return set()
        document = json.loads(file.read_text(encoding="utf-8"))
        return {(item["sponsor"]["name"], item["name"]) for item in document["campaigns"]}

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

    def remove(self) -> bool:
        """Remove the sample and its databases; False when there is none."""
        if self._found() is None:
            return False
        if not self.embedded:
            raise Refused(
                "the sample data is on your own PostgreSQL server",
                hint=f"Drop and create those databases yourself, then remove {self._marker}.",
            )
        self._refuse_to_remove_others()
        from wavehouse.store import EmbeddedServer

        with EmbeddedServer(self.home).removable() as data:
            shutil.rmtree(data, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.rmtree(self.reports, ignore_errors=True)
            self._marker.unlink()
        return True
