"""The dashboard: pages made on the server from figures, charts in SVG, no build step."""

from wavehouse.web.app import create_app
from wavehouse.web.backing import DatabaseServices
from wavehouse.web.serve import server
from wavehouse.web.site import Site

__all__ = ["DatabaseServices", "Site", "create_app", "server"]
