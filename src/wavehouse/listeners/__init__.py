"""Public interface of ``listeners``: accounts and positions, in a separate database."""

from wavehouse.listeners.adapters.payers import payer_hashes
from wavehouse.listeners.service.accounts import (
    create,
    find,
    new_app_password,
    revoke_app_password,
)
from wavehouse.listeners.service.compaction import compact, compactable
from wavehouse.listeners.service.expiry import tidy
from wavehouse.listeners.service.own import listed
from wavehouse.listeners.service.positions import position
from wavehouse.listeners.service.recording import find_chapters, record
from wavehouse.listeners.service.releasing import (
    payer_references,
    payers_among,
    release,
)
from wavehouse.listeners.types import Caller, Episode, Kind, Listener, NewAction, NewAppPassword

__all__ = [
    "Caller",
    "Episode",
    "Kind",
    "Listener",
    "NewAction",
    "NewAppPassword",
    "compact",
    "compactable",
    "create",
    "find",
    "find_chapters",
    "listed",
    "new_app_password",
    "payer_hashes",
    "payer_references",
    "payers_among",
    "position",
    "record",
    "release",
    "revoke_app_password",
    "tidy",
]
