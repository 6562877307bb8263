"""The gateway with the official client: payment, limits, upstream reports (decision 1302)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import openai
import pytest
from fastapi import FastAPI
from tests.serving import served
from tests.tenants import key_of
from tests.usage.conftest import Spender
from tests.usage.upstream import WORDS, Upstream, upstream

from wavehouse import usage
from wavehouse.accounts import Scope
from wavehouse.kernel.errors import InvalidInput
from wavehouse.usage import Modality, Unit
from wavehouse.usage.http import gateway
from wavehouse.usage.service import gateway as service
from wavehouse.usage.service import reading
from wavehouse.usage.types import EventRow
from wavehouse.web.gate import ApiGate
from wavehouse.webhooks import Sealer
from wavehouse.workspace import Edge

MESSAGES: Any = [{"role": "user", "content": "Say hello to everybody in Italian, please."}]
KEY = "sk-secret-of-the-upstream"


@dataclass
class Stand:
    """A gateway on a port, its upstream, and clients."""

    spender: Spender
    upstream: Upstream
    url: str
    key: str

    def client(self, **more: Any) -> openai.OpenAI:
        """An official client."""
        return openai.OpenAI(
            base_url=f"{self.url}/gateway/v1", api_key=self.key, max_retries=0, **more
        )

    def chat(self, model: str = "writer", **more: Any) -> Any:
        """A completion."""
        return self.client().chat.completions.create(model=model, messages=MESSAGES, **more)

    def models(self, *names: str) -> None:
        """Further priced models of the upstream."""
        for name in names:
            self.spender.model(name, input="0.0001", output="0.001")

    def events(self) -> list[EventRow]:
        """The events, latest first."""
        rows: list[EventRow] = self.spender.act(reading.list_events)
        return rows

    def settled(self) -> EventRow:
        """The only event."""
        (event,) = self.all_settled(1)
        return event

    def all_settled(self, number: int) -> list[EventRow]:
        """This many events: a call ends shortly after its client has the answer, or has left."""
        for _ in range(200):
            if len(self.events()) >= number:
                break
            time.sleep(0.05)
        return self.events()


@pytest.fixture
def stand(spender: Spender) -> Iterator[Stand]:
    """A priced model, a budget of 10 EUR, an upstream on this machine."""
    spender.budget("10")
    workspace = spender.workspace
    sealer = Sealer.of(workspace.stores.operational.place)
    app = FastAPI()
    app.include_router(gateway.router(Edge(workspace, ApiGate(workspace))))
    with upstream() as server, served(app) as url:
        spender.operator(
            service.set_upstream,
            sealer=sealer,
            provider="local",
            base_url=server.url,
            key=KEY,
            allow_private=True,
            timeout_seconds=2,
        )
        yield Stand(spender, server, url, key_of(workspace, Scope.GATEWAY_USE))


def test_a_conversation_is_paid_at_what_the_upstream_reports(stand: Stand) -> None:
    """Only the upstream gets its key; a maximum is always sent."""
    answer = stand.chat(user="ann")

    assert "".join(WORDS) == answer.choices[0].message.content
    event = stand.settled()
    # 10 in, 2 from the cache at the price of tokens in, 8 out
    assert (Decimal("0.0092"), "ann", 12, 8, 2) == (
        event.cost,
        event.end_user,
        event.input_tokens,
        event.output_tokens,
        event.cached_tokens,
    )
    (_, headers, body) = stand.upstream.asked[0]
    assert f"Bearer {KEY}" == headers["authorization"]
    assert 4096 == body["max_tokens"]
    budget = stand.spender.only_budget()
    assert (event.cost, Decimal(0)) == (budget.settled, budget.reserved)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_stream_is_passed_on_and_paid_and_its_usage_is_shown_when_asked_for(
    stand: Stand, wanted: bool
) -> None:
    """The gateway always requests the usage from the upstream."""
    options: dict[str, Any] = {"stream_options": {"include_usage": True}} if wanted else {}
    pieces = list(stand.chat(stream=True, **options))

    text = "".join(p.choices[0].delta.content or "" for p in pieces if p.choices)
    assert "".join(WORDS) == text
    assert wanted == any(p.usage is not None for p in pieces)
    assert Decimal("0.0092") == stand.settled().cost


def test_u6_a_client_that_leaves_in_mid_stream_pays_what_it_has_seen(stand: Stand) -> None:
    """The connection to the upstream is closed; nothing stays reserved."""
    stand.models("endless")
    stream = stand.chat("endless", stream=True)
    for number, _ in enumerate(stream):
        if number == 20:
            break
    stream.close()

    event = stand.settled()
    assert "client_left" == event.metadata["ended_by"]
    assert 21 <= event.output_tokens < 200
    assert Decimal(0) == stand.spender.only_budget().reserved
    assert stand.upstream.broken_pipes.wait(10)


@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("breaks", "upstream_broken"),
        ("stalls", "upstream_timeout"),
        ("babbles", "upstream_nonsense"),
    ],
)
def test_a_stream_that_fails_says_so_and_is_paid_as_far_as_it_came(
    stand: Stand, model: str, code: str
) -> None:
    """The client gets an error, never a silent end."""
    stand.models(model)

    with pytest.raises(openai.APIError, match="ended its response early"):
        list(stand.chat(model, stream=True))

    event = stand.settled()
    assert (code, "error") == (event.error_code, event.status)
    assert 3 <= event.output_tokens <= 8
    assert Decimal(0) == stand.spender.only_budget().reserved


def test_u4_a_refusal_names_the_budget_and_the_client_does_not_repeat_it(stand: Stand) -> None:
    """In the form of OpenAI's insufficient_quota; the upstream is not called."""
    stand.spender.budget("0.1")
    client = stand.client().with_options(max_retries=2)

    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="writer", messages=MESSAGES)

    error: Any = refused.value.body
    assert "insufficient_quota" == refused.value.code == error["type"]
    assert ("Organization, a month", "0", "0.1", "EUR") == (
        error["budget"],
        error["spent"],
        error["limit"],
        error["currency"],
    )
    assert error["resets_at"]
    assert [] == stand.upstream.asked
    assert stand.chat(max_tokens=1).choices


