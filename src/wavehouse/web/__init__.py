"""The dashboard: server-rendered pages, charts in SVG, no build step."""

from wavehouse.web.live import live_app
from wavehouse.web.serve import server
from wavehouse.web.site import Site

__all__ = ["Site", "live_app", "server"]
