import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.testclient import TestClient

from wavehouse import accounts, sponsorship
from wavehouse.accounts import Scope
from wavehouse.kernel.errors import WavehouseError
from wavehouse.sponsorship.http import router
from wavehouse.web.conditional import LARGEST_BODY, Conditional
from wavehouse.web.gate import ApiGate
from wavehouse.workspace import Workspace

PATH = "/api/v1/conversions"
GOOD = {
    "occurred_at": "2026-11-01T10:00:00Z",
    "promo_code": "nord15",
    "conversion_type": "purchase",
    "conversion_value": "49.90",
    "currency": "EUR",
    "order_id": "A-1",
}


def key(workspace: Workspace, scope: Scope) -> dict[str, str]:
    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        made = accounts.create_api_key(tx, identity=workspace.identity, name="shop", scopes=[scope])
    return {"Authorization": f"Bearer {made.text}"}


@pytest.fixture
def client(workspace: Workspace, campaigns_file: Callable[..., Path]) -> Iterator[TestClient]:
    """The router alone, with a campaign, and errors as statuses."""
    app = FastAPI()
    app.include_router(
        router(workspace.stores, workspace.settings, ApiGate(workspace.stores.operational))
    )
    app.add_middleware(Conditional)

    @app.exception_handler(WavehouseError)
    def told(_request: Request, error: WavehouseError) -> JSONResponse:
        return JSONResponse({"detail": str(error), "code": error.code}, error.http_status)

    with workspace.stores.operational.app(workspace.organization.organization_id) as tx:
        sponsorship.import_campaigns(tx, identity=workspace.identity, path=campaigns_file())
    with TestClient(app, headers=key(workspace, Scope.CONVERSIONS_WRITE)) as opened:
        yield opened


def test_at02_an_order_is_stored_once_and_then_known(client: TestClient) -> None:
    """201 the first time; afterwards 200 with the same id, whatever else is sent."""
    first = client.post(PATH, json=GOOD)
    again = client.post(PATH, json={**GOOD, "conversion_value": 12})
    assert (201, 200) == (first.status_code, again.status_code)
    assert first.json()["campaign_id"] is not None
    assert {**first.json(), "outcome": "duplicate"} == again.json()


def test_at05_an_unknown_code_is_kept_and_credited_to_nobody(client: TestClient) -> None:
    """Evidence is stored first: a campaign may be added later."""
    answer = client.post(PATH, json={**GOOD, "promo_code": "LATER"})
    assert (201, "unmatched", None) == (
        answer.status_code,
        answer.json()["outcome"],
        answer.json()["campaign_id"],
    )


def test_an_amount_may_be_a_number_or_a_decimal_string(client: TestClient) -> None:
    """A JSON number is read by its digits: 49.9 is 49.90, not 49.899999."""
    lines = [49.9, "49.90", 50, -12.5, "+1"]
    answers = [
        client.post(PATH, json={**GOOD, "conversion_value": value, "order_id": f"B-{n}"})
        for n, value in enumerate(lines)
    ]
    assert [201] * len(lines) == [answer.status_code for answer in answers]


def test_a_field_that_cannot_be_used_is_refused(client: TestClient) -> None:
    """Wrong types, unknown fields and impossible values are 422, never a server error."""
    wrong: list[dict[str, object]] = [
        {"conversion_value": True},
        {"conversion_value": None},
        {"conversion_value": 1e300},
        {"conversion_value": "49,90"},
        {"conversion_value": 49.999},
        {"occurred_at": 0},
        {"occurred_at": "2026-11-01T10:00:00Z\u0000"},
        {"occurred_at": "2027-01-01T00:00:00Z"},
        {"promo_code": ""},
        {"promo_code": "A\u0000B"},
        {"currency": "ABC"},
        {"order_id": 7},
        {"order_id": "x" * 256},
        {"order_id": "\ud800"},
        {"conversion_type": "gift"},
        {"note": "an unknown field"},
    ]
    answers = {str(c): client.post(PATH, content=json.dumps({**GOOD, **c})) for c in wrong}
    assert {str(c): 422 for c in wrong} == {c: a.status_code for c, a in answers.items()}


def test_a_body_is_read_no_further_than_it_can_be_used(client: TestClient) -> None:
    """Sent whole or in pieces: beyond the limit the answer is 413."""

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 1024

    whole = client.post(PATH, content=b" " * (LARGEST_BODY + 1))
    streamed = client.post(PATH, content=pieces())
    assert [413, 413] == [whole.status_code, streamed.status_code]


def test_a_key_is_needed_and_must_have_the_scope(client: TestClient, workspace: Workspace) -> None:
    """401 without a key, 403 with a key that can only read."""
    reading = client.post(PATH, json=GOOD, headers=key(workspace, Scope.STATS_READ))
    wrong = client.post(PATH, json=GOOD, headers={"Authorization": "Bearer wh_live_x"})
    del client.headers["Authorization"]
    none = client.post(PATH, json=GOOD)
    assert [403, 401, 401] == [reading.status_code, wrong.status_code, none.status_code]


def test_at04_a_shop_may_name_the_campaign_or_the_links_that_led_to_it(
    client: TestClient, workspace: Workspace
) -> None:
    """Directly, by followed links, by code; without any, the error says what to send."""
    with workspace.stores.operational.worker() as tx:
        campaign = str(tx.value("SELECT campaign_id FROM sponsorship.campaigns"))
        tx.execute(
            """
            UPDATE sponsorship.campaigns
            SET attribution_config = attribution_config || '{"utm_source": "nordlys"}'
            """
        )
    plain = {key: value for key, value in GOOD.items() if key != "promo_code"}
    link = {"at": "2026-10-30T10:00:00Z", "utm_source": "NORDLYS"}
    signals: tuple[dict[str, object], ...] = (
        {"campaign_id": campaign},
        {"clicks": [link]},
        {"clicks": [{**link, "at": "2020-01-01T00:00:00Z"}]},
        {},
    )
    answers = [
        client.post(PATH, json={**plain, "order_id": f"B-{n}", **signal})
        for n, signal in enumerate(signals)
    ]
    assert [201, 201, 201, 422] == [a.status_code for a in answers]
    assert [campaign, campaign, None] == [a.json()["campaign_id"] for a in answers[:3]]
    with workspace.stores.operational.worker() as tx:
        methods = tx.values("SELECT DISTINCT method FROM sponsorship.credits ORDER BY 1")
    assert ["direct", "utm"] == methods
