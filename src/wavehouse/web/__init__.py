"""The dashboard: pages made on the server from figures, charts in SVG, no build step."""

from wavehouse.web.live import live_app
from wavehouse.web.serve import server
from wavehouse.web.site import Site

__all__ = ["Site", "live_app", "server"]
