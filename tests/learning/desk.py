"""A test helper for learning: an organization that teaches, its content, and players."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from wavehouse.learning.service import library, recording, sessions
from wavehouse.learning.types import ContentInput, EntryResult, EventInput, Session
from wavehouse.store import Learning, Tx
from wavehouse.workspace import Workspace

NOON = datetime.fromisoformat("2026-11-10T12:00:00+00:00")
TEXT = "Anna va al mercato e compra il pane. Poi torna a casa e prepara la cena per tutti."
MINUTE = 60


@dataclass
class Desk:
    """Calls the services as the organization of a workspace."""

    workspace: Workspace
    made: int = field(default=0)

    def tx(self) -> AbstractContextManager[Tx[Learning]]:
        """A transaction of the organization."""
        return self.workspace.stores.learning.app(self.workspace.identity.organization_id)

    def call(self, use_case: Any, **arguments: Any) -> Any:
        """Call a use case in a separate transaction."""
        with self.tx() as tx:
            return use_case(tx, identity=self.workspace.identity, **arguments)

    def content(self, *names: str, difficulty: float = 0.0, **more: Any) -> None:
        """Add content with a length of two minutes."""
        text = more.pop("text", TEXT)
        pieces = [
            ContentInput(
                name,
                name.title(),
                text,
                "/a.mp3",
                **{"duration": 120, "difficulty": difficulty, **more},
            )
            for name in names
        ]
        results = self.call(library.add_content, content=pieces)
        assert [] == [each for each in results if each.reason]

    def session(self, name: str, account: str = "") -> Session:
        """Start a session."""
        started: Session = self.call(sessions.start_session, session_id=name, account_id=account)
        return started

    def event(self, content: str, kind: str, seconds: float, position: float, **more: Any) -> Any:
        """An event, by its seconds after noon."""
        self.made += 1
        at = NOON + timedelta(seconds=seconds)
        return EventInput(more.pop("id", f"e{self.made}"), content, kind, at, position, **more)

    def send(self, session: str, *events: EventInput) -> list[EntryResult]:
        """Send a batch."""
        results: list[EntryResult] = self.call(
            recording.record_events, session_id=session, events=events
        )
        return results

    def heard(self, content: str, seconds: float = 0, share: float = 1.0) -> list[EventInput]:
        """The events of content heard from its start, to its end or to a share of it."""
        start = self.event(content, "play", seconds, 0)
        if share < 1:
            return [start, self.event(content, "skip", seconds + 120 * share, 120 * share)]
        return [start, self.event(content, "complete", seconds + 120, 120)]

    def rows(self, statement: Any) -> list[dict[str, Any]]:
        """Rows as seen by the worker."""
        with self.workspace.stores.learning.worker() as tx:
            return tx.dicts(statement)
