"""Use cases of the gateway: upstreams, fallbacks, the transactions of a call (decision 1302)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.kernel import words
from wavehouse.kernel.errors import InvalidInput, NotFound, Refused
from wavehouse.kernel.ids import uuid7
from wavehouse.kernel.web_addresses import web_url
from wavehouse.store import Database, Operational, Tx
from wavehouse.usage.queries import gateway as queries
from wavehouse.usage.queries import models
from wavehouse.usage.service import spending
from wavehouse.usage.service.refusals import BudgetExhausted
from wavehouse.usage.types import (
    Caller,
    Fallback,
    Reservation,
    ReservationId,
    ServedModel,
    Unit,
    Upstream,
    Used,
)
from wavehouse.webhooks import Sealer


@dataclass(frozen=True, slots=True)
class Route:
    """An upstream with its decrypted key."""

    upstream: Upstream
    key: str | None


def set_upstream(
    tx: Tx[Operational],
    *,
    identity: Identity,
    sealer: Sealer,
    provider: str,
    base_url: str,
    key: str | None = None,
    allow_private: bool = False,
    timeout_seconds: int = 120,
) -> UUID:
    """Add or replace a provider's upstream; its key is encrypted and never shown again.

    InvalidInput for an address that is not https (http only with ``allow_private``) or contains a
    password.
    """
    address = web_url(base_url.strip())
    if address is None or len(address) > 500:
        raise InvalidInput("this is not a web address", where="base_url")
    parts = urlsplit(address)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidInput(
            "the address contains a password, a query or a fragment", where="base_url"
        )
    if parts.scheme != "https" and not allow_private:
        raise InvalidInput(
            "the address does not begin with https://",
            where="base_url",
            hint="Allow http and private addresses with --allow-private.",
        )
    name = words.line(provider)
    if not name or len(name) > 100:
        raise InvalidInput("invalid provider: 1 to 100 characters", where="provider")
    if not 1 <= timeout_seconds <= 3600:
        raise InvalidInput("the timeout must be 1 to 3600 seconds", where="timeout_seconds")
    if key is not None and (not key.strip() or not words.is_plain(key) or len(key) > 500):
        raise InvalidInput("invalid key: at most 500 characters on one line", where="key")
    upstream_id = uuid7()
    sealed = None if key is None else sealer.sealed(key.strip().encode(), endpoint_id=upstream_id)
    queries.put_upstream(
        tx,
        upstream_id=upstream_id,
        provider=name,
        base_url=address.rstrip("/"),
        key_sealed=sealed,
        allow_private=allow_private,
        timeout_seconds=timeout_seconds,
    )
    _record(tx, identity, "upstream.set", name)
    return upstream_id


def list_upstreams(tx: Tx[Operational], *, identity: Identity) -> list[Upstream]:
    """The installation's upstreams, with encrypted keys."""
    return queries.upstreams(tx)


def delete_upstream(tx: Tx[Operational], *, identity: Identity, provider: str) -> None:
    """Remove a provider's upstream. NotFound when it does not exist."""
    if not queries.delete_upstream(tx, provider=provider):
        raise NotFound(
            f"there is no upstream of the provider {provider!r}",
            command="wavehouse usage upstreams list",
        )
    _record(tx, identity, "upstream.deleted", provider)


def set_fallback(
    tx: Tx[Operational],
    *,
    identity: Identity,
    model: str,
    fallback: str | None,
    project_id: UUID | None = None,
) -> None:
    """Set the fallback for a model whose upstream is overloaded or unavailable; None removes it."""
    wanted = _model_id(tx, model)
    if fallback is None:
        if not queries.delete_fallback(
            tx,
            organization_id=identity.organization_id,
            project_id=project_id,
            model_id=wanted,
        ):
            raise NotFound(f"the model {model!r} has no fallback")
        return
    instead = _model_id(tx, fallback)
    if wanted == instead:
        raise InvalidInput("a model cannot be its own fallback", where="fallback")
    queries.put_fallback(
        tx,
        organization_id=identity.organization_id,
        project_id=project_id,
        model_id=wanted,
        fallback_model_id=instead,
    )
    _record(tx, identity, "fallback.set", model)


