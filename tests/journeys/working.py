"""A worker program for tests of several hosts: its only job waits, then has an effect.

python -m tests.journeys.working SECONDS FILE      # FILE appears when a job has begun
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Any

from wavehouse import app
from wavehouse.queue import Handler, Worker

KIND = "hosts.effect"


def main(seconds: float, file: Path) -> None:
    """Work until a signal."""

    def effect(tx: Any, *, identity: Any, payload: Any) -> None:
        tx.execute(
            "INSERT INTO queue.outbox (organization_id, event_type, subject_type, subject_id, "
            "occurred_at) VALUES (uuidv7(), 'hosts.effect', 'job', %s, clock_timestamp())",
            [str(payload["number"])],
        )
        file.touch()
        time.sleep(seconds)

    with app.open_workspace() as workspace:
        worker = Worker(workspace, {KIND: Handler(kind=KIND, call=effect)})
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        worker.run()


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]))
