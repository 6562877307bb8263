"""Use case: check how any gpodder-type server stores what podcast apps send.

Each check is one that a real server failed, with the matching rule of ours. Checks use throw-away
devices and shows, which end unsubscribed; the protocol cannot delete actions, so use a separate
account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from wavehouse.kernel import clock
from wavehouse.kernel.errors import NotSignedIn
from wavehouse.listeners.adapters.gpodder_client import GpodderClient, json_of

_WORDS = frozenset({"download", "play", "delete", "new", "flattr"})
_WRITERS, _EACH = 4, 10
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check: expected and actual result; ``passed`` is None for a missing feature."""

    rule: str
    question: str
    expected: str
    seen: str
    passed: bool | None

    @property
    def word(self) -> str:
        """The verdict as one word."""
        return {True: "pass", False: "FAIL", None: "not offered"}[self.passed]

    def as_json(self) -> dict[str, object]:
        """The verdict as JSON values."""
        return {
            "rule": self.rule,
            "question": self.question,
            "expected": self.expected,
            "seen": self.seen,
            "verdict": self.word.lower(),
        }


def conformance(
    url: str,
    username: str,
    password: str,
    *,
    on_verdict: Callable[[Verdict], None] = lambda _: None,
) -> list[Verdict]:
    """Run all checks.

    Unreachable when the server does not respond, NotSignedIn for a wrong password.
    """
    with (
        GpodderClient(url, username, password) as car,
        GpodderClient(url, username, password) as phone,
    ):
        signed_in = car.sign_in()
        if signed_in.status_code in (401, 403):
            raise NotSignedIn(
                "the server refuses this user name and password",
                where=url,
                hint="Use a test account: --username U --password-file FILE.",
            )
        phone.sign_in()
        asked = _Questions(url, username, password, car, phone)
        verdicts = []
        for question in _QUESTIONS:
            verdict = question(asked)
            on_verdict(verdict)
            verdicts.append(verdict)
        return verdicts


@dataclass(slots=True)
class _Questions:
    """Two devices of the account, and names used only in this run."""

    url: str
    username: str
    password: str
    car: GpodderClient
    phone: GpodderClient
    run: str = ""
    episodes: int = 0

    def __post_init__(self) -> None:
        self.run = uuid4().hex[:12]

    @property
    def show(self) -> str:
        return f"https://conformance.example/{self.run}.xml"

    def device(self, name: str) -> str:
        return f"probe-{self.run}-{name}"

    def play(self, *, at: datetime | None = None, **more: Any) -> dict[str, Any]:
        """A play of a separate episode."""
        self.episodes += 1
        when = at or clock.now()
        return {
            "podcast": self.show,
            "episode": f"https://conformance.example/{self.run}/{self.episodes}.mp3",
            "device": self.device("car"),
            "action": "play",
            "timestamp": f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
            "started": 0,
            "position": 60,
            "total": 600,
            **more,
        }

    def seen(self, client: GpodderClient, since: int, play: dict[str, Any]) -> int:
        """How often an episode appears after a cursor."""
        actions, _ = client.actions(since)
        return sum(item.get("episode") == play["episode"] for item in actions)


def _verdict(rule: str, question: str, expected: str, seen: object, *, ok: bool | None) -> Verdict:
    return Verdict(rule, question, expected, str(seen), ok)


def _session(q: _Questions) -> Verdict:
    seen = "a cookie" if q.car.has_session else "none"
    return _verdict("AC6", "signing in returns a session", "a cookie", seen, ok=q.car.has_session)


def _device(q: _Questions) -> Verdict:
    path = f"/api/2/devices/{{user}}/{q.device('car')}.json"
    answer = q.car.ask("POST", path, body={"caption": "Car", "type": "mobile"})
    q.car.ask("POST", path.replace("-car", "-phone"), body={"caption": "Phone", "type": "mobile"})
    ok = answer.status_code == 200 and not answer.content
    seen = f"{answer.status_code}, {len(answer.content)} bytes"
    return _verdict(
        "client", "a device is saved with an empty response", "200, 0 bytes", seen, ok=ok
    )


