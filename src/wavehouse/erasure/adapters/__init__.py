"""Adapters of ``erasure``: the classification as selections of rows, keys, files, archives."""
