"""``wavehouse listeners``: listeners' accounts, and passwords for their apps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
EMAIL = click.option("--email", required=True, help="The listener's email address.")


@click.group()
def listeners() -> None:
    """Listeners, in a separate database; podcast apps sync with `wavehouse up`."""


@listeners.command()
@EMAIL
@AS_JSON
@click.pass_obj
def create(open_workspace: OpenWorkspace, email: str, as_json: bool) -> None:
    """Add a listener. The email address is the only personal data stored."""
    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import accounts

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        made = accounts.create(tx, email=email)
    if as_json:
        terminal.print_json({"listener_id": made.listener_id, "email": made.email})
    else:
        terminal.out(str(made.listener_id))
        terminal.say(
            "Next, create an app password: wavehouse listeners app-password "
            f"--email {made.email} --device phone"
        )


@listeners.command("app-password")
@EMAIL
@click.option("--device", required=True, help="The app or device that uses the password.")
@AS_JSON
@click.pass_obj
def app_password(open_workspace: OpenWorkspace, email: str, device: str, as_json: bool) -> None:
    """Make a password for one app: gPodder, AntennaPod and others sign in with it.

    It is shown only once; only its hash is stored. In the app choose gpodder.net as the service and
    this server's address, or Nextcloud's gpodder sync.
    """
    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import accounts

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        made = accounts.new_app_password(tx, email=email, device=device)
    if as_json:
        terminal.print_json(
            {"username": made.username, "password": made.text, "device": made.device}
        )
    else:
        terminal.print_table(["user name", "password"], [[made.username, made.text]])
        terminal.say("This password is shown only once.")


@listeners.command("revoke")
@EMAIL
@click.option("--device", required=True, help="The app or device whose passwords are revoked.")
@AS_JSON
@click.pass_obj
def revoke(open_workspace: OpenWorkspace, email: str, device: str, as_json: bool) -> None:
    """Revoke a device's passwords at once, with every session opened with them."""
    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import accounts

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        revoked = accounts.revoke_app_password(tx, email=email, device=device)
    if as_json:
        terminal.print_json({"revoked": revoked})
    else:
        terminal.say(f"{revoked} passwords of {device} were revoked.")


