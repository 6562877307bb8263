"""Alerts on a real database: they open once, are announced once, and resolve by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from tests import acting
from tests.tenants import key_of, second_organization

from wavehouse import alerts, mail, measurement
from wavehouse.accounts import Scope
from wavehouse.alerts import Alert, Evaluated, Observation, RuleName
from wavehouse.alerts.cli import alerts as commands
from wavehouse.kernel import clock, config
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.web.live import live_app
from wavehouse.wiring import working
from wavehouse.workspace import Workspace

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture
def place(workspace: Workspace) -> Workspace:
    """A workspace whose alerts are sent to one address."""
    flags = {"home": str(workspace.settings.home), "alert_mail_to": "ops@pod.example"}
    return replace(workspace, settings=config.load(flags, environment={}))


def seen(firing: bool = True, subject: str = "harbour", **more: Any) -> Observation:
    """Make the feed fail, or recover."""
    values: dict[str, Any] = {
        "value": 7.0,
        "threshold": 6.0,
        "message": "the feed has failed for 7 hours",
    }
    return Observation(
        rule=RuleName.FEED_FAILING, subject=subject, firing=firing, **(values | more)
    )


def evaluate(place: Workspace, *observations: Observation, minutes: int = 0) -> Evaluated:
    """Evaluate the rules at this many minutes after noon."""
    with clock.frozen(NOON + timedelta(minutes=minutes)):
        return acting.operational(place, alerts.evaluate, observations=observations)


def listed(place: Workspace, *, resolved: bool = True) -> list[Alert]:
    return acting.operational(place, alerts.list_alerts, resolved=resolved)


def events(place: Workspace) -> list[str]:
    """The webhook events so far."""
    with place.stores.operational.worker() as tx:
        return tx.values("SELECT event_type FROM queue.outbox ORDER BY event_type")


def kept_emails(place: Workspace) -> list[mail.StoredEmail]:
    """The emails in the outbox."""
    return mail.stored_emails(mail.outbox_folder(place.settings))


def emails(place: Workspace) -> list[str]:
    """The texts of the emails sent so far, after letting a worker send what is due."""
    working.worker_of(place, listed=[]).run(once=True)
    return [each.subject for each in kept_emails(place)]


def test_an_alert_opens_once_and_is_announced_once(place: Workspace) -> None:
    """Repeated evaluations give one row, one webhook event and one email."""
    first = evaluate(place, seen())
    again = evaluate(place, seen(message="the feed has failed for 8 hours"), minutes=1)

    assert (1, 0) == (len(first.opened), len(again.opened))
    (alert,) = listed(place)
    assert ("open", "the feed has failed for 8 hours") == (alert.state, alert.message)
    assert ["alert.opened"] == events(place)
    assert ["Alert: A feed cannot be read"] == emails(place)
    assert 1 == len(emails(place))


def test_an_alert_resolves_by_itself_after_ten_minutes_in_order(place: Workspace) -> None:
    """When the rule fires again a new alert opens."""
    evaluate(place, seen())
    assert () == evaluate(place, seen(firing=False), minutes=1).resolved
    assert () == evaluate(place, seen(firing=False), minutes=10).resolved
    (resolved,) = evaluate(place, seen(firing=False), minutes=11).resolved

    assert ("resolved", NOON + timedelta(minutes=11)) == (resolved.state, resolved.resolved_at)
    assert ["alert.opened", "alert.resolved"] == events(place)
    assert {"Alert: A feed cannot be read", "Resolved: A feed cannot be read"} == set(emails(place))

    assert 1 == len(evaluate(place, seen(), minutes=20).opened)
    assert 2 == len(listed(place))


def test_an_alert_whose_subject_is_not_observed_any_more_resolves(place: Workspace) -> None:
    """A feed that was removed, or a source that came back, is no longer observed."""
    evaluate(place, seen())
    evaluate(place, minutes=1)

    assert 1 == len(evaluate(place, minutes=12).resolved)


def test_a_value_that_flaps_stays_one_alert(place: Workspace) -> None:
    """A value that is in order for less than ten minutes does not resolve the alert."""
    for minute in range(0, 60, 5):
        evaluate(place, seen(firing=minute % 10 == 0), minutes=minute)

    assert (1, ["alert.opened"]) == (len(listed(place)), events(place))


def test_subjects_have_alerts_of_their_own(place: Workspace) -> None:
    """Two feeds fail: two alerts; one feed recovers, the other alert stays open."""
    evaluate(place, seen(), seen(subject="lighthouse"))
    evaluate(place, seen(), minutes=1)
    evaluate(place, seen(), minutes=12)

    assert ["harbour"] == [alert.subject for alert in listed(place, resolved=False)]


def test_a_silenced_rule_opens_and_resolves_and_notifies_nobody(place: Workspace) -> None:
    """The list stays correct; silencing ends at its time or by hand."""
    with clock.frozen(NOON - timedelta(hours=1)):
        acting.operational(
            place,
            alerts.silence_rule,
            rule=RuleName.FEED_FAILING,
            length=timedelta(hours=2),
            subject="harbour",
        )
    evaluate(place, seen(), seen(subject="lighthouse"))

    assert {"harbour": True, "lighthouse": False} == {a.subject: a.muted for a in listed(place)}
    assert ["alert.opened"] == events(place)
    assert 1 == acting.operational(place, alerts.end_silence, rule=RuleName.FEED_FAILING)
    with pytest.raises(InvalidInput, match="90 days"):
        acting.operational(
            place, alerts.silence_rule, rule=RuleName.FEED_FAILING, length=timedelta(days=91)
        )


def test_acknowledging_keeps_an_alert_open_until_it_resolves(place: Workspace) -> None:
    """The first acknowledgement is kept; a resolved alert cannot be acknowledged."""
    (alert,) = evaluate(place, seen()).opened
    acting.operational(place, alerts.acknowledge_alert, alert_id=alert.alert_id)
    (now,) = listed(place)
    assert "acknowledged" == now.state

    evaluate(place, minutes=1)
    evaluate(place, minutes=12)
    with pytest.raises(NotFound, match="no such open alert"):
        acting.operational(place, alerts.acknowledge_alert, alert_id=alert.alert_id)


def test_organizations_have_alerts_of_their_own(place: Workspace) -> None:
    """The same rule and subject in two organizations are two alerts, invisible to each other."""
    other = second_organization(place)
    (alert,) = evaluate(place, seen()).opened
    evaluate(other, seen())

    assert (1, 1) == (len(listed(place)), len(listed(other)))
    with pytest.raises(NotFound):
        acting.operational(other, alerts.acknowledge_alert, alert_id=alert.alert_id)


def test_emails_go_to_the_administrators_unless_addresses_are_set(workspace: Workspace) -> None:
    """Addresses below .invalid are not sent anything."""
    evaluate(workspace, seen())
    assert [] == emails(workspace)

    with workspace.stores.operational.worker() as tx:
        tx.execute("UPDATE accounts.users SET email = 'ada@pod.example'")
    evaluate(workspace, seen(subject="lighthouse"), minutes=1)
    emails(workspace)
    (kept,) = kept_emails(workspace)
    assert "ada@pod.example" == kept.to


def test_a_fresh_installation_is_all_in_order(workspace: Workspace) -> None:
    """Every rule observes something, nothing fires, and the scheduled job reports nothing."""
    observations = alerts.observe(workspace.stores, workspace.settings, identity=workspace.identity)

    assert set(RuleName) == {each.rule for each in observations}
    assert [] == [each.message for each in observations if each.firing]
    assert Evaluated() == alerts.evaluate_all(workspace.stores, workspace.settings)


def _mark(place: Workspace, age: timedelta) -> None:
    """Mark an hour this long ago that waits for its rollup."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    with place.stores.operational.worker() as tx:
        tx.execute(
            "INSERT INTO measurement.dirty_log (hour, marked_at) VALUES (%s, %s)",
            [hour, clock.now() - age],
        )


