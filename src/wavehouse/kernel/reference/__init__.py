"""The bundled reference lists, read once each and never imported at start.

``countries`` and ``networks`` tell an address's country and class; ``agent_patterns`` feeds the
user-agent rules; ``tracking_prefixes`` and ``media_key`` bring a media URL to its identity;
``versions`` says which lists produced a number (R52).
"""

from __future__ import annotations

from wavehouse.kernel.reference.agent_list import (
    AgentExample,
    AgentPattern,
    agent_devices,
    agent_examples,
    agent_patterns,
)
from wavehouse.kernel.reference.country_list import Countries, countries
from wavehouse.kernel.reference.files import versions
from wavehouse.kernel.reference.month_list import month_key, month_names
from wavehouse.kernel.reference.network_list import NetworkClass, Networks, networks
from wavehouse.kernel.reference.prefix_list import (
    MediaKey,
    TrackingPrefixes,
    media_key,
    tracking_prefixes,
)
from wavehouse.kernel.reference.preload_list import Preloaders, preloaders

__all__ = [
    "AgentExample",
    "AgentPattern",
    "Countries",
    "MediaKey",
    "NetworkClass",
    "Networks",
    "Preloaders",
    "TrackingPrefixes",
    "agent_devices",
    "agent_examples",
    "agent_patterns",
    "countries",
    "media_key",
    "month_key",
    "month_names",
    "networks",
    "preloaders",
    "tracking_prefixes",
    "versions",
]