def _devices(q: _Questions) -> Verdict:
    listed = json_of(q.car.ask("GET", "/api/2/devices/{user}.json"))
    rows = listed if isinstance(listed, list) else []
    mine = [row for row in rows if isinstance(row, dict) and row.get("id") == q.device("car")]
    ok = bool(mine) and isinstance(mine[0].get("subscriptions"), int)
    shows = mine[0].get("subscriptions") if mine else None
    seen = f"{len(mine)} such device, subscriptions {shows!r}"
    return _verdict("client", "devices are listed, shows as a number", "one, a number", seen, ok=ok)


def _subscribe(q: _Questions) -> Verdict:
    path = f"/api/2/subscriptions/{{user}}/{q.device('car')}.json"
    answer = json_of(q.car.ask("POST", path, body={"add": [q.show], "remove": []}))
    other = path.replace("-car", "-phone")
    heard = json_of(q.phone.ask("GET", other, params={"since": 0}))
    added = heard.get("add", []) if isinstance(heard, dict) else []
    ok = isinstance(answer, dict) and isinstance(answer.get("timestamp"), int) and q.show in added
    seen = "received" if q.show in added else "not received"
    return _verdict("LIS-7", "the other device receives a new show", "received", seen, ok=ok)


def _late(q: _Questions) -> Verdict:
    _, cursor = q.phone.actions()
    play = q.play(at=clock.now() - timedelta(hours=1))
    q.car.upload(play)
    times = q.seen(q.phone, cursor, play)
    question = "an hour-old action reaches a device that has already synced"
    return _verdict("P18", question, "once", f"{times} times", ok=times == 1)


def _retries(q: _Questions) -> Verdict:
    _, cursor = q.phone.actions()
    play = q.play()
    for _ in range(3):
        q.car.upload(play)
    times = q.seen(q.phone, cursor, play)
    return _verdict(
        "P14",
        "the same action sent three times is stored once",
        "once",
        f"{times} times",
        ok=times == 1,
    )


def _future(q: _Questions) -> Verdict:
    play = q.play(at=clock.now() + timedelta(days=3650))
    q.car.upload(play)
    _, cursor = q.phone.actions()
    times = q.seen(q.phone, cursor, play)
    question = "an action dated ten years ahead is not returned by every poll"
    return _verdict("P3", question, "not again", f"{times} times again", ok=times == 0)


def _bad(q: _Questions, **wrong: Any) -> Verdict:
    play = q.play(**wrong)
    answer = q.car.upload(play)
    stored = q.seen(q.phone, 0, play)
    (name, value), *_ = wrong.items()
    ok = answer.status_code < 500 and stored == 0
    seen = f"{answer.status_code}, {'stored' if stored else 'not stored'}"
    return _verdict("P30", f"{name} {value!r} is not stored", "no 5xx, not stored", seen, ok=ok)


def _odd(q: _Questions, question: str, odd: dict[str, Any]) -> Verdict:
    """Send an invalid action with a valid one: AntennaPod keeps its queue until it gets 200."""
    good = q.play()
    answer = q.car.upload(good, odd)
    stored = q.seen(q.phone, 0, good)
    ok = answer.status_code == 200 and stored == 1
    seen = f"{answer.status_code}, the valid one {'stored' if stored else 'not stored'}"
    return _verdict("P15", question, "200, the valid one stored", seen, ok=ok)


def _unknown_action(q: _Questions) -> Verdict:
    return _odd(q, "an unknown action does not block others", q.play(action="explode"))


def _long_address(q: _Questions) -> Verdict:
    long = f"https://conformance.example/{q.run}/{'q' * 5_000}.mp3"
    return _odd(q, "an address of 5,000 characters does not block others", q.play(episode=long))


def _minus_one(q: _Questions) -> Verdict:
    odd = q.play(started=-1, position=-1, total=-1)
    return _odd(q, "-1 for unknown does not block others", odd)


def _fraction(q: _Questions) -> Verdict:
    return _odd(q, "a fraction of a second does not block others", q.play(position=10.5))