def test_figures_that_wait_for_more_than_an_hour_open_an_alert_that_a_rollup_resolves(
    place: Workspace,
) -> None:
    """POD-9: from event to figure within an hour. A rollup's duration is stored."""
    _mark(place, timedelta(minutes=90))
    opened = alerts.evaluate_all(place.stores, place.settings).opened
    assert "figures_late" in {alert.rule for alert in opened}

    measurement.roll_up(place.stores)
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        alerts.evaluate_all(place.stores, place.settings)
    with clock.frozen(clock.now() + timedelta(minutes=12)):
        resolved = alerts.evaluate_all(place.stores, place.settings).resolved
    assert "figures_late" in {alert.rule for alert in resolved}
    with place.stores.operational.worker() as tx:
        passes = measurement.rollup_passes(tx)
    assert 1 == passes.passes
    assert passes.waited_p99 is not None
    assert timedelta(minutes=90) <= passes.waited_p99 < timedelta(minutes=95)


def test_a_source_that_delivered_on_three_days_and_stops_is_quiet(place: Workspace) -> None:
    """A folder that was read once by hand is not a quiet source."""
    identity = place.identity
    with place.stores.operational.worker() as tx:
        for folder, days in (("/logs/cdn/", (3, 4, 5)), ("/downloads/", (5,))):
            for day in days:
                tx.execute(
                    """
                    WITH f AS (
                      INSERT INTO measurement.source_files (organization_id, format, head_hash,
                        head_length, name, first_read_at, last_read_at)
                      VALUES (%(o)s, 'combined', sha256(%(name)s::text::bytea), 1, %(name)s, %(at)s,
                              %(at)s)
                      RETURNING source_file_id
                    )
                    INSERT INTO measurement.ingest_batches (organization_id, source_file_id,
                      first_line, lines, ingested_at)
                    SELECT %(o)s, source_file_id, 1, 1, %(at)s FROM f
                    """,
                    {
                        "o": identity.organization_id,
                        "name": f"{folder}access-{day}.log",
                        "at": NOON - timedelta(days=day),
                    },
                )
    with clock.frozen(NOON):
        observations = alerts.observe(place.stores, place.settings, identity=identity)
    quiet = [each for each in observations if each.rule is RuleName.SOURCE_QUIET]

    assert [("/logs/cdn/ combined", 72.0)] == [(each.subject, each.value) for each in quiet]


