"""Credentials of people: passwords and their hashes, passkeys. A layer below all contexts.

Creators (``accounts``) and listeners sign in the same way, on separate databases: code about
credentials is here, code about their owners is in the contexts.
"""
