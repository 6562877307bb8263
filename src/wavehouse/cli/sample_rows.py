"""The sample's rows: found by the ids of its files, and removed beside rows that are not its own.

What the sample created is known by its own names: its feeds' guids, its logs' folder, its campaigns
and promo codes, the demo's models, learner and offer, and the organization of the self-check.
Everything else follows from those ids: by foreign keys that cascade, or by the selections below,
children first. Derived figures are not removed but counted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from uuid import UUID

from wavehouse.store import (
    Analytics,
    Hop,
    Learning,
    Listeners,
    Operational,
    Path,
    Selection,
    Stores,
    Tx,
    count_rows,
    delete_rows,
    stream_rows,
    values_of,
)

AnyTx = Tx[Operational] | Tx[Learning] | Tx[Listeners] | Tx[Analytics]
_ROLLUPS = tuple(
    f"analytics.{table}"
    for table in (
        "audience_daily",
        *(
            f"listener_events_{grain}{by}"
            for grain in ("daily", "hourly")
            for by in ("", "_country", "_device", "_platform")
        ),
    )
)
_KINDS = {
    "API keys": "accounts.api_keys",
    "members": "accounts.memberships",
    "invitations": "accounts.invitations",
    "path rules": "catalog.path_rules",
    "networks": "measurement.inclusions",
    "sponsors": "sponsorship.sponsors",
    "orders": "sponsorship.conversions",
    "studio projects": "studio.projects",
    "budgets": "usage.budgets",
    "webhooks": "queue.webhook_endpoints",
    "silences": "alerts.silences",
}
_USAGE = ("usage.usage_events", "usage.token_usage_daily", "usage.reservations")
_CAMPAIGNS = "sponsorship.campaigns"
_CONVERSIONS, _EVIDENCE = "sponsorship.conversions", "sponsorship.attribution_evidence"
MODELS, LEARNER, OFFER = ("demo-writer", "demo-voice"), "demo-giulia", "price_demo_plus"
CHECKER = "wavehouse-self-check"


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of the sample's rows, as texts. ``checker`` is the self-check's organization."""

    organization: UUID
    checker: tuple[str, ...]
    files: tuple[str, ...]
    podcasts: tuple[str, ...]
    campaigns: tuple[str, ...]
    sponsors: tuple[str, ...]
    conversions: tuple[str, ...]
    projects: tuple[str, ...]
    episodes: tuple[str, ...]
    reports: tuple[str, ...]
    generations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table to remove; ``name`` is the word for one of them, if they are counted."""

    selection: Selection
    name: str = ""


def by(
    table: str, column: str, values: Iterable[str], *hops: Hop, type_: str = "uuid", name: str = ""
) -> Rows:
    """The rows of a table whose column, or that of the last hop, has one of the values."""
    return Rows(Selection(table, (Path(column, type_, tuple(values), hops),)), name)


def _values(tx: AnyTx, rows: Rows, column: str) -> tuple[str, ...]:
    return () if rows.selection.is_empty else tuple(values_of(tx, rows.selection, column))


def found(
    stores: Stores,
    *,
    organization: UUID,
    guids: Sequence[str],
    campaigns: Sequence[str],
    orders: Sequence[str],
    folder: FilePath,
) -> Ids:
    """The ids of the sample's rows.

    ``guids`` are those of its feeds, ``campaigns`` the ids of its campaigns, ``orders`` the ids of
    its orders, which begin with the code when no campaign has it; its logs are in the folder. A
    show with another campaign, a sponsor with another campaign or order, and an order with evidence
    of another campaign are not among them.
    """
    with stores.learning.worker() as tx:
        mine = by("learning.generation_status", "session_id", [LEARNER], type_="text")
        generations = _values(tx, mine, "generation_id")
        made = _values(tx, mine, "project_id")
    with stores.operational.worker() as tx:
        slug = by("accounts.organizations", "slug", [CHECKER], type_="text")
        checker = _values(tx, slug, "organization_id")
        demo = by("studio.productions", "text_model", MODELS, type_="text")
        projects = (*_values(tx, demo, "project_id"), *made)
        others = _others(tx, organization, campaigns)
        conversions = _conversions(tx, campaigns, others, orders)
        return Ids(
            organization,
            checker,
            _files(tx, organization, checker, folder),
            _podcasts(tx, guids, projects, others),
            tuple(campaigns),
            _sponsors(tx, campaigns, others, conversions),
            conversions,
            projects,
            _values(tx, by("studio.episodes", "project_id", projects), "episode_id"),
            _values(tx, by("sponsorship.reports", "campaign_id", campaigns), "report_id"),
            generations,
        )


def _podcasts(
    tx: Tx[Operational], guids: Sequence[str], projects: Sequence[str], others: Sequence[str]
) -> tuple[str, ...]:
    """The shows of the feeds and of the studio's projects, without those of other campaigns."""
    publication = Hop(("episode_id",), "studio.episodes", ("catalog_episode_id",))
    shows = (
        by("catalog.podcasts", "podcast_guid", guids, type_="text"),
        by("catalog.episodes", "project_id", projects, publication),
    )
    booked = _values(tx, by(_CAMPAIGNS, "campaign_id", others), "podcast_id")
    return tuple({value for rows in shows for value in _values(tx, rows, "podcast_id")} - {*booked})


