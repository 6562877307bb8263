"""Webhooks: events for other programs, following Standard Webhooks.

Public interface for other contexts and the pages.
"""

from wavehouse.webhooks.adapters import Sealer, WebSender
from wavehouse.webhooks.rules import verify
from wavehouse.webhooks.service.delivering import deliver
from wavehouse.webhooks.service.endpoints import (
    add_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    endpoint,
    list_deliveries,
    list_endpoints,
    replay,
    rotate_secret,
    send_test,
)
from wavehouse.webhooks.service.events import announce_limit, emit
from wavehouse.webhooks.types import (
    SUBSCRIBABLE,
    Delivery,
    Endpoint,
    EndpointId,
    EventId,
    EventType,
    NewEndpoint,
)

__all__ = [
    "SUBSCRIBABLE",
    "Delivery",
    "Endpoint",
    "EndpointId",
    "EventId",
    "EventType",
    "NewEndpoint",
    "Sealer",
    "WebSender",
    "add_endpoint",
    "announce_limit",
    "delete_endpoint",
    "deliver",
    "disable_endpoint",
    "emit",
    "enable_endpoint",
    "endpoint",
    "list_deliveries",
    "list_endpoints",
    "replay",
    "rotate_secret",
    "send_test",
    "verify",
]
