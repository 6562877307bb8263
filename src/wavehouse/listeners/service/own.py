"""Use cases of a listener's own data, and of the operator's view of accounts."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.kernel import clock
from wavehouse.kernel.emails import normalised_email
from wavehouse.listeners.queries import accounts as account_queries
from wavehouse.listeners.queries import devices as device_queries
from wavehouse.listeners.queries import own as queries
from wavehouse.listeners.queries import sessions as session_queries
from wavehouse.listeners.queries import subscriptions as subscription_queries
from wavehouse.listeners.queries.own import OwnPosition
from wavehouse.listeners.service import accounts
from wavehouse.listeners.types import Caller, Device, ListedListener, Listener
from wavehouse.mail import Mail
from wavehouse.store import Database, Listeners, Tx

SHOWN = 200


@dataclass(frozen=True, slots=True)
class OwnData:
    """Shows, devices and the newest positions of a listener."""

    shows: list[str]
    devices: list[Device]
    positions: list[OwnPosition]


def data(database: Database[Listeners], *, caller: Caller) -> OwnData:
    """All stored data of a listener, as in the export."""
    with database.listener(caller.listener_id) as tx:
        return OwnData(
            subscription_queries.subscriptions(tx, listener_id=caller.listener_id),
            device_queries.devices(tx, listener_id=caller.listener_id),
            queries.newest_positions(tx, listener_id=caller.listener_id, limit=SHOWN),
        )


def listed(tx: Tx[Listeners]) -> list[ListedListener]:
    """Every account with the size of its data, but none of the data."""
    return account_queries.listed(tx)


def suspend(tx: Tx[Listeners], *, email: str, is_suspended: bool = True) -> Listener:
    """Suspend an account at once, or end the suspension.

    Sessions and app passwords are refused meanwhile.

    Nothing is deleted. NotFound for an unknown address.
    """
    listener = accounts.find(tx, email=email)
    session_queries.take_turns(tx, listener_id=listener.listener_id)
    account_queries.suspend(
        tx, listener_id=listener.listener_id, at=clock.now() if is_suspended else None
    )
    return listener


def invite(tx: Tx[Listeners], mail: Mail, *, email: str, sign_in: str) -> Listener:
    """Create an account and email its owner the address of the sign-in page.

    The email holds no secret: the page sends a link. Conflict when the address already has an
    account.
    """
    made = accounts.create(tx, email=normalised_email(email))
    mail.send(
        to=made.email,
        subject="Your podcast account",
        text=f"An account was created for you. Sign in with your email address:\n\n{sign_in}\n",
    )
    return made
