"""One call through the gateway: reserve, send upstream, forward the response, settle."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from starlette.responses import Response

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Unreachable, WavehouseError
from wavehouse.kernel.retrying import retry_after
from wavehouse.store import Database, Operational
from wavehouse.usage.adapters.upstream import BROKEN, Reply, Upstreams
from wavehouse.usage.http.refusing import GatewayError
from wavehouse.usage.http.streams import EventStream, Passed, Whole
from wavehouse.usage.rules import openai
from wavehouse.usage.service import gateway as service
from wavehouse.usage.types import Caller, EventStatus, Unit, Used

__all__ = ["Call", "Caller", "Forwarder", "Operation"]

_LARGEST = 64 * 1024 * 1024
_RETRIES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_MOST_COOLING = 600.0
_OVERLOADED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_log = logging.getLogger("wavehouse.gateway")


class Operation(StrEnum):
    """An operation of the API: its path below the upstream's base URL."""

    CHAT = "chat/completions"
    EMBEDDINGS = "embeddings"
    SPEECH = "audio/speech"


@dataclass(frozen=True, slots=True)
class Call:
    """A client's request."""

    identity: Identity
    request_id: str
    plan: openai.Plan
    operation: Operation
    caller: Caller


@dataclass(slots=True)
class Attempt:
    """A call to one model: reserved, then settled exactly once."""

    call: Call
    admitted: service.Admitted
    began: float
    done: bool = False


