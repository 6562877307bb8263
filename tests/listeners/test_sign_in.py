"""Signing in over HTTP: answers, cookies, limits and emails."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from wavehouse.kernel import clock, config
from wavehouse.listeners.adapters.later import Later
from wavehouse.listeners.http.common import COOKIE
from wavehouse.listeners.types import Site
from wavehouse.mail import Outbox, Smtp, mail_of

LINKS, REDEEM = "/api/v1/listener/links", "/api/v1/listener/links/redeem"
DEVICES = "/api/v1/listener/devices"


def test_ac2_a_link_over_http_signs_the_asking_browser_in(house: Any, phone: Any) -> None:
    """By the cookie of the request; the session has the rights of an app password's."""
    browser, other = house.browser(), house.browser()
    asked = browser.post(LINKS, json={"email": f" {phone.username.upper()} "})
    assert (202, {"expires_in_seconds": 900}) == (asked.status_code, asked.json())
    token = house.token()
    assert 401 == other.post(REDEEM, json={"token": token}).status_code
    answer = browser.post(REDEEM, json={"token": token})
    assert phone.username == answer.json()["email"]
    assert 200 == browser.get(DEVICES).status_code
    assert 401 == browser.post(REDEEM, json={"token": token}).status_code
    cookie = answer.headers["set-cookie"].lower()
    assert COOKIE in cookie
    assert all(part in cookie for part in ("httponly", "samesite=lax", "secure"))


def test_ac2_redeeming_a_link_verifies_the_address_once(house: Any, phone: Any) -> None:
    """email_verified_at is the time of the first proof."""
    first = clock.now()
    with clock.frozen(first):
        house.signed_in(phone.username)
    with clock.frozen(first + clock.DAY):
        house.signed_in(phone.username)
    with house.doors.database.worker() as tx:
        row = tx.connection.execute(
            "SELECT email_verified_at, last_seen_at FROM listeners.listeners WHERE email = %s",
            [phone.username],
        ).fetchone()
    assert (first, first + clock.DAY) == row


def test_ac2_the_page_of_a_letter_uses_the_link_up_by_its_button_only(
    house: Any, phone: Any
) -> None:
    """Mail programs open links for previews; that does not sign in."""
    browser = house.browser()
    browser.post(LINKS, json={"email": phone.username})
    address = f"/listener/sign-in?token={house.token()}"
    shown = [browser.get(address) for _ in range(2)]
    assert all(page.status_code == 200 and house.token() in page.text for page in shown)
    assert 401 == browser.get(DEVICES).status_code
    assert 200 == browser.post("/listener/sign-in", data={"token": house.token()}).status_code
    assert 200 == browser.get(DEVICES).status_code
    assert "&lt;b&gt;" in browser.get("/listener/sign-in?token=<b>").text


