"""A tenant with a row of every kind that the product creates, each containing the tenant's word.

A walk searches the output for another tenant for this word, and for the ids of the tenant's rows,
its keys and its listener.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.tenants import key_of, member_of, second_organization, session_of

from wavehouse import (
    accounts,
    catalog,
    learning,
    listeners,
    measurement,
    sponsorship,
    studio,
    usage,
    webhooks,
)
from wavehouse.accounts import Role, Scope
from wavehouse.kernel.ids import named
from wavehouse.measurement.service import inclusions
from wavehouse.usage.service import rollups
from wavehouse.workspace import Workspace

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 19)
_FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>
<title>Show {word}</title><description>About {word}</description>
<podcast:guid>{guid}</podcast:guid>
<item><guid>e1-{word}</guid><title>Episode {word}</title>
<pubDate>Sun, 01 Nov 2026 06:00:00 GMT</pubDate>
<enclosure url="https://media-{word}.example/one.mp3" length="10000000" type="audio/mpeg"/></item>
</channel></rss>
"""
_FACTS = {"bytes": 10_000_000, "header_bytes": 100_000, "duration_ms": 600_000}
_LINE = (
    '203.0.113.{host} - - [18/Nov/2026:10:00:00 +0000] "GET /one.mp3 HTTP/1.1" 200 10000000 "-" '
    '"Pocket Casts/7.70" "-" "-" "media-{word}.example"\n'
)
_ORDERS = "occurred_at,promo_code,conversion_type,conversion_value,currency,order_id\n"


@dataclass(slots=True)
class Tenant:
    """An organization with data, and the credentials of its user."""

    word: str
    workspace: Workspace
    folder: Path
    key: str = ""
    cookie: str = ""
    listener: tuple[str, str] = ("", "")
    pixel: str = ""
    ids: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the tenant's rows by column name; other tenants have none of them."""

    @property
    def secrets(self) -> set[str]:
        """Texts that no other tenant may see: the word, and every id."""
        return {self.word, *(each for ids in self.ids.values() for each in ids)}


def two_tenants(workspace: Workspace, folder: Path) -> tuple[Tenant, Tenant]:
    """The installation's own organization and a second one, each with data."""
    first = filled(workspace, "zqalder", folder)
    second = filled(second_organization(workspace, "zqbirch"), "zqbirch", folder)
    for one, other in ((first, second), (second, first)):
        one.ids = _ids(one.workspace, other.workspace)
    return first, second


def filled(workspace: Workspace, word: str, folder: Path) -> Tenant:
    """A tenant's data, created by use cases."""
    home = folder / word
    home.mkdir()
    tenant = Tenant(word, workspace, home)
    _measured(tenant)
    _sponsored(tenant)
    _heard(tenant)
    _invited(tenant)
    _learned(tenant)
    _made(tenant)
    _spent(tenant)
    tenant.key, tenant.cookie = key_of(workspace, *Scope), session_of(workspace)
    return tenant


def _measured(tenant: Tenant) -> None:
    workspace, word = tenant.workspace, tenant.word
    feed, media, log = (tenant.folder / name for name in ("feed.xml", "media.json", "access.log"))
    feed.write_text(_FEED.format(word=word, guid=named("tenants", word)))
    media.write_text(json.dumps({f"https://media-{word}.example/one.mp3": _FACTS}))
    good = "".join(_LINE.format(word=word, host=host) for host in range(1, 6))
    log.write_text(
        f"{good}{_LINE.format(word=word, host=7).replace('GET', 'HEAD')}no {word} line\n"
    )
    catalog.ingest_feed(
        workspace.stores.operational,
        identity=workspace.identity,
        location=str(feed),
        reading=catalog.FeedReading(
            source=catalog.FileFeedSource(), media=catalog.read_media_file(media)
        ),
    )
    settings, operational = workspace.settings, workspace.stores.operational
    for _ in measurement.ingest_logs(operational, settings, [log], identity=workspace.identity):
        pass
    measurement.count(operational, settings)
    measurement.roll_up(workspace.stores)
    with operational.app(workspace.identity.organization_id) as tx:
        inclusions.add_inclusion(
            tx, identity=workspace.identity, network="203.0.113.0/24", reason=f"a dorm of {word}"
        )


