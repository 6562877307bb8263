"""Commands of ``catalog``: feeds, episodes, path rules, own lists."""

from __future__ import annotations

from wavehouse.catalog.cli.episodes import episodes
from wavehouse.catalog.cli.feeds import feed, feeds
from wavehouse.catalog.cli.lists import lists
from wavehouse.catalog.cli.paths import paths

__all__ = ["episodes", "feed", "feeds", "lists", "paths"]
