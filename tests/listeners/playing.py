"""Replays sequences of requests from files against a server."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2

Password = Callable[[str, str], tuple[str, str]]
"""A listener's device by listener and device name: its user name and password."""


@dataclass
class Player:
    """Clients by ``listener.device``, and the saved values."""

    url: str
    password: Password
    has_jar: bool = True
    saved: dict[str, Any] = field(default_factory=dict)
    clients: dict[str, httpx2.Client] = field(default_factory=dict)

    def client(self, who: str) -> httpx2.Client:
        """The client of a device; without a cookie jar it forgets every cookie."""
        if who not in self.clients:
            client = httpx2.Client(base_url=self.url, auth=self.password(*who.split(".")))
            self.clients[who] = client
        if not self.has_jar:
            self.clients[who].cookies.clear()
        return self.clients[who]

    def play(self, steps: Iterable[dict[str, Any]]) -> list[httpx2.Response]:
        """Every response, in order."""
        answers = []
        for step in steps:
            if "sleep" in step:
                time.sleep(step["sleep"])
            else:
                answers.append(self.step(step))
        return answers

    def step(self, step: dict[str, Any]) -> httpx2.Response:
        """One request."""
        who = step["who"]
        response: dict[str, Any] = {"headers": self.filled(step.get("headers", {}), who)}
        if "raw_hex" in step:
            response["content"] = bytes.fromhex(step["raw_hex"])
        elif "body" in step:
            response["json"] = self.filled(step["body"], who)
        url = f"{self.url}{self.filled(step['path'], who)}"
        answer = self.client(who).request(step["method"], url, **response)
        if "save" in step:
            self.keep(step["save"], answer)
        return answer

    def keep(self, wanted: Any, answer: httpx2.Response) -> None:
        """Save a response's cursor, a field, or all of it, under a name."""
        if isinstance(wanted, str):
            self.saved[wanted] = answer.json()["timestamp"]
        else:
            name, saved = wanted
            self.saved[saved] = answer.json()[name] if name else answer.json()

    def filled(self, value: Any, who: str) -> Any:
        """A value with its placeholders filled in."""
        if isinstance(value, dict):
            return {key: self.filled(each, who) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each, who) for each in value]
        if not isinstance(value, str):
            return value
        whole = re.fullmatch(r"\{(\w+)\}", value)
        if whole and whole[1] in self.saved:
            return self.saved[whole[1]]
        return re.sub(r"\{(\w+)([+-]\d+)?\}", lambda m: self._word(m, who), value)

    def _word(self, found: re.Match[str], who: str) -> str:
        listener, device = who.split(".")
        words = {
            "me": self.password(listener, device)[0],
            "dev": device,
            "uuid": str(uuid4()),
            "clock": int(time.time()),
        }
        value = self.saved.get(found[1], words.get(found[1]))
        return str(value + int(found[2])) if found[2] else str(value)


def place(action: dict[str, Any]) -> tuple[Any, ...]:
    """The episode and position that a player uses."""
    return action["episode"], action.get("position"), action.get("total")


def read(text: str) -> dict[str, Any]:
    """Read a sequence from a file."""
    result: dict[str, Any] = json.loads(text)
    return result
