"""The whole API on a real database: schemathesis, and properties that clients rely on."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import CHECKS, load_all_checks
from starlette.testclient import TestClient
from tests import acting
from tests.tenants import key_of, second_organization

from wavehouse import accounts, catalog, measurement, queue, sponsorship
from wavehouse.accounts import Scope, queries
from wavehouse.kernel import clock
from wavehouse.simulation import Settings, simulate
from wavehouse.web.gate import BURST
from wavehouse.web.live import live_app
from wavehouse.wiring import working
from wavehouse.workspace import Workspace

LAST = date(2026, 11, 19)
PERIOD = {"from": "2026-11-06", "to": "2026-11-19"}


@pytest.fixture(scope="module")
def filled(shared_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen simulated days, read as the commands do; returns their folder."""
    workspace, folder = shared_workspace, tmp_path_factory.mktemp("simulation")
    with clock.frozen(datetime(2026, 11, 20, 14, 52, tzinfo=UTC)):
        simulate(Settings(seed=5, people=20, days=14, until=LAST), folder)
        media = catalog.read_media_file(folder / "media.json")
        for feed in sorted((folder / "feeds").iterdir()):
            catalog.ingest_feed(
                workspace.stores.operational,
                identity=workspace.identity,
                location=str(feed),
                reading=catalog.FeedReading(source=catalog.FileFeedSource(), media=media),
            )
        list(
            measurement.ingest_logs(
                workspace.stores.operational,
                workspace.settings,
                identity=workspace.identity,
                paths=sorted((folder / "logs").iterdir()),
            )
        )
        measurement.count(workspace.stores.operational, workspace.settings)
        measurement.roll_up(workspace.stores)
        with workspace.stores.operational.worker() as tx:
            sponsorship.import_campaigns(
                tx, identity=workspace.identity, path=folder / "campaigns.json"
            )
            sponsorship.ingest_conversions(
                tx, identity=workspace.identity, path=folder / "conversions.csv"
            )
    return folder


@pytest.fixture
def workspace(shared_workspace: Workspace, filled: Path) -> Iterator[Workspace]:
    """The filled workspace, at 14:52 of 20 November 2026."""
    assert filled.exists()
    with clock.frozen(datetime(2026, 11, 20, 14, 52, tzinfo=UTC)):
        yield shared_workspace


def key(workspace: Workspace, *scopes: Scope) -> str:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        made = accounts.create_api_key(
            tx, identity=workspace.identity, name="test", scopes=list(scopes or Scope)
        )
    return made.text


@pytest.fixture(scope="module")
def app(shared_workspace: Workspace, filled: Path) -> FastAPI:
    """The application on the filled workspace."""
    assert filled.exists()
    return live_app(shared_workspace)


@pytest.fixture
def api(workspace: Workspace, app: FastAPI) -> TestClient:
    """A client with a key of every scope."""
    return client(app, key(workspace))


def client(app: FastAPI, secret: str) -> TestClient:
    return TestClient(
        app,
        base_url="http://localhost",
        headers={"Authorization": f"Bearer {secret}"},
        raise_server_exceptions=False,
    )


def everything(api: TestClient, path: str, limit: int) -> list[dict[str, Any]]:
    """All entries of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = api.get(f"/api/v1{path}", params=params).json()
        assert len(page["data"]) <= limit
        found += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/podcasts", 1),
        ("/campaigns", 1),
        ("/sponsors", 1),
        ("/conversions", 7),
        ("/sources/files", 5),
    ],
)
def test_pages_of_any_size_hold_the_same_list_once(api: TestClient, path: str, limit: int) -> None:
    """Page by page and all at once: the same entries in the same order, without duplicates."""
    whole = everything(api, path, 200)
    assert len(whole) > 1
    assert whole == everything(api, path, limit)


def test_downloads_are_those_of_the_dashboard(api: TestClient, workspace: Workspace) -> None:
    """Dashboard and API agree; every split has the same sum, and names its rules."""
    sums = set()
    for by in ("day", "episode", "app", "country"):
        told = api.get("/api/v1/downloads", params={**PERIOD, "by": by}).json()
        sums |= {told["downloads"], sum(row["downloads"] for row in told["rows"])}
    days = acting.analytics(workspace, measurement.days, first=date(2026, 11, 6), last=LAST)
    assert {sum(day.downloads for day in days)} == sums
    assert measurement.RULE_VERSION == told["provenance"]["rules"]
    windows = api.get("/api/v1/windows", params=PERIOD).json()
    assert windows["calendar"] == told["downloads"]


@pytest.mark.parametrize("by", ["day", "episode", "app", "country", "device"])
def test_downloads_by_the_hour_sum_to_the_downloads(api: TestClient, by: str) -> None:
    """Each dimension's hours have a rollup, which agrees with the days."""
    answer = api.get("/api/v1/downloads", params={**PERIOD, "by": by, "grain": "hour"}).json()
    totals = Counter[str]()
    for row in answer["hours"]:
        totals[row["member"]] += row["downloads"]

    assert {row["member"]: row["downloads"] for row in answer["rows"] if row["downloads"]} == totals
    assert api.get("/api/v1/downloads", params=PERIOD).json()["hours"] is None


