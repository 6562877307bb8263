"""Credentials of people: passwords and their hashes, passkeys. Below all contexts.

Creators (``accounts``) and listeners sign in by the same means, on databases of their own: what is
about a credential itself is here, what is about whose it is stays in the context.
"""