def _aggregated(q: _Questions) -> Verdict:
    first = q.play(at=clock.now() - timedelta(minutes=9))
    second = {**q.play(position=120), "episode": first["episode"]}
    q.car.upload(first, second)
    actions, _ = q.phone.actions(0, aggregated="true")
    places = [item.get("position") for item in actions if item.get("episode") == first["episode"]]
    question = "aggregated=true returns the newest action of an episode"
    return _verdict("client", question, "[120]", places, ok=places == [120])


def _others(q: _Questions) -> Verdict:
    stranger = f"nobody-{q.run}"
    answer = q.car.ask("GET", "/api/2/episodes/{user}.json", user=stranger)
    ok = answer.status_code in (401, 403, _NOT_FOUND)
    return _verdict(
        "P31", "another user's path is refused", "401 or 403", answer.status_code, ok=ok
    )


def _upload_cursor(q: _Questions) -> Verdict:
    q.car.actions()
    theirs = q.play(device=q.device("phone"))
    q.phone.upload(theirs)
    answer = json_of(q.car.upload(q.play()))
    cursor = answer.get("timestamp") if isinstance(answer, dict) else None
    times = q.seen(q.car, cursor, theirs) if isinstance(cursor, int) else 0
    question = "an upload's cursor does not skip other devices' changes"
    return _verdict("P19", question, "received", "received" if times else "skipped", ok=times > 0)


def _subscription_cursor(q: _Questions) -> Verdict:
    """AntennaPod, Kasts and gPodder continue from the cursor of their last upload."""
    path, other = (f"/api/2/subscriptions/{{user}}/{q.device(d)}.json" for d in ("car", "phone"))
    theirs, ours = f"{q.show}?theirs", f"{q.show}?ours"
    q.car.ask("GET", path, params={"since": 0})
    q.phone.ask("POST", other, body={"add": [theirs], "remove": []})
    answer = json_of(q.car.ask("POST", path, body={"add": [ours], "remove": []}))
    cursor = answer.get("timestamp", 0) if isinstance(answer, dict) else 0
    heard = json_of(q.car.ask("GET", path, params={"since": cursor}))
    added = heard.get("add", []) if isinstance(heard, dict) else []
    q.car.ask("POST", path, body={"add": [], "remove": [theirs, ours]})
    ok = theirs in added
    question = "a subscription upload's cursor does not skip other devices' changes"
    return _verdict("P19", question, "received", "received" if ok else "skipped", ok=ok)


def _plus_one(q: _Questions) -> Verdict:
    """Kasts asks with its cursor plus one."""
    _, cursor = q.car.actions()
    theirs = q.play(device=q.device("phone"))
    q.phone.upload(theirs)
    times = q.seen(q.car, cursor + 1, theirs)
    question = "a client that sends its cursor plus one misses nothing"
    return _verdict("P19", question, "received", "received" if times else "missed", ok=times > 0)


def _own_clock(q: _Questions) -> Verdict:
    """AntennaPod with Nextcloud continues from its own clock after an upload."""
    q.car.actions()
    theirs = q.play(device=q.device("phone"))
    q.phone.upload(theirs)
    q.car.upload(q.play())
    times = q.seen(q.car, int(clock.now().timestamp()) + 5, theirs)
    question = "a client that sends a clock time misses nothing"
    return _verdict("P19", question, "received", "received" if times else "missed", ok=times > 0)


def _from_zero(q: _Questions) -> Verdict:
    first = q.play(at=clock.now() - timedelta(hours=1), position=300)
    q.car.upload(first)
    q.phone.upload({**q.play(position=0), "episode": first["episode"]})
    actions, _ = q.car.actions(0, aggregated="true")
    places = [item.get("position") for item in actions if item.get("episode") == first["episode"]]
    question = "a player that starts at 0:00 does not reset the position"
    return _verdict("P9", question, "[300]", places, ok=places == [300])


def _moved(q: _Questions) -> Verdict:
    old = q.play(at=clock.now() - timedelta(hours=1), guid=f"{q.run}-moved")
    new = q.play(guid=f"{q.run}-moved", position=90)
    q.car.upload(old)
    q.car.upload(new)
    actions, _ = q.phone.actions(0)
    files = {old["episode"], new["episode"]} & {item.get("episode") for item in actions}
    ok = files == {new["episode"]}
    seen = "new" if ok else "both" if len(files) > 1 else "old"
    return _verdict("P29", "a moved file has its new address", "new", seen, ok=ok)


