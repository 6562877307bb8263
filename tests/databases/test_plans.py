"""Frequent queries use a suitable index, on tables large enough to matter.

The requirements name the queries. Rows are inserted in one transaction that is rolled back; only
plans are read, so nothing here depends on the machine's speed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

FILL = {
    "operational": """
        INSERT INTO accounts.users (organization_id, email, password_hash, name, subscription_tier)
        SELECT o.organization_id, 'u' || n || '@many.example', '!', 'U' || n,
               CASE WHEN n % 50 = 0 THEN 'enterprise' ELSE 'free' END
        FROM (SELECT organization_id FROM accounts.organizations LIMIT 1) o,
             generate_series(1, 4000) n;
        INSERT INTO sponsorship.campaigns (organization_id, user_id, podcast_id, sponsor_id, name,
          status, start_date, end_date, campaign_value)
        SELECT c.organization_id, c.user_id, c.podcast_id, c.sponsor_id, 'C' || n,
               CASE WHEN n % 50 = 0 THEN 'active' ELSE 'completed' END,
               date '2020-01-01' + n, date '2020-02-01' + n, 100
        FROM sponsorship.campaigns c, generate_series(1, 4000) n;
        INSERT INTO sponsorship.reports (organization_id, user_id, campaign_id, template_id,
          report_type, format, date_range_start, date_range_end, generated_at, content_hash)
        SELECT c.organization_id, u.user_id, c.campaign_id, 'sponsor', 'custom', 'pdf',
               '2026-01-01', '2026-01-31', timestamptz '2026-01-01Z' + u.n * interval '1 minute',
               sha256('r')
        FROM (SELECT user_id, organization_id, row_number() OVER () AS n FROM accounts.users) u,
             (SELECT * FROM sponsorship.campaigns LIMIT 1) c
        WHERE u.organization_id = c.organization_id;
        INSERT INTO measurement.listener_events (podcast_id, "timestamp", event_id,
          organization_id, episode_id, campaign_id, event_type)
        SELECT uuidv7(), timestamptz '2026-11-01Z' + n * interval '4 seconds', uuidv7(),
               uuidv7(), uuidv7(), CASE WHEN n % 20 = 0 THEN uuidv7() END, 'download'
        FROM generate_series(1, 20000) n;
        INSERT INTO sponsorship.attribution_events (podcast_id, "timestamp", organization_id,
          campaign_id, attribution_method)
        SELECT c.podcast_id, timestamptz '2026-11-01Z' + c.n * interval '1 minute',
               c.organization_id, c.campaign_id,
               CASE WHEN c.n % 2 = 0 THEN 'promo_code' ELSE 'pixel' END
        FROM (SELECT *, row_number() OVER () AS n FROM sponsorship.campaigns) c,
             generate_series(1, 3);
        INSERT INTO usage.token_usage_daily (organization_id, usage_date, model_id, unit, currency,
          updated_at)
        SELECT organization_id, date '2015-01-01' + n, model_id, 'input', 'EUR', '2026-01-01Z'
        FROM (SELECT organization_id FROM accounts.organizations) o,
             (SELECT model_id FROM usage.models LIMIT 1) m, generate_series(1, 3000) n;
        INSERT INTO queue.jobs (organization_id, kind, run_at)
        SELECT uuidv7(), 'catalog.poll', timestamptz '2026-11-01Z' + n * interval '1 minute'
        FROM generate_series(1, 4000) n;
        INSERT INTO studio.planning_notes
          (organization_id, project_id, author_id, body, kind, state)
        SELECT p.organization_id, p.project_id, p.owner_id, 'n', 'idea',
               CASE WHEN n % 100 = 0 THEN 'open' ELSE 'considered' END
        FROM studio.projects p, generate_series(1, 4000) n
    """,
    "listeners": """
        INSERT INTO listeners.listeners (email, email_display)
        SELECT 'l' || n || '@many.example', 'l' FROM generate_series(1, 2000) n;
        INSERT INTO listeners.chapters (listener_id, chapter_id)
        SELECT listener_id, 'c' || n FROM listeners.listeners, generate_series(1, 5) n;
        INSERT INTO listeners.playback_positions (listener_id, chapter_id, position_ms,
          furthest_ms, seq, effective_at, action_id)
        SELECT listener_id, 'c' || n, 0, 0, n, '2026-11-01Z', uuidv7()
        FROM listeners.listeners, generate_series(1, 5) n;
        INSERT INTO listeners.playback_actions (listener_id, action_id, chapter_id, kind,
          position_ms, occurred_at, received_at, effective_at, status, body_hash, seq)
        SELECT listener_id, uuidv7(), 'c' || n, 'progress', 0, '2026-11-01Z', '2026-11-01Z',
               '2026-11-01Z', 'applied', sha256('a'), n
        FROM listeners.listeners, generate_series(1, 5) n;
        INSERT INTO listeners.entitlements (listener_id, type, resource, scope_kind, scope, status,
          granted_at, starts_at, created_by)
        SELECT listener_id, 'feed', 'r' || n, 'order', 'o' || n, 'active', '2026-11-01Z',
               '2026-11-01Z', 'test'
        FROM listeners.listeners, generate_series(1, 3) n
    """,
}
NOBODY = "'00000000-0000-0000-0000-000000000001'"
SINCE = "\"timestamp\" >= '2026-11-01Z' AND \"timestamp\" < '2026-11-02Z'"
QUERIES = {
    "campaign by time": (
        "operational",
        (
            "SELECT * FROM measurement.listener_events"
            f' WHERE campaign_id = {NOBODY} AND {SINCE} ORDER BY "timestamp" DESC'
        ),
    ),
    "episode by time": (
        "operational",
        (
            "SELECT * FROM measurement.listener_events"
            f' WHERE episode_id = {NOBODY} AND {SINCE} ORDER BY "timestamp" DESC'
        ),
    ),
    "podcast by time descending": (
        "operational",
        (
            "SELECT * FROM measurement.listener_events"
            f' WHERE podcast_id = {NOBODY} AND {SINCE} ORDER BY "timestamp" DESC LIMIT 50'
        ),
    ),
    "a user's reports by generation time": (
        "operational",
        (
            f"SELECT * FROM sponsorship.reports WHERE user_id = {NOBODY}"
            " ORDER BY generated_at DESC LIMIT 20"
        ),
    ),
    "attribution by campaign, method, time": (
        "operational",
        (
            f"SELECT * FROM sponsorship.attribution_events WHERE campaign_id = {NOBODY}"
            f" AND attribution_method = 'pixel' AND {SINCE}"
        ),
    ),
    "campaigns by status and start": (
        "operational",
        "SELECT * FROM sponsorship.campaigns WHERE status = 'active' ORDER BY start_date",
    ),
    "users by tier": (
        "operational",
        "SELECT * FROM accounts.users WHERE subscription_tier = 'enterprise'",
    ),
    "what a day cost": (
        "operational",
        (
            f"SELECT sum(cost) FROM usage.token_usage_daily WHERE organization_id = {NOBODY}"
            " AND usage_date BETWEEN '2020-01-01' AND '2020-01-31'"
        ),
    ),
    "an organization's next job": (
        "operational",
        (
            f"SELECT job_id FROM queue.jobs WHERE share = {NOBODY} AND lane = 1"
            " AND status = 'pending' AND run_at <= '2026-11-02Z' ORDER BY run_at, job_id LIMIT 1"
            " FOR UPDATE SKIP LOCKED"
        ),
    ),
    "a project's open notes": (
        "operational",
        (
            f"SELECT * FROM studio.planning_notes WHERE project_id = {NOBODY} AND state = 'open'"
            " ORDER BY created_at"
        ),
    ),
    "where a listener is in a chapter": (
        "listeners",
        (
            f"SELECT * FROM listeners.playback_positions WHERE listener_id = {NOBODY}"
            " AND chapter_id = 'c1'"
        ),
    ),
    "what changed since a cursor": (
        "listeners",
        (
            f"SELECT * FROM listeners.playback_positions WHERE listener_id = {NOBODY} AND seq > 3"
            " ORDER BY seq LIMIT 1000"
        ),
    ),
    "the winning action of a chapter": (
        "listeners",
        (
            f"SELECT * FROM listeners.playback_actions WHERE listener_id = {NOBODY}"
            " AND chapter_id = 'c1' ORDER BY effective_at DESC, action_id DESC LIMIT 1"
        ),
    ),
    "who is in a chapter": (
        "listeners",
        "SELECT * FROM listeners.playback_positions WHERE chapter_id = 'nowhere'",
    ),
    "may this listener hear that": (
        "listeners",
        (
            f"SELECT * FROM listeners.entitlements WHERE listener_id = {NOBODY} AND type = 'feed'"
            " AND resource = 'r1' AND (expires_at IS NULL OR expires_at > '2026-11-02Z')"
        ),
    ),
    "a listener by address": (
        "listeners",
        "SELECT * FROM listeners.listeners WHERE lower(email) = lower('L7@many.example')",
    ),
}


@pytest.fixture(scope="module")
def filled(seeded: dict[str, str]) -> Iterator[dict[str, psycopg.Connection[Any]]]:
    """Connections that see many rows, which are never committed."""
    opened = {name: psycopg.connect(seeded[name]) for name in FILL}
    for name, statements in FILL.items():
        opened[name].execute(statements)
        # By name: ANALYZE without names would lock tables that a server's databases share.
        filled_tables = sorted(set(re.findall(r"INSERT INTO (\S+)", statements)))
        opened[name].execute(f"ANALYZE {', '.join(filled_tables)}")
    yield opened
    for connection in opened.values():
        connection.rollback()
        connection.close()


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


@pytest.mark.parametrize("name", QUERIES)
def test_a_frequent_query_reads_an_index(filled: Any, name: str) -> None:
    """Without a sequential scan of a large table or a sort of more rows than are returned."""
    database, query = QUERIES[name]
    (document,) = filled[database].execute(f"EXPLAIN (FORMAT JSON) {query}").fetchone()
    plan = document if isinstance(document, list) else json.loads(document)
    kinds = [node["Node Type"] for node in _nodes(plan[0]["Plan"])]

    assert "Seq Scan" not in kinds
    assert [kind for kind in kinds if "Index" in kind]
