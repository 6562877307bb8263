"""Kill erasures at random moments; each is finished by the same command, to the same end.

    .venv/bin/python -m tests.faults.erasures                  200 kills; some 20 minutes
    .venv/bin/python -m tests.faults.erasures --kills 6        a taste of it
    .venv/bin/python -m tests.faults.erasures --together 8     eight people in one pass
    .venv/bin/python -m tests.faults.erasures --out FILE.md    the figures as a document, too

Every listener has the same rows. `wavehouse listeners erase` is started; it, or PostgreSQL, is
killed with SIGKILL at a random moment; the command is typed again, and killed again in one of three
cases, until it ends by itself. With ``--together`` requests of several people are filed, and the
command is `wavehouse erasure run --waiting`. In the end: each request is completed and has its
certificate; each receipt counts the same rows as the one of an erasure that nobody disturbed; a
dump of all tables and files has no word of anybody who was erased, and every word of the others.
Exit code 1 if not.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from tests.erasing import Person, dumped, make_person

from wavehouse import erasure
from wavehouse.app import open_workspace
from wavehouse.erasure import Status

_TRIES, _LONGEST = 20, 180.0


@dataclass(slots=True)
class Outcome:
    """What was done, and the problems at the end."""

    done: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def document(self) -> str:
        """The figures as a table."""
        rows = {**self.done, "problems": len(self.problems), "seconds": round(self.seconds)}
        lines = [f"| {name} | {number:,} |" for name, number in rows.items()]
        return "\n".join(["| what | number |", "|---|---|", *lines, *self.problems]) + "\n"


@dataclass(frozen=True, slots=True)
class Home:
    """A home whose commands are run as a user types them."""

    folder: Path

    def erase(self, email: str) -> subprocess.Popen[bytes]:
        """Start the command."""
        return self._started("listeners", "erase", "--email", email, "--yes", "--json")

    def erase_waiting(self) -> subprocess.Popen[bytes]:
        """Start the command that carries out all filed requests."""
        return self._started("erasure", "run", "--waiting", "--json")

    def _started(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "wavehouse", *words],
            env={**os.environ, "WAVEHOUSE_HOME": str(self.folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def kill_server(self) -> None:
        """Kill PostgreSQL, if it runs."""
        with suppress(OSError, ValueError, StopIteration):
            file = next(self.folder.glob("postgres/**/postmaster.pid"))
            os.kill(int(file.read_text().split("\n")[0]), signal.SIGKILL)


def _erased(
    home: Home,
    email: str,
    start: Callable[[], subprocess.Popen[bytes]],
    random: Random,
    usual: float,
    outcome: Outcome,
) -> None:
    """Erase with kills: the first attempt is always killed, each further one in one of three."""
    for attempt in range(_TRIES):
        running = start()
        if attempt == 0 or random.random() < 0.33:
            time.sleep(random.uniform(0.2, usual * 1.1))
            is_over = running.poll() is not None
            if random.random() < 0.3:
                home.kill_server()
                outcome.done["kills of the server"] += not is_over
            else:
                running.kill()
                outcome.done["kills of the program"] += not is_over
        _, said = running.communicate(timeout=_LONGEST)
        if running.returncode == 0:
            return
        if attempt and b"there is no listener" in said:
            return  # it was completed before the kill; the requests are compared in the end
    outcome.problems.append(f"{email}: not erased after {_TRIES} attempts: {said.decode()[-300:]}")


def _usual(start: Callable[[], subprocess.Popen[bytes]]) -> float:
    began = time.monotonic()
    running = start()
    _, said = running.communicate(timeout=_LONGEST)
    assert running.returncode == 0, said.decode()
    return time.monotonic() - began


def _compare(home: Home, erased: list[Person], kept: list[Person], outcome: Outcome) -> None:
    with open_workspace({"home": str(home.folder)}) as workspace:
        stores, identity = workspace.stores, workspace.identity
        requests = erasure.listed(stores, identity=identity, limit=100_000)
        completed = [each for each in requests if each.status == Status.COMPLETED]
        outcome.done["requests completed"] = len(completed)
        if len(requests) != len(completed) or len(completed) != len(erased):
            states = Counter(str(each.status) for each in requests)
            outcome.problems.append(f"requests of {len(erased)} people: {dict(states)}")
        receipts = Counter[str]()
        for each in completed:
            _, steps = erasure.show(stores, identity=identity, request_id=each.erasure_request_id)
            receipts[json.dumps(sorted((d.table_name, d.rows_touched or 0) for d in steps))] += 1
        outcome.done["different receipts"] = len(receipts)
        if len(receipts) > 1:
            outcome.problems += [f"{number} receipts: {text}" for text, number in receipts.items()]
        everything = dumped(workspace)
    for person in erased:
        outcome.problems += [f"left: {word}" for word in person.words if word in everything]
    for person in kept:
        outcome.problems += [f"lost: {word}" for word in person.words if word not in everything]
    outcome.done["people erased"], outcome.done["people kept"] = len(erased), len(kept)


def _filed(home: Home, people: list[Person]) -> None:
    """Requests that the people file themselves, to be carried out at once."""
    with open_workspace({"home": str(home.folder)}) as workspace:
        for person in people:
            erasure.file(
                workspace.stores,
                workspace.settings,
                identity=workspace.identity,
                wanted=erasure.Wanted(erasure.SubjectKind.LISTENER, person.email),
                channel=erasure.Channel.SESSION,
            )


def _usual_of_many(home: Home, erased: list[Person], people: list[Person], together: int) -> float:
    part = [people.pop(0) for _ in range(together)]
    erased += part
    _filed(home, part)
    return _usual(home.erase_waiting)


def run(kills: int, seed: int = 1, together: int = 1) -> Outcome:
    """Erase with at least this many kills, ``together`` people at once, and compare the end."""
    random, began, outcome = Random(seed), time.monotonic(), Outcome()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Home(Path(folder))
        home.folder.chmod(0o711)
        with open_workspace({"home": folder}) as workspace:
            number = (2 * kills + 1) * together + 6
            people = [make_person(workspace, f"e{n:04}@example.org") for n in range(number)]
        kept, people = people[:5], people[5:]
        erased = [people.pop(0)]  # alone and undisturbed: the receipt that all must have
        usual = _usual(partial(home.erase, erased[0].email))
        if together > 1:
            usual = _usual_of_many(home, erased, people, together)
        while len(people) >= together and outcome.done.total() < kills:
            part, people = people[:together], people[together:]
            erased += part
            start: Callable[[], subprocess.Popen[bytes]] = partial(home.erase, part[0].email)
            if together > 1:
                _filed(home, part)
                start = home.erase_waiting
            _erased(home, part[0].email, start, random, usual, outcome)
        _compare(home, erased, kept + people, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


def main() -> int:
    """Run it with the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--together", type=int, default=1, help="people in one pass")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    outcome = run(chosen.kills, together=chosen.together)
    print(outcome.document())
    if chosen.out:
        chosen.out.write_text(outcome.document())
    return int(bool(outcome.problems))


if __name__ == "__main__":
    raise SystemExit(main())