def _spelling(q: _Questions) -> Verdict:
    path = f"/api/2/subscriptions/{{user}}/{q.device('car')}.json"
    url = f"HTTP://Conformance.example/{q.run}-Spelling"
    answer = json_of(q.car.ask("POST", path, body={"add": [url], "remove": []}))
    pairs = answer.get("update_urls", []) if isinstance(answer, dict) else []
    q.car.ask("POST", path, body={"add": [], "remove": [url]})
    kept = f"http://conformance.example/{q.run}-Spelling"
    ok = [url, kept] in pairs
    question = "an address with a different spelling is in update_urls"
    return _verdict("client", question, "reported", "reported" if ok else "not reported", ok=ok)


def _parallel(q: _Questions) -> Verdict:
    plays = [[q.play() for _ in range(_EACH)] for _ in range(_WRITERS)]

    def write(mine: Iterable[dict[str, Any]]) -> list[int]:
        with GpodderClient(q.url, q.username, q.password) as client:
            return [client.sign_in().status_code, *(client.upload(p).status_code for p in mine)]

    with ThreadPoolExecutor(_WRITERS) as pool:
        statuses = [status for answers in pool.map(write, plays) for status in answers]
    failed = sum(status >= 400 for status in statuses)
    actions, _ = q.phone.actions(0)
    known = {item.get("episode") for item in actions}
    lost = sum(play["episode"] not in known for mine in plays for play in mine)
    question = f"{_WRITERS} apps write concurrently"
    seen = f"{failed} of {len(statuses)} failed, {lost} lost"
    return _verdict("P17", question, "none failed, none lost", seen, ok=failed == lost == 0)


def _words(q: _Questions) -> Verdict:
    actions, _ = q.phone.actions(0)
    others = sorted({str(item.get("action")) for item in actions} - _WORDS)
    question = "only the five kinds of action that clients know are returned"
    return _verdict("P27", question, "none other", others or "none other", ok=not others)


def _nextcloud(q: _Questions) -> Verdict:
    base = "/index.php/apps/gpoddersync"
    answer = q.car.ask("GET", f"{base}/subscriptions", params={"since": 0})
    question = "the Nextcloud API returns the same shows"
    if answer.status_code == _NOT_FOUND:
        return _verdict("client", question, "received", "404", ok=None)
    listed = json_of(answer)
    ok = isinstance(listed, dict) and q.show in listed.get("add", [])
    return _verdict("client", question, "received", "received" if ok else answer.status_code, ok=ok)


def _leave(q: _Questions) -> Verdict:
    path = f"/api/2/subscriptions/{{user}}/{q.device('car')}.json"
    answer = json_of(q.phone.ask("GET", path.replace("-car", "-phone"), params={"since": 0}))
    cursor = answer.get("timestamp", 0) if isinstance(answer, dict) else 0
    q.car.ask("POST", path, body={"add": [], "remove": [q.show]})
    heard = json_of(q.phone.ask("GET", path.replace("-car", "-phone"), params={"since": cursor}))
    gone = heard.get("remove", []) if isinstance(heard, dict) else []
    ok = q.show in gone
    question = "the other device receives an unsubscribed show"
    return _verdict("LIS-7", question, "reported", "reported" if ok else "not reported", ok=ok)


_QUESTIONS: tuple[Callable[[_Questions], Verdict], ...] = (
    _session,
    _device,
    _devices,
    _subscribe,
    _late,
    _retries,
    _future,
    lambda q: _bad(q, action="explode"),
    lambda q: _bad(q, timestamp="yesterday"),
    lambda q: _bad(q, position=-5),
    lambda q: _bad(q, position="abc"),
    _unknown_action,
    _long_address,
    _minus_one,
    _fraction,
    _aggregated,
    _others,
    _upload_cursor,
    _subscription_cursor,
    _plus_one,
    _own_clock,
    _from_zero,
    _moved,
    _spelling,
    _parallel,
    _words,
    _nextcloud,
    _leave,
)
