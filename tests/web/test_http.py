"""The application in process: pages, fragments, sessions, errors, headers."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from datetime import timedelta
from threading import Event, Thread
from typing import Annotated

import pytest
from fastapi import APIRouter, Query
from starlette.testclient import TestClient
from tests.web.websample import HARBOUR, NOW, SampleServices
from tests.web.webvisitor import visitor

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput
from wavehouse.web import health
from wavehouse.web.app import create_app
from wavehouse.web.services import Check, Span
from wavehouse.web.site import Site

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def test_the_overview_is_a_whole_page_and_asks_for_each_range_once(
    client: TestClient, services: SampleServices
) -> None:
    """28 days until yesterday, and the 28 before."""
    answer = client.get("/")
    assert 200 == answer.status_code
    assert answer.text.startswith("<!doctype html>")
    assert "<title>All shows · 23 Oct – 19 Nov · Wavehouse</title>" in answer.text
    assert [28, 28] == [span.days for span in services.asked]


@pytest.mark.parametrize("address", ["/", "/?range=today", "/?metric=revenue", f"/?show={HARBOUR}"])
def test_every_fragment_also_answers_as_a_full_page(client: TestClient, address: str) -> None:
    """The same content, with and without the frame; going back in history requests the frame."""
    content = re.compile(r"<main.*</main>", re.DOTALL)
    page = client.get(address).text
    part = client.get(address, headers=HTMX).text
    back = client.get(address, headers={**HTMX, "HX-History-Restore-Request": "true"}).text
    match, swapped = content.search(page), content.search(part)
    assert match is not None
    assert swapped is not None
    assert match.group() == swapped.group()
    assert "<html" not in part
    assert "<title>" in part
    assert 'id="fresh"' in part
    assert back == page


def test_text_from_feeds_and_people_stays_text(client: TestClient) -> None:
    """Markup in titles, sponsors and addresses is escaped."""
    page = client.get("/").text
    assert "Harbour &lt;Lights&gt; &amp; Fog" in page
    assert "Launch &lt;b&gt;week&lt;/b&gt;" in page
    wrong = client.get("/", params={"range": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in wrong


def test_a_page_holds_no_style_attribute_and_no_inline_script(client: TestClient) -> None:
    """The policy needs no exception."""
    page = client.get("/").text
    assert [] == re.findall(r"\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|<style", page)


def test_the_same_page_is_not_sent_twice(client: TestClient, services: SampleServices) -> None:
    """The ETag covers data version, address and hour; 304 needs no figures."""
    client.get("/")
    first = client.get("/")
    services.asked.clear()
    again = client.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert (304, "") == (again.status_code, again.text)
    assert [] == services.asked
    services.version = "2"
    tags = {
        client.get("/").headers["etag"],
        client.get("/?range=7d").headers["etag"],
        client.get("/", headers=HTMX).headers["etag"],
        first.headers["etag"],
    }
    assert 4 == len(tags)
    assert "HX-Request" in first.headers["vary"]


def test_without_a_cheap_version_pages_are_compared_by_content(
    client: TestClient, services: SampleServices
) -> None:
    """No outdated page is shown, and no page is sent twice."""
    services.version = None
    client.get("/")
    tag = client.get("/").headers["etag"]
    assert 304 == client.get("/", headers={"If-None-Match": tag}).status_code
    services.empty = True
    assert 200 == client.get("/", headers={"If-None-Match": tag}).status_code


def test_without_a_session_the_page_says_how_to_get_one(stranger: TestClient) -> None:
    """401 with the command; as a fragment for htmx, as problem+json for programs."""
    page = stranger.get("/")
    assert 401 == page.status_code
    assert "wavehouse sign-in-link" in page.text
    part = stranger.get("/", headers=HTMX)
    assert (401, True) == (part.status_code, "<html" not in part.text)
    program = stranger.get("/", headers={"Accept": "application/json"})
    assert "application/problem+json" == program.headers["content-type"]
    assert "not_signed_in" == program.json()["code"]


def csrf_of(page: str) -> str:
    match = re.search(r'name="csrf" value="([^"]+)"', page)
    assert match is not None
    return match.group(1)


def test_looking_at_a_link_does_not_use_it_up(
    stranger: TestClient, services: SampleServices
) -> None:
    """Scanners of mail and chat open links; only the button signs in, and only once."""
    for _ in range(3):
        page = stranger.get("/sign-in?token=one-time")
    assert {"one-time": "cookie-1"} == services.links
    form = {"csrf": csrf_of(page.text), "token": "one-time"}
    entered = stranger.post("/sign-in", data=form)
    assert (303, "/") == (entered.status_code, entered.headers["location"])
    cookie = entered.headers["set-cookie"]
    assert all(flag in cookie for flag in ("wh_session=cookie-1", "HttpOnly", "SameSite=lax"))
    assert 200 == stranger.get("/").status_code
    assert 303 == stranger.get("/sign-in").status_code
    page = stranger.get("/sign-in?token=one-time")
    again = stranger.post("/sign-in", data={**form, "csrf": csrf_of(page.text)})
    assert 401 == again.status_code
    assert "This link was used already." in again.text
    assert "<code>wavehouse sign-in-link</code>" in again.text


def test_signing_out_ends_the_session(client: TestClient, services: SampleServices) -> None:
    """The session ends on the server, not only in the browser."""
    form = {"csrf": csrf_of(client.get("/").text)}
    assert 303 == client.post("/sign-out", data=form).status_code
    assert set() == services.sessions
    assert 401 == client.get("/").status_code


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
@pytest.mark.parametrize("sent", ["", "guessed", "ünïcode"])
def test_a_form_without_our_token_is_refused(
    client: TestClient, services: SampleServices, path: str, sent: str
) -> None:
    """Double submit: the field must equal the cookie."""
    client.get("/")
    answer = client.post(path, data={"csrf": sent, "token": "one-time"})
    assert 403 == answer.status_code
    assert {"cookie-1"} == services.sessions
    assert "one-time" in services.links


def test_a_form_from_another_site_is_refused_even_with_the_token(client: TestClient) -> None:
    """Fetch metadata names the form's origin."""
    form = {"csrf": csrf_of(client.get("/").text)}
    answer = client.post("/sign-out", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert 403 == answer.status_code


def test_a_form_too_long_is_refused(client: TestClient) -> None:
    """A form of the site has two fields."""
    assert 422 == client.post("/sign-out", data={"csrf": "x" * 9000}).status_code


@pytest.mark.parametrize(
    ("status", "host"),
    [
        (200, "localhost"),
        (200, "localhost:8080"),
        (200, "127.0.0.1:8080"),
        (200, "[::1]:8080"),
        (200, "dash.example.org"),
        (400, "evil.example"),
        (400, "localhost.evil.example"),
        (400, ""),
    ],
)
def test_only_the_sites_own_names_are_answered(
    services: SampleServices, status: int, host: str
) -> None:
    """Another page cannot reach the dashboard by rebinding a name to this machine."""
    site = Site(hosts=frozenset({"dash.example.org"}))
    app = create_app(services, site=site)
    assert status == visitor(app).get("/health/live", headers={"Host": host}).status_code


@pytest.mark.parametrize("path", ["/", "/sign-in", "/health/live", "/nowhere", "/static/nothing"])
def test_every_answer_carries_the_guards_headers(client: TestClient, path: str) -> None:
    """Errors have them, too."""
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "nosniff" == headers["x-content-type-options"]
    assert headers["cache-control"]


def test_a_static_file_is_cached_for_ever_under_the_address_that_pages_use(
    client: TestClient,
) -> None:
    """The address changes with the content."""
    page = client.get("/").text
    result = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert 5 <= len(result)
    for address in result:
        answer = client.get(address)
        assert 200 == answer.status_code
        assert ("immutable" in answer.headers["cache-control"]) == ("?v=" in address)


def test_health_tells_alive_and_ready_apart(services: SampleServices) -> None:
    """Neither needs a session; without the database readiness is 503, not an error page."""
    prober = visitor(create_app(services))
    assert {"status": "live"} == prober.get("/health/live").json()
    assert (200, "ready") == (
        prober.get("/health/ready").status_code,
        prober.get("/health/ready").json()["status"],
    )
    services.ready = False
    with clock.frozen(clock.now() + timedelta(seconds=3)):
        answer = prober.get("/health/ready")
    assert (503, "not ready") == (answer.status_code, answer.json()["status"])
    assert 200 == prober.get("/health/live").status_code


def test_an_error_of_the_address_is_a_page_that_says_what_to_do(client: TestClient) -> None:
    """Wrong range, unknown show, unknown page, wrong method."""
    wrong = client.get("/?range=week")
    assert (422, True) == (wrong.status_code, "Use one of: today, 7d" in wrong.text)
    assert 404 == client.get("/?show=nobody").status_code
    assert 404 == client.get("/nowhere").status_code
    method = client.delete("/")
    assert 405 == method.status_code
    assert "GET" in method.headers["allow"]


class Broken(SampleServices):
    """Services that raise an unexpected error."""

    def podcasts(self, who: Identity) -> tuple[()]:
        raise RuntimeError("secret detail")


def test_a_fault_of_ours_is_told_without_its_details() -> None:
    """The log has the trace; the page has the next step and the guard's headers."""
    services = Broken()
    services.sessions.add("cookie-1")
    answer = visitor(create_app(services), {"wh_session": "cookie-1"}).get("/")
    assert 500 == answer.status_code
    assert "secret" not in answer.text
    assert "wavehouse doctor" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def api() -> APIRouter:
    routes = APIRouter(prefix="/api/v1")

    @routes.post("/echo")
    def echo(times: Annotated[int, Query(ge=1)]) -> dict[str, int]:
        if times == 13:
            raise InvalidInput(
                "Thirteen is not liked.", where="times", hint="Use twelve.", command="GET /twelve"
            )
        return {"times": times}

    return routes


def test_a_contexts_router_answers_problems_as_json_even_to_browsers(
    services: SampleServices,
) -> None:
    """RFC 9457 with our code; validation names the field and never the sent value."""
    program = visitor(create_app(services, [api()]))
    assert {"times": 2} == program.post("/api/v1/echo?times=2").json()
    liked = program.post("/api/v1/echo?times=13")
    assert (422, "application/problem+json") == (liked.status_code, liked.headers["content-type"])
    assert {
        "type": "urn:wavehouse:error:invalid_input",
        "title": "The input is invalid",
        "status": 422,
        "detail": "Thirteen is not liked. (times)",
        "code": "invalid_input",
        "hint": "Use twelve.",
        "command": "GET /twelve",
    } == liked.json()
    typed = program.post("/api/v1/echo?times=sesame")
    assert "query.times" == typed.json()["fields"][0]["where"]
    assert "sesame" not in typed.text
    assert 404 == program.get("/api/v1/nothing").json()["status"]


def test_secure_sites_mark_their_cookies() -> None:
    """Behind HTTPS cookies are Secure."""
    app = create_app(SampleServices(), site=Site(secure=True))
    answer = visitor(app).get("/sign-in?token=x")
    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers


def test_the_days_follow_the_one_clock(client: TestClient, services: SampleServices) -> None:
    """``today`` is the clock's UTC day."""
    client.get("/?range=today&compare=off")
    assert [Span(NOW.date(), NOW.date())] == services.asked


def test_the_openapi_declares_problems_and_hides_the_pages(services: SampleServices) -> None:
    """Only health and the contexts' routes, each with our errors, are in the document."""
    contract = visitor(create_app(services, [api()])).get("/api/openapi.json").json()
    assert {"/health/live", "/health/ready", "/api/v1/echo"} == set(contract["paths"])
    declared = contract["paths"]["/api/v1/echo"]["post"]["responses"]
    assert {"200", "400", "404", "405", "422"} == set(declared)
    assert ["application/problem+json"] == list(declared["422"]["content"])


def test_a_probe_may_ask_for_the_head_only(services: SampleServices) -> None:
    """Load balancers send such requests."""
    prober = visitor(create_app(services))
    assert [200, 200] == [
        prober.head(f"/health/{which}").status_code for which in ("live", "ready")
    ]


def test_the_counting_windows_are_a_card_for_htmx_and_a_page_for_everybody(
    client: TestClient, stranger: TestClient
) -> None:
    """Side by side with the reason; a sentence beyond two months; never without a session."""
    card = client.get("/windows", headers={"HX-Request": "true"})
    page = client.get("/windows?range=7d")
    long = client.get("/windows?range=91d", headers={"HX-Request": "true"})

    assert "<html" not in card.text
    assert all(text in card.text for text in ("18,204", "17,981", "17,640", "counts -223"))
    assert "<h1" in page.text
    assert 'href="/?range=7d"' in page.text
    assert "at most two adjacent months" in long.text
    assert stranger.get("/windows").status_code in (303, 401)
    assert 'hx-get="/windows"' in client.get("/").text


class _Health(SampleServices):
    """Services that count the requests for readiness."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def readiness(self) -> Sequence[Check]:
        self.times += 1
        return [Check("operational", self.times == 1)]


def test_readiness_is_remembered_for_two_seconds() -> None:
    """Many requests cause one query; a change is seen within two seconds."""
    services = _Health()
    asking = visitor(create_app(services))
    with clock.frozen(NOW):
        assert [200] * 50 == [asking.get("/health/ready").status_code for _ in range(50)]
    assert 1 == services.times
    with clock.frozen(NOW + timedelta(seconds=3)):
        assert 503 == asking.get("/health/ready").status_code


def test_readiness_that_hangs_holds_one_thread_only() -> None:
    """Other requests are answered with the last known state."""
    hanging, asked = Event(), Event()

    class Hanging(_Health):
        def readiness(self) -> Sequence[Check]:
            asked.set()
            hanging.wait(20)
            return super().readiness()

    recent = health.Recent(Hanging().readiness)
    first = Thread(target=recent.checks)
    first.start()
    asked.wait(20)
    assert [False] == [check.ok for check in recent.checks()]
    hanging.set()
    first.join()
    assert [True] == [check.ok for check in recent.checks()]


@pytest.mark.parametrize(
    ("status", "origin"),
    [
        (303, "http://localhost"),
        (303, "http://LOCALHOST:80"),
        (303, "https://pod.example"),
        (403, "http://localhost:8000"),
        (403, "http://evil.example"),
        (403, "http://localhost.evil.example"),
        (403, "http://pod.example"),
        (403, "https://pod.example@evil.example"),
        (403, "null"),
        (403, ""),
        (403, "https://[pod.example"),
    ],
)
def test_a_cookie_writes_only_from_our_own_origin(
    services: SampleServices, status: int, origin: str
) -> None:
    """It is checked before any route, so that no new route can omit it."""
    site = Site(hosts=frozenset({"pod.example"}), secure=True, netloc="pod.example")
    browser = visitor(create_app(services, site=site))
    browser.cookies.set("wh_session", "cookie-1")
    browser.cookies.set("wh_csrf", "x" * 40)
    headers = {"Origin": origin}

    answer = browser.post("/sign-out", data={"csrf": "x" * 40}, headers=headers)

    assert status == answer.status_code


def test_two_hosts_or_none_are_refused(services: SampleServices) -> None:
    """Two proxies on the way could each use another one."""
    asking = visitor(create_app(services))
    for hosts in (["localhost", "localhost"], ["localhost", "evil.example"]):
        answer = asking.get("/", headers=[("Host", host) for host in hosts])
        assert (400, True) == (answer.status_code, "exactly one Host" in answer.text)


def test_a_compressed_body_is_refused_and_not_unpacked(services: SampleServices) -> None:
    """Eight kilobytes could become a gigabyte; no route needs it."""
    asking = visitor(create_app(services))
    body = gzip.compress(bytes(8 * 2**20))

    answer = asking.post("/sign-in", content=body, headers={"Content-Encoding": "gzip"})

    assert 415 == answer.status_code
    assert "Compressed request bodies are not accepted" in answer.text
