"""Adapters of ``measurement``: log files and the engine that reads them."""