def test_a_key_may_do_what_its_scopes_say_and_no_more(workspace: Workspace, app: FastAPI) -> None:
    """401 without a key, 403 for a missing scope, which the problem names."""
    reader = client(app, key(workspace, Scope.STATS_READ))
    assert 200 == reader.get("/api/v1/downloads", params=PERIOD).status_code
    refused = reader.get("/api/v1/campaigns")
    assert (403, "refused") == (refused.status_code, refused.json()["code"])
    assert "campaigns:read" in refused.json()["detail"]
    stranger = client(app, "wh_live_nobody")
    assert 401 == stranger.get("/api/v1/downloads", params=PERIOD).status_code


def test_a_key_that_asks_too_often_is_slowed_down(workspace: Workspace, app: FastAPI) -> None:
    """429 after the burst; another key is not affected."""
    busy, other = client(app, key(workspace)), client(app, key(workspace))
    seen = [busy.get("/api/v1/podcasts").status_code for _ in range(BURST + 1)]
    assert ([200] * BURST, 429) == (seen[:-1], seen[-1])
    assert 200 == other.get("/api/v1/podcasts").status_code


def test_what_has_not_changed_is_not_sent_again(api: TestClient) -> None:
    """A list's ETag depends on its content: 304 until something changes."""
    first = api.get("/api/v1/campaigns")
    tag = {"If-None-Match": first.headers["etag"]}
    again = api.get("/api/v1/campaigns", headers=tag)
    assert (304, b"") == (again.status_code, again.content)
    one = first.json()["data"][0]
    api.patch(f"/api/v1/campaigns/{one['campaign_id']}", json={"status": one["next_states"][0]})
    assert 200 == api.get("/api/v1/campaigns", headers=tag).status_code


def test_a_campaign_moves_only_as_it_was_read(api: TestClient) -> None:
    """If-Match with an old ETag is 412 and moves nothing; a disallowed transition is 422."""
    one = api.get("/api/v1/campaigns").json()["data"][0]
    path = f"/api/v1/campaigns/{one['campaign_id']}"
    read = {"If-Match": api.get(path).headers["etag"]}
    there = one["next_states"][0]
    moved = api.patch(path, json={"status": there}, headers=read)
    assert (200, there) == (moved.status_code, moved.json()["status"])
    assert 412 == api.patch(path, json={"status": one["status"]}, headers=read).status_code
    assert there == api.get(path).json()["status"]
    ways = set(moved.json()["next_states"]) | {there}
    nowhere = next(s for s in ("draft", "scheduled", "active", "paused") if s not in ways)
    assert 422 == api.patch(path, json={"status": nowhere}).status_code


def test_a_retry_with_its_key_changes_nothing(api: TestClient) -> None:
    """Same key, same request: the same answer, stored once; another request is 409."""
    show = api.get("/api/v1/podcasts").json()["data"][0]["podcast_id"]
    sponsor = api.post("/api/v1/sponsors", json={"name": "Retry & Sons"}).json()["sponsor_id"]
    body = {
        "name": "Retried",
        "sponsor_id": sponsor,
        "podcast_id": show,
        "start_date": "2026-11-01",
        "end_date": "2026-11-30",
        "campaign_value": "100.00",
        "currency": "EUR",
        "promo_codes": ["RETRY10"],
    }
    mark = {"Idempotency-Key": "k-1"}
    answers = [api.post("/api/v1/campaigns", json=body, headers=mark) for _ in range(3)]
    assert [201] * 3 == [answer.status_code for answer in answers], answers[0].text
    assert [None, "true", "true"] == [a.headers.get("idempotent-replayed") for a in answers]
    assert answers[0].json() == answers[2].json()
    names = [c["name"] for c in everything(api, "/campaigns", 200)]
    assert 1 == names.count("Retried")
    other = api.post("/api/v1/campaigns", json={**body, "name": "Other"}, headers=mark)
    assert (409, "conflict") == (other.status_code, other.json()["code"])


