"""The use case: from settings to feeds, logs, campaigns, conversions and their truth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from wavehouse.kernel.errors import InvalidInput
from wavehouse.kernel.telemetry import span
from wavehouse.simulation.adapters.files import Folder, LogFile
from wavehouse.simulation.rules.feeds import feed
from wavehouse.simulation.rules.scenes import SCENES
from wavehouse.simulation.rules.shows import media_table, ordinary_shows, rules_show
from wavehouse.simulation.rules.sponsors import campaign_file, campaigns
from wavehouse.simulation.rules.stage import Stage
from wavehouse.simulation.service.cast import Company
from wavehouse.simulation.service.conversions import HEAD, conversions
from wavehouse.simulation.service.orders import web_orders
from wavehouse.simulation.service.people import population
from wavehouse.simulation.service.tally import Tally
from wavehouse.simulation.service.traffic import Traffic
from wavehouse.simulation.service.truth import truth
from wavehouse.simulation.types import (
    Expected,
    Progress,
    Request,
    Settings,
    Show,
    Staged,
)
from wavehouse.simulation.writers import writer

Report = Callable[[Progress], None]
LATE = 0.01
"""The share of lines that are in a later day's file."""
_REPORT_EVERY = 4096


@dataclass(slots=True)
class _Programme:
    """The rules' scenes, by the day on which they are played."""

    requests: dict[int, list[Staged]] = field(default_factory=dict)
    expected: dict[int, list[Expected]] = field(default_factory=dict)


def simulate(
    settings: Settings, out: Path, *, force: bool = False, report: Report | None = None
) -> dict[str, Any]:
    """Write the folder and return its truth. Equal settings write equal bytes."""
    try:
        folder = Folder(out)
        folder.prepare(force=force)
        with span("simulate", people=settings.people, days=settings.days):
            return _written(settings, folder, report)
    except OSError as error:
        raise InvalidInput(
            f"the simulation cannot be written: {error.strerror}",
            where=str(error.filename or out),
            hint="Choose a writable folder on a disk with enough space.",
        ) from error


def _written(settings: Settings, folder: Folder, report: Report | None) -> dict[str, Any]:
    shows, rules = ordinary_shows(settings), rules_show(settings)
    for show in shows:
        folder.text(f"feeds/{show.key}.xml", feed(show))
    folder.text(f"{_rules_folder(settings)}feeds/{rules.key}.xml", feed(rules))
    folder.json("media.json", media_table((*shows, rules)))
    sponsored = campaigns(settings, shows)
    folder.json("campaigns.json", campaign_file(sponsored))
    shop = conversions(settings, sponsored)
    folder.csv("conversions.csv", HEAD, (row.cells() for row in shop.rows))
    web = web_orders(settings, sponsored)
    folder.text("orders.jsonl", "".join(f"{json.dumps(o.document())}\n" for o in web.orders))
    tally = Tally(settings, sponsored, (*shows, rules))
    programme = _rehearse(settings, rules, tally)
    traffic = Traffic.of(settings, shows, population(settings, shows), tally)
    _Press(settings, folder, tally, report).run(traffic, programme)
    tally.settle()
    expected = truth(tally, shop, web)
    folder.json("truth.json", expected)
    return expected


def _rules_folder(settings: Settings) -> str:
    return "rules/" if settings.rules_apart else ""


def _rehearse(settings: Settings, show: Show, tally: Tally) -> _Programme:
    """Play every rule's scene, on at least one day in twenty, with separate listeners."""
    dice = Random(f"{settings.seed}/scenes")
    company = Company(dice)
    programme = _Programme()
    times = min(settings.days - 1, 1 + settings.days // 20)
    for rule, episode in zip(SCENES, show.episodes, strict=True):
        for start in sorted(dice.sample(range(settings.days - 1), times)):
            stage = Stage(
                episode, company, writer(settings.format), base=dice.randrange(25_200, 50_400)
            )
            SCENES[rule](stage)
            stage.close()
            tally.filtered.update(stage.filtered)
            tally.flagged.update(stage.flagged)
            tally.outcomes.update({} if writer(settings.format).redirects else stage.outcomes)
            for item in stage.staged:
                programme.requests.setdefault(start + item.day, []).append(item)
            for download in stage.expected:
                programme.expected.setdefault(start + download.day, []).append(download)
    return programme


@dataclass(slots=True)
class _Press:
    """Writes requests as lines into each day's file; holds the late ones until their file."""

    settings: Settings
    folder: Folder
    tally: Tally
    report: Report | None
    _late: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    _late_rules: dict[int, list[tuple[int, str]]] = field(default_factory=dict)

    def run(self, traffic: Traffic, programme: _Programme) -> None:
        """Write every day in turn."""
        form = writer(self.settings.format)
        for index in range(self.settings.days):
            day = self.settings.first_day + timedelta(days=index)
            self.tally.open_day(index)
            name, apart = f"logs/{form.file(day)}", _rules_folder(self.settings)
            with ExitStack() as files:
                file = files.enter_context(self.folder.log(name, form.head))
                rules = file
                if apart:
                    rules = files.enter_context(self.folder.log(apart + name, form.head))
                self._day(index, file, rules, traffic, programme)
            self.tally.close_day()
            self._say(index + 1)

    def _day(
        self, index: int, file: LogFile, rules: LogFile, traffic: Traffic, programme: _Programme
    ) -> None:
        line = self._printer(index)
        dice = Random(f"{self.settings.seed}/late/{index}")
        last = self.settings.days - 1
        for second, text in self._late.pop(index, ()):
            file.add(second, text)
        for second, text in self._late_rules.pop(index, ()):
            rules.add(second, text)
        for request in traffic.day(index):
            text = line(request)
            self.tally.redirect(request)
            if index < last and dice.random() < LATE:
                there = min(last, index + 1 + int(dice.random() * 3))
                self._late.setdefault(there, []).append((request.second, text))
            else:
                file.add(request.second, text)
            self.tally.lines += 1
            if not self.tally.lines % _REPORT_EVERY:
                self._say(index)
        for staged in programme.requests.get(index, ()):
            self._stage(index, rules, staged, line(staged.request))
            self.tally.redirect(staged.request)
        for download in programme.expected.get(index, ()):
            self._expect(index, download)
        self.tally.close_redirects()

    def _stage(self, index: int, file: LogFile, staged: Staged, text: str) -> None:
        """Write a scene's line; a second copy at the file's end, a third in the next day's file."""
        self.tally.lines += staged.copies
        if staged.shuffled:
            file.append(text)
        else:
            file.add(staged.request.second, text)
        for copy in range(1, staged.copies):
            if copy == 1 or index == self.settings.days - 1:
                file.append(text)
            else:
                self._late_rules.setdefault(index + 1, []).append((staged.request.second, text))

    def _expect(self, index: int, download: Expected) -> None:
        who = download.listener
        if writer(self.settings.format).redirects:
            return
        self.tally.download(download.guid, who.app, who.country, who.key)
        hour = self.settings.first_day + timedelta(days=index)
        stamp = f"{hour}T{download.second // 3600:02}"
        rule = download.guid.removeprefix("sim-")
        self.tally.hours.setdefault(rule, Counter())[stamp] += 1

    def _printer(self, index: int) -> Callable[[Request], str]:
        day = self.settings.first_day + timedelta(days=index)
        line = writer(self.settings.format).line
        dice = Random(f"{self.settings.seed}/lines/{index}")
        return lambda request: line(day, request, dice)

    def _say(self, day: int) -> None:
        if self.report:
            self.report(Progress(day, self.settings.days, self.tally.lines))
