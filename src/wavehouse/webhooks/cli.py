"""``wavehouse webhooks``: endpoints, their deliveries, sending again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from wavehouse.kernel import terminal
from wavehouse.kernel.options import DAY
from wavehouse.webhooks.types import SUBSCRIBABLE, EndpointId, EventId

if TYPE_CHECKING:
    from wavehouse.webhooks.types import Endpoint, NewEndpoint
    from wavehouse.workspace import OpenWorkspace

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
ENDPOINT = click.argument("endpoint", type=click.UUID)


@click.group()
def webhooks() -> None:
    """Events for other programs, following Standard Webhooks.

    Each delivery is signed; failed deliveries are retried for three days. `wavehouse up` sends; so
    does `wavehouse send-webhooks`.
    """


@webhooks.command()
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice([each.value for each in SUBSCRIBABLE]),
    help="An event type; repeatable. Default: all.",
)
@click.option("--description", default="", help="Description of the endpoint.")
@AS_JSON
@click.pass_obj
def add(
    open_workspace: OpenWorkspace,
    url: str,
    events: tuple[str, ...],
    description: str,
    as_json: bool,
) -> None:
    """Add an endpoint. Its secret is shown once."""
    from wavehouse.webhooks.adapters import Sealer
    from wavehouse.webhooks.service import endpoints as service

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            made = service.add_endpoint(
                tx,
                identity=identity,
                sealer=Sealer.of(workspace.stores.operational.place),
                url=url,
                event_types=events,
                description=description,
                allow_private=workspace.settings["webhook_allow_private"],
            )
    _show(made, as_json=as_json)


@webhooks.command("list")
@AS_JSON
@click.pass_obj
def list_command(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """The endpoints."""
    from wavehouse.webhooks.service import endpoints as service

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            endpoints = service.list_endpoints(tx, identity=identity)
    if as_json:
        terminal.print_json({"endpoints": [asdict(each) for each in endpoints]})
        return
    terminal.print_table(
        ("endpoint", "url", "events", "status", "reason", "failing since"),
        [
            (e.endpoint_id, e.url, ", ".join(e.event_types), e.status, e.disabled_reason,
             e.failing_since)
            for e in endpoints
        ],
    )  # fmt: skip


@webhooks.command()
@ENDPOINT
@click.option("--at-once", is_flag=True, help="Invalidate the current secret at once.")
@AS_JSON
@click.pass_obj
def rotate(open_workspace: OpenWorkspace, endpoint: UUID, at_once: bool, as_json: bool) -> None:
    """Make a new secret. The current one stays valid for 24 hours."""
    from datetime import timedelta

    from wavehouse.webhooks.adapters import Sealer
    from wavehouse.webhooks.service import endpoints as service

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            made = service.rotate_secret(
                tx,
                identity=identity,
                sealer=Sealer.of(workspace.stores.operational.place),
                endpoint_id=EndpointId(endpoint),
                overlap=timedelta(0) if at_once else service.OVERLAP,
            )
    _show(made, as_json=as_json)


@webhooks.command()
@ENDPOINT
@click.pass_obj
def disable(open_workspace: OpenWorkspace, endpoint: UUID) -> None:
    """Stop sending to an endpoint; pending deliveries wait."""
    _say(_change(open_workspace, "disable_endpoint", endpoint))


@webhooks.command()
@ENDPOINT
@click.pass_obj
def enable(open_workspace: OpenWorkspace, endpoint: UUID) -> None:
    """Resume sending to a disabled endpoint."""
    _say(_change(open_workspace, "enable_endpoint", endpoint))


@webhooks.command()
@ENDPOINT
@click.pass_obj
def delete(open_workspace: OpenWorkspace, endpoint: UUID) -> None:
    """Delete an endpoint and its delivery history."""
    _change(open_workspace, "delete_endpoint", endpoint)
    terminal.say("The endpoint is deleted.")


@webhooks.command()
@ENDPOINT
@click.pass_obj
def test(open_workspace: OpenWorkspace, endpoint: UUID) -> None:
    """Send an event of type webhook.test to an endpoint."""
    terminal.out(str(_change(open_workspace, "send_test", endpoint)))


@webhooks.command()
@click.option("--endpoint", type=click.UUID, help="Only this endpoint.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@AS_JSON
@click.pass_obj
def deliveries(
    open_workspace: OpenWorkspace, endpoint: UUID | None, limit: int, as_json: bool
) -> None:
    """List delivery attempts, newest first."""
    from wavehouse.webhooks.service import endpoints as service

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            deliveries = service.list_deliveries(
                tx,
                identity=identity,
                endpoint_id=None if endpoint is None else EndpointId(endpoint),
                limit=limit,
            )
    if as_json:
        terminal.print_json({"deliveries": [asdict(each) for each in deliveries]})
        return
    terminal.print_table(
        ("event", "type", "attempt", "status", "answer", "error", "next attempt"),
        [
            (d.event_id, d.event_type, d.attempt, d.status, d.response_status, d.error,
             d.next_attempt_at)
            for d in deliveries
        ],
    )  # fmt: skip


@webhooks.command()
@ENDPOINT
@click.option("--event", type=click.UUID, help="Resend this event.")
@click.option("--since", type=DAY, help="Resend every event from this day (UTC).")
@click.option("--until", type=DAY, help="End of the range, excluded.")
@click.pass_obj
def replay(
    open_workspace: OpenWorkspace,
    endpoint: UUID,
    event: UUID | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Resend one event or a range of events to an endpoint."""
    from wavehouse.webhooks.service import endpoints as service

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            count = service.replay(
                tx,
                identity=identity,
                endpoint_id=EndpointId(endpoint),
                event_id=None if event is None else EventId(event),
                since=_utc(since),
                until=_utc(until),
            )
    terminal.say(f"{count} events will be sent again.")