class Forwarder:
    """Sends calls to upstreams and settles them."""

    def __init__(
        self,
        operational: Database[Operational],
        routes: Callable[[], Awaitable[dict[str, service.Route]]],
    ) -> None:
        self._operational = operational
        self._routes = routes
        self._upstreams = Upstreams()
        self._cooling: dict[str, float] = {}

    async def answer(self, call: Call) -> Response:
        """The response of the model, or of its fallback when the upstream is unavailable."""
        model, tried = call.plan.model, set[str]()
        while True:
            tried.add(model)
            try:
                return await self._tried(call, model, len(tried))
            except GatewayError as error:
                if error.reason not in {"upstream_overloaded", "upstream_away"}:
                    raise
                instead = await self._fallback(call, model)
                if instead is None or instead in tried:
                    raise
                model = instead

    async def _fallback(self, call: Call, model: str) -> str | None:
        return await anyio.to_thread.run_sync(
            partial(
                service.fallback_of,
                self._operational,
                identity=call.identity,
                model=model,
                project_id=call.caller.project_id,
            )
        )

    async def _tried(self, call: Call, model: str, number: int) -> Response:
        request_id = call.request_id if number == 1 else f"{call.request_id} {number}"
        admitted = await anyio.to_thread.run_sync(
            partial(
                service.admit,
                self._operational,
                identity=call.identity,
                model=model,
                bound=call.plan.bound,
                operation=call.operation,
                caller=call.caller,
                request_id=request_id,
            )
        )
        attempt = Attempt(call, admitted, time.monotonic())
        try:
            route = (await self._routes()).get(admitted.provider)
            if route is None:
                raise GatewayError(
                    f"no upstream serves the provider {admitted.provider}",
                    status=404,
                    kind="invalid_request_error",
                    reason="model_not_found",
                )
            return await self._sent(attempt, route)
        except BaseException:
            await self.finish(attempt, None)
            raise

    async def _sent(self, attempt: Attempt, route: service.Route) -> Response:
        call, upstream = attempt.call, route.upstream
        left = self._cooling.get(upstream.provider, 0.0) - time.monotonic()
        if left > 0:
            raise _overloaded(str(int(left) + 1))
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if call.plan.stream else "*/*",
            "accept-encoding": "identity",
            "user-agent": "Wavehouse gateway",
        }
        if route.key is not None:
            headers["authorization"] = f"Bearer {route.key}"
        name = "max_completion_tokens" if upstream.provider == "openai" else "max_tokens"
        body = openai.with_maximum(call.plan, attempt.admitted.name, name)
        opening = self._upstreams.post(
            f"{upstream.base_url}/{call.operation}",
            json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
            headers,
            seconds=float(upstream.timeout_seconds),
            allow_private=upstream.allow_private,
        )
        try:
            reply = await opening.__aenter__()
        except Unreachable as error:
            raise GatewayError(error.message, status=502, reason="upstream_away") from error
        except OSError as error:
            raise GatewayError(
                "the upstream's name cannot be resolved", status=502, reason="upstream_away"
            ) from error
        keep = False
        try:
            if reply.status != 200:
                raise await self._refusal(reply, upstream.provider)
            if call.plan.stream:
                keep = True
                return EventStream(self, attempt, reply, opening)
            return await self._whole(attempt, reply)
        finally:
            if not keep:
                await opening.__aexit__(None, None, None)

    async def _refusal(self, reply: Reply, provider: str) -> GatewayError:
        """The error for a response other than 200; the upstream's own for a faulty request."""
        content = await _read(reply, 1024 * 1024)
        if reply.status in _OVERLOADED:
            wait = _seconds(reply.headers.get("retry-after"))
            if reply.status == 429 and wait is not None:
                self._cooling[provider] = time.monotonic() + min(wait, _MOST_COOLING)
            return _overloaded(None if wait is None else str(math.ceil(wait)), reply.status)
        if reply.status in {401, 403} or reply.status < 400:
            return GatewayError(f"the upstream refused the gateway ({reply.status})")
        body = _json(content)
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            return GatewayError("", status=reply.status, reason="refused", body=body)
        return GatewayError(
            f"the upstream refused the request ({reply.status})",
            status=reply.status if reply.status < 500 else 502,
            kind="invalid_request_error" if reply.status < 500 else "upstream_error",
        )

    async def _whole(self, attempt: Attempt, reply: Reply) -> Response:
        """A non-streamed response, settled after its last byte."""
        plan, operation = attempt.call.plan, attempt.call.operation
        try:
            content = await _read(reply, _LARGEST)
        except BROKEN as error:
            await self.finish(attempt, self.failed(attempt, "", 0, "upstream_broken"))
            raise GatewayError(
                "the upstream ended its response early", reason="upstream_broken"
            ) from error
        kind = reply.headers.get("content-type", "application/octet-stream")
        if operation == Operation.SPEECH:
            sound = bool(content) and not kind.startswith(("application/json", "text/"))
            used = Used(dict(plan.bound), latency_ms=_since(attempt.began))
        else:
            body = _json(content)
            count = _counted(plan, operation, body)
            sound = count is not None
            used = self.used(attempt, count) if count is not None else Used({})
        if not sound:
            text = content[: 64 * 1024].decode("utf-8", "replace")
            await self.finish(attempt, self.failed(attempt, text, 0, "upstream_nonsense"))
            raise GatewayError(
                "the upstream returned an invalid response",
                reason="upstream_nonsense",
            )
        return Whole(self, attempt, content, kind, used)

    def used(self, attempt: Attempt, count: openai.Count) -> Used:
        """A settled call, with any reported figures that were rejected."""
        metadata = dict(count.doubts)
        if attempt.admitted.name != attempt.call.plan.model:
            metadata["asked_for"] = attempt.call.plan.model
        return Used(count.quantities, latency_ms=_since(attempt.began), metadata=metadata)

    def failed(
        self, attempt: Attempt, text: str, pieces: int, code: str, reported: Any = None
    ) -> Used:
        """A failed call that may have cost something: settled by our own count."""
        plan = attempt.call.plan
        if attempt.call.operation == Operation.SPEECH:
            quantities: Mapping[Unit, Decimal] = plan.bound
            doubts: dict[str, Any] = {"estimated": code}
        else:
            count = openai.counted(plan, text, pieces, reported)
            quantities, doubts = count.quantities, dict(count.doubts)
        return Used(
            dict(quantities), EventStatus.ERROR, code, _since(attempt.began), metadata=doubts
        )

    async def finish(self, attempt: Attempt, used: Used | None) -> None:
        """Settle or release, once; retried for a minute when the database is unavailable."""
        if attempt.done:
            return
        attempt.done = True
        settle = partial(
            service.finish,
            self._operational,
            identity=attempt.call.identity,
            reservation_id=attempt.admitted.reservation.reservation_id,
            used=used,
        )
        with anyio.CancelScope(shield=True):
            for wait in (*_RETRIES, None):
                try:
                    await anyio.to_thread.run_sync(settle)
                    return
                except Unreachable:
                    if wait is None:
                        raise
                    await anyio.sleep(wait)
                except WavehouseError as error:
                    _log.error("A call could not be settled: %s", error)
                    return

    def passed(self, attempt: Attempt, seen: Passed) -> Used:
        """The settlement of a stream: the reported usage, or our own count of what was sent."""
        count = openai.counted(attempt.call.plan, seen.text, seen.pieces, seen.reported)
        used = self.used(attempt, count)
        if seen.ended_by is None:
            return used
        status = EventStatus.SUCCESS if seen.ended_by == "client_left" else EventStatus.ERROR
        metadata = {**used.metadata, "ended_by": seen.ended_by}
        code = None if status == EventStatus.SUCCESS else seen.ended_by
        return Used(used.quantities, status, code, used.latency_ms, metadata)


def _counted(plan: openai.Plan, operation: Operation, body: Any) -> openai.Count | None:
    if not isinstance(body, dict):
        return None
    if operation == Operation.EMBEDDINGS:
        if not isinstance(body.get("data"), list) or not body["data"]:
            return None
        return openai.counted(plan, "", 0, body.get("usage"))
    text = openai.text_of(body)
    return None if text is None else openai.counted(plan, text, 0, body.get("usage"))


async def _read(reply: Reply, largest: int) -> bytes:
    parts, size = [], 0
    async for part in reply.pieces:
        size += len(part)
        if size > largest:
            raise GatewayError("the upstream's response is too large", reason="upstream_nonsense")
        parts.append(part)
    return b"".join(parts)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _seconds(text: str | None) -> float | None:
    """The seconds that a Retry-After header asks for, in seconds or as a date."""
    wait = retry_after(text, now=clock.now())
    return None if wait is None else wait.total_seconds()


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _overloaded(wait: str | None, status: int = 429) -> GatewayError:
    limited = status == 429
    return GatewayError(
        "the upstream is overloaded" if limited else f"the upstream failed ({status})",
        status=429 if limited else 502,
        kind="rate_limit_error" if limited else "upstream_error",
        reason="upstream_overloaded",
        retry_after=wait,
    )