def test_a_report_is_made_listed_and_fetched_unchanged(
    api: TestClient, workspace: Workspace
) -> None:
    """The file has its stored hash; a modified file is 410, never served."""
    campaign = api.get("/api/v1/campaigns").json()["data"][0]["campaign_id"]
    body = {
        "campaign_id": campaign,
        "first_day": PERIOD["from"],
        "last_day": PERIOD["to"],
        "formats": ["pdf", "json", "xlsx", "csv"],
    }
    made = api.post("/api/v1/reports", json=body)
    assert 201 == made.status_code, made.text
    reports = made.json()["reports"]
    assert {"pdf", "json", "xlsx", "csv"} == {one["format"] for one in reports}
    for one in reports:
        file = api.get(one["file"])
        assert one["sha256"] == hashlib.sha256(file.content).hexdigest()
        assert one == api.get(f"/api/v1/reports/{one['report_id']}").json()
    assert len(reports) == len(everything(api, "/reports", 1))
    told = next(one for one in reports if one["format"] == "json")
    stored = next(Path(workspace.settings["home"], "reports").glob("*.json"))
    stored.write_text(json.dumps({"forged": True}))
    assert 410 == api.get(told["file"]).status_code


def test_both_credit_models_give_the_same_total(api: TestClient) -> None:
    """AT10: switching the model only moves credit between campaigns."""
    totals = set()
    for model in ("last_touch", "linear"):
        total = 0.0
        for one in everything(api, "/campaigns", 200):
            path = f"/api/v1/campaigns/{one['campaign_id']}/results"
            params = {"model": model, "from": "2026-01-01", "to": "2026-12-31"}
            total += round(float(api.get(path, params=params).json()["revenue"]) * 100)
        totals.add(total)
    assert 1 == len(totals)


def test_quarantined_rows_are_listed_and_discarded(
    api: TestClient, workspace: Workspace, filled: Path, tmp_path: Path
) -> None:
    """Waiting rows have file and line; discarding closes exactly the named rows."""
    bad = tmp_path / "bad.log"
    good = sorted((filled / "logs").iterdir())[0]
    text = good.read_bytes()
    plain = gzip.decompress(text) if good.suffix == ".gz" else text
    bad.write_bytes(plain[:4000].rpartition(b"\n")[0] + b"\nthis is no line\nnor is this\n")
    list(
        measurement.ingest_logs(
            workspace.stores.operational,
            workspace.settings,
            identity=workspace.identity,
            paths=[bad],
        )
    )
    rows = everything(api, "/quarantine", 1)
    assert 2 == len(rows)
    closed = api.post("/api/v1/quarantine/discard", json={"ids": [rows[0]["quarantine_id"]]})
    assert {"tried": 1, "discarded": 1} == {
        name: closed.json()[name] for name in ("tried", "discarded")
    }
    assert [rows[1]["quarantine_id"]] == [
        row["quarantine_id"] for row in everything(api, "/quarantine", 5)
    ]
    replayed = api.post("/api/v1/quarantine/replay", json={})
    assert 202 == replayed.status_code
    job_id = replayed.json()["job_id"]
    assert job_id is not None
    again = api.post("/api/v1/quarantine/replay", json={})
    assert {"job_id": None} == again.json()
    working.worker_of(workspace).run(once=True)
    with workspace.stores.operational.worker() as tx:
        job = queue.show_job(tx, identity=workspace.identity, job_id=UUID(job_id))
    assert ("done", {"tried": 1, "stored": 0, "still_bad": 1}) == (job.status, job.progress)


def test_another_organizations_key_reads_and_changes_nothing_of_measurement(
    api: TestClient, workspace: Workspace
) -> None:
    """Figures, files and the quarantine are those of the key's organization."""
    other = second_organization(workspace)
    before = everything(api, "/quarantine", 5)
    assert before
    sent = {"Authorization": f"Bearer {key_of(other)}"}
    told = {
        path: api.get(f"/api/v1{path}", params=PERIOD, headers=sent).json()
        for path in ("/downloads", "/audience", "/windows", "/sources/files", "/quarantine")
    }
    assert (0, 0, {}) == tuple(
        told["/downloads"][n] for n in ("downloads", "listeners", "filtered")
    )
    assert (0, [], []) == tuple(told["/audience"][n] for n in ("total", "shows", "episodes"))
    assert 0 == told["/windows"]["calendar"]
    assert ([], []) == (told["/sources/files"]["data"], told["/quarantine"]["data"])
    named = {"ids": [before[0]["quarantine_id"]]}
    for act in ("replay", "discard"):
        path = f"/api/v1/quarantine/{act}"
        own = api.post(path, json={}, headers=sent)
        assert (202 if act == "replay" else 200) == own.status_code
        assert 0 == own.json().get("tried", 0)
        assert 404 == api.post(path, json=named, headers=sent).status_code
    working.worker_of(workspace).run(once=True)
    assert before == everything(api, "/quarantine", 5)


