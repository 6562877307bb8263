"""``wavehouse up``: the databases, the background work and the dashboard, until Ctrl-C."""

from __future__ import annotations

import sys
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from wavehouse.kernel import terminal

if TYPE_CHECKING:
    from wavehouse.workspace import Workspace


@click.command()
@click.option("--port", type=int, help="Port of the dashboard; default 8420.")
@click.option("--host", help="Address to listen on; default 127.0.0.1.")
@click.option("--open", "open_browser", is_flag=True, help="Open the dashboard in the browser.")
@click.option(
    "--watch",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False),
    help="Read the logs that arrive in this folder; repeatable.",
)
def up(port: int | None, host: str | None, open_browser: bool, folders: tuple[str, ...]) -> None:
    """Start the databases and the dashboard; stop both with Ctrl-C.

    Prints the address with a one-time link that signs you in. Data ingested by other commands is
    counted and rolled up in the background. Logs that arrive in watched folders are read too (see
    `wavehouse ingest watch`).
    """
    from wavehouse import wiring
    from wavehouse.app import open_workspace

    with open_workspace({"port": port, "host": host, "watch": list(folders) or None}) as workspace:
        wiring.resolve("wavehouse.accounts.cli.plans:ask_at_first_start")(workspace)
        serve(workspace, open_browser=open_browser)


def serve(workspace: Workspace, *, sample_data: bool = False, open_browser: bool = False) -> None:
    """Serve the dashboard on an open workspace until the program is stopped."""
    from wavehouse import accounts
    from wavehouse.kernel.serving import address_of, announced
    from wavehouse.web import Site, live_app, server
    from wavehouse.wiring import working

    host, port = workspace.settings["host"], workspace.settings["port"]
    site_url = workspace.settings["site_url"] or ""
    named = urlsplit(site_url)
    known = {*workspace.settings["allowed_hosts"], host}
    site = Site(
        hosts=frozenset(known | ({named.hostname} if named.hostname else set())),
        secure=named.scheme == "https",
        netloc=named.netloc,
        provider=workspace.settings["oidc_name"] if workspace.settings["oidc_issuer"] else "",
    )
    application = live_app(workspace, site=site, sample_data=sample_data)
    running = server(application, host=host, port=free_port(host, port))
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=workspace.identity)
    address = address_of(workspace.settings, port=running.config.port)
    terminal.say(f"\nWavehouse is at {address}")
    terminal.out(f"{address}/sign-in?token={link.token}")
    sys.stdout.flush()  # a log file or a pipe must get the link now, not when we stop
    terminal.say("The link above signs you in once. Ctrl-C stops everything.")
    if open_browser:
        webbrowser.open(f"{address}/sign-in?token={link.token}")
    # A request crosses three threads. While another thread computes, each crossing waits for this
    # long; Python's own 5 ms made one listener's upload three times as slow beside a large one.
    sys.setswitchinterval(0.0005)
    with announced(workspace.settings, address), working.running(workspace):
        running.run()


def free_port(host: str, port: int) -> int:
    """The port if it is free; Refused if not."""
    import socket

    from wavehouse.kernel.errors import Refused

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refused(
                f"{host}:{port} cannot be used: {error.strerror}",
                command=f"wavehouse up --port {port + 1}",
            ) from None
    return port
