"""Charts as SVG text, and the one formatter of units: for the web, the PDF and the terminal.

A chart is a pure function of its data, a theme and a size: the same input gives the same bytes, so
charts have golden files, pages have ETags and reports are reproducible.
"""

from wavehouse.charts.bars import Bar, bars
from wavehouse.charts.plot import Mark, Timeseries
from wavehouse.charts.spark import spark
from wavehouse.charts.svg import Size
from wavehouse.charts.theme import PRINT, WEB, Theme
from wavehouse.charts.timeseries import MEDIUM, NARROW, WIDE, timeseries

__all__ = [
    "MEDIUM",
    "NARROW",
    "PRINT",
    "WEB",
    "WIDE",
    "Bar",
    "Mark",
    "Size",
    "Theme",
    "Timeseries",
    "bars",
    "spark",
    "timeseries",
]
