"""The dashboard: pages made on the server from figures, charts in SVG, no build step."""
