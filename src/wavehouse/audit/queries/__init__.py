"""SQL of ``audit``."""