@pytest.mark.parametrize(
    ("model", "doubt"),
    [("boasts", "more output than the upper bound"), ("modest", "less output than was received")],
)
def test_an_upstream_that_lies_about_usage_is_not_believed(
    stand: Stand, model: str, doubt: str
) -> None:
    """At most the reserved, at least the streamed tokens are paid; the report is stored."""
    stand.models(model)
    stand.chat(model, max_tokens=50)

    event = stand.settled()
    assert doubt in event.metadata["implausible"]
    assert event.metadata["reported"]
    assert 1 <= event.output_tokens <= 50
    assert event.cost <= Decimal(1)


def test_an_upstream_that_reports_nothing_is_paid_by_our_own_count(stand: Stand) -> None:
    """The event states that the count is ours."""
    stand.models("silent")
    stand.chat("silent")

    event = stand.settled()
    assert "reported no usage" in event.metadata["estimated"]
    assert 9 == event.output_tokens


@pytest.mark.parametrize("model", ["nonsense", "hollow"])
def test_an_answer_that_is_nonsense_is_an_error_of_the_upstream(stand: Stand, model: str) -> None:
    """Status 200 alone does not make it valid."""
    stand.models(model)

    with pytest.raises(openai.InternalServerError) as failed:
        stand.chat(model)

    assert (502, "upstream_nonsense") == (failed.value.status_code, failed.value.code)
    assert "upstream_nonsense" == stand.settled().error_code


def test_retry_after_is_honoured_and_passed_on(stand: Stand) -> None:
    """Meanwhile the upstream is not called; nothing is paid or stays reserved."""
    stand.models("busy")
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as refused:
            stand.chat("busy")
        assert refused.value.response.headers["retry-after"] in {"6", "7"}

    assert ["busy"] == stand.upstream.models()
    assert [] == stand.events()
    assert Decimal(0) == stand.spender.only_budget().reserved


def test_a_project_falls_back_to_its_own_other_model(stand: Stand) -> None:
    """The event names both the called and the requested model."""
    stand.models("down", "other", "third")
    project = uuid4()
    stand.spender.act(service.set_fallback, model="down", fallback="third")
    stand.spender.act(service.set_fallback, model="down", fallback="other", project_id=project)

    stand.client(project=str(project)).chat.completions.create(model="down", messages=MESSAGES)

    assert ["down", "other"] == stand.upstream.models()
    event = stand.settled()
    assert ("other", "down", project) == (
        event.model,
        event.metadata["asked_for"],
        event.project_id,
    )


