"""``wavehouse entitlements``: events, link, reconcile, replay, money, offers, policy."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.entitlements.cli.grants import (
    AS_JSON,
    DRY_RUN,
    EMAIL,
    TYPE,
    complain_of_unknown_show,
    entitlements,
)

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

STATUSES = click.Choice(["received", "pending_parent", "applied", "ignored", "anomaly"])


@entitlements.command()
@click.option("--status", type=STATUSES, help="Only events with this status.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True,
              help="Maximum number of events.")  # fmt: skip
@AS_JSON
@click.pass_obj
def events(open_workspace: OpenWorkspace, status: str | None, limit: int, as_json: bool) -> None:
    """List the provider's and operators' events, newest first, with their results."""
    from wavehouse.entitlements.service import reading
    from wavehouse.entitlements.types import EventStatus
    from wavehouse.kernel import terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        listed = reading.list_events(
            tx,
            identity=workspace.identity,
            status=EventStatus(status) if status else None,
            limit=limit,
        )
    if as_json:
        terminal.print_json([dataclasses.asdict(each) for each in listed])
        return
    terminal.print_table(
        ["received", "type", "status", "note", "event"],
        [
            [
                each.received_at,
                each.type,
                each.status + (f", {each.conflicts} conflicts" if each.conflicts else ""),
                " ".join(filter(None, [each.note, each.parent_ref])) or "–",
                each.event_id,
            ]
            for each in listed
        ],
    )


@entitlements.command()
@click.option("--customer", required=True, help="The provider's customer, such as cus_123.")
@EMAIL
@click.pass_obj
def link(open_workspace: OpenWorkspace, customer: str, email: str) -> None:
    """Assign a customer to a listener; events waiting for it are folded immediately."""
    from wavehouse.entitlements.service import granting
    from wavehouse.kernel import terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        identity = workspace.identity
        who = granting.listener_of(tx, identity=identity, email=email)
        granting.link(tx, identity=identity, customer=customer, listener_id=who)
    terminal.say(f"{customer} belongs to {email}.")


@entitlements.command()
@click.option("--from", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The provider's list as JSON [default: its newest summaries].")  # fmt: skip
@DRY_RUN
@AS_JSON
@click.pass_context
def reconcile(context: click.Context, source: Path | None, dry_run: bool, as_json: bool) -> None:
    """Compare with the provider's active entitlements. Exit code 3 when something differs.

    Entitlements active at the provider are granted here for a week; those active only here are
    reported and kept.
    """
    from wavehouse.entitlements.service import reconciling
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND, InvalidInput

    active = None
    if source is not None:
        try:
            active = reconciling.list_of(json.loads(source.read_text(encoding="utf-8")))
        except (ValueError, RecursionError) as wrong:
            raise InvalidInput(f"this is not the provider's list: {wrong}",
                               where=str(source)) from wrong  # fmt: skip
    open_workspace: OpenWorkspace = context.obj
    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        drifts = reconciling.reconcile(
            tx, identity=workspace.identity, active=active, dry_run=dry_run
        )
    if as_json:
        terminal.print_json([dataclasses.asdict(drift) for drift in drifts])
    elif drifts:
        terminal.print_table(
            ["customer", "resource", "active at", "done"],
            [
                [
                    drift.customer,
                    f"{drift.type} {drift.resource}",
                    "the provider" if drift.provider_active else "here",
                    "granted for a week" if drift.fixed else "–",
                ]
                for drift in drifts
            ],
        )
    else:
        terminal.say("No differences from the provider's list.")
    context.exit(EXIT_FOUND if drifts else EXIT_DONE)


@entitlements.command()
@DRY_RUN
@AS_JSON
@click.pass_context
def replay(context: click.Context, dry_run: bool, as_json: bool) -> None:
    """Fold every stored event again after a change of offers or of the policy.

    With --dry-run: compare the grants with their ledger. Exit code 3 when a grant differs.
    """
    from wavehouse.entitlements.service import processing, reading
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND

    open_workspace: OpenWorkspace = context.obj
    with open_workspace() as workspace:
        database = workspace.stores.listeners
        done = None
        if not dry_run:
            done = processing.replay(database, organization_id=workspace.home)
        with database.worker() as tx:
            different = reading.differences(tx, identity=workspace.identity)
    if as_json:
        terminal.print_json(
            {"done": dataclasses.asdict(done) if done else None, "different": different}
        )
    else:
        if done:
            terminal.say(f"{done.events:,} events folded, {done.transitions:,} transitions, "
                         f"{done.pending:,} pending, {done.anomalies:,} anomalies.")  # fmt: skip
        terminal.say(f"{len(different):,} grants differ from their ledger.")
    context.exit(EXIT_FOUND if different else EXIT_DONE)


@entitlements.command()
@AS_JSON
@click.pass_obj
def money(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Show the sums of payments, refunds and disputes by currency, erased listeners' included."""
    from wavehouse.entitlements.service import reading
    from wavehouse.kernel import terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        totals = reading.totals(tx, identity=workspace.identity)
    if as_json:
        terminal.print_json([{**dataclasses.asdict(t), "amount": str(t.amount)} for t in totals])
        return
    terminal.print_table(
        ["currency", "kind", "amount", "entries"],
        [[t.currency, t.kind, str(t.amount), t.entries] for t in totals],
    )