@click.command("send-webhooks")
@AS_JSON
@click.pass_obj
def send_webhooks(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Send everything due now, for all organizations; exit code 3 when an attempt failed."""
    from wavehouse.kernel.errors import EXIT_FOUND
    from wavehouse.webhooks.adapters import Sealer, WebSender
    from wavehouse.webhooks.service import delivering

    with open_workspace() as workspace:
        operational = workspace.stores.operational
        done = delivering.deliver(
            operational,
            sealer=Sealer.of(operational.place),
            sender=WebSender(allow_private=workspace.settings["webhook_allow_private"]),
        )
    if as_json:
        terminal.print_json(asdict(done))
    else:
        terminal.print_table(
            ("events", "delivered", "failed", "disabled"),
            [(done.dispatched, done.delivered, done.failed, done.disabled)],
        )
    if done.failed:
        click.get_current_context().exit(EXIT_FOUND)


def _change(open_workspace: OpenWorkspace, use_case: str, endpoint: UUID) -> Any:
    from wavehouse.webhooks.service import endpoints as service

    with open_workspace() as workspace:
        identity = workspace.identity
        with workspace.stores.operational.app(identity.organization_id) as tx:
            return getattr(service, use_case)(
                tx, identity=identity, endpoint_id=EndpointId(endpoint)
            )


def _utc(given: datetime | None) -> datetime | None:
    return None if given is None else given.replace(tzinfo=UTC)


def _say(endpoint: Endpoint) -> None:
    terminal.say(f"{endpoint.url} is {endpoint.status}.")


def _show(made: NewEndpoint, *, as_json: bool) -> None:
    if as_json:
        terminal.print_json({"endpoint_id": made.endpoint.endpoint_id, "secret": made.secret})
        return
    terminal.out(f"{made.endpoint.endpoint_id}\t{made.secret}")
    terminal.say("The secret is only shown once. Give it to the receiver.")
