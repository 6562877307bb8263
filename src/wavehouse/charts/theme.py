"""The colours of charts: CSS variables on the web, fixed colours on paper.

Colours are presentation attributes, never ``style``: the page's Content-Security-Policy then needs
no exception, and a dark page repaints its charts without a request.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours and the font of a chart."""

    accent: str
    accent_area: str
    bar: str
    event: str
    grid: str
    muted: str
    previous: str
    surface: str
    text: str
    font: str
    interactive: bool


WEB = Theme(
    accent="var(--accent)",
    accent_area="var(--accent)",
    bar="var(--bar)",
    event="var(--event)",
    grid="var(--grid)",
    muted="var(--muted)",
    previous="var(--previous)",
    surface="var(--surface)",
    text="var(--text)",
    font="inherit",
    interactive=True,
)
"""For pages: variables that the style sheet defines for light and dark mode."""

PRINT = Theme(
    accent="#4f46e5",
    accent_area="#4f46e5",
    bar="#4f46e5",
    event="#0f8a7b",
    grid="#e5e7ec",
    muted="#5b6478",
    previous="#8b93a5",
    surface="#ffffff",
    text="#111827",
    font="Inter",
    interactive=False,
)
"""For print: the light colours, and the font embedded in the report."""
