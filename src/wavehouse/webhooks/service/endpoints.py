"""Use cases of endpoints: add, list, rotate the secret, disable, enable, delete, test, replay."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from wavehouse import accounts, audit
from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.kernel.ids import uuid7
from wavehouse.kernel.web_addresses import is_public, web_url
from wavehouse.store import Operational, Tx
from wavehouse.webhooks import queries, rules
from wavehouse.webhooks.adapters import Sealer
from wavehouse.webhooks.service.events import emit
from wavehouse.webhooks.types import (
    SUBSCRIBABLE,
    Delivery,
    Endpoint,
    EndpointId,
    EventId,
    EventType,
    NewEndpoint,
)

OVERLAP = timedelta(hours=24)
"""The time that a rotated secret still signs along with the new one."""
_KEY_BYTES = 32
_LONGEST_URL = 1000
_LONGEST_DESCRIPTION = 200
_MOST_ENDPOINTS = 50


def add_endpoint(
    tx: Tx[Operational],
    *,
    identity: Identity,
    sealer: Sealer,
    url: str,
    event_types: Sequence[str] = (),
    description: str = "",
    allow_private: bool = False,
) -> NewEndpoint:
    """Add an endpoint for these events (default: all), with a new secret.

    Raises InvalidInput for an address that is not https (http too with ``allow_private``), is in a
    private network or contains a password, or for an unknown event type.
    """
    address = _address(url, allow_private=allow_private)
    wanted = _types(event_types)
    if len(description) > _LONGEST_DESCRIPTION:
        raise InvalidInput("the description is longer than 200 characters", where="description")
    if len(queries.endpoints(tx, organization_id=identity.organization_id)) >= _MOST_ENDPOINTS:
        raise InvalidInput(
            f"an organization may have at most {_MOST_ENDPOINTS} endpoints", where="url"
        )
    endpoint_id, key = EndpointId(uuid7()), secrets.token_bytes(_KEY_BYTES)
    queries.insert_endpoint(
        tx,
        endpoint_id=endpoint_id,
        organization_id=identity.organization_id,
        url=address,
        description=description.strip() or None,
        event_types=wanted,
        secret_sealed=sealer.sealed(key, endpoint_id=endpoint_id),
    )
    _record(tx, identity, endpoint_id, "added")
    return NewEndpoint(endpoint(tx, identity=identity, endpoint_id=endpoint_id), _text(key))


def list_endpoints(tx: Tx[Operational], *, identity: Identity) -> list[Endpoint]:
    """The endpoints of the organization, oldest first."""
    return queries.endpoints(tx, organization_id=identity.organization_id)


def endpoint(tx: Tx[Operational], *, identity: Identity, endpoint_id: EndpointId) -> Endpoint:
    """One endpoint. NotFound when the organization has none with this id."""
    for list_endpoint in list_endpoints(tx, identity=identity):
        if list_endpoint.endpoint_id == endpoint_id:
            return list_endpoint
    raise _missing()


def rotate_secret(
    tx: Tx[Operational],
    *,
    identity: Identity,
    sealer: Sealer,
    endpoint_id: EndpointId,
    overlap: timedelta = OVERLAP,
) -> NewEndpoint:
    """Make a new secret; the current one stays valid during the overlap, if any."""
    organization_id = identity.organization_id
    present = queries.lock_secrets(tx, organization_id=organization_id, endpoint_id=endpoint_id)
    if present is None:
        raise _missing()
    key = secrets.token_bytes(_KEY_BYTES)
    queries.replace_secret(
        tx,
        organization_id=organization_id,
        endpoint_id=endpoint_id,
        secret_sealed=sealer.sealed(key, endpoint_id=endpoint_id),
        previous_expires_at=clock.now() + overlap if overlap > timedelta(0) else None,
    )
    _record(tx, identity, endpoint_id, "rotated")
    return NewEndpoint(endpoint(tx, identity=identity, endpoint_id=endpoint_id), _text(key))


def disable_endpoint(
    tx: Tx[Operational], *, identity: Identity, endpoint_id: EndpointId
) -> Endpoint:
    """Stop sending to an endpoint; pending deliveries wait."""
    known = endpoint(tx, identity=identity, endpoint_id=endpoint_id)
    if queries.disable_endpoint(
        tx,
        organization_id=identity.organization_id,
        endpoint_id=known.endpoint_id,
        reason="disabled by a user",
    ):
        _record(tx, identity, endpoint_id, "disabled")
    return endpoint(tx, identity=identity, endpoint_id=endpoint_id)


def enable_endpoint(
    tx: Tx[Operational], *, identity: Identity, endpoint_id: EndpointId
) -> Endpoint:
    """Resume sending to a disabled endpoint, including pending deliveries."""
    known = endpoint(tx, identity=identity, endpoint_id=endpoint_id)
    if queries.enable_endpoint(
        tx, organization_id=identity.organization_id, endpoint_id=known.endpoint_id
    ):
        _record(tx, identity, endpoint_id, "enabled")
    return endpoint(tx, identity=identity, endpoint_id=endpoint_id)


def delete_endpoint(tx: Tx[Operational], *, identity: Identity, endpoint_id: EndpointId) -> None:
    """Delete an endpoint and its delivery history. NotFound when it does not exist."""
    if not queries.delete_endpoint(
        tx, organization_id=identity.organization_id, endpoint_id=endpoint_id
    ):
        raise _missing()
    _record(tx, identity, endpoint_id, "deleted")


def send_test(tx: Tx[Operational], *, identity: Identity, endpoint_id: EndpointId) -> EventId:
    """Emit a test event for this endpoint only."""
    known = endpoint(tx, identity=identity, endpoint_id=endpoint_id)
    return emit(
        tx,
        identity=identity,
        event_type=EventType.WEBHOOK_TEST,
        subject=("endpoint", known.endpoint_id),
    )


def list_deliveries(
    tx: Tx[Operational],
    *,
    identity: Identity,
    endpoint_id: EndpointId | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """The organization's delivery attempts, newest first."""
    return queries.deliveries(
        tx,
        organization_id=identity.organization_id,
        endpoint_id=endpoint_id,
        limit=limit,
    )