def _conversions(
    tx: Tx[Operational], campaigns: Sequence[str], others: Sequence[str], orders: Sequence[str]
) -> tuple[str, ...]:
    """The orders of the campaigns, and those of their sponsors or of unknown codes in the file."""
    sponsors = _values(tx, by(_CAMPAIGNS, "campaign_id", campaigns), "sponsor_id")

    def ids(table: str, column: str, values: Iterable[str], type_: str = "uuid") -> set[str]:
        return {*_values(tx, by(table, column, values, type_=type_), "conversion_id")}

    unknown = [order for order in orders if "\x1f" in order]
    of_file = ids(_CONVERSIONS, "order_id", orders, "text")
    return tuple(
        (
            ids(_EVIDENCE, "campaign_id", campaigns)
            | ids(_CONVERSIONS, "order_id", unknown, "text")
            | (of_file & ids(_CONVERSIONS, "sponsor_id", sponsors))
        )
        - ids(_EVIDENCE, "campaign_id", others)
    )


def _sponsors(
    tx: Tx[Operational],
    campaigns: Sequence[str],
    others: Sequence[str],
    conversions: Sequence[str],
) -> tuple[str, ...]:
    """The sponsors of the campaigns that have neither another campaign nor another order."""
    sponsors = {*_values(tx, by(_CAMPAIGNS, "campaign_id", campaigns), "sponsor_id")}
    bought = {*_values(tx, by(_CONVERSIONS, "sponsor_id", sponsors), "conversion_id")}
    kept = by(_CONVERSIONS, "conversion_id", bought - {*conversions})
    booked = by(_CAMPAIGNS, "campaign_id", others)
    return tuple(
        sponsors - {*_values(tx, booked, "sponsor_id")} - {*_values(tx, kept, "sponsor_id")}
    )


def _files(
    tx: Tx[Operational], organization: UUID, checker: Sequence[str], folder: FilePath
) -> tuple[str, ...]:
    owners = [str(organization), *checker]
    rows = stream_rows(tx, by("measurement.source_files", "organization_id", owners).selection)
    inside = folder.absolute()
    return tuple(
        str(row["source_file_id"]) for row in rows if FilePath(row["name"]).is_relative_to(inside)
    )


def _others(tx: Tx[Operational], organization: UUID, campaigns: Sequence[str]) -> tuple[str, ...]:
    every = by(_CAMPAIGNS, "organization_id", [str(organization)])
    return tuple({*_values(tx, every, "campaign_id")} - {*campaigns})


def logs(ids: Ids) -> list[Rows]:
    """The sample's requests and logs; afterwards their days have to be counted again."""
    batch = Hop(("batch_id",), "measurement.ingest_batches", ("batch_id",))
    return [
        by("measurement.requests", "source_file_id", ids.files, batch, name="request"),
        by("measurement.source_files", "source_file_id", ids.files, name="log"),
    ]


def operational(tx: Tx[Operational], ids: Ids) -> list[Rows]:
    """The other rows of ``operational``, children first."""
    event = Hop(("event_id",), "usage.usage_events", ("event_id",))
    subjects = (*ids.reports, *ids.episodes, *ids.generations)
    return [
        by("queue.outbox", "subject_id", subjects, type_="text"),
        by("sponsorship.reports", "campaign_id", ids.campaigns, name="report"),
        by("sponsorship.credits", "campaign_id", ids.campaigns),
        by(_EVIDENCE, "campaign_id", ids.campaigns),
        by("sponsorship.attribution_events", "campaign_id", ids.campaigns),
        by(_CONVERSIONS, "conversion_id", ids.conversions, name="order"),
        by(_CAMPAIGNS, "campaign_id", ids.campaigns, name="campaign"),
        by("sponsorship.sponsors", "sponsor_id", ids.sponsors, name="sponsor"),
        by("usage.usage_requests", "project_id", ids.projects, event, name="model call"),
        by("usage.usage_events", "project_id", ids.projects),
        by("usage.token_usage_daily", "project_id", ids.projects),
        by("usage.reservations", "project_id", ids.projects),
        by("usage.budgets", "scope_id", ids.projects, name="budget"),
        *_work(tx, ids.projects),
        by("studio.projects", "project_id", ids.projects, name="studio project"),
        by("catalog.podcasts", "podcast_id", ids.podcasts, name="show"),
        *_of_checker(tx, ids.checker),
    ]