@entitlements.group()
def offers() -> None:
    """Offers: the resources that a price, product or lookup key of the provider grants."""


@offers.command("list")
@AS_JSON
@click.pass_obj
def list_offers(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """List every offer."""
    from wavehouse.entitlements.service import settings
    from wavehouse.kernel import terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        listed = settings.list_offers(tx, identity=workspace.identity)
    if as_json:
        terminal.print_json([dataclasses.asdict(each) for each in listed])
        return
    terminal.print_table(
        ["price", "type", "resource", "days"],
        [[each.provider_ref, each.type, each.resource, each.days or "–"] for each in listed],
    )


@offers.command("set")
@click.option("--price", required=True, help="Price, product, lookup key or metadata.offer.")
@click.option("--resource", required=True, help="The show's id, or another resource.")
@TYPE
@click.option(
    "--days", type=click.IntRange(1, 36_500), help="Days of access for a one-off purchase."
)
@click.pass_obj
def set_offer(
    open_workspace: OpenWorkspace, price: str, resource: str, access_type: str, days: int | None
) -> None:
    """Let a price grant a resource. For earlier events run: wavehouse entitlements replay."""
    from wavehouse.entitlements.service import settings
    from wavehouse.entitlements.types import Offer
    from wavehouse.kernel import terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        complain_of_unknown_show(workspace, resource)
        settings.set_offer(
            tx, identity=workspace.identity, offer=Offer(price, access_type, resource, days)
        )
    terminal.say(f"{price} grants {access_type} {resource}. For earlier events: "
                 "wavehouse entitlements replay")  # fmt: skip


@offers.command("remove")
@click.option("--price", required=True, help="The price.")
@click.option("--resource", required=True, help="The resource.")
@click.pass_obj
def remove_offer(open_workspace: OpenWorkspace, price: str, resource: str) -> None:
    """Stop granting a resource for a price. Existing grants stay until a replay."""
    from wavehouse.entitlements.service import settings
    from wavehouse.kernel import terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        settings.remove_offer(
            tx, identity=workspace.identity, provider_ref=price, resource=resource
        )
    terminal.say(f"{price} no longer grants {resource}.")


@entitlements.group()
def policy() -> None:
    """The effect of failed payments, refunds and disputes on access."""


@policy.command("show")
@AS_JSON
@click.pass_obj
def show_policy(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Show the current policy."""
    from wavehouse.entitlements.service import settings
    from wavehouse.kernel import terminal

    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        kept = settings.policy(tx, identity=workspace.identity)
    _print_policy(terminal, dataclasses.asdict(kept), as_json)


@policy.command("set")
@click.option(
    "--grace-days", type=click.IntRange(0, 365), help="Days of access after a failed payment."
)
@click.option(
    "--unpaid", type=click.Choice(["suspend", "keep"]), help="Access during an unpaid subscription."
)
@click.option("--order-refund", type=click.Choice(["keep", "revoke", "keep_until"]),
              help="Access after the full refund of a one-off purchase.")  # fmt: skip
@click.option("--refund-keep-days", type=click.IntRange(0, 3650), help="Days, for keep_until.")
@click.option(
    "--dispute", type=click.Choice(["suspend", "keep"]), help="Access during an open dispute."
)
@click.option(
    "--payload-days", type=click.IntRange(1, 3650), help="Days for which events keep their content."
)
@AS_JSON
@click.pass_obj
def set_policy(open_workspace: OpenWorkspace, /, as_json: bool, **values: Any) -> None:
    """Change parts of the policy. For earlier events run: wavehouse entitlements replay."""
    from wavehouse.entitlements.service import settings
    from wavehouse.kernel import terminal

    given = {name: value for name, value in values.items() if value is not None}
    with open_workspace() as workspace, workspace.stores.listeners.worker() as tx:
        known = settings.policy(tx, identity=workspace.identity)
        kept = settings.set_policy(
            tx, identity=workspace.identity, policy=dataclasses.replace(known, **given)
        )
    _print_policy(terminal, dataclasses.asdict(kept), as_json)


def _print_policy(terminal: Any, policy: dict[str, Any], as_json: bool) -> None:
    if as_json:
        terminal.print_json(policy)
    else:
        terminal.print_table(
            ["policy", "value"], [[k.replace("_", " "), str(v)] for k, v in policy.items()]
        )