@listeners.command("list")
@AS_JSON
@click.pass_obj
def listed(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List the accounts with the size of their data, but not the data itself."""
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import own

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        listeners = own.listed(tx)
    if as_json:
        terminal.print_json([asdict(item) for item in listeners])
        return
    terminal.print_table(
        ["email", "state", "last seen", "devices", "shows", "positions"],
        [
            [
                item.email,
                "suspended" if item.suspended_at else "active",
                f"{item.last_seen_at:%Y-%m-%d}" if item.last_seen_at else "never",
                item.devices,
                item.shows,
                item.positions,
            ]
            for item in listeners
        ],
    )


@listeners.command("suspend")
@EMAIL
@click.option("--end", is_flag=True, help="End the suspension.")
@click.pass_obj
def suspend(open_workspace: OpenWorkspace, email: str, end: bool) -> None:
    """Suspend an account at once: sessions and app passwords are refused, nothing is deleted."""
    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import own

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        listener = own.suspend(tx, email=email, is_suspended=not end)
    terminal.say(f"{listener.email} is {'active again' if end else 'suspended'}.")


@listeners.command("invite")
@EMAIL
@click.pass_obj
def invite(open_workspace: OpenWorkspace, email: str) -> None:
    """Create an account and email its owner the address of the sign-in page."""
    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import own
    from wavehouse.listeners.types import Site
    from wavehouse.mail import mail_of

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        site = Site.of(workspace.settings["site_url"], workspace.settings["port"])
        made = own.invite(
            tx,
            mail_of(workspace.settings, domain=site.name),
            email=email,
            sign_in=f"{site.origin}/listener/sign-in",
        )
    terminal.say(f"{made.email} is invited.")


@listeners.command("move-feed")
@click.argument("old")
@click.argument("new")
@click.pass_obj
def move_feed(open_workspace: OpenWorkspace, old: str, new: str) -> None:
    """Move every listener's subscription and positions from feed OLD to its new address NEW."""
    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import moves

    with open_workspace() as workspace:
        count = moves.move_for_all(workspace.stores.listeners, old=old, new=new)
    terminal.say(f"The feed was moved for {count:,} listeners.")


@listeners.command("tidy")
@AS_JSON
@click.pass_obj
def tidy(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Delete expired sign-in links, sessions, passkey challenges and changes of address.

    `wavehouse up` does this every 15 minutes; use a cron job where only the web app runs. Valid
    sign-ins are kept.
    """
    from dataclasses import asdict

    from wavehouse.kernel import terminal
    from wavehouse.listeners.service import expiry

    with open_workspace() as workspace:
        outbox = workspace.settings.home / "outbox"
        gone = asdict(expiry.tidy(workspace.stores.listeners, outbox=outbox))
    if as_json:
        terminal.print_json(gone)
    else:
        terminal.print_table(
            ["what", "deleted"], [[what.replace("_", " "), n] for what, n in gone.items()]
        )


@listeners.command("export")
@EMAIL
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.pass_obj
def export(open_workspace: OpenWorkspace, email: str, out: Path | None) -> None:
    """Print all of a listener's data as one JSON object.

    It has devices, shows, episodes and every action, but no passwords. `wavehouse listeners import`
    reads it, here or on another server, and restores the same positions (P39).
    """
    import json

    from wavehouse.kernel import files, terminal
    from wavehouse.listeners.service import accounts, archives

    with open_workspace() as workspace:
        with workspace.stores.listeners.worker() as tx:
            listener = accounts.find(tx, email=email)
        document = archives.archive(workspace.stores.listeners, listener_id=listener.listener_id)
    if out is None:
        terminal.print_json(document)
        return
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    files.write_output(out, text.encode())
    terminal.say(
        f"{len(document['actions']):,} actions, {len(document['subscriptions']):,} shows: {out}"
    )


@listeners.command("import")
@EMAIL
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
@click.pass_obj
def bring_in(open_workspace: OpenWorkspace, email: str, archive: Path, as_json: bool) -> None:
    """Import an exported archive; importing it twice has no further effect."""
    import json

    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import InvalidInput
    from wavehouse.listeners.service import accounts, archives
    from wavehouse.listeners.types import Caller

    try:
        document = json.loads(archive.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            "this is not JSON",
            where=str(archive),
            hint="Export an archive.",
            command="wavehouse listeners export --email E --out archive.json",
        ) from error
    with open_workspace() as workspace:
        with workspace.stores.listeners.worker() as tx:
            listener = accounts.find(tx, email=email)
        caller = Caller(listener.listener_id, listener.email, b"")
        done = archives.bring_in(workspace.stores.listeners, caller=caller, document=document)
    if as_json:
        terminal.print_json(done)
    else:
        terminal.say(", ".join(f"{count:,} {what}" for what, count in done.items()))


@click.command("sync-conformance")
@click.argument("url")
@click.option("--username", required=True, help="A test account.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with its password [default: WAVEHOUSE_SYNC_PASSWORD].",
)
@AS_JSON
def sync_conformance(url: str, username: str, password_file: Path | None, as_json: bool) -> None:
    """Check how a gpodder-type server at URL stores what podcast apps send.

    Works with gpodder.net, opodsync, Nextcloud's gpodder sync, this product and others: URL is what
    comes before /api/2. The checks cover late actions, retries, dates in the future, invalid
    bodies, cursors and concurrent apps, using invented devices and shows. They end unsubscribed,
    but the protocol cannot delete actions: use a separate account.

    Exit code 0 when all checks pass, 3 when one fails, 4 when the account is refused, 5 when the
    server does not respond.
    """
    import os

    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_FOUND, UsageError
    from wavehouse.listeners.service.conformance import conformance

    password = (
        password_file.read_text(encoding="utf-8").strip()
        if password_file
        else os.environ.get("WAVEHOUSE_SYNC_PASSWORD", "")
    )
    if not password:
        raise UsageError(
            "the account's password is missing",
            hint="Set WAVEHOUSE_SYNC_PASSWORD, or use --password-file FILE.",
        )
    verdicts = conformance(
        url,
        username,
        password,
        on_verdict=lambda item: None if as_json else terminal.say(f"{item.word}: {item.question}"),
    )
    failed = [verdict for verdict in verdicts if verdict.passed is False]
    if as_json:
        terminal.print_json(
            {"url": url, "failed": len(failed), "verdicts": [v.as_json() for v in verdicts]}
        )
    else:
        terminal.print_table(
            ["rule", "question", "expected", "seen", "verdict"],
            [
                [verdict.rule, verdict.question, verdict.expected, verdict.seen, verdict.word]
                for verdict in verdicts
            ],
        )
        terminal.say(f"{len(verdicts) - len(failed)} of {len(verdicts)} checks passed")
    if failed:
        raise SystemExit(EXIT_FOUND)