def test_ac8_known_and_unknown_addresses_get_the_same_answer(house: Any, phone: Any) -> None:
    """Status, body and header names; another thread writes the email."""
    known = house.browser().post(LINKS, json={"email": phone.username})
    unknown = house.browser().post(LINKS, json={"email": "stranger@example.org"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert [*known.headers] == [*unknown.headers]
    assert [phone.username] == [letter["To"] for letter in house.letters()]
    assert 422 == house.browser().post(LINKS, json={"email": "no address"}).status_code


def test_ac8_the_answer_does_not_wait_for_the_letter(house: Any, phone: Any) -> None:
    """A hanging mail server delays no request, so the time reveals nothing."""
    hangs = threading.Event()
    house.doors.later.do(lambda: hangs.wait(30))
    assert 202 == house.browser().post(LINKS, json={"email": phone.username}).status_code
    assert not house.outbox.exists()
    hangs.set()
    assert 1 == len(house.letters())


@pytest.mark.parametrize("exists", [True, False])
def test_ac8_letters_are_limited_per_e_mail_whether_it_exists_or_not(
    house: Any, phone: Any, exists: bool
) -> None:
    """Three at once, then one every five minutes; each day's limits begin at midnight."""
    email = phone.username if exists else "unknown@example.org"
    now = clock.now().replace(hour=12)
    with clock.frozen(now):
        lines = [house.browser().post(LINKS, json={"email": email}) for _ in range(4)]
    with clock.frozen(now + timedelta(minutes=5)):
        lines += [house.browser().post(LINKS, json={"email": email}) for _ in range(2)]
    assert [202, 202, 202, 429, 202, 429] == [each.status_code for each in lines]
    assert (4 if exists else 0) == len(house.letters())


def test_ac8_letters_are_limited_per_network_address(house: Any) -> None:
    """Ten at once, for any address; guessing links is limited, too."""
    with clock.frozen(clock.now()):
        lines = [
            house.browser().post(LINKS, json={"email": f"somebody{n}@example.org"}).status_code
            for n in range(11)
        ]
        guessed = [
            house.browser().post(REDEEM, json={"token": f"guess{n}"}).status_code for n in range(21)
        ]
    assert [202] * 10 + [429] == lines
    assert [401] * 20 + [429] == guessed


def test_ac8_brakes_store_no_network_address(house: Any, phone: Any) -> None:
    """After requests, guesses and sign-ins no row of the database has the network address."""
    house.browser().post(REDEEM, json={"token": "guess"})
    house.browser().get(DEVICES, auth=phone.auth)
    house.signed_in(phone.username)
    with house.doors.database.worker() as tx:
        tables = tx.values("SELECT tablename FROM pg_tables WHERE schemaname = 'listeners'")
        rows = [row for t in tables for row in tx.values(f"SELECT r::text FROM listeners.{t} r")]
    assert any(phone.username in row for row in rows)
    assert [] == [row for row in rows if "testclient" in row or "127.0.0.1" in row]


def test_ac8_a_full_queue_drops_letters_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """The request does not fail: its answer must reveal nothing."""
    later, began, may, done = Later(most=1), threading.Event(), threading.Event(), list[int]()

    def hold() -> None:
        began.set()
        may.wait(30)

    later.do(hold)
    assert began.wait(30)
    for number in range(3):
        later.do(lambda number=number: done.append(number))  # type: ignore[misc]
    may.set()
    later.wait()
    assert [0] == done
    assert 2 == caplog.text.count("one email was dropped")


def test_ac10_a_letter_that_cannot_be_sent_is_logged_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Only the error's name is logged; the next email is sent."""
    later, done = Later(), []

    def fails() -> None:
        raise OSError("anna@example.org token=secret")

    later.do(fails)
    later.do(lambda: done.append(1))
    later.wait()
    assert [1] == done
    assert "OSError" in caplog.text
    assert "anna" not in caplog.text
    assert "secret" not in caplog.text


# --- the mail server ------------------------------------------------------------------------------


class Postbox(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as one email needs."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            self.server.heard.append(line)  # type: ignore[attr-defined]
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (part := self.rfile.readline()) != b".\r\n":
                    self.server.heard.append(part)  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 well\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def postbox() -> Iterator[Any]:
    """A mail server on a free port."""
    with socketserver.TCPServer(("127.0.0.1", 0), Postbox) as server:
        server.heard = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def test_ac2_a_letter_goes_through_the_mail_server_of_the_settings(postbox: Any) -> None:
    """Sender, recipient, and the whole link on one line."""
    given = {
        "smtp_host": "127.0.0.1",
        "smtp_port": postbox.server_address[1],
        "smtp_security": "none",
        "site_url": "https://pod.example/",
    }
    settings = config.load(given, environment={})
    mail = mail_of(settings, domain=Site(settings["site_url"]).name)
    link = f"https://pod.example/listener/sign-in?token={'x' * 43}"
    mail.send(to="anna@example.org", subject="Your sign-in link", text=f"{link}\n")
    heard = b"".join(postbox.heard).decode()
    assert "mail from:<wavehouse@pod.example>" in heard.lower()
    assert "rcpt to:<anna@example.org>" in heard.lower()
    assert f"{link}\r\n" in heard


def test_ac10_the_mail_servers_password_is_not_shown(tmp_path: Any) -> None:
    """Neither settings nor the adapter's repr has it; without a server there is the outbox."""
    settings = config.load(
        {"smtp_host": "mail.example", "smtp_password": "hush", "home": str(tmp_path)},
        environment={},
    )
    mail = mail_of(settings, domain="localhost")
    assert isinstance(mail, Smtp)
    assert ("starttls", "wavehouse@localhost") == (mail.security, mail.sender)
    assert "hush" not in repr(mail) + settings.values["smtp_password"].shown()
    empty = config.load({"home": str(tmp_path)}, environment={})
    assert Outbox(tmp_path / "outbox") == mail_of(empty, domain="localhost")
