"""``wavehouse listeners``: accounts of people who listen, and passwords for their apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.accounts import OpenWorkplace

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
EMAIL = click.option("--email", required=True, help="The listener's e-mail address.")


@click.group()
def listeners() -> None:
    """People who listen, in a database of their own; podcast apps sync with `wavehouse up`."""


@listeners.command()
@EMAIL
@AS_JSON
@click.pass_obj
def create(open_workplace: OpenWorkplace, email: str, as_json: bool) -> None:
    """Add a listener. Only the address is kept of a person."""
    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import accounts

    with open_workplace() as place, place.stores.listeners.worker() as tx:
        made = accounts.create(tx, email=email)
    if as_json:
        terminal.print_json({"listener_id": made.listener_id, "email": made.email})
    else:
        terminal.out(str(made.listener_id))
        terminal.say(
            "Next, a password for an app: wavehouse listeners app-password "
            f"--email {made.email} --device phone"
        )


@listeners.command("app-password")
@EMAIL
@click.option("--device", required=True, help="Which app or device it is for.")
@AS_JSON
@click.pass_obj
def app_password(open_workplace: OpenWorkplace, email: str, device: str, as_json: bool) -> None:
    """Make a password for one app: gPodder, AntennaPod and others sign in with it.

    It is shown this once; only its hash is stored. In the app choose gpodder.net as the service and
    this server's address, or Nextcloud's gpodder sync.
    """
    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import accounts

    with open_workplace() as place, place.stores.listeners.worker() as tx:
        made = accounts.new_app_password(tx, email=email, device=device)
    if as_json:
        terminal.print_json(
            {"username": made.username, "password": made.text, "device": made.device}
        )
    else:
        terminal.print_table(["user name", "password"], [[made.username, made.text]])
        terminal.say("This password is shown once.")


@listeners.command("revoke")
@EMAIL
@click.option("--device", required=True, help="The app or device whose passwords end.")
@AS_JSON
@click.pass_obj
def revoke(open_workplace: OpenWorkplace, email: str, device: str, as_json: bool) -> None:
    """Revoke the passwords of a device at once, with every session that they opened."""
    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import accounts

    with open_workplace() as place, place.stores.listeners.worker() as tx:
        revoked = accounts.revoke_app_password(tx, email=email, device=device)
    if as_json:
        terminal.print_json({"revoked": revoked})
    else:
        terminal.say(f"{revoked} passwords of {device} are revoked.")
