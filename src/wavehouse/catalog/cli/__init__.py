"""Commands of ``catalog``: feeds, episodes, path rules, custom lists."""

from __future__ import annotations

from wavehouse.catalog.cli.episodes import episodes
from wavehouse.catalog.cli.feeds import feed
from wavehouse.catalog.cli.lists import lists
from wavehouse.catalog.cli.paths import paths
from wavehouse.catalog.cli.polls import feeds

__all__ = ["episodes", "feed", "feeds", "lists", "paths"]
