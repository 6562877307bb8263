"""Use cases of ``audit``."""
