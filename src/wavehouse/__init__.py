"""Wavehouse: the open-source data platform for audio products."""

__version__ = "0.1.0"
