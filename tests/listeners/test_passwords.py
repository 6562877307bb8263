"""The optional account password: storage, checks, guessing and removal."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from tests import looping

from wavehouse.credentials.hashing import Hasher
from wavehouse.credentials.passwords import usable_password
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, TooManyRequests
from wavehouse.listeners import rules
from wavehouse.listeners.http import with_dependencies

SIGN_IN, PASSWORD = "/api/v1/listener/sessions", "/api/v1/listener/password"
DEVICES = "/api/v1/listener/devices"
GOOD = "correct horse battery"


class Watched:
    """A hash function that records its thread and waits for permission to continue."""

    def __init__(self) -> None:
        self.began, self.may = threading.Semaphore(0), threading.Event()
        self.threads: list[str] = []

    def hash(self, password: str) -> str:
        return "$argon2id$decoy"

    def verify(self, hash: str, password: str) -> bool:  # noqa: A002
        self.threads.append(threading.current_thread().name)
        self.began.release()
        assert self.may.wait(30)
        return True

    def check_needs_rehash(self, hash: str) -> bool:  # noqa: A002
        return False


def tried(house: Any, email: str, password: str) -> Any:
    return house.browser().post(SIGN_IN, json={"email": email, "password": password})


def stored(house: Any, email: str) -> str | None:
    with house.doors.database.worker() as tx:
        text: str | None = tx.value(
            "SELECT password_hash FROM listeners.listeners WHERE email = %s", [email]
        )
    return text


def test_ac4_a_password_is_kept_as_argon2id_and_signs_in(house: Any, phone: Any) -> None:
    """Any Unicode normalization is accepted; setting a password ends other sessions."""
    browser, other = (house.signed_in(phone.username) for _ in range(2))
    answer = browser.put(PASSWORD, json={"password": "caf\u00e9 au lait, s'il"})
    assert {"ended": 1} == answer.json()
    assert 401 == other.get(DEVICES).status_code
    assert (stored(house, phone.username) or "").startswith("$argon2id$v=19$")
    entered = house.browser()
    sent = {"email": phone.username.upper(), "password": "cafe\u0301 au lait, s'il"}
    assert 200 == entered.post(SIGN_IN, json=sent).status_code
    assert 200 == entered.get(DEVICES).status_code


def test_ac4_the_parameters_are_those_of_argon2_cffi(phone: Any) -> None:
    """64 MiB, three passes, four lanes."""
    made = Hasher().hash(GOOD)
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in made
    assert Hasher().matches(made, GOOD)
    assert not Hasher().matches(made, GOOD + "!")
    assert not Hasher().matches(None, GOOD)


def test_ac4_a_hash_of_older_parameters_is_replaced_at_the_next_sign_in(
    house: Any, phone: Any
) -> None:
    """The password is only known at sign-in."""
    older = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash(GOOD)
    with house.doors.database.worker() as tx:
        tx.connection.execute(
            "UPDATE listeners.listeners SET password_hash = %s WHERE email = %s",
            [older, phone.username],
        )
    assert 200 == tried(house, phone.username, GOOD).status_code
    assert "m=64,t=1,p=1" in (stored(house, phone.username) or "")
    assert 200 == tried(house, phone.username, GOOD).status_code


def test_ac4_a_removed_password_signs_nobody_in(house: Any, phone: Any) -> None:
    """Links still sign in."""
    browser = house.signed_in(phone.username)
    browser.put(PASSWORD, json={"password": GOOD})
    assert 200 == browser.delete(PASSWORD).status_code
    assert stored(house, phone.username) is None
    assert 401 == tried(house, phone.username, GOOD).status_code


def test_ac4_a_password_needs_a_sign_in_of_the_last_fifteen_minutes(house: Any, phone: Any) -> None:
    """An old browser session or an app cannot set one."""
    now = clock.now()
    with clock.frozen(now):
        browser = house.signed_in(phone.username)
    with clock.frozen(now + rules.FRESH):
        assert 403 == browser.put(PASSWORD, json={"password": GOOD}).status_code
        assert 200 == browser.get(DEVICES).status_code
    answer = house.browser().put(PASSWORD, json={"password": GOOD}, auth=phone.auth)
    assert 403 == answer.status_code
    assert 401 == house.browser().put(PASSWORD, json={"password": GOOD}).status_code


def test_ac4_short_long_and_obvious_passwords_are_refused() -> None:
    """Only the length is required; the characters are the listener's choice."""
    for text in ("a" * 11, "a" * 257, " Anna@Example.org "):
        with pytest.raises(InvalidInput):
            usable_password(text, "anna@example.org")
    assert "\U0001f40e" * 12 == usable_password("\U0001f40e" * 12, "anna@example.org")


