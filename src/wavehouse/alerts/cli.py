"""``wavehouse alerts``: list, measure, evaluate, acknowledge, silence."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import click

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

_RULES = click.Choice(
    [
        "figures_late",
        "daily_rollups_late",
        "rollup_slow",
        "source_quiet",
        "feed_failing",
        "unknown_path_share",
        "bad_ip_share",
        "downloads_falling",
        "inclusion_expired",
    ]
)


@click.group()
def alerts() -> None:
    """Freshness of the figures, and alerts when something is wrong.

    `wavehouse up` evaluates the rules every minute. An alert opens once, is sent once by email
    and webhook, and resolves by itself. Thresholds are settings: wavehouse config show.
    """


@alerts.command("list")
@click.option("--all", "everything", is_flag=True, help="Include resolved alerts.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def list_(context: click.Context, everything: bool, as_json: bool) -> None:
    """Open alerts. Exit code 3 when an unacknowledged one is open."""
    from wavehouse.alerts.service.managing import list_alerts, list_silences
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND

    open_workspace: OpenWorkspace = context.obj
    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        listed = list_alerts(tx, identity=workspace.identity, resolved=everything)
        silences = list_silences(tx, identity=workspace.identity)
    if as_json:
        terminal.print_json(
            {
                "alerts": [{**dataclasses.asdict(a), "state": a.state} for a in listed],
                "silences": [dataclasses.asdict(silence) for silence in silences],
            }
        )
    elif listed:
        rows = [[a.state, a.rule, a.opened_at, a.message, a.alert_id] for a in listed]
        terminal.print_table(["state", "rule", "opened", "what", "id"], rows)
    else:
        terminal.say("There are no open alerts. For the current values: wavehouse alerts measure")
    waiting = any(alert.state == "open" for alert in listed)
    context.exit(EXIT_FOUND if waiting else EXIT_DONE)


@alerts.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def measure(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Show what every rule measures now, with its threshold; opens and resolves nothing."""
    from wavehouse.alerts.rules import RULES
    from wavehouse.alerts.service.measuring import observe
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        seen = observe(workspace.stores, workspace.settings, identity=workspace.identity)
    if as_json:
        terminal.print_json({"observations": [dataclasses.asdict(each) for each in seen]})
        return
    rows = [
        [
            "fires" if each.firing else "in order",
            each.rule.value,
            "–" if each.value is None else f"{each.value:.1f}",
            "–" if each.threshold is None else f"{each.threshold:g}",
            RULES[each.rule].unit,
            each.message,
        ]
        for each in seen
    ]
    terminal.print_table(["state", "rule", "value", "threshold", "unit", "what"], rows)


@alerts.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def evaluate(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Evaluate the rules now: open and resolve alerts, as `wavehouse up` does every minute."""
    from wavehouse.alerts.service.evaluating import evaluate as evaluate_one
    from wavehouse.alerts.service.measuring import observe
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        identity = workspace.identity
        seen = observe(workspace.stores, workspace.settings, identity=identity)
        with workspace.stores.operational.app(identity.organization_id) as tx:
            done = evaluate_one(tx, identity=identity, observations=seen)
    if as_json:
        terminal.print_json(dataclasses.asdict(done))
        return
    for alert in done.opened:
        terminal.out(f"Opened: {alert.message}")
    for alert in done.resolved:
        terminal.out(f"Resolved: {alert.message}")
    if not done.opened and not done.resolved:
        terminal.say("No alert opened or resolved.")


@alerts.command()
@click.argument("alert_id", type=click.UUID)
@click.pass_obj
def ack(open_workspace: OpenWorkspace, alert_id: UUID) -> None:
    """Acknowledge an open alert: tell others that you are handling it."""
    from wavehouse.alerts.service.managing import acknowledge_alert
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        acknowledge_alert(tx, identity=workspace.identity, alert_id=alert_id)
    terminal.out("Acknowledged.")


@alerts.command()
@click.argument("rule", type=_RULES)
@click.option("--hours", type=click.FloatRange(0.01, 2160), default=24, show_default=True)
@click.option("--subject", help="Only alerts about this subject, as shown by alerts list --json.")
@click.pass_obj
def silence(open_workspace: OpenWorkspace, rule: str, hours: float, subject: str | None) -> None:
    """Stop notifications about RULE for some hours; its alerts still open and resolve."""
    from wavehouse.alerts.service.managing import silence_rule
    from wavehouse.alerts.types import RuleName
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        made = silence_rule(
            tx,
            identity=workspace.identity,
            rule=RuleName(rule),
            length=timedelta(hours=hours),
            subject=subject,
        )
    terminal.out(f"Silent until {made.until:%Y-%m-%d %H:%M} UTC.")


@alerts.command()
@click.argument("rule", type=_RULES)
@click.pass_obj
def unsilence(open_workspace: OpenWorkspace, rule: str) -> None:
    """Resume notifications about RULE."""
    from wavehouse.alerts.service.managing import end_silence
    from wavehouse.alerts.types import RuleName
    from wavehouse.kernel import terminal

    with (
        open_workspace() as workspace,
        workspace.stores.operational.app(workspace.organization.organization_id) as tx,
    ):
        ended = end_silence(tx, identity=workspace.identity, rule=RuleName(rule))
    terminal.out("Notified again." if ended else "The rule was not silenced.")
