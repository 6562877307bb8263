"""Services of ``governance``."""
