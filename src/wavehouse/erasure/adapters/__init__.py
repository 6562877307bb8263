"""Adapters of ``erasure``: row selections from the classification, keys, files, archives."""
