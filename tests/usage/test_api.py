"""The API of usage and budgets, and the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.tenants import key_of, session_of
from tests.usage.conftest import Spender

from wavehouse.web.live import live_app

CSRF = "token-token-token-token-token-token-token"


@pytest.fixture
def client(spender: Spender) -> Iterator[TestClient]:
    """A signed-in client with a key."""
    web = live_app(spender.workspace)
    cookies = {"wh_session": session_of(spender.workspace), "wh_csrf": CSRF}
    headers = {"Authorization": f"Bearer {key_of(spender.workspace)}", "Origin": "http://localhost"}
    with TestClient(
        web,
        base_url="http://localhost",
        cookies=cookies,
        headers=headers,
        follow_redirects=False,
    ) as client:
        yield client


def test_a_budget_is_set_topped_up_listed_and_removed(spender: Spender, client: TestClient) -> None:
    """Amounts are decimal text, never in scientific form."""
    made = client.put("/api/v1/budgets", json={"limit": "0.0000001", "currency": "EUR"}).json()
    assert "0.000000100000" == made["limit"]
    path = f"/api/v1/budgets/{made['budget_id']}"
    spent = client.post(f"{path}/grants", json={"amount": "5", "note": "Invoice 1"}).json()
    assert "5.000000000000" == spent["granted"]
    spender.spend()

    (listed,) = client.get("/api/v1/budgets").json()
    assert ("1.000000000000", "0.000000000000") == (listed["spent"], listed["reserved"])
    assert "Invoice 1" == client.get("/api/v1/budgets/history").json()["grants"][0]["note"]
    assert 204 == client.delete(path).status_code
    assert [] == client.get("/api/v1/budgets").json()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"limit": 1.5}, "string"),
        ({"limit": "-1"}, "negative"),
        ({"limit": "x"}, "not a decimal number"),
        ({"currency": "USD"}, "counted in EUR"),
        ({"scope": "project"}, "needs its id"),
        ({"thresholds": [0]}, "whole numbers from 1 to 100"),
        ({"notify_emails": ["nobody"]}, "invalid email address"),
    ],
)
def test_a_budget_that_cannot_be_is_refused_with_a_sentence(
    client: TestClient, change: dict[str, Any], sentence: str
) -> None:
    """422, and nothing is stored."""
    first = client.put("/api/v1/budgets", json={"limit": "1", "currency": "EUR", "period": "day"})
    assert 200 == first.status_code

    answer = client.put("/api/v1/budgets", json={"limit": "2", "currency": "EUR", **change})

    assert 422 == answer.status_code
    assert sentence in answer.text
    assert 1 == len(client.get("/api/v1/budgets").json())


def test_usage_is_read_by_day_by_event_and_with_its_prices(
    spender: Spender, client: TestClient
) -> None:
    """The aggregate, the underlying events, the registry."""
    for _ in range(3):
        spender.spend(output=500)

    days = client.get("/api/v1/usage/daily").json()
    assert {("output", "1500.0000"), ("request", "3.0000")} == {
        (day["unit"], day["quantity"]) for day in days
    }
    page = client.get("/api/v1/usage/events", params={"limit": 2}).json()
    following = client.get(
        "/api/v1/usage/events", params={"limit": 2, "cursor": page["next_cursor"]}
    ).json()
    assert [2, 1] == [len(page["data"]), len(following["data"])]
    assert ["writer"] == [model["name"] for model in client.get("/api/v1/usage/models").json()]
    assert 2 == len(client.get("/api/v1/usage/prices").json())


def test_the_page_shows_budgets_and_what_is_left_and_sets_one(
    spender: Spender, client: TestClient
) -> None:
    """Before the first budget it shows the cost of each day."""
    spender.spend()
    assert "No budgets yet" in client.get("/usage").text

    fields = {"csrf": CSRF, "limit": "4", "currency": "EUR", "scope": "organization"}
    assert 303 == client.post("/usage/budgets", data=fields).status_code
    shown = client.get("/usage").text
    assert "Remaining of “Organization, a month”" in shown
    assert "25 %" in shown
    assert "timeseries" in shown

    wrong = client.post("/usage/budgets", data={**fields, "limit": "-1"})
    assert "negative" in wrong.text
    budget = spender.only_budget()
    granted = {"csrf": CSRF, "budget": str(budget.budget_id), "amount": "1"}
    assert 303 == client.post("/usage/grants", data=granted).status_code
    assert 1 == spender.only_budget().granted
    assert 303 == client.post("/usage/repair", data={"csrf": CSRF}).status_code
    assert 303 == client.post("/usage/delete", data=granted).status_code