def list_fallbacks(tx: Tx[Operational], *, identity: Identity) -> list[Fallback]:
    """The organization's fallbacks."""
    return queries.fallbacks(tx, organization_id=identity.organization_id)


def served_models(tx: Tx[Operational], *, identity: Identity) -> list[ServedModel]:
    """The models that can be called.

    Upstreams belong to the installation: needs a worker transaction.
    """
    return queries.served_models(tx)


def routes(operational: Database[Operational], *, sealer: Sealer) -> dict[str, Route]:
    """The upstreams by provider with decrypted keys; skips those that cannot be decrypted.

    Upkeep of the installation: it takes no identity.
    """
    with operational.worker() as tx:
        upstreams = queries.upstreams(tx)
    opened = {}
    for upstream in upstreams:
        key = None
        if upstream.key_sealed is not None:
            try:
                key = sealer.opened(
                    bytes(upstream.key_sealed), endpoint_id=upstream.upstream_id
                ).decode()
            except Refused:
                continue
        opened[upstream.provider] = Route(upstream, key)
    return opened


@dataclass(frozen=True, slots=True)
class Admitted:
    """A reserved call: its reservation, and the model's name and provider."""

    reservation: Reservation
    name: str
    provider: str


def context_window(tx: Tx[Operational], *, identity: Identity, model: str) -> int | None:
    """The model's context window in tokens, or None when it is unknown."""
    return spending.find_model(tx, identity=identity, name=model).context_window


def admit(
    operational: Database[Operational],
    *,
    identity: Identity,
    model: str,
    bound: Mapping[Unit, Decimal],
    operation: str,
    caller: Caller,
    request_id: str,
) -> Admitted:
    """Reserve a call. When a budget refuses, free expired reservations and try again.

    Raises what ``reserve`` raises.
    """
    for last in (False, True):
        try:
            with operational.app(identity.organization_id) as tx:
                registered = spending.find_model(tx, identity=identity, name=model)
                reservation = spending.reserve(
                    tx,
                    identity=identity,
                    model=model,
                    bound=bound,
                    operation=operation,
                    request_id=request_id,
                    caller=caller,
                    known=registered,
                )
            return Admitted(reservation, registered.name, registered.provider)
        except BudgetExhausted:
            if last or not _swept(operational, identity):
                raise
    raise AssertionError("the second try returns or raises")


def _swept(operational: Database[Operational], identity: Identity) -> int:
    with operational.app(identity.organization_id) as tx:
        return spending.sweep_own(tx, identity=identity)


def finish(
    operational: Database[Operational],
    *,
    identity: Identity,
    reservation_id: ReservationId,
    used: Used | None,
) -> None:
    """Settle a call, or release it when nothing was used."""
    with operational.app(identity.organization_id) as tx:
        if used is None:
            spending.release(tx, identity=identity, reservation_id=reservation_id)
        else:
            spending.settle(tx, identity=identity, reservation_id=reservation_id, used=used)


def fallback_of(
    operational: Database[Operational], *, identity: Identity, model: str, project_id: UUID | None
) -> str | None:
    """The fallback of a model, or None."""
    with operational.app(identity.organization_id) as tx:
        return queries.fallback_of(
            tx,
            organization_id=identity.organization_id,
            project_id=project_id,
            model=model,
        )


def _model_id(tx: Tx[Operational], name: str) -> UUID:
    ids = models.model_ids(tx, name=name)
    if not ids:
        raise NotFound(f"there is no model {name!r} in the registry", where="model")
    return ids[0]


def _record(tx: Tx[Operational], identity: Identity, action: str, resource: str) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=action,
        resource=("upstream", resource),
        organization_id=identity.organization_id,
    )