def test_ac4_hashing_does_not_hold_the_event_loop(house: Any) -> None:
    """While both threads hash, the event loop answers other requests."""
    slow = Watched()
    app = FastAPI()
    for router in with_dependencies(replace(house.doors, hasher=Hasher(slow))):
        app.include_router(router)

    @app.get("/ping")
    async def ping() -> str:
        return "pong"

    async def run() -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://pod.example") as web:
            sent = [
                asyncio.create_task(
                    web.post(SIGN_IN, json={"email": f"a{n}@example.org", "password": GOOD})
                )
                for n in range(2)
            ]
            for _ in sent:
                await asyncio.to_thread(slow.began.acquire)
            assert "pong" == (await web.get("/ping")).json()
            slow.may.set()
            await asyncio.gather(*sent)

    looping.run(run())
    assert 2 == len(slow.threads)
    assert all(name.startswith("argon2") for name in slow.threads)


def test_ac4_only_so_many_passwords_are_computed_at_once() -> None:
    """A request that arrives while all threads hash gets 429, and succeeds later."""
    slow = Watched()
    hasher = Hasher(slow, threads=2, waiting=0)
    with ThreadPoolExecutor(2) as pool:
        began = [pool.submit(hasher.matches, "$argon2id$x", GOOD) for _ in range(2)]
        assert all(slow.began.acquire(timeout=30) for _ in began)
        with pytest.raises(TooManyRequests):
            hasher.matches(None, GOOD)
        slow.may.set()
    assert [True, True] == [each.result() for each in began]
    assert not hasher.matches(None, GOOD)


@pytest.mark.parametrize("exists", [True, False])
def test_ac8_a_lockout_is_the_same_with_and_without_an_account(
    house: Any, phone: Any, exists: bool
) -> None:
    """Five tries, then one a minute; the right password waits, too. Same text, same headers."""
    browser = house.signed_in(phone.username)
    browser.put(PASSWORD, json={"password": GOOD})
    email = phone.username if exists else "stranger@example.org"
    now = clock.now()
    with clock.frozen(now):
        lines = [tried(house, email, f"wrong guess {n}") for n in range(6)]
        lines.append(tried(house, email, GOOD))
    with clock.frozen(now + timedelta(minutes=1)):
        later = tried(house, email, GOOD)
    assert [401] * 5 + [429] * 2 == [each.status_code for each in lines]
    assert (200 if exists else 401) == later.status_code
    assert 2 == len({(each.status_code, each.content, *each.headers.keys()) for each in lines})


def test_ac8_unknown_without_a_password_and_wrong_are_one_answer(house: Any, phone: Any) -> None:
    """Each computes one hash, so that the time is the same."""
    slow = Watched()
    slow.may.set()
    hasher = Hasher(slow)
    for email_hash in ("$argon2id$known", None):
        hasher.matches(email_hash, GOOD)
    assert 2 == len(slow.threads)
    answers = [
        tried(house, email, GOOD).json() for email in (phone.username, "stranger@example.org")
    ]
    house.signed_in(phone.username).put(PASSWORD, json={"password": GOOD})
    answers.append(tried(house, phone.username, GOOD + "!").json())
    assert all(answer == answers[0] for answer in answers)