@pytest.mark.parametrize("examples", [3, pytest.param(25, marks=pytest.mark.harness)])
def test_every_route_keeps_its_contract(workspace: Workspace, app: FastAPI, examples: int) -> None:
    """Schemathesis: answers match the OpenAPI document for any request; no 5xx."""
    schema = _schema(app)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert 20 <= len(operations)
    for operation in operations:
        _try(operation, key(workspace), examples)


load_all_checks()
schemathesis.serializer.alias("application/pdf", "application/octet-stream")
OPAQUE: Any
(OPAQUE,) = CHECKS.get_by_names(["positive_data_acceptance"])
# With two tenants, the other's objects are not found; and the authentication check repeats requests
# without our Host, which is refused before any route.
OF_ONE_TENANT: Any = CHECKS.get_by_names(
    ["use_after_free", "ensure_resource_availability", "ignored_auth"]
)


# Seconds for one call; the tool's default of ten is too short on a busy machine.
PATIENCE = 120


def _schema(app: FastAPI) -> Any:
    return schemathesis.openapi.from_asgi(
        "/api/openapi.json", app, headers={"Host": "localhost"}, timeout=PATIENCE
    )


def second_tenant(workspace: Workspace) -> str:
    """A key of every scope for another organization."""
    with workspace.stores.operational.worker() as tx:
        other = queries.insert_organization(tx, name="Second", slug=f"second-{uuid4().hex[:8]}")
        identity = queries.insert_user(
            tx,
            organization_id=other.organization_id,
            email=f"admin@{other.slug}.invalid",
            name="Second",
            role=accounts.Role.ADMIN,
            password_hash="!",
        )
    with workspace.stores.operational.app(other.organization_id) as tx:
        return accounts.create_api_key(
            tx, identity=identity, name="second", scopes=list(Scope)
        ).text


def test_sequences_of_two_tenants_keep_the_contract_and_never_meet(
    workspace: Workspace, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results of one request are used in the next, by either tenant: no 5xx, no crossing."""
    monkeypatch.setattr(accounts.SharedRate, "wait", lambda *_: 0.0)
    schema = _schema(app)
    keys = (key(workspace), second_tenant(workspace))
    bodies = [client(app, secret).post("/api/v1/sponsors", json={"name": "Met"}) for secret in keys]
    made = tuple(_ids(body.json()) for body in bodies)
    calls = [0, 0]

    class Sequences(schema.as_state_machine()):  # type: ignore[misc]
        """Sequences of requests, each by a randomly chosen tenant."""

        tenant = 0

        def get_call_kwargs(self, case: schemathesis.Case[Any]) -> dict[str, Any]:
            # Two calls in turn: the next one uses its own rows, the one after it the other's.
            self.tenant = sum(calls) // 2 % 2
            calls[self.tenant] += 1
            sent = {"Authorization": f"Bearer {keys[self.tenant]}", "Host": "localhost"}
            return {"headers": sent, "timeout": PATIENCE}

        def validate_response(
            self, response: Any, case: schemathesis.Case[Any], **options: Any
        ) -> None:
            case.validate_response(response, excluded_checks=[OPAQUE, *OF_ONE_TENANT])
            text = response.content.decode("utf-8", "replace")
            if response.status_code < 400:
                assert [] == [name for name in made[1 - self.tenant] if name in text]
            if response.status_code == 201:
                made[self.tenant].update(_ids(response.json()))

    run_state_machine_as_test(
        Sequences,
        settings=settings(
            max_examples=10,
            stateful_step_count=8,
            database=None,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert min(calls) > 10
    assert all(made), "each tenant has rows that the other could meet"


def _ids(document: Any) -> set[str]:
    """The ids in an answer to a request that created something."""
    entries = document.items() if isinstance(document, dict) else ()
    return {str(value) for name, value in entries if name.endswith("_id") and value}


def _try(operation: Any, secret: str, examples: int) -> None:
    sent = {"Authorization": f"Bearer {secret}", "Host": "localhost"}

    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def holds(case: schemathesis.Case[Any]) -> None:
        # A cursor is opaque and a period has an order: not every value that fits the schema is
        # valid.
        case.call_and_validate(headers=sent, excluded_checks=[OPAQUE], timeout=PATIENCE)

    holds()


def test_a_body_that_is_declared_too_large_is_refused_before_it_is_read(api: TestClient) -> None:
    """A client that declares 100 TB and sends nothing does not wait for its time limit."""
    for declared in ("99999999999999", "9" * 30):
        refused = api.post(
            "/api/v1/conversions", content=b"{}", headers={"Content-Length": declared}
        )
        assert 413 == refused.status_code
