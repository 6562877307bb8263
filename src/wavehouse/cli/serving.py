"""``wavehouse up``: the databases, the background work and the dashboard, until Ctrl-C."""

from __future__ import annotations

import itertools
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from wavehouse.kernel import terminal

if TYPE_CHECKING:
    from wavehouse.workspace import Workspace

_LOOK_SECONDS = 5.0
_COUNT_ROUNDS = 12
_TIDY_ROUNDS = 720


@click.command()
@click.option("--port", type=int, help="Port of the dashboard; default 8420.")
@click.option("--host", help="Address to listen on; default 127.0.0.1.")
@click.option("--open", "open_browser", is_flag=True, help="Open the dashboard in the browser.")
@click.option(
    "--watch",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False),
    help="Read the logs that arrive in this folder; may be given several times.",
)
def up(port: int | None, host: str | None, open_browser: bool, folders: tuple[str, ...]) -> None:
    """Start the databases and the dashboard; stop both with Ctrl-C.

    Prints the address with a one-time link that signs you in. Counting and rollups of what other
    commands ingest go on in the background. Logs that arrive in watched folders are read too
    (`wavehouse ingest watch` says how).
    """
    from wavehouse.app import open_workspace

    with open_workspace({"port": port, "host": host, "watch": list(folders) or None}) as workspace:
        serve(workspace, open_browser=open_browser)


def serve(workspace: Workspace, *, sample_data: bool = False, open_browser: bool = False) -> None:
    """Serve the dashboard on an open workspace until the program is told to stop."""
    from wavehouse import accounts
    from wavehouse.web import Site, live_app, server

    host, port = workspace.settings["host"], workspace.settings["port"]
    named = urlsplit(workspace.settings["site_url"] or "").hostname
    known = {*workspace.settings["allowed_hosts"], host, *([named] if named else [])}
    site = Site(hosts=frozenset(known))
    application = live_app(workspace, site=site, sample_data=sample_data)
    running = server(application, host=host, port=free_port(host, port))
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=workspace.identity)
    address = f"http://{host}:{running.config.port}"
    terminal.say(f"\nWavehouse is at {address}")
    terminal.out(f"{address}/sign-in?token={link.token}")
    sys.stdout.flush()  # a log file or a pipe must have the link now, not when we stop
    terminal.say("The link above signs you in once. Ctrl-C stops everything.")
    if open_browser:
        webbrowser.open(f"{address}/sign-in?token={link.token}")
    with background_counting(workspace), background_watching(workspace):
        running.run()


def free_port(host: str, port: int) -> int:
    """The port if it is free; a clear refusal if not."""
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


@contextmanager
def background_watching(workspace: Workspace) -> Iterator[None]:
    """Read the logs that arrive in the folders of the setting ``watch``, if there are any."""
    folders = [Path(name) for name in workspace.settings["watch"]]
    if not folders:
        yield
        return
    stop = threading.Event()

    def work() -> None:
        from wavehouse import measurement

        while not stop.is_set():
            try:
                for done in measurement.watch(
                    workspace.stores,
                    workspace.settings,
                    folders,
                    identity=workspace.identity,
                    interval=_LOOK_SECONDS,
                    wait=stop.wait,
                ):
                    terminal.say(
                        f"{len(done.files)} log files: {done.tally.stored:,} new requests, "
                        f"{done.downloads:+,} downloads"
                    )
            except Exception as error:  # whatever it was: the next look may be better
                terminal.say(f"Watching waits: {type(error).__name__}: {error}")
                stop.wait(_LOOK_SECONDS)

    terminal.say(f"Watching {', '.join(map(str, folders))}")
    thread = threading.Thread(target=work, name="watching", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=30)


@contextmanager
def background_counting(workspace: Workspace) -> Iterator[None]:
    """Look after the server, count every minute what other programs ingest, tidy every hour."""
    stop = threading.Event()

    def work() -> None:
        from wavehouse import listeners, measurement

        server = workspace.stores.server
        rounds = itertools.count(1)
        while not stop.wait(_LOOK_SECONDS):
            try:
                if server is not None and server.revive():
                    terminal.say("The embedded PostgreSQL had died; it runs again.")
                number = next(rounds)
                if number % _TIDY_ROUNDS == 1:  # soon after the start, then every hour
                    listeners.tidy(
                        workspace.stores.listeners, outbox=workspace.settings.home / "outbox"
                    )
                if number % _COUNT_ROUNDS == 0:
                    measurement.count(workspace.stores.operational, workspace.settings)
                    measurement.roll_up(workspace.stores)
            except Exception as error:  # whatever it was: the next minute may be better
                terminal.say(f"Work behind the pages waits: {type(error).__name__}: {error}")

    thread = threading.Thread(target=work, name="counting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=30)