def test_errors_of_the_request_are_the_upstreams_own_and_its_key_is_never_shown(
    stand: Stand,
) -> None:
    """If the upstream refuses the gateway's key, the client gets 502 without details."""
    stand.models("strict", "locked")
    with pytest.raises(openai.BadRequestError, match="bad temperature"):
        stand.chat("strict")
    with pytest.raises(openai.InternalServerError) as failed:
        stand.chat("locked")

    assert KEY not in str(failed.value)
    assert [] == stand.events()


def test_speech_and_embeddings_are_paid(stand: Stand) -> None:
    """Speech is paid by the character, embeddings by input tokens."""
    stand.spender.operator(
        usage.add_model, name="voice", provider="local", modality=Modality.SPEECH
    )
    stand.spender.operator(
        usage.add_price, model="voice", unit=Unit.CHARACTER, price="0.001", currency="EUR"
    )
    client = stand.client()

    sound = client.audio.speech.create(model="voice", voice="it", input="Ciao!").read()
    assert sound.startswith(b"ID3")
    vectors = client.embeddings.create(model="writer", input="Ciao", encoding_format="float")
    assert [0.1, 0.2] == vectors.data[0].embedding

    assert [Decimal("0.0002"), Decimal("0.005")] == [event.cost for event in stand.all_settled(2)]


def test_models_are_those_that_an_upstream_serves(stand: Stand) -> None:
    """A model of another provider cannot be called."""
    stand.spender.operator(usage.add_model, name="far", provider="elsewhere")
    client = stand.client()

    assert ["writer"] == [model.id for model in client.models.list()]
    assert "local" == client.models.retrieve("writer").owned_by
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("far")
    with pytest.raises(openai.NotFoundError):
        stand.chat("unheard-of")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"messages": [{"role": "user", "content": "x"}]}', "model is missing"),
        (b'{"model": "writer", "messages": []}', "not a list of messages"),
        (b'{"model": "writer", "messages": [1]}', "not an object"),
        (b'{"model": "writer", "messages": [{}], "max_tokens": 1.5}', "not a whole number"),
        (b'{"model": "writer", "messages": [{}], "max_tokens": -1}', "not a whole number"),
        (b'{"model": "writer", "messages": [{}], "n": 99}', "not a whole number"),
        (
            b'{"model": "writer", "messages": [{"content": [{"type": "image_url"}]}]}',
            "context window",
        ),
    ],
)
def test_a_request_that_cannot_be_bounded_is_refused(
    stand: Stand, body: bytes, sentence: str
) -> None:
    """With a sentence in OpenAI's format; the upstream is not called."""
    answer = httpx.post(
        f"{stand.url}/gateway/v1/chat/completions",
        content=body,
        headers={"Authorization": f"Bearer {stand.key}"},
    )

    assert 400 == answer.status_code
    assert sentence in answer.json()["error"]["message"]
    assert [] == stand.upstream.asked


def test_a_key_without_the_scope_and_garbage_are_refused(stand: Stand) -> None:
    """The error has the form that clients expect."""
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{stand.url}/gateway/v1", api_key="sk-1").models.list()
    other = key_of(stand.spender.workspace, Scope.STATS_READ)
    with pytest.raises(openai.PermissionDeniedError):
        openai.OpenAI(base_url=f"{stand.url}/gateway/v1", api_key=other).models.list()


def test_a_private_upstream_needs_the_operators_word(stand: Stand) -> None:
    """Without the setting, http and private addresses are refused."""
    sealer = Sealer.of(stand.spender.workspace.stores.operational.place)
    with pytest.raises(InvalidInput, match="https"):
        stand.spender.operator(
            service.set_upstream, sealer=sealer, provider="x", base_url="http://example.com/v1"
        )
    stand.spender.operator(
        service.set_upstream,
        sealer=sealer,
        provider="local",
        base_url=stand.upstream.url.replace("http:", "https:"),
    )
    time.sleep(1.1)

    with pytest.raises(openai.PermissionDeniedError, match="private network"):
        stand.chat()
    assert [] == stand.upstream.asked
    assert Decimal(0) == stand.spender.only_budget().reserved
