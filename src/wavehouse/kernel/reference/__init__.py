"""The bundled reference lists, read once each and never imported at start-up.

``countries`` and ``networks`` give an address's country and class; ``agent_patterns`` feeds the
user agent rules; ``tracking_prefixes`` and ``media_key`` reduce a media URL to its identity;
``versions`` lists the versions that produced a number (R52).
"""

from __future__ import annotations

from wavehouse.kernel.reference import own_lists
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
from wavehouse.kernel.reference.parameter_list import is_client_parameter, naming_parameters
from wavehouse.kernel.reference.path_rules import (
    PathRule,
    PathRules,
    checked_rule,
    meaning_of,
    path_rules,
)
from wavehouse.kernel.reference.prefix_list import (
    MediaKey,
    TrackingPrefixes,
    has_media_ending,
    media_key,
    normal_query,
    split_address,
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
    "PathRule",
    "PathRules",
    "Preloaders",
    "TrackingPrefixes",
    "agent_devices",
    "agent_examples",
    "agent_patterns",
    "checked_rule",
    "countries",
    "has_media_ending",
    "is_client_parameter",
    "meaning_of",
    "media_key",
    "month_key",
    "month_names",
    "naming_parameters",
    "networks",
    "normal_query",
    "own_lists",
    "path_rules",
    "preloaders",
    "split_address",
    "tracking_prefixes",
    "versions",
]
