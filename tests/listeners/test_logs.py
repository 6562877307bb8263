"""AC10: no log line of the listeners' routes contains a secret."""

from __future__ import annotations

import http.client
import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from tests.listeners.authenticator import Authenticator
from tests.serving import served

from wavehouse.listeners.http.common import COOKIE
from wavehouse.web import server

API = "/api/v1/listener"
PASSWORD, WRONG = "a long pass phrase", "a wrong pass phrase"


@pytest.fixture
def port(
    house: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[int]:
    """The application on a real port, started by the program's own server."""

    @house.app.post("/breaks")  # type: ignore[untyped-decorator]
    def breaks() -> None:
        raise RuntimeError("a fault of ours")

    for name in ("uvicorn", "uvicorn.error", "asyncio", "psycopg"):  # no access log is written
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        caplog.set_level(logging.DEBUG, logger=name)
    with caplog.at_level(logging.DEBUG), served(house.app, server(house.app)) as url:
        yield int(url.rpartition(":")[2])


def test_ac10_no_log_line_holds_an_authorization_a_cookie_a_password_or_a_token(
    house: Any,
    phone: Any,
    port: int,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Every way to sign in, failed ones, and an internal error's trace, at the lowest level."""
    secrets: dict[str, str] = {"app password": phone.password}
    jar: dict[str, str] = {}

    def call(method: str, path: str, body: Any = None, basic: tuple[str, str] | None = None) -> int:
        headers = {"Content-Type": "application/json"}
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        if basic is not None:
            encoded = b64encode(":".join(basic).encode()).decode()
            headers["Authorization"] = f"Basic {encoded}"
            secrets[f"authorization {basic[1]}"] = encoded
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        line.request(method, path, None if body is None else json.dumps(body), headers)
        answer = line.getresponse()
        answers.append(answer.read())
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                jar[key] = rest.partition(";")[0]
                secrets[f"{key} {len(secrets)}"] = jar[key]
        line.close()
        return answer.status

    answers: list[bytes] = []
    assert 401 == call("GET", f"{API}/devices", basic=(phone.username, WRONG))
    assert 200 == call("GET", f"{API}/devices", basic=phone.auth)
    jar.clear()
    assert 202 == call("POST", f"{API}/links", {"email": phone.username})
    secrets["link"] = house.token()
    assert 401 == call("POST", f"{API}/links/redeem", {"token": "x" * 43})
    assert 200 == call("GET", f"/listener/sign-in?token={secrets['link']}")
    assert 200 == call("POST", f"{API}/links/redeem", {"token": secrets["link"]})
    assert 200 == call("PUT", f"{API}/password", {"password": PASSWORD})
    assert 401 == call("POST", f"{API}/sessions", {"email": phone.username, "password": WRONG})
    assert 422 == call("POST", f"{API}/sessions", {"email": "x", "password": PASSWORD, "y": 1})
    assert 200 == call("POST", f"{API}/sessions", {"email": phone.username, "password": PASSWORD})
    assert 200 == call("POST", f"{API}/session/refresh")
    key = Authenticator(house.doors.site.origin, house.doors.site.name)
    assert 200 == call("POST", f"{API}/passkeys/options")
    made = key.create(json.loads(answers[-1]))
    assert 201 == call("POST", f"{API}/passkeys", {"credential": made, "name": "x"})
    assert 200 == call("POST", f"{API}/passkeys/sign-in/options")
    said = key.get(json.loads(answers[-1]))
    secrets["signature"] = said["response"]["signature"]
    assert 200 == call("POST", f"{API}/passkeys/sign-in", {"credential": said})
    assert 202 == call("PUT", f"{API}/email", {"email": f"new.{phone.username}"})
    secrets["change"] = house.token()
    assert 500 == call("POST", "/breaks", {"password": PASSWORD}, basic=phone.auth)
    assert 200 == call("DELETE", f"{API}/sessions?apps=true")

    secrets |= {"password": PASSWORD, "wrong password": WRONG}
    answer = capfd.readouterr()
    logged = "\n".join(
        [answer.out, answer.err, caplog.text, *(repr(vars(record)) for record in caplog.records)]
    )
    assert "a fault of ours" in logged
    assert COOKIE in " ".join(secrets)
    assert [] == [name for name, secret in secrets.items() if secret and secret in logged]


def test_ac10_an_error_says_nothing_of_what_was_sent(house: Any) -> None:
    """The answers do not either, because a proxy may log them."""
    sent = {"email": "anna", "password": PASSWORD, "more": WRONG}
    answer = house.browser().post(f"{API}/sessions", json=sent)
    assert 422 == answer.status_code
    assert PASSWORD not in answer.text
    assert WRONG not in answer.text