def _work(tx: Tx[Operational], projects: Sequence[str]) -> list[Rows]:
    tables = ("queue.slot_ledger", "queue.jobs", "queue.jobs_done")
    return [
        by(table, "project_id", projects)
        for table in tables
        if _any(tx, (table,), "project_id", projects)
    ]


def _of_checker(tx: Tx[Operational], organization: Sequence[str]) -> list[Rows]:
    if not organization:
        return []
    tables = (
        "queue.outbox",
        "queue.jobs",
        "queue.jobs_done",
        "queue.organization_queue_state",
        "catalog.podcasts",
        "accounts.memberships",
        "accounts.users",
        "accounts.organizations",
    )
    return [
        by(table, "organization_id", organization)
        for table in tables
        if _any(tx, (table,), "organization_id", organization)
    ]


def unused(tx: Tx[Operational], ids: Ids) -> list[Rows]:
    """The demo's models and the usage ledger that it opened, unless something else uses them."""
    models = _values(tx, by("usage.models", "name", MODELS, type_="text"), "model_id")
    rows = []
    if not _any(tx, _USAGE, "model_id", models):
        rows += [by(table, "model_id", models) for table in ("usage.model_prices", "usage.models")]
    own = (str(ids.organization),)
    if not _any(tx, (*_USAGE, "usage.budgets"), "organization_id", own):
        ledger = ("usage.organization_periods", "usage.organization_ledgers")
        rows += [by(table, "organization_id", own) for table in ledger]
    return rows


def _any(tx: Tx[Operational], tables: Sequence[str], column: str, values: Sequence[str]) -> bool:
    selections = (by(table, column, values).selection for table in tables)
    return any(not each.is_empty and count_rows(tx, each) for each in selections)


def learning(ids: Ids) -> list[Rows]:
    """The learner, her sessions with all that follows, and the demo's pieces."""
    return [
        by("learning.user_preferences", "session_id", [LEARNER], type_="text"),
        by("learning.learners", "account_id", [LEARNER], type_="text", name="learner"),
        by("learning.content", "template_id", ["demo"], type_="text", name="piece"),
        by("learning.content", "id", [f"studio-{each}" for each in ids.episodes], type_="text"),
    ]


def listeners() -> list[Rows]:
    """The demo's offer. The erased listener's ledger stays: it may only be added to."""
    return [by("listeners.entitlement_offers", "provider_ref", [OFFER], type_="text")]


def analytics(ids: Ids) -> list[Rows]:
    """What counting again does not replace: days whose requests retention has removed."""
    return [
        *(by(table, "podcast_id", ids.podcasts) for table in _ROLLUPS),
        *(by(table, "organization_id", ids.checker) for table in _ROLLUPS),
    ]


def logs_beside(tx: Tx[Operational], ids: Ids) -> list[str]:
    """The names of the organization's logs that are not of the sample."""
    every = by("measurement.source_files", "organization_id", [str(ids.organization)])
    rows = stream_rows(tx, every.selection)
    return [FilePath(r["name"]).name for r in rows if str(r["source_file_id"]) not in ids.files]


def report_files(tx: Tx[Operational], ids: Ids) -> tuple[str, ...]:
    """The addresses of the sample's reports."""
    return _values(tx, by("sponsorship.reports", "campaign_id", ids.campaigns), "file_url")


def own_counts(tx: Tx[Operational], ids: Ids) -> dict[str, int]:
    """The rows of each kind that a person creates, without those of the sample."""
    own = [str(ids.organization)]
    counts = {
        name: count_rows(tx, by(table, "organization_id", own).selection)
        for name, table in _KINDS.items()
    }
    counts["members"] = max(counts["members"] - 1, 0)
    counts["studio projects"] -= len(ids.projects)
    counts["orders"] -= len(ids.conversions)
    counts["sponsors"] -= len(ids.sponsors)
    limits = by("usage.budgets", "scope_id", ids.projects)
    counts["budgets"] -= count_rows(tx, limits.selection)
    return counts


def named(tx: AnyTx, rows: Iterable[Rows]) -> dict[str, int]:
    """The number of rows of each name, without removing any."""
    return {each.name: count_rows(tx, each.selection) for each in rows if each.name}


def remove(tx: AnyTx, rows: Iterable[Rows]) -> None:
    """Delete the rows, in this order."""
    for each in rows:
        if not each.selection.is_empty:
            delete_rows(tx, each.selection)