def _sponsored(tenant: Tenant) -> None:
    workspace, word = tenant.workspace, tenant.word
    campaigns, orders = tenant.folder / "campaigns.json", tenant.folder / "orders.csv"
    campaigns.write_text(json.dumps({"version": 1, "campaigns": [_campaign(word)]}))
    orders.write_text(f"{_ORDERS}2026-11-18T10:00:00Z,{word}15,purchase,100.00,EUR,order-{word}\n")
    identity, stores = workspace.identity, workspace.stores
    with (
        stores.analytics.app(identity.organization_id) as analytics,
        stores.operational.app(identity.organization_id) as tx,
    ):
        sponsorship.import_campaigns(tx, identity=identity, path=campaigns)
        sponsorship.ingest_conversions(tx, identity=identity, path=orders)
        card = sponsorship.find_campaign(tx, identity=identity, wanted=f"Autumn {word}")
        webhooks.add_endpoint(
            tx,
            identity=identity,
            sealer=webhooks.Sealer.of(stores.operational.place),
            url=f"https://{word.lower()}.example/hooks",
        )
        tenant.pixel = sponsorship.add_pixel(
            tx,
            identity=identity,
            card=card,
            name=f"pixel {word}",
            conversion_type=sponsorship.ConversionType.PURCHASE,
            origins=[],
        ).public_key
        sponsorship.make_report(
            tx,
            identity=identity,
            card=card,
            first=FIRST,
            last=LAST,
            delivery=sponsorship.from_rollups(analytics, tx, identity=identity),
            formats=("json",),
            folder=tenant.folder / "reports",
        )


def _campaign(word: str) -> dict[str, object]:
    return {
        "key": f"autumn-{word}",
        "sponsor": {"name": f"Sponsor {word}", "website": f"https://{word}.example"},
        "podcast_guid": str(named("tenants", word)),
        "name": f"Autumn {word}",
        "status": "active",
        "start_date": f"{FIRST}",
        "end_date": f"{LAST}",
        "campaign_value": "100.00",
        "currency": "EUR",
        "margin": "1.0000",
        "guaranteed_impressions": 3000,
        "episode_guids": [f"e1-{word}"],
        "promo_codes": [f"{word}15"],
        "attribution_config": {"method": "promo_code", "promo_code": f"{word}15"},
    }


def _invited(tenant: Tenant) -> None:
    """A second member, and an open invitation."""
    workspace, word = tenant.workspace, tenant.word
    member_of(workspace, Role.VIEWER, f"Viewer of {word}")
    with workspace.stores.operational.app(workspace.identity.organization_id) as tx:
        accounts.invite(
            tx,
            identity=workspace.identity,
            email=f"invited@{word}.example",
            role=Role.USER,
        )


def _learned(tenant: Tenant) -> None:
    """A learner with a session, a piece of content and its outcome."""
    workspace, word = tenant.workspace, tenant.word
    identity, session = workspace.identity, f"session-{word}"
    piece = learning.ContentInput(f"piece-{word}", f"Piece {word}", f"Ciao {word}.", "/a.mp3", 60,
                                  difficulty=0.5)  # fmt: skip
    with workspace.stores.learning.app(identity.organization_id) as tx:
        learning.add_content(tx, identity=identity, content=[piece])
        learning.start_session(
            tx, identity=identity, session_id=session, account_id=f"learner-{word}"
        )
        learning.recommend(tx, identity=identity, session_id=session)
        learning.record_events(
            tx,
            identity=identity,
            session_id=session,
            events=[
                learning.EventInput(f"{kind}-{word}", piece.content_id, kind, NOW, position)
                for kind, position in (("play", 0.0), ("like", 30.0), ("complete", 60.0))
            ],
        )


