"""Adapters of ``listeners``: a background thread, a client of the gpodder protocol."""
