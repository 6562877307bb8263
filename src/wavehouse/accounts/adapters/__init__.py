"""Adapters of ``accounts``: the OpenID Connect provider."""