def _made(tenant: Tenant) -> None:
    """A project with an episode, and a row of everything that people do in the studio."""
    word, identity = tenant.word, tenant.workspace.identity
    operational = tenant.workspace.stores.operational
    with operational.app(identity.organization_id) as tx:
        project = studio.create_project(
            tx, identity=identity, new=studio.NewProject(f"Project {word}", "it")
        )
        of_project: dict[str, Any] = {"identity": identity, "project_id": project.project_id}
        episode = studio.create_episode(tx, title=f"Piece {word}", **of_project)
        of_episode: dict[str, Any] = {"identity": identity, "episode_id": episode.episode_id}
        (block,) = studio.write_script(
            tx,
            blocks=[studio.NewBlock(f"The wind of {word} blows.")],
            author=studio.Author.PERSON,
            **of_episode,
        )
        studio.add_highlight(tx, block_id=block.block_id, start=0, end=8, **of_episode)
        studio.add_note(tx, body=f"Less {word}.", **of_project)
        studio.remember(tx, new=studio.NewMemory(f"Likes {word}."), **of_project)
        studio.add_document(
            tx,
            document=studio.DocumentText(
                studio.DocumentKind.TEXT, f"Source {word}", f"About {word}."
            ),
            **of_project,
        )
        event = studio.NewEvent("episode.opened", f"event-{word}", NOW, {"word": word})
        studio.record_events(tx, identity=identity, events=[event])
        chat = studio.start_chat(tx, **of_episode)
    asked = studio.ask(
        operational,
        identity=identity,
        chat_session_id=chat.chat_session_id,
        text=f"Wind of {word}?",
        provider=studio.LocalChat(),
    )
    studio.produce(operational, identity=identity, asked=asked, provider=studio.LocalChat())


def _spent(tenant: Tenant) -> None:
    """A budget, a settled call and a reservation, rolled up."""
    word, identity = tenant.word, tenant.workspace.identity
    operational = tenant.workspace.stores.operational
    model = "model-of-everyone"
    with operational.worker() as tx:
        if model not in {row.name for row in usage.list_models(tx, identity=identity)}:
            usage.add_model(tx, identity=identity, name=model, provider="local")
            usage.add_price(
                tx,
                identity=identity,
                model=model,
                unit=usage.Unit.OUTPUT,
                price="0.001",
                currency="EUR",
                effective_from=datetime(2026, 1, 1, tzinfo=UTC),
            )
    with operational.app(identity.organization_id) as tx:
        usage.set_budget(
            tx,
            identity=identity,
            new=usage.NewBudget(limit="10", currency="EUR", name=f"Budget {word}"),
        )
        for _ in range(2):
            held = usage.reserve(
                tx,
                identity=identity,
                model=model,
                bound={usage.Unit.OUTPUT: 100},
                operation=f"test {word}",
            )
        usage.settle(
            tx,
            identity=identity,
            reservation_id=held.reservation_id,
            used=usage.Used({usage.Unit.OUTPUT: Decimal(50)}),
        )
    rollups.roll_up_usage(tenant.workspace.stores)


def _heard(tenant: Tenant) -> None:
    """A listener of the tenant, with an app password."""
    email = f"listener@{tenant.word}.example"
    with tenant.workspace.stores.listeners.worker() as tx:
        listeners.create(tx, email=email)
        made = listeners.new_app_password(tx, email=email, device=f"phone-{tenant.word}")
    tenant.listener = (email, made.text)


_UUIDS = """
SELECT c.table_schema, c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.columns o USING (table_schema, table_name)
JOIN pg_class k ON k.oid = format('%I.%I', c.table_schema, c.table_name)::regclass
WHERE o.column_name = 'organization_id' AND c.data_type = 'uuid'
  AND c.column_name <> 'organization_id' AND NOT k.relispartition
"""


def _ids(workspace: Workspace, other: Workspace) -> dict[str, list[str]]:
    """Every uuid in the organization's rows and not in the other's, by column."""
    found: dict[str, set[str]] = {}
    foreign: set[str] = set()
    for database in (
        workspace.stores.operational,
        workspace.stores.analytics,
        workspace.stores.learning,
    ):
        with database.worker() as tx:
            for schema, table, column in tx.connection.execute(_UUIDS).fetchall():
                rows = tx.connection.execute(
                    f"SELECT DISTINCT organization_id, {column}::text FROM {schema}.{table} "
                    f"WHERE {column} IS NOT NULL AND organization_id = ANY(%s)",
                    [[workspace.identity.organization_id, other.identity.organization_id]],
                )
                for organization_id, value in rows.fetchall():
                    if organization_id == workspace.identity.organization_id:
                        found.setdefault(column, set()).add(value)
                    else:
                        foreign.add(value)
    found["organization_id"] = {str(workspace.identity.organization_id)}
    return {
        column: sorted(values - foreign) for column, values in found.items() if values - foreign
    }
