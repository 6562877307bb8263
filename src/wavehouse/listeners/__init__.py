"""Public interface of ``listeners``: accounts and positions, in a separate database."""

from wavehouse.listeners.adapters.payers import payer_hashes
from wavehouse.listeners.service.accounts import (
    create,
    find,
    new_app_password,
    revoke_app_password,
)
from wavehouse.listeners.service.expiry import tidy
from wavehouse.listeners.service.own import listed
from wavehouse.listeners.service.releasing import payer_references, release
from wavehouse.listeners.types import Caller, Listener, NewAppPassword

__all__ = [
    "Caller",
    "Listener",
    "NewAppPassword",
    "create",
    "find",
    "listed",
    "new_app_password",
    "payer_hashes",
    "payer_references",
    "release",
    "revoke_app_password",
    "tidy",
]