def replay(
    tx: Tx[Operational],
    *,
    identity: Identity,
    endpoint_id: EndpointId,
    event_id: EventId | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Resend one event, or all within a time range (``until`` excluded); returns how many.

    InvalidInput when neither an event nor a start is given.
    """
    endpoint(tx, identity=identity, endpoint_id=endpoint_id)
    if event_id is None and since is None:
        raise InvalidInput("Send event_id, or since.", where="event_id")
    count = queries.replay(
        tx,
        organization_id=identity.organization_id,
        endpoint_id=endpoint_id,
        event_id=event_id,
        since=since,
        until=until,
        at=clock.now(),
    )
    _record(tx, identity, endpoint_id, "replayed", events=count)
    return count


def _address(url: str, *, allow_private: bool) -> str:
    address = web_url(url.strip())
    if address is None or len(address) > _LONGEST_URL:
        raise InvalidInput(
            "this is not a web address", where="url", hint="Write it like https://host/path."
        )
    parts = urlsplit(address)
    if parts.username or parts.password:
        raise InvalidInput("the address contains a password", where="url", hint="Leave it out.")
    if parts.scheme != "https" and not allow_private:
        raise InvalidInput(
            "the address does not begin with https://",
            where="url",
            hint="The operator allows http with WAVEHOUSE_WEBHOOK_ALLOW_PRIVATE.",
        )
    if not allow_private and _is_private(parts.hostname or ""):
        raise InvalidInput(
            "the address is in a private network",
            where="url",
            hint="The operator allows private addresses with WAVEHOUSE_WEBHOOK_ALLOW_PRIVATE.",
        )
    return address


def _is_private(host: str) -> bool:
    """Whether the address itself says so; a name is resolved, and checked, at each delivery."""
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return not is_public(host)


def _types(event_types: Sequence[str]) -> list[str]:
    known = [each.value for each in SUBSCRIBABLE]
    wanted = list(dict.fromkeys(event_types)) or known
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise InvalidInput(
            f"unknown event type {unknown[0]}", where="event_types", hint=", ".join(known)
        )
    return wanted


def _text(key: bytes) -> str:
    return rules.secret_text(key)


def _missing() -> NotFound:
    return NotFound("there is no such endpoint", command="wavehouse webhooks list")


def _record(
    tx: Tx[Operational], identity: Identity, endpoint_id: EndpointId, verb: str, **metadata: int
) -> None:
    audit.record(
        tx,
        actor=accounts.user_actor(identity),
        action=f"webhook_endpoint.{verb}",
        resource=("webhook_endpoint", endpoint_id),
        organization_id=identity.organization_id,
        metadata=dict(metadata),
    )