@pytest.fixture
def client(place: Workspace) -> Iterator[TestClient]:
    """A client of the application with a key of every scope."""
    key = key_of(place, *Scope)
    headers = {"Authorization": f"Bearer {key}"}
    with TestClient(live_app(place), base_url="http://localhost", headers=headers) as started:
        yield started


def test_the_api_lists_acknowledges_and_silences(place: Workspace, client: TestClient) -> None:
    """The API lists open alerts and measured values, and lets a person acknowledge and silence."""
    (alert,) = evaluate(place, seen()).opened
    (item,) = client.get("/api/v1/alerts").json()["data"]
    assert ("feed_failing", "open", "hours") == (item["rule"], item["state"], item["unit"])

    measured = client.get("/api/v1/alerts/observations").json()["observations"]
    assert set(RuleName) == {each["rule"] for each in measured}
    path = f"/api/v1/alerts/{alert.alert_id}/acknowledge"
    assert 204 == client.post(path).status_code
    body = {"rule": "feed_failing", "hours": 2}
    assert 201 == client.post("/api/v1/alerts/silences", json=body).status_code
    wrong = {"rule": "none", "hours": 2}
    assert 422 == client.post("/api/v1/alerts/silences", json=wrong).status_code


def test_the_commands_list_and_acknowledge(place: Workspace) -> None:
    """Exit code 3 while an open alert is not acknowledged."""

    @contextmanager
    def opened() -> Iterator[Workspace]:
        yield place

    (alert,) = evaluate(place, seen()).opened
    run = CliRunner().invoke
    first = run(commands, ["list", "--json"], obj=opened)
    assert (3, True) == (first.exit_code, str(alert.alert_id) in first.output)
    assert 0 == run(commands, ["ack", str(alert.alert_id)], obj=opened).exit_code
    assert 0 == run(commands, ["list"], obj=opened).exit_code
    measured = run(commands, ["measure"], obj=opened)
    assert (0, True) == (measured.exit_code, "figures_late" in measured.output)
    assert 0 == run(commands, ["silence", "source_quiet", "--hours", "3"], obj=opened).exit_code
    assert 0 == run(commands, ["unsilence", "source_quiet"], obj=opened).exit_code


def test_shares_are_of_the_last_hour_unless_it_has_few_requests(place: Workspace) -> None:
    """The rule reads the last hour, or the last day when the hour has too few requests."""
    shares = acting.operational(place, measurement.request_shares)

    assert (24, 0) == (shares.hours, shares.requests)
